/* SPDX-License-Identifier: MIT */
/*
 * Reading a document. The cases of a result are parsed one after the other while it is read, so that what is
 * not wanted of a case is forgotten before the next one is held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memory.h"
#include "nesting.h"
#include "result_document.h"

static const char cases_key[] = "cases";

/* A text as it is read: what is too much for a result ends it. */
struct intake {
	FILE *file;
	struct nesting nesting;
	uint64_t bytes;
	const char *refused; /* why, or NULL */
	result_shorten *shorten;
	char key[sizeof(cases_key) + 1]; /* the last string of the first level, as far as it fits */
	size_t key_length;
	bool in_cases, in_case;
	char *text; /* of the case that is read; owned */
	size_t length, room;
	json_t *cases; /* those that were read, shortened; owned */
	bool bad;      /* a case is no JSON, or there was no memory for it */
};

static void put_in_case(struct intake *intake, char c)
{
	if (intake->length == intake->room) {
		size_t room = intake->room ? 2 * intake->room : 1 << 14;
		char *text = realloc(intake->text, room);

		if (!text) {
			memory_count_failure();
			intake->bad = true;
			return;
		}
		intake->text = text;
		intake->room = room;
	}
	intake->text[intake->length++] = c;
}

static void end_case(struct intake *intake)
{
	json_t *of_case = json_loadb(intake->text, intake->length, JSON_REJECT_DUPLICATES, NULL);

	intake->in_case = false;
	intake->length = 0;
	if (of_case)
		intake->shorten(of_case);
	intake->bad = !of_case || json_array_append_new(intake->cases, of_case) < 0;
}

static void keep_key(struct intake *intake, bool was_in_string, char c)
{
	if (!was_in_string)
		intake->key_length = 0;
	else if (intake->nesting.in_string && intake->key_length < sizeof(intake->key))
		intake->key[intake->key_length++] = c;
}

static bool is_key_of_cases(const struct intake *intake)
{
	return intake->key_length == sizeof(cases_key) - 1 &&
	       memcmp(intake->key, cases_key, sizeof(cases_key) - 1) == 0;
}

/* True where the character belongs to the document around the cases: of a case only its braces. */
static bool take_character(struct intake *intake, char c)
{
	unsigned depth = intake->nesting.depth;
	bool was_in_string = intake->nesting.in_string;

	intake->refused = nesting_refuses(&intake->nesting, &c, 1);
	if (depth == 1 && (was_in_string || intake->nesting.in_string))
		keep_key(intake, was_in_string, c);
	else if (depth == 1 && c == '[')
		intake->in_cases = is_key_of_cases(intake);
	if (intake->nesting.depth < 2)
		intake->in_cases = false;
	if (intake->in_cases && depth == 2 && c == '{' && !was_in_string)
		intake->in_case = true;
	if (!intake->in_case)
		return true;
	put_in_case(intake, c);
	if (intake->nesting.depth == 2 && !intake->bad)
		end_case(intake);
	return !intake->in_case || intake->length == 1;
}

/* What is left of a piece where the cases are taken out of it. */
static size_t take_out_cases(struct intake *intake, char *piece, size_t size)
{
	size_t left = 0;

	for (size_t i = 0; i < size && !intake->bad && !intake->refused; i++)
		if (take_character(intake, piece[i]))
			piece[left++] = piece[i];
	return left;
}

static size_t take_in(void *buffer, size_t size, void *context)
{
	struct intake *intake = context;
	size_t got, left;

	do {
		left = got = fread(buffer, 1, size, intake->file);
		intake->bytes += got;
		if (intake->bytes > DOCUMENT_MOST_BYTES)
			intake->refused = "larger than 1 GiB";
		else if (intake->shorten)
			left = take_out_cases(intake, buffer, got);
		else
			intake->refused = nesting_refuses(&intake->nesting, buffer, got);
	} while (got && !left && !intake->refused && !intake->bad);
	return intake->refused || intake->bad || ferror(intake->file) ? (size_t)-1 : left;
}

/* Where each case was, an empty object is left. */
static void put_cases_back(const struct intake *intake, const json_t *document)
{
	json_t *list = json_object_get(document, cases_key), *item;
	size_t i, taken = 0;

	json_array_foreach(list, i, item)
	{
		if (json_is_object(item) && taken < json_array_size(intake->cases))
			json_array_set(list, i, json_array_get(intake->cases, taken++));
	}
}

/* 0 where the text itself is wrong, else -errno with the reason why it could not be looked at. */
static int tell_hindrance(const struct intake *intake, const char *path, bool memory_ran_short,
                          struct hd_error *err)
{
	int code = errno ? errno : EIO;

