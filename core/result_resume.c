/* SPDX-License-Identifier: MIT */
#include "result_resume.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "outfile.h"
#include "result_document.h"

enum { MOST_ARGUMENTS = 1024 };

static const char suffix[] = ".journal";

struct resume_trial {
	char key[PLAN_KEY];
	uint32_t order;
	uint64_t elapsed_ns;
	struct journal_trial noted;
};

/* ---- The shape of a line --------------------------------------------------------------------- */

static bool is_count(const json_t *value, json_int_t least, json_int_t most)
{
	return json_is_integer(value) && json_integer_value(value) >= least &&
	       json_integer_value(value) <= most;
}

static bool are_texts(const json_t *array)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value) if (!json_is_string(value)) return false;
	return json_is_array(array);
}

static bool are_numbers(json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name,
	                    value) if (!json_is_number(value) && !json_is_null(value)) return false;
	return json_is_object(object);
}

static bool is_trial(const json_t *line)
{
	const json_t *trial = json_object_get(line, "trial");
	const json_t *reason = json_object_get(trial, "reason"),
	             *status = json_object_get(trial, "status");

	return json_string_length(json_object_get(line, "case")) == PLAN_KEY - 1 &&
	       are_numbers(json_object_get(line, "metrics")) &&
	       are_texts(json_object_get(line, "notes")) &&
	       is_count(json_object_get(trial, "round"), 1, INT_MAX) &&
	       is_count(json_object_get(trial, "order"), 1, INT_MAX) &&
	       is_count(json_object_get(trial, "elapsed_ns"), 0, INT64_MAX) &&
	       json_is_string(status) && status_find(json_string_value(status)) >= 0 &&
	       (json_is_string(reason) || json_is_null(reason)) &&
	       json_is_array(json_object_get(trial, "window_ns")) &&
	       json_is_array(json_object_get(trial, "window_ops")) &&
	       json_is_object(json_object_get(trial, "gauges"));
}

static bool is_time(const char *text)
{
	return text && strlen(text) == strlen("2026-01-31T12:00:00Z") &&
	       strspn(text, "0123456789-:TZ") == strlen(text);
}

