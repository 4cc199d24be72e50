/* SPDX-License-Identifier: MIT */
/* `heddle export`: results in the formats of other tools. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "export.h"
#include "outfile.h"

enum { TO = 256, METRIC, ONLY, MOST = 64 };

static const struct option long_options[] = {
        {"to", required_argument, NULL, TO},
        {"metric", required_argument, NULL, METRIC},
        {"only", required_argument, NULL, ONLY},
        {"output", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct arguments {
	const char *to, *output, *metrics[MOST], *only[MOST];
	bool overwrite;
	struct export_options options;
};

static int take_option(const struct command *command, int option, char **argv,
                       struct arguments *arguments)
{
	struct export_options *options = &arguments->options;

	switch (option) {
	case TO:
		arguments->to = optarg;
		return -1;
	case METRIC:
		if (options->metric_count == MOST)
			return command_misused(command, "--metric: at most %d times", MOST);
		arguments->metrics[options->metric_count++] = optarg;
		return -1;
	case ONLY:
		if (options->only_count == MOST || !strchr(optarg, '='))
			return command_misused(command, "--only %s: write KEY=VALUE", optarg);
		arguments->only[options->only_count++] = optarg;
		return -1;
	case 'o':
		arguments->output = optarg;
		return -1;
	case 'f':
		arguments->overwrite = true;
		return -1;
	case 'h':
		command_print_help(command);
		export_print_formats(stdout);
		return EXIT_OK;
	default:
		return command_bad_option(command, option, argv);
	}
}

static int parse(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
	int option;

	arguments->options.metrics = arguments->metrics;
	arguments->options.only = arguments->only;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":o:fh", long_options, NULL)) != -1) {
		int code = take_option(command, option, argv, arguments);

		if (code >= 0)
			return code;
	}
	arguments->options.paths = (const char *const *)(argv + optind);
	arguments->options.path_count = (size_t)(argc - optind);
	if (!arguments->to)
		return command_misused(command, "no format: --to NAME");
	if (optind == argc)
		return command_misused(command, "no result");
	return -1;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int put_output(const struct arguments *arguments, const char *text, size_t size)
{
	struct hd_error err = {0};
	struct outfile file;

	if (!arguments->output) {
		if (fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0)
			return EXIT_OK;
		hd_error(&err, -errno, "stdout: %s", strerror(errno));
	} else if (!outfile_open(&file, arguments->output, &err)) {
		errno = 0;
		outfile_close(&file, fwrite(text, 1, size, file.stream) == size, &err);
	}
	if (!err.code)
		return EXIT_OK;
	fprintf(stderr, "heddle export: %s\n", err.text);
	return EXIT_INTERNAL;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {0};
	struct hd_error err = {0};
	const struct export_format *format;
	int code = parse(command, argc, argv, &arguments);
	size_t size;
	char *text = NULL;

	if (code >= 0)
		return code;
	format = export_find(arguments.to, &err);
	if (format && arguments.output && !arguments.overwrite &&
	    access(arguments.output, F_OK) == 0)
		hd_error(&err, -EEXIST, "%s exists; -f writes over it", arguments.output);
	if (!err.code)
		export_text(format, &arguments.options, &text, &size, stderr, &err);
	if (err.code) {
		fprintf(stderr, "heddle export: %s. Nothing was written\n", err.text);
		return err.code == -ENOMEM ? EXIT_INTERNAL : EXIT_USAGE;
	}
	code = put_output(&arguments, text, size);
	free(text);
	return code;
}

const struct command command_export = {
        .name = "export",
        .usage = "--to FORMAT RESULT... [OPTION]...",
        .summary = "write results in the format of another tool",
        .help = "      --to FORMAT       one of those below\n"
                "  -o, --output FILE     write there, not on stdout\n"
                "  -f, --force           write over a file that exists\n"
                "      --metric NAME     in place of the metric that gates; more than once: the\n"
                "                        first that a case has (bencher, csv: each of them)\n"
                "      --only KEY=VALUE  only cases with it: workload, model, status, cores or a\n"
                "                        parameter\n\n"
                "Rows are called as the cases are. A case that a format cannot hold, as one that\n"
                "failed, is left out and told on stderr.\n\n"
                "Exit: 0 all well, 2 usage or results that do not go together (nothing was\n"
                "written), 6 the output could not be written.\n",
        .run = run,
};
