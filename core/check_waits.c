/* SPDX-License-Identifier: MIT */
/*
 * Suspension: while one job waits, another on the same core gets its answers, and what it does then lets the first
 * go on. One property for each request that can wait.
 */
#include "check_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWERS = 50, SLEEP_MS = 100, QUEUE = 0, EVENT = 0 };

struct pair {
	uint32_t op;              /* that the first job waits in */
	_Atomic uint32_t asked;   /* 1 once it has asked */
	_Atomic uint32_t came;    /* 1 once it was answered */
	_Atomic uint32_t answers; /* of the other job since then */
	int fds[2];               /* READ, WRITE: a pipe; ACCEPT: the listener */
	struct sockaddr_un address;
	socklen_t address_size;
	uint64_t deadline_ns;
};

struct pair_job {
	struct check_job base;
	struct pair *pair;
	bool released;
	uint64_t message;
};

static void ask_to_wait(struct pair_job *job, struct hd_request *request)
{
	struct pair *pair = job->pair;

	request->op = pair->op;
	request->buf = &job->message;
	request->size = pair->op == HD_READ || pair->op == HD_WRITE ? 1 : sizeof(job->message);
	request->fd = pair->op == HD_WRITE ? pair->fds[1] : pair->fds[0];
	if (pair->op == HD_SLEEP)
		request->timeout_ns = SLEEP_MS * RIG_MS;
	if (pair->op == HD_PUT || pair->op == HD_GET || pair->op == HD_WAIT)
		request->fd = 0;
}

/* A queue is filled first: PUT, not waiting, until it says that it is full. */
static bool is_filling(const struct pair_job *job, int64_t answer)
{
	return job->pair->op == HD_PUT && !atomic_load(&job->pair->asked) &&
	       (job->base.started == 1 || answer > 0);
}

static void waiter_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct pair_job *job = (struct pair_job *)(void *)base;
	struct pair *pair = job->pair;
	bool bytes = pair->op == HD_READ || pair->op == HD_WRITE;
	bool messages = pair->op == HD_PUT || pair->op == HD_GET;
	char text[RIG_ANSWER];

	if (is_filling(job, answer)) {
		ask_to_wait(job, request);
		request->timeout_ns = 0;
		return;
	}
	if (!atomic_load(&pair->asked)) {
		ask_to_wait(job, request);
		atomic_store(&pair->asked, 1);
		return;
	}
	atomic_store(&pair->came, 1);
	if (answer < 0 || ((bytes || messages) && answer != 1))
		rig_complain(base->rig, "a wait that another job ends",
		             bytes || messages ? "the answer 1" : "no error", "%s",
		             rig_answer(answer, text));
	if (pair->op == HD_ACCEPT && answer >= 0)
		close((int)answer);
}

/* True where a request does it; else it is done already. */
static bool release(struct pair_job *job, struct hd_request *request)
{
	struct pair *pair = job->pair;
	static char sink[1 << 16];
	int client;

	job->released = true;
	request->fd = 0;
	request->buf = &job->message;
	request->size = sizeof(job->message);
	request->timeout_ns = -1;
	switch (pair->op) {
	case HD_READ:
		return write(pair->fds[1], "x", 1) != 1;
	case HD_WRITE:
		return read(pair->fds[0], sink, sizeof(sink)) < 0;
	case HD_ACCEPT:
		client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		return connect(client, (struct sockaddr *)(void *)&pair->address,
		               pair->address_size) < 0;
	case HD_PUT:
	case HD_GET:
		request->op = pair->op == HD_PUT ? HD_GET : HD_PUT;
		return true;
	case HD_WAIT:
		request->op = HD_SET;
		return true;
	default:
		return false;
	}
}

/* Asks for what takes no time, so often after the other has begun to wait; then lets it go on. */
static void worker_step(struct check_job *base, int64_t answer, struct hd_request *request)
{
	struct pair_job *job = (struct pair_job *)(void *)base;
	struct pair *pair = job->pair;
	bool enough;

	(void)answer;
	if (atomic_load(&pair->asked) && !atomic_load(&pair->came) && base->started > 1)
		atomic_fetch_add(&pair->answers, 1);
	enough = atomic_load(&pair->answers) > ANSWERS;
	if (job->released || atomic_load(&pair->came) || clock_now_ns() > pair->deadline_ns)
		return;
	rig_cheap_request(base, request);
	if (enough && !release(job, request))
		request->op = HD_DONE;
}

static const char *const waits[] = {[HD_READ] = "READ of an empty pipe",
                                    [HD_WRITE] = "WRITE to a full pipe",
                                    [HD_ACCEPT] = "ACCEPT",
                                    [HD_SLEEP] = "SLEEP of 100 ms",
                                    [HD_PUT] = "PUT into a full queue",
                                    [HD_GET] = "GET from an empty queue",
                                    [HD_WAIT] = "WAIT for an event"};

/* What the first job is to wait for. */
static bool prepare(struct rig *rig, struct pair *pair)
{
	static const char nothing[4096];
	int fd;

	if (pair->op == HD_ACCEPT) {
		pair->fds[0] = fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		pair->address.sun_family = AF_UNIX;
		pair->address_size = sizeof(pair->address);
		if (bind(fd, (struct sockaddr *)(void *)&pair->address, sizeof(sa_family_t)) ||
		    listen(fd, 4) ||
		    getsockname(fd, (struct sockaddr *)(void *)&pair->address, &pair->address_size))
			return rig_fail(rig, "no socket for the check itself: %s", strerror(errno));
	} else if (pair->op == HD_READ || pair->op == HD_WRITE) {
		if (pipe(pair->fds))
			return rig_fail(rig, "no pipe for the check itself: %s", strerror(errno));
		fcntl(pair->fds[1], F_SETFL, O_NONBLOCK);
		while (pair->op == HD_WRITE && write(pair->fds[1], nothing, sizeof(nothing)) > 0)
			;
		fcntl(pair->fds[1], F_SETFL, 0);
	}
	return true;
}

static void look(struct rig *rig, uint32_t op)
{
	struct pair_job *jobs = rig_alloc(rig, 2 * sizeof(*jobs));
	struct pair *pair = rig_alloc(rig, sizeof(*pair));
	char expected[CHECK_TEXT];

	pair->op = op;
	pair->deadline_ns = clock_now_ns() + 4 * NS_PER_S;
	jobs[0].base.script = waiter_step;
	jobs[1].base.script = worker_step;
	jobs[0].pair = jobs[1].pair = pair;
	snprintf(expected, sizeof(expected), "%d answers to the other meanwhile", ANSWERS);
	rig_does(rig, expected,
	         "a job that waits in %s beside one that asks for what takes no time", waits[op]);
	if (!prepare(rig, pair) || !rig_do(rig, jobs, 2, sizeof(*jobs)))
		return;
	if (atomic_load(&pair->answers) < ANSWERS)
		rig_fail(rig, "%u", atomic_load(&pair->answers));
}

void check_wait_read(struct rig *rig)
{
	look(rig, HD_READ);
}

void check_wait_write(struct rig *rig)
{
	look(rig, HD_WRITE);
}

void check_wait_accept(struct rig *rig)
{
	look(rig, HD_ACCEPT);
}

void check_wait_sleep(struct rig *rig)
{
	look(rig, HD_SLEEP);
}

void check_wait_put(struct rig *rig)
{
	look(rig, HD_PUT);
}

void check_wait_get(struct rig *rig)
{
	look(rig, HD_GET);
}

void check_wait_event(struct rig *rig)
{
	look(rig, HD_WAIT);
}
