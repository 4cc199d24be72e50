/* SPDX-License-Identifier: MIT */
/*
 * A comparison as JUnit XML: a suite a workload, a test a verdict, or a case that has none. What nobody
 * can pass or fail by is skipped with its reason; of the children of a test only <failure> and <skipped>
 * are understood everywhere.
 */
#include "verdict_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"
#include "outfile.h"
#include "result_rows.h"

struct report {
	const json_t *document, *verdicts, *unjudged;
	FILE *out;
};

struct counts {
	size_t tests, failures, skipped;
	double elapsed_s;
};

/* XML 1.0 has no way to write most control characters, and not U+FFFE and U+FFFF. */
static bool is_forbidden(const unsigned char *c)
{
	return (c[0] < 0x20 && !strchr("\t\r\n", c[0])) ||
	       (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe);
}

static void put_escaped(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (is_forbidden(c)) {
			fputc('?', out);
			c += *c == 0xef ? 2 : 0;
		} else if (strchr("<>&\"'\t\r\n", *c)) {
			fprintf(out, "&#%d;", *c);
		} else {
			fputc(*c, out);
		}
	}
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	put_escaped(out, value);
	fputc('"', out);
}

static void put_time(FILE *out, double seconds)
{
	if (isfinite(seconds) && seconds >= 0)
		fprintf(out, " time=\"%.3f\"", seconds);
}

/* ---- What a test comes to ---------------------------------------------------------------------- */

/* Against itself nothing can have got worse. */
static bool verdict_fails(const struct report *report, const json_t *verdict)
{
	return verdict_in(verdict) == VERDICT_REGRESSION &&
	       comparison_kind(report->document) != COMPARISON_AA;
}

static bool verdict_is_skipped(const struct report *report, const json_t *verdict)
{
	enum verdict found = verdict_in(verdict);

	return !verdict_fails(report, verdict) && found != VERDICT_SAME &&
	       (found != VERDICT_IMPROVEMENT || comparison_kind(report->document) == COMPARISON_AA);
}

static void count_verdict(const struct report *report, const json_t *verdict, struct counts *counts)
{
	double elapsed_s = row_number(json_object_get(verdict, "elapsed_s"));

	counts->tests++;
	counts->failures += verdict_fails(report, verdict);
	counts->skipped += verdict_is_skipped(report, verdict);
	/* The trials of a case are the same for all its metrics. */
	if (isfinite(elapsed_s) && !json_is_false(json_object_get(verdict, "gates")))
		counts->elapsed_s += elapsed_s;
}

static void count_unjudged(const struct report *report, const json_t *unjudged,
                           struct counts *counts)
{
	bool fails = unjudged_fails(report->document, unjudged);

	counts->tests++;
	counts->failures += fails;
	counts->skipped += !fails;
}

/* Of one workload, or of all. */
static struct counts count(const struct report *report, const char *workload)
{
	struct counts counts = {0};
	json_t *item;
	size_t i;

	json_array_foreach(report->verdicts, i, item)
	{
		if (!workload || strcmp(row_text(item, "workload"), workload) == 0)
			count_verdict(report, item, &counts);
	}
	json_array_foreach(report->unjudged, i, item)
	{
		if (!workload || strcmp(row_text(item, "workload"), workload) == 0)
			count_unjudged(report, item, &counts);
	}
	return counts;
}

static void put_counts(FILE *out, const struct counts *counts)
{
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\"",
	        counts->tests, counts->failures, counts->skipped, counts->elapsed_s);
}

/* ---- Tests ------------------------------------------------------------------------------------- */

/* Opens the element. The name is the case's, which everything is joined on; a metric that does not gate
   stands behind it. */
static void open_test(FILE *out, const json_t *item)
{
	const char *metric =
	        json_is_false(json_object_get(item, "gates")) ? row_text(item, "metric") : "";

	fputs("<testcase classname=\"", out);
	put_escaped(out, row_text(item, "workload"));
	fputc('.', out);
	put_escaped(out, row_text(item, "model"));
	fputs("\" name=\"", out);
	put_escaped(out, row_text(item, "case"));
	fputs(*metric ? " " : "", out);
	put_escaped(out, metric);
	fputc('"', out);
}

/* Closes the test with a child: a failure of that type, or skipped where it is "". 0 or -errno. */
static int put_child(FILE *out, const char *type, const char *message, const char *body)
{
	fprintf(out, "><%s", *type ? "failure" : "skipped");
	if (*type)
		put_attribute(out, "type", type);
	put_attribute(out, "message", message);
	if (*body) {
		fputc('>', out);
		put_escaped(out, body);
		fprintf(out, "</%s>", *type ? "failure" : "skipped");
	} else {
		fputs("/>", out);
	}
	return fputs("</testcase>\n", out) == EOF ? -EIO : 0;
}

/* What is shown of a test at once. Of one that is skipped nothing else may be. */
static void put_message(const struct report *report, const json_t *verdict, FILE *out)
{
	bool skipped = verdict_is_skipped(report, verdict);

	if (skipped)
		fprintf(out, "%s: ", verdict_name(verdict_in(verdict)));
	verdict_put_change(verdict, out);
	if (skipped) {
		fputs("; ", out);
		verdict_put_notes(report->document, verdict, out);
	} else {
		fputs(", ", out);
		margin_put(row_number(json_object_get(verdict, "margin_percent")), out);
	}
}

static void put_details(const struct report *report, const json_t *verdict, FILE *out)
{
	char base[FORMAT_TEXT], new[FORMAT_TEXT];

	fprintf(out, "base %s, new %s, %" JSON_INTEGER_FORMAT " pairs",
	        verdict_quantity(verdict, "base", base), verdict_quantity(verdict, "new", new),
	        json_integer_value(json_object_get(verdict, "pairs")));
	fputs("; ", out);
	verdict_put_notes(report->document, verdict, out);
}

