/* SPDX-License-Identifier: MIT */
/*
 * What processes share to exclude each other and to wait for each other: process-shared mutexes for sections, the
 * mailboxes of PUT and GET, events. For models that have no channel of their own for these.
 */
#ifndef HEDDLE_PROCESS_SYNC_H
#define HEDDLE_PROCESS_SYNC_H

#include "process_pool_mailbox.h"

struct process_sync {
	struct lock *locks;
	struct mailbox *mailboxes;
	struct event *events;
	uint32_t locks_count, queues_count, events_count;
	uint32_t spins; /* before a PUT or a GET sleeps */
};

/* In open(), before the first fork(). 0 or -errno; there is nothing to close. */
static inline int process_sync_open(struct process_sync *sync, const struct hd_host *host)
{
	int error = 0;

	*sync = (struct process_sync){.locks_count = host->locks,
	                              .queues_count = host->queues,
	                              .events_count = host->events};
	if (host->cores > 1 && host->in_flight <= host->cores)
		sync->spins = SPIN_ALL;
	sync->locks = host->shared_alloc(host, (host->locks + UINT64_C(1)) * sizeof *sync->locks);
	sync->mailboxes =
	        host->shared_alloc(host, (host->queues + UINT64_C(1)) * sizeof *sync->mailboxes);
	sync->events =
	        host->shared_alloc(host, (host->events + UINT64_C(1)) * sizeof *sync->events);
	if (!sync->locks || !sync->mailboxes || !sync->events)
		return -ENOMEM;
	for (uint32_t i = 0; i < host->locks && !error; i++)
		error = lock_open(&sync->locks[i]);
	for (uint32_t i = 0; i < host->queues && !error; i++)
		error = mailbox_open(&sync->mailboxes[i], host);
	return error;
}

static inline int64_t process_sync_section(const struct process_sync *sync,
                                           const struct hd_request *request)
{
	struct hd_section section = request->section; /* in registers */
	bool reads = request->op == HD_SHARED;
	uint64_t torn = 0;
	struct lock *lock;

	if (section.lock >= sync->locks_count)
		return -EINVAL;
	lock = &sync->locks[section.lock];
	for (uint64_t times = request->times; times; times--) {
		pthread_mutex_lock(&lock->mutex);
		if (reads)
			torn += hd_section_read(&section);
		else
			hd_section_run(&section);
		pthread_mutex_unlock(&lock->mutex);
	}
	return (int64_t)torn;
}

static inline int64_t process_sync_message(const struct process_sync *sync,
                                           const struct hd_request *request)
{
	if ((uint32_t)request->fd >= sync->queues_count)
		return -EBADF;
	return mailbox_exchange(&sync->mailboxes[request->fd], request, sync->spins);
}

static inline int64_t process_sync_event(const struct process_sync *sync,
                                         const struct hd_request *request)
{
	struct event *event = &sync->events[request->fd];

	if ((uint32_t)request->fd >= sync->events_count)
		return -EBADF;
	if (request->op == HD_WAIT)
		return event_wait(event, request->timeout_ns);
	return event_set_or_clear(event, request->op == HD_SET);
}

/* Answers any request. */
static inline int64_t process_sync_answer(const struct process_sync *sync,
                                          const struct hd_request *request)
{
	switch (request->op) {
	case HD_EXCLUSIVE:
	case HD_SHARED:
		return process_sync_section(sync, request);
	case HD_PUT:
	case HD_GET:
		return process_sync_message(sync, request);
	case HD_SET:
	case HD_CLEAR:
	case HD_WAIT:
		return process_sync_event(sync, request);
	default:
		return hd_thread_answer(request);
	}
}

/* What process_sync_answer() does. */
#define PROCESS_OPS                                                                  \
	(HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) | \
	 HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT))

#endif
