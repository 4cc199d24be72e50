/* SPDX-License-Identifier: MIT */
/* `heddle fit`: how throughput grows with cores, by the Universal Scalability Law. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "fit.h"
#include "result_document.h"
#include "scaling.h"
#include "screen.h"
#include "words.h"

enum { AT = 256, ONLY, JSON, MOST_ONLY = 64 };

static const struct option long_options[] = {
        {"at", required_argument, NULL, AT},
        {"only", required_argument, NULL, ONLY},
        {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, 'h'},
        {0},
};

struct arguments {
	const char *only[MOST_ONLY];
	bool json;
	struct fit_options fit;
};

/* "64" or "48,64". -1 to go on, else an exit code. */
static int take_cores(const struct command *command, const char *list, struct fit_options *fit)
{
	char quoted[WORDS_QUOTE], *end;
	const char *rest = list;

	do {
		long cores = strtol(rest, &end, 10);

		if (*rest < '0' || *rest > '9' || (*end && *end != ',') || cores < 1 ||
		    cores > SCALING_MOST_CORES)
			return command_misused(command, "--at %s: numbers of cores from 1 to %d",
			                       words_quote(list, quoted), SCALING_MOST_CORES);
		if (fit->at_count == FIT_MOST_AT)
			return command_misused(command, "--at: at most %d of them", FIT_MOST_AT);
		fit->at[fit->at_count++] = (double)cores;
		rest = end + 1;
	} while (*end);
	return -1;
}

/* -1 to go on, else an exit code. */
static int take_option(const struct command *command, int option, char **argv,
                       struct arguments *arguments)
{
	switch (option) {
	case AT:
		return take_cores(command, optarg, &arguments->fit);
	case ONLY:
		if (arguments->fit.only_count == MOST_ONLY || !strchr(optarg, '='))
			return command_misused(command, "--only %s: write KEY=VALUE", optarg);
		arguments->only[arguments->fit.only_count++] = optarg;
		return -1;
	case JSON:
		arguments->json = true;
		return -1;
	case 'h':
		command_print_help(command);
		return EXIT_OK;
	default:
		return command_bad_option(command, option, argv);
	}
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {.fit.only = arguments.only};
	struct hd_error err = {0};
	json_t *document;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		int code = take_option(command, option, argv, &arguments);

		if (code >= 0)
			return code;
	}
	if (optind != argc - 1)
		return command_misused(command,
		                       optind == argc ? "no result" : "one result at a time");
	arguments.fit.path = argv[optind];
	document = fit_document(&arguments.fit, &err);
	if (document && arguments.json)
		document_print(document, 2, stdout, &err);
	else if (document)
		fit_print(document, screen_columns(STDOUT_FILENO), stdout);
	json_decref(document);
	if (!err.code)
		return EXIT_OK;
	fprintf(stderr, "heddle fit: %s\n", err.text);
	return err.code == -ENOMEM || err.code == -EIO ? EXIT_INTERNAL : EXIT_USAGE;
}

const struct command command_fit = {
        .name = "fit",
        .usage = "RESULT [OPTION]...",
        .summary = "fit the scalability law to a result: contention, coherence, the peak",
        .help = "      --at CORES        predict the throughput there: 64, or 48,64,128\n"
                "      --only KEY=VALUE  only cases with it: workload, model, cores, a parameter\n"
                "      --json            the document, format \"heddle-fit\"\n\n"
                "X(N) = lambda N / (1 + alpha (N-1) + beta N (N-1)): lambda is the rate at one "
                "core,\n"
                "alpha contention, beta what keeping cores coherent costs. In brackets: 95 %\n"
                "intervals. At least 6 core counts are needed, of 6 trials each; where there are\n"
                "fewer the reason stands in place of a fit.\n\n"
                "Exit: 0 all well, also where there are reasons only; 2 usage error, no result\n"
                "or no case; 6 heddle could not go on.\n",
        .run = run,
};