static int put_verdict(const struct report *report, const json_t *verdict)
{
	bool skipped = verdict_is_skipped(report, verdict), failed = verdict_fails(report, verdict);
	char *message = NULL, *body = NULL;
	size_t size;
	FILE *line = open_memstream(&message, &size), *more = open_memstream(&body, &size);
	int code = -ENOMEM;

	if (line && more) {
		put_message(report, verdict, line);
		if (failed)
			put_details(report, verdict, more);
	}
	if (line)
		text_of(line, &message);
	if (more)
		text_of(more, &body);
	if (message && body) {
		open_test(report->out, verdict);
		put_time(report->out, row_number(json_object_get(verdict, "elapsed_s")));
		if (failed || skipped)
			code = put_child(report->out, failed ? "regression" : "", message, body);
		else
			code = fputs("/>\n", report->out) == EOF ? -EIO : 0;
	}
	free(message);
	free(body);
	return code;
}

static int put_unjudged(const struct report *report, const json_t *unjudged)
{
	bool failed = unjudged_fails(report->document, unjudged);
	char *message = NULL;
	size_t size;
	FILE *line = open_memstream(&message, &size);
	int code = -ENOMEM;

	if (!line)
		return code;
	unjudged_put(report->document, unjudged, line);
	if (text_of(line, &message)) {
		open_test(report->out, unjudged);
		code = put_child(report->out,
		                 failed ? unjudged_status(report->document, unjudged) : "", message,
		                 "");
	}
	free(message);
	return code;
}

/* ---- Suites ------------------------------------------------------------------------------------ */

/* JUnit's schemas know no zone: the time is UTC. */
static void put_started(FILE *out, const json_t *run)
{
	const char *started = row_text(run, "started");
	char text[sizeof("2026-01-31T12:00:00")] = "";
	struct tm parts;
	const char *end = strptime(started, "%Y-%m-%dT%H:%M:%SZ", &parts);

	if (!end || *end || strlen(started) != sizeof(text))
		return;
	memcpy(text, started, sizeof(text) - 1);
	put_attribute(out, "timestamp", text);
}

static void put_properties(const struct report *report)
{
	static const char *const sides[] = {"base", "new"};
	char *text = NULL;
	size_t size;

	fputs("<properties>", report->out);
	for (int i = 0; i < 2; i++) {
		FILE *line = open_memstream(&text, &size);

		if (!line) {
			memory_count_failure();
			break;
		}
		if (comparison_put_place(report->document, sides[i], line) && !fflush(line)) {
			fprintf(report->out, "<property name=\"%s\"", sides[i]);
			put_attribute(report->out, "value", text);
			fputs("/>", report->out);
		}
		fclose(line);
		free(text);
	}
	fputs("</properties>\n", report->out);
}

static int put_suite(const struct report *report, const char *workload)
{
	const char *host = row_text(json_object_get(report->document, "machine"), "hostname");
	struct counts counts = count(report, workload);
	json_t *item;
	int code = 0;
	size_t i;

	fputs("<testsuite", report->out);
	put_attribute(report->out, "name", *workload ? workload : "-");
	put_counts(report->out, &counts);
	put_started(report->out, json_object_get(report->document, "run"));
	if (*host)
		put_attribute(report->out, "hostname", host);
	fputs(">\n", report->out);
	put_properties(report);
	json_array_foreach(report->verdicts, i, item)
	{
		if (!code && strcmp(row_text(item, "workload"), workload) == 0)
			code = put_verdict(report, item);
	}
	json_array_foreach(report->unjudged, i, item)
	{
		if (!code && strcmp(row_text(item, "workload"), workload) == 0)
			code = put_unjudged(report, item);
	}
	fputs("</testsuite>\n", report->out);
	return code;
}

/* Puts the suite of the item's workload, unless an earlier item had it. */
static int put_suite_once(const struct report *report, const json_t *item, json_t *done)
{
	const char *workload = row_text(item, "workload");

	if (json_object_get(done, workload))
		return 0;
	if (json_object_set_new(done, workload, json_true()))
		return -ENOMEM;
	return put_suite(report, workload);
}

static int put_suites(const struct report *report)
{
	json_t *done = json_object(), *item;
	struct counts counts = count(report, NULL);
	int code = done ? 0 : -ENOMEM;
	size_t i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"heddle\"",
	      report->out);
	put_counts(report->out, &counts);
	fputs(">\n", report->out);
	json_array_foreach(report->verdicts, i, item)
	{
		code = code ? code : put_suite_once(report, item, done);
	}
	json_array_foreach(report->unjudged, i, item)
	{
		code = code ? code : put_suite_once(report, item, done);
	}
	fputs("</testsuites>\n", report->out);
	json_decref(done);
	return code;
}

int verdict_junit(const json_t *document, const char *path, struct hd_error *err)
{
	struct report report = {.document = document,
	                        .verdicts = json_object_get(document, "verdicts"),
	                        .unjudged = json_object_get(document, "unjudged")};
	size_t failures = memory_failures();
	struct outfile file;
	int code = outfile_open(&file, path, err);

	if (code)
		return code;
	report.out = file.stream;
	errno = 0;
	code = put_suites(&report);
	if (!code && memory_failures() != failures)
		code = -ENOMEM; /* some words are not there */
	if (code == -ENOMEM)
		errno = ENOMEM;
	return outfile_close(&file, !code, err);
}
