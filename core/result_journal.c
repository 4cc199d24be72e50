/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "fault.h"
#include "memory.h"
#include "outfile.h"
#include "result_document.h"
#include "result_value.h"

enum { MOST_TASKS_TOLD = 256 };

static json_t *counts(const uint64_t *values, uint32_t n)
{
	json_t *array = json_array();

	for (uint32_t i = 0; values && i < n; i++)
		json_array_append_new(array, json_integer((json_int_t)values[i]));
	return array;
}

/* Over the whole trial, not only its windows: the kernel tells them when the stage has ended. */
static json_t *whole_trial(const struct keeper_end *used)
{
	return json_pack(
	        "{s:f, s:f, s:I, s:I, s:I, s:I}", "user_ns", used->user_ns, "system_ns",
	        used->system_ns, "voluntary_switches", (json_int_t)used->voluntary_switches,
	        "involuntary_switches", (json_int_t)used->involuntary_switches, "minor_faults",
	        (json_int_t)used->minor_faults, "major_faults", (json_int_t)used->major_faults);
}

static json_t *gauges(const struct trial_result *trial)
{
	const struct noise *noise = &trial->noise;
	bool ended = trial->used.user_ns + trial->used.system_ns > 0;
	json_t *object;

	object = json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "cpu_ns",
	                   json_number_or_null(trial->cpu_ns), "peak_resident_bytes",
	                   json_number_or_null(trial->peak_bytes), "whole_trial_rate",
	                   json_number_or_null(trial->whole_rate), "observer_late_ns",
	                   json_number_or_null(trial->late_ns), "overhead_ns",
	                   (json_int_t)trial->overhead_ns, "tasks_stepped",
	                   (json_int_t)trial->stepped, "whole_passes", (json_int_t)trial->passes,
	                   "steal_ns", json_number_or_null(noise->steal_ns), "cpu_pressure_ns",
	                   json_number_or_null(noise->cpu_pressure_ns), "io_pressure_ns",
	                   json_number_or_null(noise->io_pressure_ns), "throttled_periods",
	                   json_number_or_null(noise->throttled_periods), "whole_trial",
	                   ended ? whole_trial(&trial->used) : json_null());
	for (int i = 0; i < GAUGES; i++)
		json_object_set_new(object, gauge_name((enum gauge)i),
		                    json_number_or_null(trial->gauges[i]));
	json_object_set_new(object, "threads_unknown",
	                    trial->threads_unknown ? json_string(trial->threads_unknown)
	                                           : json_null());
	return object;
}

static json_t *notes(const struct trial_result *trial)
{
	char text[sizeof(trial->changed) + 16];
	json_t *array = json_array();

	if (trial->note[0])
		json_array_append_new(array, json_any_text(trial->note));
	if (trial->model_note[0])
		json_array_append_new(array, json_any_text(trial->model_note));
	if (trial->changed[0]) {
		snprintf(text, sizeof(text), "changed %s", trial->changed);
		json_array_append_new(array, json_any_text(text));
	}
	if (trial->left_behind)
		json_array_append_new(array,
		                      json_sprintf("left processes behind (%u), which were ended",
		                                   trial->left_behind));
	if (trial->noise.throttled_periods > 0)
		json_array_append_new(array, json_string("throttled by the CPU quota"));
	return array;
}

static json_t *metrics(const struct workload *workload, const struct trial_result *trial)
{
	const struct workload_metric *per_op = per_op_metrics(workload);
	json_t *object = json_object();

	for (int i = 0; workload->metrics[i].name; i++)
		json_object_set_new(object, workload->metrics[i].name,
		                    json_number_or_null(trial->metrics[i]));
	for (int i = 0; per_op[i].name; i++)
		json_object_set_new(object, per_op[i].name, json_number_or_null(trial->per_op[i]));
	return object;
}

/* The way to the rate that was found; null in each where it was not measured. */
static json_t *search_json(const struct trial_result *trial)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < trial->probe_count; i++) {
		const struct trial_probe *probe = &trial->probes[i];
		bool open_loop = probe->rate > 0;

		json_array_append_new(
		        array,
		        json_pack("{s:o, s:o, s:o, s:o}", "rate",
		                  open_loop ? json_real(probe->rate) : json_null(), "achieved",
		                  json_number_or_null(probe->achieved), "response_ns",
		                  json_number_or_null(probe->response), "held",
		                  open_loop ? json_boolean(probe->held) : json_null()));
	}
	return array;
}