static bool is_head(const json_t *line)
{
	const char *format = json_string_value(json_object_get(line, "format"));

	return format && strcmp(format, "heddle-journal") == 0 &&
	       json_is_integer(json_object_get(line, "version"));
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int take_head(struct resume *resume, json_t *line, struct hd_error *err)
{
	const json_t *words = json_object_get(line, "arguments"),
	             *seed = json_object_get(line, "seed");
	json_int_t version = json_integer_value(json_object_get(line, "version"));

	if (!is_head(line))
		return hd_error(err, -EINVAL,
		                "%s: no journal of a run (no \"format\": \"heddle-journal\")",
		                resume->journal);
	if (version != JOURNAL_VERSION)
		return hd_error(err, -EINVAL, "%s: journal version %lld, this heddle reads %d",
		                resume->journal, (long long)version, JOURNAL_VERSION);
	resume->head = json_incref(line);
	resume->folder = json_string_value(json_object_get(line, "folder"));
	resume->started = json_string_value(json_object_get(line, "started"));
	if (!resume->folder || !is_time(resume->started) ||
	    !is_count(seed, 0, (json_int_t)1 << 53) || !are_texts(words) ||
	    json_array_size(words) > MOST_ARGUMENTS)
		return hd_error(err, -EINVAL, "%s: its first line is not as a run writes it",
		                resume->journal);
	resume->seed = (uint64_t)json_integer_value(seed);
	resume->arguments = calloc(json_array_size(words) + 1, sizeof(*resume->arguments));
	for (size_t i = 0; resume->arguments && i < json_array_size(words); i++) {
		resume->arguments[i] = strdup(json_string_value(json_array_get(words, i)));
		if (!resume->arguments[i])
			return hd_error(err, -ENOMEM, "out of memory");
		resume->argument_count++;
	}
	return resume->arguments ? 0 : hd_error(err, -ENOMEM, "out of memory");
}

static int keep(struct resume *resume, const json_t *line, struct hd_error *err)
{
	const json_t *trial = json_object_get(line, "trial");
	struct resume_trial *kept;

	/* Room for 1, 2, 4, ... */
	if ((resume->count & (resume->count - 1)) == 0) {
		size_t room = resume->count ? 2 * resume->count : 1;

		kept = realloc(resume->trials, room * sizeof(*kept));
		if (!kept)
			return hd_error(err, -ENOMEM, "out of memory");
		resume->trials = kept;
	}
	kept = &resume->trials[resume->count++];
	memcpy(kept->key, json_string_value(json_object_get(line, "case")), PLAN_KEY);
	kept->order = (uint32_t)json_integer_value(json_object_get(trial, "order"));
	kept->elapsed_ns = (uint64_t)json_integer_value(json_object_get(trial, "elapsed_ns"));
	kept->noted = (struct journal_trial){
	        .offset = resume->size,
	        .round = (uint32_t)json_integer_value(json_object_get(trial, "round")),
	        .status = (enum status)status_find(
	                json_string_value(json_object_get(trial, "status"))),
	        .gate = NAN};
	return 0;
}

static int take_line(struct resume *resume, json_t *line, struct hd_error *err)
{
	if (!resume->head)
		return take_head(resume, line, err);
	if (is_trial(line))
		return keep(resume, line, err);
	if (!json_is_string(json_object_get(line, "resumed")))
		return hd_error(err, -EINVAL, "%s: at byte %llu: not as a run writes it",
		                resume->journal, (unsigned long long)resume->size);
	resume->times++;
	return 0;
}

/*
 * Line by line, up to the first one that is not whole. Each was synced before the next one began, so only the last
 * can be torn.
 */
static int read_lines(struct resume *resume, struct hd_error *err)
{
	struct journal_line line = {0};
	json_t *value;
	int code;

	for (;;) {
		code = journal_next_line(resume->file, &line, resume->journal, resume->size, &value,
		                         err);
		if (code || !value)
			break;
		code = take_line(resume, value, err);
		json_decref(value);
		if (code)
			break;
		resume->size += line.length;
	}
	resume->torn = !code && line.length;
	if (resume->torn && getc(resume->file) != EOF)
		code = hd_error(err, -EINVAL, "%s: at byte %llu: a line that is no JSON",
		                resume->journal, (unsigned long long)resume->size);
	free(line.text);
	return code;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), of_end = strlen(end);

	return length > of_end && strcmp(text + length - of_end, end) == 0;
}

/* Why there is no journal, as far as the result can tell. */
static int tell_missing(const char *file, int code, struct hd_error *err)
{
	json_t *document = code == -ENOENT ? result_load(file, NULL) : NULL;
	const char *status =
	        json_string_value(json_object_get(json_object_get(document, "run"), "status"));

	if (status && strcmp(status, "complete") == 0)
		hd_error(err, code, "%s: the run is complete, nothing is missing", file);
	else if (document)
		hd_error(err, code, "%s: its journal is gone, there is nothing to go on from",
		         file);
	else
		hd_error(err, code, "%s: %s", file, strerror(-code));
	json_decref(document);
	return code;
}

static int open_journal(struct resume *resume, const char *path, const char *file,
                        struct hd_error *err)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK), code;
	struct stat status = {0};

	if (fd < 0)
		return tell_missing(file, -errno, err);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		code = hd_error(err, -EINVAL, "%s: no regular file", path);
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		code = hd_error(err, -EBUSY, "%s: another run is writing it", path);
	else
		code = 0;
	resume->own = status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH));
	if (!code && !(resume->file = fdopen(fd, "r+")))
		code = hd_error(err, -ENOMEM, "out of memory");
	if (!resume->file)
		close(fd);
	return code;
}

int resume_open(struct resume *resume, const char *file, struct hd_error *err)
{
	char *path = NULL;
	int code;

	*resume = (struct resume){0};
	if (asprintf(&path, "%s%s", file, ends_with(file, suffix) ? "" : suffix) < 0)
		return hd_error(err, -ENOMEM, "out of memory");
	code = open_journal(resume, path, file, err);
	if (!code && !(resume->journal = realpath(path, NULL)))
		code = hd_error(err, -errno, "%s: %s", path, strerror(errno));
	free(path);
	if (code)
		return code;
	if (!ends_with(resume->journal, suffix))
		return hd_error(err, -EINVAL, "%s: no path of a journal", file);
	resume->output = strndup(resume->journal, strlen(resume->journal) - strlen(suffix));
	if (!resume->output)
		return hd_error(err, -ENOMEM, "out of memory");
	code = read_lines(resume, err);
	if (!code && !resume->count)
		code = hd_error(err, -EINVAL,
		                "%s: not one trial is in it; start the run anew, with -f",
		                resume->journal);
	return code;
}

