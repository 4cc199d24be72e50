/* SPDX-License-Identifier: MIT */
/* The lines of a journal, read by somebody who does not know who wrote them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "nesting.h"
#include "result_document.h"

enum { FIRST_ROOM = 64 << 10 };

static int make_room(struct journal_line *line)
{
	size_t room = line->room ? 2 * line->room : FIRST_ROOM;
	char *text;

	if (line->room >= JOURNAL_LONGEST_LINE)
		return -EFBIG;
	text = realloc(line->text, room);
	if (!text)
		return -ENOMEM;
	line->text = text;
	line->room = room;
	return 0;
}

/* Up to the end of the line or of the file; getline() would take memory as long as there is any. */
static int read_text(FILE *file, struct journal_line *line)
{
	int byte, code;

	line->length = 0;
	while ((byte = getc_unlocked(file)) != EOF) {
		if (line->length == line->room && (code = make_room(line)))
			return code;
		line->text[line->length++] = (char)byte;
		if (byte == '\n')
			return 0;
	}
	return ferror(file) ? -EIO : 0;
}

static int refuse(const char *why, const char *path, uint64_t at, struct hd_error *err)
{
	return hd_error(err, -EINVAL, "%s: at byte %llu: %s; not as a run writes it", path,
	                (unsigned long long)at, why);
}

int journal_next_line(FILE *file, struct journal_line *line, const char *path, uint64_t at,
                      json_t **value, struct hd_error *err)
{
	struct nesting nesting = {0};
	size_t failures = memory_failures();
	const char *refused;
	int code = read_text(file, line);

	*value = NULL;
	if (code == -EFBIG)
		return refuse("a line longer than 16 MiB", path, at, err);
	if (code)
		return hd_error(err, code, "%s: %s", path, strerror(-code));
	if (!line->length || line->text[line->length - 1] != '\n')
		return 0;
	refused = nesting_refuses(&nesting, line->text, line->length);
	if (refused)
		return refuse(refused, path, at, err);
	*value = json_loadb(line->text, line->length, JSON_REJECT_DUPLICATES, NULL);
	if (memory_failures() == failures)
		return 0;
	json_decref(*value); /* it lacks what there was no memory for */
	*value = NULL;
	return hd_error(err, -ENOMEM, "%s: %s", path, strerror(ENOMEM));
}