/* Innermost first. */
static json_t *backtrace(const struct fault *fault)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < fault->frames; i++) {
		const struct fault_frame *frame = &fault->frame[i];

		json_array_append_new(array,
		                      json_pack("{s:o, s:o, s:o, s:I}", "object",
		                                json_text_or_null(frame->object), "function",
		                                json_text_or_null(frame->function), "offset",
		                                frame->function[0]
		                                        ? json_integer((json_int_t)frame->offset)
		                                        : json_null(),
		                                "address", (json_int_t)frame->address));
	}
	return array;
}

static json_t *trial_json(uint32_t round, uint32_t order, const struct trial_result *trial)
{
	bool all_tasks = trial->tasks <= MOST_TASKS_TOLD && trial->windows;

	return json_pack("{s:i, s:i, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "round", (int)round,
	                 "order", (int)order, "status", status_name(trial->status), "reason",
	                 json_text_or_null(trial->reason), "output",
	                 json_text_or_null(trial->output), "elapsed_ns",
	                 (json_int_t)trial->elapsed_ns, "window_ns",
	                 counts(trial->window_ns, trial->windows), "window_ops",
	                 counts(trial->window_ops, trial->windows), "task_ops",
	                 all_tasks ? counts(trial->task_ops, trial->tasks) : json_null(), "gauges",
	                 gauges(trial));
}

/* Locked while it is written: a second run of the same name must not take it away, not even by force. */
static int open_file(const char *path, bool overwrite)
{
	int fd = open(path,
	              O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND | O_NOFOLLOW |
	                      (overwrite ? 0 : O_EXCL),
	              0644);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -EBUSY;
	}
	(void)!ftruncate(fd, 0); /* a device has nothing to cut */
	return fd;
}

FILE *journal_file(const char *path, bool overwrite, struct hd_error *err)
{
	int fd = open_file(path, overwrite);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a+");

	if (fd == -EBUSY)
		hd_error(err, fd, "%s: another run is writing it", path);
	else if (fd < 0)
		hd_error(err, fd, "%s: %s%s", path, strerror(-fd),
		         fd == -EEXIST ? "; another run may be writing it; -f writes over it" : "");
	else if (!file)
		hd_error(err, -ENOMEM, "out of memory");
	if (file)
		outfile_sync_folder(path);
	return file;
}

int journal_prepare(struct journal *journal, const struct plan *plan, struct hd_error *err)
{
	*journal = (struct journal){.case_count = plan->count};
	journal->cases = calloc(plan->count ? plan->count : 1, sizeof(*journal->cases));
	if (!journal->cases)
		return hd_error(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->count; i++)
		journal->cases[i].status = plan->cases[i].status;
	return 0;
}

int journal_attach(struct journal *journal, int fd, const char *path, const struct plan *plan,
                   struct hd_error *err)
{
	int code = journal_prepare(journal, plan, err);

	journal->file = fdopen(fd, "a+");
	if (!journal->file)
		close(fd);
	journal->path = strdup(path);
	if (!journal->file || !journal->path)
		code = hd_error(err, -ENOMEM, "out of memory");
	return code;
}

int journal_create(struct journal *journal, const char *path, bool overwrite, struct hd_error *err)
{
	struct hd_error why = {0};

	journal->file = journal_file(path, overwrite, &why);
	if (!journal->file)
		return hd_error(err, why.code, "%s", why.text);
	journal->path = strdup(path);
	return journal->path ? 0 : hd_error(err, -ENOMEM, "out of memory");
}

int journal_open(struct journal *journal, const char *path, const struct plan *plan, bool overwrite,
                 struct hd_error *err)
{
	int code = journal_prepare(journal, plan, err);

	return code ? code : journal_create(journal, path, overwrite, err);
}

