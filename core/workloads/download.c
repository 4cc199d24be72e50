/* SPDX-License-Identifier: MIT */
/*
 * download: clients ask for files by name, the model under test reads them and writes the sockets. This file is the
 * workload's core side; what is served stands in download_folder.c, the jobs in download_server.c. Listener, load
 * and the words of a verdict are those of echo.
 */
#include "download.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "copy_keep.h"
#include "echo.h"

enum { SERVED_FILES, SERVED_FILE_KIB, CLIENTS, FILES_PER_CONNECTION, READ_KIB, PAGE_CACHE, PLACE };

static const struct hd_option params[] = {
        [SERVED_FILES] = {.name = "files",
                          .kind = HD_OPTION_INT,
                          .value = 200,
                          .min = 1,
                          .max = 100000,
                          .help = "files in the folder, asked for in turn"},
        [SERVED_FILE_KIB] = {.name = "file_kib",
                             .kind = HD_OPTION_INT,
                             .value = 16,
                             .min = 1,
                             .max = 1 << 20,
                             .help = "size of each of them"},
        [CLIENTS] = {.name = "connections",
                     .kind = HD_OPTION_INT,
                     .value = 16,
                     .min = 1,
                     .max = 65536,
                     .help = "clients at a time, and tasks of the server"},
        [FILES_PER_CONNECTION] =
                {.name = "files_per_connection",
                 .kind = HD_OPTION_INT,
                 .value = 0,
                 .min = 0,
                 .max = 1000000000,
                 .help = "after so many it is closed and opened again; 0: kept open"},
        [READ_KIB] = {.name = "block_kib",
                      .kind = HD_OPTION_INT,
                      .value = 64,
                      .min = 1,
                      .max = 1 << 16,
                      .help = "of a file, read and sent at a time"},
        [PAGE_CACHE] = {.name = "cache",
                        .kind = HD_OPTION_CHOICE,
                        .text = "warm",
                        .choices = "warm cold",
                        .help = "cold: the load generator drops each file from the page cache "
                                "before it asks for it"},
        [PLACE] = {.name = "work_dir",
                   .kind = HD_OPTION_TEXT,
                   .text = "",
                   .help = "where the folder lies; without it the first of /dev/shm, $TMPDIR, "
                           "/tmp with room"},
        {0},
};

enum {
	FILES_RATE,
	BYTES,
	CPU_PER_FILE,
	FIRST_P50,
	FIRST_P99,
	LAST_P50,
	LAST_P90,
	LAST_P99,
	LAST_P999,
	LAST_MAX,
	UNSERVED,
	LOAD_CPU,
	MADE,
	REFUSED
};

static const struct workload_metric metrics[] = {
        [FILES_RATE] = {"throughput", "files/s", "higher", "files that came whole"},
        [BYTES] = {"bytes_rate", "bytes/s", "higher", "bytes of them"},
        [CPU_PER_FILE] = {"server_cpu_per_file", "ns", "lower",
                          "CPU time of the model's processes"},
        [FIRST_P50] = {"first_byte_p50", "ns", "lower",
                       "from the request to the first byte of the answer, median"},
        [FIRST_P99] = {"first_byte_p99", "ns", "lower", "99 in 100 were quicker"},
        [LAST_P50] = {"last_byte_p50", "ns", "lower",
                      "from the request to the last byte of the file, median"},
        [LAST_P90] = {"last_byte_p90", "ns", "lower", "nine in ten were quicker"},
        [LAST_P99] = {"last_byte_p99", "ns", "lower", "99 in 100 were quicker"},
        [LAST_P999] = {"last_byte_p999", "ns", "lower", "999 in 1000 were quicker"},
        [LAST_MAX] = {"last_byte_max", "ns", "lower", "the slowest"},
        [UNSERVED] = {"never_served", "connections", "lower", "not answered once in the trial"},
        [LOAD_CPU] = {"generator_cpu", "percent", NULL, "of the generator's cores that it used"},
        [MADE] = {"connections_made", "connections", NULL, "in the whole trial"},
        [REFUSED] = {"refused", "requests", NULL,
                     "for what is not in the folder, in the whole trial, that were refused"},
        {0},
};

struct download_params download_read_params(const struct workload_case *kase)
{
	const struct value *values = kase->params;

	return (struct download_params){
	        .connections = (uint32_t)values[CLIENTS].number,
	        .files_per_connection = (uint32_t)values[FILES_PER_CONNECTION].number,
	        .files = (uint64_t)values[SERVED_FILES].number,
	        .file_bytes = (uint64_t)values[SERVED_FILE_KIB].number * 1024,
	        .block_bytes = (uint64_t)values[READ_KIB].number * 1024,
	        .cold = strcmp(values[PAGE_CACHE].text, "cold") == 0,
	        .work_dir = values[PLACE].text,
	};
}

