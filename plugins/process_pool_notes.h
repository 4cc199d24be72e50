/* SPDX-License-Identifier: MIT */
/*
 * Sections on their way to the owner through the kernel: one pipe or one POSIX message queue for
 * all producers, for comparison with the ring. The answer comes back as with the ring, by `done`.
 */
#ifndef HEDDLE_PROCESS_POOL_NOTES_H
#define HEDDLE_PROCESS_POOL_NOTES_H

#include <mqueue.h>
#include <stdio.h>

#include "process_pool_owner.h"
#include "process_pool_producer.h"

struct note {
	struct hd_section section;
	uint32_t task, reserved;
};
#define NOTE_QUIT UINT32_MAX
#define NOTES_AT_ONCE (PIPE_BUF / sizeof(struct note))

/* Few: a try is a system call, and with more of them those who wait for the core lose what is won.
 */
#define NOTE_TRIES 10u

struct notes {
	bool mqueue; /* else a pipe */
	int in, out; /* two ends of the pipe or two descriptors of the message queue; -1: not open */
};

static int notes_open_mqueue(struct notes *notes, int flags)
{
	struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = NOTES_AT_ONCE * sizeof(struct note)};
	int create = O_RDONLY | O_CREAT | O_EXCL | flags, error = 0;
	char name[64];

	snprintf(name, sizeof name, "/heddle-%ld-%lld", (long)getpid(), (long long)hd_now_ns());
	notes->in = mq_open(name, create, 0600, &attr);
	if (notes->in < 0 && errno == EINVAL) {
		attr.mq_maxmsg = 1; /* fs.mqueue.msg_max was lowered */
		notes->in = mq_open(name, create, 0600, &attr);
	}
	if (notes->in < 0)
		return -errno;
	notes->out = mq_open(name, O_WRONLY | flags);
	if (notes->out < 0)
		error = -errno;
	mq_unlink(name);
	return error;
}

static int notes_open_pipe(struct notes *notes, int flags)
{
	int ends[2];

	if (pipe2(ends, flags))
		return -errno;
	notes->in = ends[0];
	notes->out = ends[1];
	return 0;
}

/* 0 or -errno. */
static int notes_open(struct notes *notes, const struct hd_host *host, bool mqueue)
{
	int flags = O_CLOEXEC | (host->cores > 1 ? O_NONBLOCK : 0), error;

	notes->mqueue = mqueue;
	error = mqueue ? notes_open_mqueue(notes, flags) : notes_open_pipe(notes, flags);
	if (error)
		host->fail(host, mqueue ? "no POSIX message queue can be opened here"
		                        : "no pipe can be opened");
	return error;
}

/* On Linux a message queue's descriptor is a file's. */
static void notes_close(struct notes *notes)
{
	if (notes->in >= 0)
		close(notes->in);
	if (notes->out >= 0)
		close(notes->out);
}

/* After a call failed: true if it may be made again, now or after some sleep. */
static bool notes_retry(int fd, short events, uint32_t *tries)
{
	struct pollfd item = {.fd = fd, .events = events};

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	if (*tries)
		--*tries;
	else
		poll(&item, 1, -1);
	return true;
}

/* All or nothing, as `count` is at most NOTES_AT_ONCE. 0 or -errno. `tries`: before it sleeps. */
static int notes_send(const struct notes *notes, const struct note *note, uint64_t count,
                      uint32_t tries)
{
	int64_t sent;

	do {
		if (notes->mqueue)
			sent = mq_send(notes->out, (const char *)note, count * sizeof *note, 0);
		else
			sent = write(notes->out, note, count * sizeof *note);
	} while (sent < 0 && notes_retry(notes->out, POLLOUT, &tries));
	return sent < 0 ? -errno : 0;
}

/* How many notes were read, 0 on failure. */
static size_t notes_receive(const struct notes *notes, struct note *batch)
{
	uint32_t tries = NOTE_TRIES;
	ssize_t bytes;

	do {
		if (notes->mqueue)
			bytes = mq_receive(notes->in, (char *)batch, NOTES_AT_ONCE * sizeof *batch,
			                   NULL);
		else
			bytes = read(notes->in, batch, NOTES_AT_ONCE * sizeof *batch);
	} while (bytes < 0 && notes_retry(notes->in, POLLIN, &tries));
	return bytes < 0 ? 0 : (size_t)bytes / sizeof *batch;
}

/* `times` notes, each for one section. Returns when the owner has run them all. 0 or -errno. */
static int notes_ask(const struct notes *notes, struct producer *producer, uint32_t task,
                     const struct hd_request *request)
{
	uint64_t filled = request->times < NOTES_AT_ONCE ? request->times : NOTES_AT_ONCE;
	struct note batch[NOTES_AT_ONCE];
	int error = 0;

	for (uint64_t i = 0; i < filled; i++)
		batch[i] = (struct note){.section = request->section, .task = task};
	for (uint64_t left = request->times; left && !error;) {
		uint64_t count = left < filled ? left : filled;

		error = notes_send(notes, batch, count, producer->spins ? NOTE_TRIES : 0);
		producer->sent += error ? 0 : count;
		left -= count;
	}
	producer_wait(producer, producer->sent);
	return error;
}

/*
 * The producer changes `waiting` and then reads `done`, this the other way round: one of the two
 * sees what the other wrote.
 */
static void notes_answer(struct ring *ring, uint64_t count)
{
	uint64_t done = atomic_fetch_add(&ring->done, count) + count;

	if (atomic_load(&ring->waiting))
		ring_answer(ring, done);
}

static void note_run(const struct hd_section *section, struct ring *ring)
{
	if (section->flags & SECTION_READ)
		ring->torn += hd_section_read(section);
	else
		hd_section_run(section);
}

/* Runs what was read, and answers where the sender changes. Returns false when told to quit. */
static bool notes_run(const struct queue *queue, const struct note *notes, size_t count)
{
	for (size_t i = 0, same; i < count; i += same) {
		uint32_t task = notes[i].task;

		if (task == NOTE_QUIT)
			return false;
		for (same = 0; i + same < count && notes[i + same].task == task; same++)
			note_run(&notes[i + same].section, queue_ring(queue, task));
		notes_answer(queue_ring(queue, task), same);
	}
	return true;
}

/* The owner. Returns when told to quit. */
static void notes_work(const struct notes *notes, const struct queue *queue)
{
	struct note batch[NOTES_AT_ONCE];
	size_t count;

	do
		count = notes_receive(notes, batch);
	while (count && notes_run(queue, batch, count));
}

#endif
