/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "outfile.h"
#include "pairs_parts.h"
#include "result_document.h"
#include "result_rows.h"
#include "result_value.h"
#include "verdict_document.h"

static json_t *run_json(const struct pairs *pairs)
{
	const struct pairs_options *options = pairs->options;
	json_t *config = pairs->sides[NEW].config;

	return json_pack("{s:o, s:s, s:s, s:f, s:I, s:i, s:o, s:o, s:o}", "name",
	                 json_any_text(options->name), "status",
	                 pairs->interrupted ? "interrupted" : "complete", "started", pairs->started,
	                 "elapsed_s", pairs->elapsed_s, "seed", (json_int_t)options->seed, "pairs",
	                 (int)options->pairs, "warnings", warnings_json(options->warnings),
	                 "filter", result_filter_json(options->filter), "config",
	                 config ? json_incref(config) : json_null());
}

static json_t *side_json(struct side *side)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "place", json_text_or_null(side->place), "plugins",
	                 side->kind->plugins(side), "objects", side->kind->objects(side), "cases",
	                 side->kind->measured(side));
}

/* Why it was not judged, of either side; NULL where it was. */
static json_t *why_not(const struct pair_case *pair)
{
	int failed = pair->status[NEW] != STATUS_OK ? NEW : BASE;
	const json_t *of_case = pair->of_case[pair->of_case[failed] ? failed : !failed];
	bool both = pair->status[NEW] != STATUS_OK && pair->status[BASE] != STATUS_OK;
	const char *side = both ? "both" : failed == NEW ? "new" : "base";
	char reason[ARENA_REASON_BYTES + 64];

	if (!pair->of_case[BASE] || !pair->of_case[NEW]) {
		bool is_new = pair->of_case[NEW] != NULL;

		return unjudged_json(pair->of_case[is_new ? NEW : BASE],
		                     is_new ? UNJUDGED_NEW : UNJUDGED_REMOVED,
		                     is_new ? "new" : "base", NULL);
	}
	if (pair->differs) {
		snprintf(reason, sizeof(reason), "not the same case: other %s", pair->differs);
		return unjudged_json(of_case, UNJUDGED_SKIPPED, "both", reason);
	}
	if (!pair->tried && pair->status[BASE] == STATUS_OK && pair->status[NEW] == STATUS_OK) {
		snprintf(reason, sizeof(reason), "is expected to end as %s",
		         row_text(of_case, "expect"));
		return unjudged_json(of_case, UNJUDGED_SKIPPED, "both", reason);
	}
	if (pair->status[failed] == STATUS_OK)
		return NULL;
	snprintf(reason, sizeof(reason), "%s: %s", status_name(pair->status[failed]),
	         pair->reason[failed][0] ? pair->reason[failed] : row_text(of_case, "reason"));
	return unjudged_json(of_case,
	                     pair->status[failed] == STATUS_SKIPPED ? UNJUDGED_SKIPPED
	                                                            : UNJUDGED_FAILED,
	                     side, reason);
}

static json_t *unjudged(const struct pairs *pairs)
{
	json_t *array = json_array();

	for (size_t i = 0; i < pairs->count; i++) {
		json_t *why = why_not(&pairs->cases[i]);

		if (why)
			json_array_append_new(array, why);
	}
	return array;
}

static json_t *verdicts(const struct pairs *pairs)
{
	json_t *array = json_array();

	for (size_t i = 0; i < pairs->judgement_count; i++)
		json_array_append_new(array, judgement_json(&pairs->judgements[i]));
	return array;
}

static json_t *document(struct pairs *pairs)
{
	const struct pairs_options *options = pairs->options;
	json_t *judged = verdicts(pairs), *rest = unjudged(pairs);

	return json_pack("{s:s, s:i, s:s, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:n, s:o, s:o, s:o}",
	                 "format", VERDICT_FORMAT, "version", VERDICT_VERSION, "kind",
	                 options->against_itself ? "aa" : "ab", "run", run_json(pairs),
	                 "margin_percent", options->margin_percent, "tool", result_tool_json(),
	                 "machine", result_machine_json(options->machine, options->topology),
	                 "base", side_json(&pairs->sides[BASE]), "new",
	                 side_json(&pairs->sides[NEW]), "ruler", ruler_json(&pairs->ruler_summary),
	                 "groups", "summary", verdict_summary(judged, rest), "verdicts", judged,
	                 "unjudged", rest);
}

int pairs_write(struct pairs *pairs, struct hd_error *err)
{
	json_t *made = document(pairs);
	struct outfile file;
	int code = made ? outfile_open(&file, pairs->options->output, err)
	                : hd_error(err, -EIO, "the document cannot be made");

	if (!code) {
		size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(RESULT_DIGITS);
		bool good = json_dumpf(made, file.stream, flags) == 0 &&
		            fputc('\n', file.stream) != EOF;

		code = outfile_close(&file, good, err);
	}
	json_decref(made);
	return code;
}
