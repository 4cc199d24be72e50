/* SPDX-License-Identifier: MIT */
/*
 * Calls that fail, signals without end, and a wall clock that goes back.
 *
 *   HEDDLE_FAULT=CALL:ERRNO:NTH[+]   the NTH call of that name in a process fails (with + all that follow do); SLEEP
 *                                    in place of the error: it takes 5 s
 *   HEDDLE_FAULT_IN=NAME             only in processes called so: heddle, heddle-keeper, heddle-stage
 *   HEDDLE_FAULT_PATH=TEXT           only on descriptors of files whose path holds it
 *   HEDDLE_STORM=MICROSECONDS        a signal as often, in the core
 *   HEDDLE_CLOCK_BACK=SECONDS        each look at the wall clock finds it so much further back
 *
 * A write that is to fail writes half of its bytes first: so does a disk that becomes full.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EMFILE", EMFILE},
              {"EAGAIN", EAGAIN}, {"ENOMEM", ENOMEM}, {"EADDRNOTAVAIL", EADDRNOTAVAIL},
              {"EROFS", EROFS},   {"EINTR", EINTR}};

static bool is_here(void)
{
	const char *wanted = getenv("HEDDLE_FAULT_IN");
	char name[17] = "";

	return !wanted || (prctl(PR_GET_NAME, name) == 0 && strcmp(name, wanted) == 0);
}

static bool is_on(int fd)
{
	const char *wanted = getenv("HEDDLE_FAULT_PATH");
	char link[64], path[4096];
	ssize_t length;

	if (!wanted || !*wanted)
		return true;
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	return strstr(path, wanted) != NULL;
}

/* Signals do not shorten it. */
static int sleep_long(void)
{
	struct timespec left = {.tv_sec = 5};

	while (nanosleep(&left, &left) < 0)
		;
	return 0;
}

/* 0, or the error that this call is to fail with. */
static int fault(const char *call, int fd)
{
	static int count;
	const char *text = getenv("HEDDLE_FAULT");
	size_t length = strlen(call);
	char error[32];
	int nth = 0;
	char more = 0;

	if (!text || strncmp(text, call, length) || text[length] != ':' || !is_here() || !is_on(fd))
		return 0;
	if (sscanf(text + length + 1, "%31[^:]:%d%c", error, &nth, &more) < 2)
		return 0;
	count++;
	if (more == '+' ? count < nth : count != nth)
		return 0;
	if (strcmp(error, "SLEEP") == 0)
		return sleep_long();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, error) == 0)
			return errors[i].number;
	return EINVAL;
}

static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		_exit(99);
	return found;
}

#define FAIL(call, fd)                       \
	do {                                 \
		int error = fault(call, fd); \
		if (error) {                 \
			errno = error;       \
			return -1;           \
		}                            \
	} while (0)

ssize_t write(int fd, const void *bytes, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);
	static int pending; /* the error behind the half that was written */
	int error = pending ? pending : fault("write", fd);

	if (!next)
		next = (ssize_t(*)(int, const void *, size_t))(uintptr_t)real("write");
	if (error && !pending && error != EINTR && size > 1) {
		pending = error;
		return next(fd, bytes, size / 2);
	}
	pending = 0;
	if (!error)
		return next(fd, bytes, size);
	errno = error;
	return -1;
}

int fdatasync(int fd)
{
	FAIL("fdatasync", fd);
	return ((int (*)(int))(uintptr_t)real("fdatasync"))(fd);
}

int fsync(int fd)
{
	FAIL("fsync", fd);
	return ((int (*)(int))(uintptr_t)real("fsync"))(fd);
}

int rename(const char *from, const char *to)
{
	FAIL("rename", -1);
	return ((int (*)(const char *, const char *))(uintptr_t)real("rename"))(from, to);
}

int ftruncate(int fd, off_t size)
{
	FAIL("ftruncate", fd);
	return ((int (*)(int, off_t))(uintptr_t)real("ftruncate"))(fd, size);
}

pid_t fork(void)
{
	FAIL("fork", -1);
	return ((pid_t(*)(void))(uintptr_t)real("fork"))();
}

int memfd_create(const char *name, unsigned flags)
{
	FAIL("memfd_create", -1);
	return ((int (*)(const char *, unsigned))(uintptr_t)real("memfd_create"))(name, flags);
}

int socketpair(int domain, int type, int protocol, int pair[2])
{
	FAIL("socketpair", -1);
	return ((int (*)(int, int, int, int[2]))(uintptr_t)real("socketpair"))(domain, type,
	                                                                       protocol, pair);
}

int socket(int domain, int type, int protocol)
{
	FAIL("socket", -1);
	return ((int (*)(int, int, int))(uintptr_t)real("socket"))(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	FAIL("connect", -1);
	return ((int (*)(int, const struct sockaddr *, socklen_t))(uintptr_t)real("connect"))(
	        fd, address, size);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
	int error = fault("pthread_create", -1);

	if (error)
		return error;
	return ((int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))(
	        uintptr_t)real("pthread_create"))(thread, attributes, run, argument);
}

/* ---- Signals ---------------------------------------------------------------------------------- */

static void nothing(int number)
{
	(void)number;
}

__attribute__((constructor)) static void begin_storm(void)
{
	const char *text = getenv("HEDDLE_STORM");
	struct sigaction action = {.sa_handler =
	                                   nothing}; /* no SA_RESTART: calls are interrupted */
	struct itimerval often = {{0, 0}, {0, 0}};
	char words[256] = "";
	FILE *file = fopen("/proc/self/cmdline", "re");
	size_t got = file ? fread(words, 1, sizeof(words) - 1, file) : 0;

	if (file)
		fclose(file);
	if (!text || !memmem(words, got, "\0run", 5))
		return;
	often.it_interval.tv_usec = often.it_value.tv_usec = atoi(text);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

/* ---- The wall clock ---------------------------------------------------------------------------- */

static time_t step_back(void)
{
	static time_t back;
	const char *text = getenv("HEDDLE_CLOCK_BACK");

	return text ? back += atoi(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*next)(clockid_t, struct timespec *);
	int code;

	if (!next)
		next = (int (*)(clockid_t, struct timespec *))(uintptr_t)real("clock_gettime");
	code = next(clock, now);
	if (code == 0 && clock == CLOCK_REALTIME)
		now->tv_sec -= step_back();
	return code;
}

time_t time(time_t *at)
{
	struct timespec now;
	time_t seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	seconds = now.tv_sec;
	if (at)
		*at = seconds;
	return seconds;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	at->tv_sec = now.tv_sec;
	at->tv_usec = now.tv_nsec / 1000;
	return 0;
}