	if (memory_ran_short)
		return hd_error(err, -ENOMEM, "%s: out of memory", path);
	if (intake->refused)
		return hd_error(err, -EFBIG, "%s: %s; not a Heddle result", path, intake->refused);
	return ferror(intake->file) ? hd_error(err, -code, "%s: %s", path, strerror(code)) : 0;
}

/*
 * A text that is wrong is read once more as a whole: jansson then tells the place, which it cannot where cases
 * were taken out.
 */
static json_t *parse(const char *path, FILE *file, result_shorten *shorten, struct hd_error *err)
{
	struct intake intake = {.file = file, .shorten = shorten};
	size_t failures = memory_failures();
	json_error_t why;
	json_t *document;

	errno = 0;
	intake.cases = json_array();
	document = json_load_callback(take_in, &intake, JSON_REJECT_DUPLICATES, &why);
	put_cases_back(&intake, document);
	json_decref(intake.cases);
	free(intake.text);
	if (document && memory_failures() == failures)
		return document;
	json_decref(document);
	if (tell_hindrance(&intake, path, memory_failures() != failures, err))
		return NULL;
	if (shorten && fseeko(file, 0, SEEK_SET) == 0)
		return parse(path, file, NULL, err);
	hd_error(err, -EINVAL, "%s:%d:%d: %s", path, why.line, why.column, why.text);
	return NULL;
}

static json_t *read_document(const char *path, result_shorten *shorten, struct hd_error *err)
{
	FILE *file = fopen(path, "re");
	json_t *document = NULL;
	struct stat status;

	if (!file) {
		hd_error(err, -errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(file), &status) == 0 && status.st_size > DOCUMENT_MOST_BYTES)
		hd_error(err, -EFBIG, "%s: larger than 1 GiB; not a Heddle result", path);
	else
		document = parse(path, file, shorten, err);
	fclose(file);
	return document;
}

/* 0 where it is what is wanted, else -errno. */
static int check_format(const json_t *document, const char *path, const char *wanted, int version,
                        struct hd_error *err)
{
	const char *format = json_string_value(json_object_get(document, "format"));
	const json_t *number = json_object_get(document, "version");
	json_int_t found = json_integer_value(number);

	if (format && strcmp(format, wanted))
		return hd_error(err, -ENOMSG,
		                "%s: not a Heddle result: its \"format\" is \"%.40s\"", path,
		                format);
	if (!format || !json_is_integer(number))
		return hd_error(err, -ENOMSG, "%s: not a Heddle result (no \"format\": \"%s\")",
		                path, wanted);
	if (found != version)
		return hd_error(err, -EINVAL,
		                "%s: %s version %" JSON_INTEGER_FORMAT ", this heddle reads %d",
		                path, strchr(wanted, '-') + 1, found, version);
	return 0;
}

int document_check_list(const json_t *document, const char *key, const char *name_key,
                        const char *path, struct hd_error *err)
{
	const json_t *list = json_object_get(document, key);
	json_t *item;
	size_t i;

	if (json_array_size(list) > DOCUMENT_MOST_CASES)
		return hd_error(err, -EFBIG, "%s: %s: %zu of them; at most %d", path, key,
		                json_array_size(list), DOCUMENT_MOST_CASES);
	json_array_foreach(list, i, item)
	{
		size_t length = json_string_length(json_object_get(item, name_key));

		if (length > DOCUMENT_LONGEST_NAME)
			return hd_error(err, -EFBIG, "%s: %s[%zu].%s: %zu bytes long; at most %d",
			                path, key, i, name_key, length, DOCUMENT_LONGEST_NAME);
	}
	return 0;
}

static json_t *load(const char *path, const char *wanted, int version, result_shorten *shorten,
                    struct hd_error *err)
{
	json_t *document = read_document(path, shorten, err);

	if (!document || check_format(document, path, wanted, version, err) == 0)
		return document;
	json_decref(document);
	return NULL;
}

json_t *document_load(const char *path, const char *wanted, int version, struct hd_error *err)
{
	return load(path, wanted, version, NULL, err);
}

json_t *result_load_shortened(const char *path, result_shorten *shorten, struct hd_error *err)
{
	json_t *document = load(path, "heddle-result", RESULT_VERSION, shorten, err);

	if (!document)
		return NULL;
	if (!json_is_array(json_object_get(document, cases_key)))
		hd_error(err, -EINVAL, "%s: not a Heddle result (no \"cases\")", path);
	else if (!document_check_list(document, cases_key, "name", path, err))
		return document;
	json_decref(document);
	return NULL;
}

json_t *result_load(const char *path, struct hd_error *err)
{
	return result_load_shortened(path, NULL, err);
}

void result_forget_trials(json_t *of_case)
{
	json_object_del(of_case, "trials");
}