static int resolve(struct value *values, uint32_t cores, struct hd_error *err)
{
	uint64_t bytes = copy_keep_bytes((uint64_t)values[SERVED_FILES].number,
	                                 (uint64_t)values[SERVED_FILE_KIB].number);
	char place[SCRATCH_PATH];
	struct hd_error why = {0};
	int code = scratch_choose(values[PLACE].text, bytes, place, &why);

	(void)cores;
	if (code)
		return hd_error(err, code, "work_dir: %s", why.text);
	return strcmp(values[PAGE_CACHE].text, "cold") == 0 ? copy_keep_need_disk(place, "", err)
	                                                    : 0;
}

static const char *unsupported(const struct value *values)
{
	(void)values;
	return echo_need_loopback(NULL) == 0
	               ? NULL
	               : "the loopback interface is down; as root: ip link set lo up";
}

static uint64_t tallies_at(const struct download_params *read)
{
	return (download_jobs_bytes(read) + ARENA_SPACING - 1) / ARENA_SPACING * ARENA_SPACING;
}

static void needs(const struct workload_case *kase, struct workload_needs *needed)
{
	struct download_params read = download_read_params(kase);

	needed->in_flight = read.connections;
	needed->generator_threads = echo_generator_threads(kase);
	needed->bytes =
	        tallies_at(&read) + needed->generator_threads * sizeof(struct generator_tally);
}

static int prepare(struct workload_trial *trial, struct hd_error *err)
{
	struct download_params read = download_read_params(trial->kase);
	struct echo_params sockets = {.transport = GENERATOR_TCP, .connections = read.connections};
	struct echo_state *state = aligned_alloc(ARENA_SPACING, sizeof(*state));
	struct download_folder *folder;
	int code;

	if (!state)
		return hd_error(err, -ENOMEM, "download: no memory");
	memset(state, 0, sizeof(*state));
	trial->state = state;
	code = download_find_folder(trial, &folder, err);
	if (code)
		return code;
	state->plan = (struct generator_plan){
	        .transport = GENERATOR_TCP,
	        .connections = read.connections,
	        .pipeline = 1,
	        .messages_per_connection = read.files_per_connection,
	        .threads = echo_generator_threads(trial->kase),
	        .cpus = trial->kase->generator_cores ? trial->kase->generator_cpus : NULL,
	        .drain_ms = trial->kase->drain_ms,
	        .files = &folder->files,
	};
	download_put_folder(trial->arena, &read, folder->path);
	return echo_open_sockets(trial, &sockets, err);
}

static int start(struct workload_trial *trial, struct hd_error *err)
{
	struct download_params read = download_read_params(trial->kase);
	char *memory = arena_workload(trial->arena);

	return echo_begin(trial, download_names(trial->arena, &read),
	                  (struct generator_tally *)(void *)(memory + tallies_at(&read)), err);
}

static void verify(struct workload_trial *trial, struct workload_verdict *verdict)
{
	echo_judge(trial, "files", download_count_strangers(trial), verdict);
}

static void measure(struct workload_trial *trial, const struct workload_seen *seen, double *values)
{
	const struct echo_state *state = trial->state;
	const struct generator_tally *total = &state->total;

	/* A window may hold a few files or none: their median would tell steps, not the rate. */
	values[FILES_RATE] = seen->ns ? (double)seen->ops * 1e9 / (double)seen->ns : NAN;
	values[BYTES] = values[FILES_RATE] * (double)download_read_params(trial->kase).file_bytes;
	if (seen->ops)
		values[CPU_PER_FILE] = seen->cpu_ns / (double)seen->ops;
	values[FIRST_P50] = histogram_percentile(&total->first, 0.5);
	values[FIRST_P99] = histogram_percentile(&total->first, 0.99);
	values[LAST_P50] = histogram_percentile(&total->latency, 0.5);
	values[LAST_P90] = histogram_percentile(&total->latency, 0.9);
	values[LAST_P99] = histogram_percentile(&total->latency, 0.99);
	values[LAST_P999] = histogram_percentile(&total->latency, 0.999);
	values[LAST_MAX] = histogram_percentile(&total->latency, 1);
	values[UNSERVED] = (double)echo_never_served(state);
	values[LOAD_CPU] = echo_generator_percent(total);
	values[MADE] = (double)total->made;
	values[REFUSED] = (double)total->refused;
}

const struct workload download_workload = {
        .name = "download",
        .summary = "a server that sends files by name, one job a connection",
        .params = params,
        .metrics = metrics,
        .op_unit = "files",
        .ops = HD_CAN(HD_READ) | HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT),
        .network = true,
        .resolve = resolve,
        .needs = needs,
        .unsupported = unsupported,
        .prepare = prepare,
        .setup = download_setup,
        .start = start,
        .stop = echo_stop,
        .verify = verify,
        .measure = measure,
        .release = echo_release,
};
