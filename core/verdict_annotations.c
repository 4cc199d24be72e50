/* SPDX-License-Identifier: MIT */
/* A comparison as GitHub's workflow commands: errors and warnings beside the change that is looked at. */
#include "verdict_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "result_rows.h"

/* Which come first where not all may be shown. */
enum weight { REGRESSED, FAILS, DOUBTED, UNSETTLED, FAILED_BEFORE, WEIGHTS, NOT_TOLD = WEIGHTS };

static enum weight weight_of_verdict(const json_t *document, const json_t *verdict)
{
	switch (verdict_in(verdict)) {
	case VERDICT_REGRESSION: /* against itself nothing has got worse: the verdict is wrong */
		return comparison_kind(document) == COMPARISON_AA ? DOUBTED : REGRESSED;
	case VERDICT_CONTAMINATED:
		return DOUBTED;
	case VERDICT_INCONCLUSIVE:
		return UNSETTLED;
	default:
		return NOT_TOLD;
	}
}

static enum weight weight_of_unjudged(const json_t *document, const json_t *unjudged)
{
	if (unjudged_fails(document, unjudged))
		return FAILS;
	return strcmp(row_text(unjudged, "state"), "failed") == 0 &&
	                       strcmp(row_text(unjudged, "side"), "base") == 0
	               ? FAILED_BEFORE
	               : NOT_TOLD;
}

/* What would end a line or a property is written as GitHub's runner reads it; the rest of what could steer a
   terminal, too. */
static void put_escaped(FILE *out, const char *text, bool is_property)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool is_control =
		        c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0; /* two bytes of UTF-8 */

		if (is_control)
			fputs("??", out);
		else if (*c == '%' || iscntrl(*c) || (is_property && strchr(":,", *c)))
			fprintf(out, "%%%02X", *c);
		else
			fputc(*c, out);
		c += is_control;
	}
}

static void put_command(FILE *out, enum weight weight, const char *title, const char *text)
{
	fprintf(out, "::%s title=heddle%%3A ", weight <= FAILS ? "error" : "warning");
	put_escaped(out, title, true);
	fputs("::", out);
	put_escaped(out, text, false);
	fputc('\n', out);
}

static int put_verdict(const json_t *document, const json_t *verdict, FILE *out)
{
	char *text = NULL;
	size_t size;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return -ENOMEM;
	fprintf(line, "%s, %s: ", row_text(verdict, "case"), row_text(verdict, "metric"));
	verdict_put_change(verdict, line);
	fputs("; ", line);
	verdict_put_notes(document, verdict, line);
	if (!text_of(line, &text))
		return -ENOMEM;
	put_command(out, weight_of_verdict(document, verdict), row_text(verdict, "verdict"), text);
	free(text);
	return 0;
}

static int put_unjudged(const json_t *document, const json_t *unjudged, FILE *out)
{
	char *text = NULL;
	size_t size;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return -ENOMEM;
	fprintf(line, "%s: ", row_text(unjudged, "case"));
	unjudged_put(document, unjudged, line);
	if (!text_of(line, &text))
		return -ENOMEM;
	put_command(out, weight_of_unjudged(document, unjudged), "failed", text);
	free(text);
	return 0;
}

/* Prints up to `room` of a weight, or counts them all where `out` is NULL. -errno, or how many. */
static int put_weight(const json_t *document, enum weight weight, int room, FILE *out)
{
	const json_t *verdicts = json_object_get(document, "verdicts");
	const json_t *unjudged = json_object_get(document, "unjudged");
	json_t *item;
	int put = 0;
	size_t i;

	json_array_foreach(verdicts, i, item)
	{
		if (weight_of_verdict(document, item) != weight || put == room)
			continue;
		put++;
		if (out && put_verdict(document, item, out))
			return -ENOMEM;
	}
	json_array_foreach(unjudged, i, item)
	{
		if (put == room || weight_of_unjudged(document, item) != weight)
			continue;
		put++;
		if (out && put_unjudged(document, item, out))
			return -ENOMEM;
	}
	return put;
}

int verdict_annotations(const json_t *document, FILE *out, struct hd_error *err)
{
	int all = 0, room, more;

	for (int weight = 0; weight < WEIGHTS; weight++)
		all += put_weight(document, (enum weight)weight, -1, NULL);
	/* The last place is kept for the number of those that have none. */
	room = all > VERDICT_ANNOTATIONS ? VERDICT_ANNOTATIONS - 1 : all;
	more = all - room;
	for (int weight = 0; weight < WEIGHTS && room > 0; weight++) {
		int put = put_weight(document, (enum weight)weight, room, out);

		if (put < 0)
			return hd_error(err, put, "out of memory");
		room -= put;
	}
	if (more)
		fprintf(out, "::warning title=heddle::and %d more; the table has them all\n", more);
	return 0;
}