static bool make_room(struct journal_case *of_case, uint32_t round)
{
	if (of_case->count == of_case->room) {
		uint32_t room = of_case->room ? 2 * of_case->room : 8;
		uint64_t *offsets = realloc(of_case->offsets, room * sizeof(*offsets));

		if (!offsets)
			return false;
		of_case->offsets = offsets;
		of_case->room = room;
	}
	if (round > of_case->rounds) {
		uint32_t rounds = round + 8;
		double *gate = realloc(of_case->gate, rounds * sizeof(*gate));

		if (!gate)
			return false;
		for (uint32_t i = of_case->rounds; i < rounds; i++)
			gate[i] = NAN;
		of_case->gate = gate;
		of_case->rounds = rounds;
	}
	return true;
}

/* A disk takes all of it or is full, but signals and other file systems may part it. */
static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		bytes += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

static int sync_data(int fd)
{
	int code;

	do
		code = fdatasync(fd);
	while (code < 0 && errno == EINTR);
	/* A pipe or a device has nothing to sync. */
	return code < 0 && errno != EINVAL ? -errno : 0;
}

int journal_put(struct journal *journal, json_t *line, struct hd_error *err)
{
	char *text = memory_dump(line, JSON_COMPACT);
	size_t length = text ? strlen(text) : 0;
	int fd = fileno(journal->file), code;

	json_decref(line);
	if (!text)
		return hd_error(err, -ENOMEM, "out of memory");
	text[length++] = '\n'; /* in place of the zero that ends it */
	code = write_all(fd, text, length);
	if (!code)
		code = sync_data(fd);
	free(text);
	if (code)
		return hd_error(err, code, "%s: %s", journal->path, strerror(-code));
	journal->size += length;
	return 0;
}

int journal_note(struct journal *journal, size_t index, const struct journal_trial *trial,
                 struct hd_error *err)
{
	struct journal_case *of_case = &journal->cases[index];

	if (!make_room(of_case, trial->round))
		return hd_error(err, -ENOMEM, "out of memory");
	journal->trials++;
	of_case->offsets[of_case->count++] = trial->offset;
	of_case->gate[trial->round - 1] = trial->status == STATUS_OK ? trial->gate : NAN;
	of_case->failures += trial->status != STATUS_OK;
	if (trial->status > of_case->status)
		of_case->status = trial->status;
	return 0;
}

int journal_append(struct journal *journal, const struct plan *plan, size_t index, uint32_t round,
                   uint32_t order, const struct trial_result *trial, struct hd_error *err)
{
	const struct plan_case *kase = &plan->cases[index];
	struct journal_trial noted = {.offset = journal->size,
	                              .round = round,
	                              .status = trial->status,
	                              .gate = trial->metrics[0]};
	size_t failures = memory_failures();
	char key[PLAN_KEY];
	json_t *line;
	int code;

	line = json_pack("{s:s, s:o, s:o, s:o}", "case", plan_case_key(kase, key), "metrics",
	                 metrics(kase->workload, trial), "notes", notes(trial), "trial",
	                 trial_json(round, order, trial));
	if (trial->probe_count)
		json_object_set_new(json_object_get(line, "trial"), "search", search_json(trial));
	if (trial->fault)
		json_object_set_new(json_object_get(line, "trial"), "backtrace",
		                    backtrace(trial->fault));
	if (trial->standstill)
		json_object_set_new(json_object_get(line, "trial"), "standstill",
		                    standstill_json(trial->standstill));
	if (memory_failures() != failures) {
		json_decref(line);
		return hd_error(err, -ENOMEM, "out of memory");
	}
	code = journal_put(journal, line, err);
	return code ? code : journal_note(journal, index, &noted, err);
}

json_t *journal_read(struct journal *journal, size_t index, uint32_t i)
{
	json_t *line = NULL;

	if (fseeko(journal->file, (off_t)journal->cases[index].offsets[i], SEEK_SET) == 0)
		line = json_loadf(journal->file, JSON_DISABLE_EOF_CHECK, NULL);
	return line;
}

void journal_close(struct journal *journal, bool remove_file)
{
	if (journal->file)
		fclose(journal->file);
	if (remove_file && journal->path)
		unlink(journal->path);
	for (size_t i = 0; journal->cases && i < journal->case_count; i++) {
		free(journal->cases[i].offsets);
		free(journal->cases[i].gate);
	}
	free(journal->cases);
	free(journal->path);
	*journal = (struct journal){0};
}
