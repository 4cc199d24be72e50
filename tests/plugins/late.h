/* SPDX-License-Identifier: MIT */
/* The first of a crew's threads that is woken gets no processor for a while, as on a busy machine. */
#ifndef HEDDLE_TESTS_LATE_H
#define HEDDLE_TESTS_LATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static int late_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
	static atomic_int woken;
	int error = pthread_cond_wait(cond, lock);

	if (gettid() != getpid() && atomic_fetch_add(&woken, 1) == 0) {
		pthread_mutex_unlock(lock);
		usleep(300000);
		pthread_mutex_lock(lock);
	}
	return error;
}

#endif
