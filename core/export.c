/* SPDX-License-Identifier: MIT */
#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export_set.h"
#include "memory.h"
#include "words.h"

static const struct export_format *const formats[] = {
        &export_google_benchmark, &export_googlecpp_summary,
        &export_github_bigger,    &export_github_smaller,
        &export_bencher,          &export_pyperf,
        &export_benchfmt,         &export_csv,
        &export_markdown,
};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

const char *export_name(size_t i)
{
	return i < FORMATS ? formats[i]->name : NULL;
}

const struct export_format *export_find(const char *name, struct hd_error *err)
{
	const char *names[FORMATS + 1];
	char quoted[WORDS_QUOTE], suggestion[WORDS_LINE];

	for (size_t i = 0; i <= FORMATS; i++)
		names[i] = export_name(i);
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(name, names[i]) == 0)
			return formats[i];
	hd_error(err, -EINVAL, "unknown format %s; %s", words_quote(name, quoted),
	         words_suggest(name, names, "known", suggestion));
	return NULL;
}

void export_print_formats(FILE *out)
{
	fputs("\nFormats:\n", out);
	for (size_t i = 0; i < FORMATS; i++) {
		const char *line = formats[i]->help;

		fprintf(out, "  %-22s ", formats[i]->name);
		for (size_t length; *line; line += length + (line[length] == '\n')) {
			length = strcspn(line, "\n");
			fprintf(out, "%*s%.*s\n", line == formats[i]->help ? 0 : 25, "",
			        (int)length, line);
		}
	}
}

int export_text(const struct export_format *format, const struct export_options *options,
                char **text, size_t *size, FILE *told, struct hd_error *err)
{
	size_t failures = memory_failures();
	struct export_set set;
	int code = export_set_open(&set, format, options, told, err);
	FILE *out = NULL;

	*text = NULL;
	*size = 0;
	if (!code && !(out = open_memstream(text, size)))
		code = hd_error(err, -ENOMEM, "out of memory");
	if (!code)
		code = format->write(&set, out, err);
	if (out && ferror(out) && !code)
		code = hd_error(err, -ENOMEM, "out of memory");
	if (out && fclose(out) && !code)
		code = hd_error(err, -ENOMEM, "out of memory");
	export_set_close(&set);
	if (!code && memory_failures() != failures)
		code = hd_error(err, -ENOMEM, "out of memory");
	if (code) {
		free(*text);
		*text = NULL;
		*size = 0;
	}
	return code;
}
