/* SPDX-License-Identifier: MIT */
#include "command_verdict.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

/* "5", "5%", "0.5 %". */
static bool read_margin(const char *text, double *margin)
{
	char *end;
	double percent = strtod(text, &end);

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false; /* no sign, no word */
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return false;
	end += strspn(end, " ");
	end += *end == '%';
	*margin = percent / 100;
	return !*end && percent > 0 && percent <= 100;
}

static int take_form(const struct command *command, int form, struct verdict_options *options)
{
	if (options->view.form != VERDICT_AS_TABLE && (int)options->view.form != form)
		return command_misused(command, "--json and --markdown: one of the two");
	if (form == VERDICT_AS_JSON)
		options->view.form = VERDICT_AS_JSON;
	else
		options->view.form = VERDICT_AS_MARKDOWN;
	return -1;
}

static int take_metric(const struct command *command, const char *name,
                       struct verdict_options *options)
{
	for (size_t i = 0; i < options->metric_count; i++)
		if (strcmp(options->metrics[i], name) == 0)
			return -1;
	if (options->metric_count == VERDICT_METRICS)
		return command_misused(command, "--metric: at most %d of these", VERDICT_METRICS);
	options->metrics[options->metric_count++] = name;
	return -1;
}

bool command_is_verdict_option(int option)
{
	return (option >= COMMAND_MARGIN && option <= COMMAND_ANNOTATIONS) || option == 'o' ||
	       option == 'f';
}

int command_take_verdict_option(const struct command *command, int option,
                                struct verdict_options *options)
{
	char quoted[WORDS_QUOTE];

	switch (option) {
	case COMMAND_MARGIN:
		if (!read_margin(optarg, &options->margin))
			return command_misused(
			        command, "--margin %s: percent, above 0 and up to 100, such as 5%%",
			        words_quote(optarg, quoted));
		return -1;
	case COMMAND_METRIC:
		return take_metric(command, optarg, options);
	case COMMAND_STRICT:
		options->strict = true;
		return -1;
	case COMMAND_JSON:
		return take_form(command, VERDICT_AS_JSON, options);
	case COMMAND_MARKDOWN:
		return take_form(command, VERDICT_AS_MARKDOWN, options);
	case COMMAND_JUNIT:
		options->view.junit = optarg;
		return -1;
	case COMMAND_ANNOTATIONS:
		options->view.annotations = true;
		return -1;
	case 'o':
		options->output = optarg;
		return -1;
	default:
		options->overwrite = true;
		return -1;
	}
}

enum exit_code command_verdict_code(const struct verdict_outcome *outcome, bool strict)
{
	if (outcome->failed || !outcome->judged)
		return EXIT_CASE_FAILED;
	if (outcome->regressions)
		return EXIT_REGRESSION;
	if (strict && (outcome->inconclusive || outcome->contaminated))
		return EXIT_INCONCLUSIVE;
	return EXIT_OK;
}
