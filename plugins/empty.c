/* SPDX-License-Identifier: MIT */
/*
 * empty - answers each request at once and does nothing, so what is left is the harness's own
 * share.
 *
 * Its threads are those of the other models, only the work is gone. Bytes of a file are answered as
 * if they had been moved: up to the size that the file has, as a job waits for its end. A connection
 * cannot be answered without being there, so cases that accept some are skipped.
 */
#include <heddle/plugin.h>
#include <heddle/threads.h>
#include <sys/stat.h>

static int64_t bytes_left(const struct hd_request *request)
{
	struct stat status;

	if (fstat(request->fd, &status) < 0)
		return -errno;
	if (request->offset < 0 || status.st_size <= request->offset)
		return 0;
	return (uint64_t)(status.st_size - request->offset) < request->size
	               ? status.st_size - request->offset
	               : (int64_t)request->size;
}

static inline int64_t perform(void *state, struct hd_request *request)
{
	(void)state;
	switch (request->op) {
	case HD_READ:
		return bytes_left(request);
	case HD_WRITE:
		return (int64_t)request->size;
	case HD_PUT:
		return (int64_t)request->times;
	default:
		return 0;
	}
}

static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}

static int empty_open(const struct hd_host *host, void **state)
{
	return hd_crew_open_alone(host, state, work);
}

HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_YIELD) | HD_CAN(HD_READ) |
               HD_CAN(HD_WRITE) | HD_CAN(HD_PUT),
        .name = "empty",
        .summary = "answers at once and does nothing: the harness's own share",
        .build = HD_BUILD,
        .open = empty_open,
        .run = hd_crew_run,
        .close = hd_crew_close_alone,
};
