/* SPDX-License-Identifier: MIT */
/* How a ring is made, and why it cannot be made here. */
#ifndef HEDDLE_URING_H
#define HEDDLE_URING_H

#include <errno.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(IORING_SETUP_DEFER_TASKRUN)
#define RING_DEFERS (IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN)
#else
#define RING_DEFERS (1u << 12 | 1u << 13)
#endif
#define RING_ENTRIES_MAX 4096u

static inline int ring_init(struct io_uring *ring, uint32_t tasks, uint32_t flags)
{
	struct io_uring_params params = {.flags = flags | IORING_SETUP_CQSIZE};
	uint32_t entries = 16;

	while (entries < 2 * tasks && entries < RING_ENTRIES_MAX)
		entries *= 2;
	params.cq_entries = 4 * entries;
	return io_uring_queue_init_params(entries, ring, &params);
}

/* NULL where io_uring works, also with deferred task work if asked for; else why not. */
static inline const char *uring_refused(bool deferring)
{
	struct io_uring ring;
	int error = ring_init(&ring, 1, deferring ? RING_DEFERS : 0);

	switch (error) {
	case 0:
		io_uring_queue_exit(&ring);
		return NULL;
	case -ENOSYS:
		return "the kernel has no io_uring";
	case -EPERM:
	case -EACCES:
		return "io_uring is not permitted here (io_uring_disabled or seccomp)";
	case -EINVAL:
		return "the kernel's io_uring is too old";
	case -ENOMEM:
		return "not enough locked memory for io_uring (ulimit -l)";
	default:
		return "io_uring cannot be set up here";
	}
}

#endif