void resume_close(struct resume *resume)
{
	if (resume->file)
		fclose(resume->file);
	for (int i = 0; i < resume->argument_count; i++)
		free(resume->arguments[i]);
	json_decref(resume->head);
	free(resume->arguments);
	free(resume->trials);
	free(resume->journal);
	free(resume->output);
	*resume = (struct resume){0};
}

/* ---- Going on -------------------------------------------------------------------------------- */

int resume_check(const struct resume *resume, const struct plan *plan, const struct result_run *run,
                 struct problems *problems)
{
	size_t failures = memory_failures();
	json_t *now = journal_head(plan, run);

	journal_compare_heads(resume->head, now, problems);
	json_decref(now);
	return memory_failures() != failures ? -ENOMEM : 0;
}

int resume_check_output(const struct resume *resume, struct hd_error *err)
{
	struct hd_error why = {0};
	json_t *document, *run;
	bool same;

	if (access(resume->output, F_OK) < 0)
		return 0;
	document = result_load(resume->output, &why);
	if (why.code == -ENOMEM)
		return hd_error(err, why.code, "%s", why.text);
	run = json_object_get(document, "run");
	same = json_equal(json_object_get(run, "started"),
	                  json_object_get(resume->head, "started")) &&
	       json_equal(json_object_get(run, "seed"), json_object_get(resume->head, "seed"));
	json_decref(document);
	return same ? 0
	            : hd_error(err, -EEXIST, "%s exists and is not of this run; -f writes over it",
	                       resume->output);
}

int resume_journal(struct resume *resume, struct journal *journal, const struct plan *plan,
                   struct hd_error *err)
{
	char now[32];
	time_t seconds = time(NULL);
	struct tm utc;
	int fd = dup(fileno(resume->file)), code;

	if (fd < 0)
		return hd_error(err, -errno, "%s: %s", resume->journal, strerror(errno));
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	code = journal_attach(journal, fd, resume->journal, plan, err);
	if (code)
		return code;
	journal->size = resume->size;
	if (ftruncate(fd, (off_t)resume->size) < 0)
		return hd_error(err, -errno, "%s: %s", resume->journal, strerror(errno));
	outfile_sync_folder(resume->journal);
	gmtime_r(&seconds, &utc);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return journal_put(journal, json_pack("{s:s}", "resumed", now), err);
}

int resume_take(struct resume *resume, struct journal *journal, const struct plan *plan,
                size_t index, uint32_t round, uint32_t order, uint64_t *elapsed_ns,
                struct hd_error *err)
{
	const struct plan_case *kase = &plan->cases[index];
	struct resume_trial *next;
	char key[PLAN_KEY];
	json_t *line, *gate;
	size_t failures;
	int code;

	if (resume_is_over(resume))
		return 0;
	next = &resume->trials[resume->taken++];
	if (strcmp(next->key, plan_case_key(kase, key)) || next->noted.round != round ||
	    next->order != order)
		return hd_error(err, -EINVAL,
		                "%s: at byte %llu: not the trial that comes next in this run",
		                resume->journal, (unsigned long long)next->noted.offset);
	code = journal_note(journal, index, &next->noted, err);
	if (code)
		return code;
	failures = memory_failures();
	line = journal_read(journal, index, journal->cases[index].count - 1);
	if (!line || memory_failures() != failures) {
		json_decref(line);
		return hd_error(err, memory_failures() != failures ? -ENOMEM : -EIO,
		                "%s: at byte %llu: cannot be read again", resume->journal,
		                (unsigned long long)next->noted.offset);
	}
	gate = json_object_get(json_object_get(line, "metrics"), kase->workload->metrics[0].name);
	if (next->noted.status == STATUS_OK && json_is_number(gate))
		journal->cases[index].gate[round - 1] = json_number_value(gate);
	json_decref(line);
	*elapsed_ns = next->elapsed_ns;
	return 1;
}

bool resume_is_over(const struct resume *resume)
{
	return resume->taken == resume->count;
}
