/* SPDX-License-Identifier: MIT */
/* `heddle compare`: two results, or one and its history; verdicts, weaker than those of `heddle ab`. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command_verdict.h"
#include "compare.h"
#include "format.h"
#include "outfile.h"
#include "screen.h"
#include "verdict_document.h"
#include "words.h"

enum { BY = 256, FORCE };

/* --force is this command's own; to write over a file there is -f alone. */
static const struct option long_options[] = {
        {"by", required_argument, NULL, BY},
        {"force", no_argument, NULL, FORCE},
        {"help", no_argument, NULL, 'h'},
        COMMAND_VERDICT_OPTIONS,
        {0},
};

struct arguments {
	struct verdict_options verdict;
	struct compare_options compare;
};

/* -1 to go on, else an exit code. */
static int take_option(const struct command *command, int option, char **argv,
                       struct arguments *arguments)
{
	static const char *const groups[] = {"workload", "model", "cores", NULL};
	char quoted[WORDS_QUOTE];

	switch (option) {
	case BY:
		if (!words_is_one_of(optarg, groups))
			return command_misused(command, "--by %s: workload, model or cores",
			                       words_quote(optarg, quoted));
		arguments->compare.by = optarg;
		return -1;
	case FORCE:
		arguments->compare.force = true;
		return -1;
	case 'h':
		command_print_help(command);
		return EXIT_OK;
	default:
		return command_is_verdict_option(option)
		               ? command_take_verdict_option(command, option, &arguments->verdict)
		               : command_bad_option(command, option, argv);
	}
}

static int parse(const struct command *command, int argc, char **argv, struct arguments *arguments)
{
	struct verdict_options *verdict = &arguments->verdict;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h" COMMAND_VERDICT_SHORT, long_options, NULL)) !=
	       -1) {
		int code = take_option(command, option, argv, arguments);

		if (code >= 0)
			return code;
	}
	if (optind != argc - 2)
		return command_misused(command, "two results: the base, or its history's folder, "
		                                "and the new one");
	arguments->compare.base = argv[optind];
	arguments->compare.new = argv[optind + 1];
	arguments->compare.metrics = verdict->metrics;
	arguments->compare.metric_count = verdict->metric_count;
	arguments->compare.margin_percent =
	        verdict->margin > 0 ? 100 * verdict->margin : VERDICT_MARGIN_PERCENT;
	return -1;
}

static int refuse(const struct command *command, const struct problems *differences)
{
	for (size_t i = 0; i < differences->count; i++)
		fprintf(stderr, "heddle %s: %s\n", command->name, differences->lines[i]);
	fprintf(stderr, "%zu difference%s, nothing was judged\n", differences->count,
	        differences->count == 1 ? "" : "s");
	return EXIT_INCOMPARABLE;
}

/* What is remarkable is in the document as well, but there nobody looks first. */
static void print_notes(const json_t *document)
{
	json_t *note;
	size_t i;

	json_array_foreach(json_object_get(document, "notes"), i, note)
	{
		format_clean(stderr, json_string_value(note));
		fputc('\n', stderr);
	}
}

static int write_document(const char *path, const json_t *document, struct hd_error *err)
{
	const struct verdict_view view = {.form = VERDICT_AS_JSON};
	struct outfile file;
	int code = outfile_open(&file, path, err);

	if (!code)
		code = verdict_print(document, &view, file.stream, err);
	return outfile_close(&file, !code, err) ? err->code : code;
}

static int print(const struct command *command, const struct arguments *arguments,
                 const json_t *document)
{
	const struct verdict_options *verdict = &arguments->verdict;
	struct verdict_view view = verdict->view;
	struct verdict_outcome outcome = verdict_outcome(document);
	struct hd_error err = {0};

	print_notes(document);
	view.width = screen_columns(STDOUT_FILENO);
	if ((verdict->output && write_document(verdict->output, document, &err)) ||
	    verdict_print(document, &view, stdout, &err)) {
		fprintf(stderr, "heddle %s: %s\n", command->name, err.text);
		return EXIT_INTERNAL;
	}
	return (int)command_verdict_code(&outcome, verdict->strict);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {0};
	struct compared compared;
	struct hd_error err = {0};
	int code = parse(command, argc, argv, &arguments);
	const char *output = arguments.verdict.output;

	if (code >= 0)
		return code;
	if (output && !arguments.verdict.overwrite && access(output, F_OK) == 0) {
		fprintf(stderr, "heddle %s: %s exists; -f writes over it. Nothing was judged\n",
		        command->name, output);
		return EXIT_USAGE;
	}
	if (compare(&arguments.compare, &compared, &err)) {
		fprintf(stderr, "heddle %s: %s\n", command->name, err.text);
		code = err.code == -ENOMEM || err.code == -EIO ? EXIT_INTERNAL : EXIT_USAGE;
	} else if (!compared.document) {
		code = refuse(command, &compared.differences);
	} else {
		code = print(command, &arguments, compared.document);
	}
	compared_free(&compared);
	return code;
}

const struct command command_compare = {
        .name = "compare",
        .usage = "BASE.json|FOLDER NEW.json [OPTION]...",
        .summary = "two results, a verdict for each case: weaker than `ab`",
        .help = "BASE is a result, or a folder of them: the history, against each of which NEW\n"
                "is judged. Only cases with the same settings, on the same class of machine, are\n"
                "compared; what differs is told, and nothing is judged then.\n\n"
                "      --margin PERCENT  changes within it do not matter (5%)\n"
                "      --metric NAME     judge it too, beside the one that gates; more than once\n"
                "      --by KEY          geometric means as well: by workload, model or cores\n"
                "      --force           judge what is not comparable too, joined by name\n"
                "      --strict          exit 4 where a verdict is inconclusive\n"
                "      --json            the document, in place of the table\n"
                "      --markdown        for GitHub's step summary, in place of the table\n"
                "      --junit FILE      write JUnit XML there too\n"
                "      --annotations     GitHub's annotations, ten at most\n"
                "  -o, --output FILE     write the document there\n"
                "  -f                    write over a file that exists\n\n"
                "What differs between two runs, a warmer machine or another neighbour, is in the\n"
                "numbers too: a change is unconfirmed until `heddle ab` has seen it in pairs.\n\n"
                "Exit: 0 no regression, 1 a regression, 2 usage error or no result, 3 a case\n"
                "failed or none was judged, 4 inconclusive (--strict), 5 not comparable, 6 heddle\n"
                "could not go on.\n",
        .run = run,
};
