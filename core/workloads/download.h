/* SPDX-License-Identifier: MIT */
/* Inside of the download workload: what its core side and its jobs agree on. */
#ifndef HEDDLE_WORKLOADS_DOWNLOAD_H
#define HEDDLE_WORKLOADS_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "../generator.h"
#include "../scratch.h"
#include "../workload.h"
#include "server.h"

enum { DOWNLOAD_NAME_MOST = 1024 }; /* bytes of a name; what is longer is refused */

/* The parameters of a case, read once. */
struct download_params {
	uint32_t connections, files_per_connection;
	uint64_t files, file_bytes, block_bytes;
	bool cold;
	const char *work_dir;
};

struct download_params download_read_params(const struct workload_case *);

/* download_folder.c: what is served, made once a run. */
struct download_folder {
	char path[SCRATCH_PATH];
	struct generator_files files;
};

/*
 * Finds the case's folder in the run's scratch, or makes it: files of random bytes, and beside them a file that
 * nobody may have, with a link in the folder that leads to it. 0 or -errno.
 */
int download_find_folder(const struct workload_trial *, struct download_folder **,
                         struct hd_error *);

/* download_server.c: the jobs, and where the folder is, at the start of the workload's memory. */
uint64_t download_job_stride(const struct download_params *);
uint64_t
download_jobs_bytes(const struct download_params *); /* with all that stands before the tallies */
struct generator_names *download_names(const struct arena *, const struct download_params *);
void download_put_folder(const struct arena *, const struct download_params *, const char *path);
uint64_t download_count_strangers(const struct workload_trial *);
int download_setup(struct workload_stage *, struct hd_error *);

/*
 * Opens a file below `folder` for reading, by a name of `length` bytes as a stranger may send it: nothing outside is
 * reached, by no link either, and nothing but a regular file is opened. The descriptor and the file's size, or
 * -errno.
 */
int download_open(int folder, const char *name, size_t length, uint64_t *bytes);

#endif
