/* SPDX-License-Identifier: MIT */
/*
 * escape - leaves the bounds of its trial in the way that WRONG names, and is right otherwise. What would
 * reach other processes is done in a namespace only, where none is in reach: is_alone() looks.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <linux/close_range.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "broken.h"

#define SESSION 1
#define DOUBLE_FORK 2
#define GROUP 3
#define DAEMON 4
#define BOMB 5
#define THREADS 6
#define DESCRIPTORS 7
#define STDOUT 8
#define DIRECTORY 9
#define ENVIRONMENT 10
#define HANDLER 11
#define HANDLERS 12
#define MASK 13
#define LOCALE 14
#define ROUNDING 15
#define AFFINITY 16
#define AFFINITY_OF_CHILD 17
#define TRACE_PARENT 18
#define TRACE_ME 19
#define KILL_ALL 20
#define KILL_PARENT 21
#define STOP_PARENT 22
#define WRITE_BEYOND 23
#define READ_BEFORE 24
#define READ_BEFORE_OWN 25
#define MOUNT 26
#define SYSTEM_V 27
#define HOG_CHILD 28
#define FROZEN 29

enum { PAGE = 4096, MOST_FORKS = 600, PIECE = 8 << 20 };

static const struct hd_host *the_host;
static _Atomic int *forks; /* of the bomb, all its processes together: it goes out by itself */

/* ---- Whether others could be hit ------------------------------------------------------------- */

static bool is_keeper(pid_t pid)
{
	char path[32], name[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0 && read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return strcmp(name, "heddle-keeper\n") == 0;
}

static int processes(void)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (folder && (entry = readdir(folder)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	if (folder)
		closedir(folder);
	return count;
}

/* The keeper is process 1, and there are no others but this one and its worker. */
static bool is_alone(void)
{
	int count = processes();

	return getppid() == 1 && is_keeper(1) && count >= 2 && count <= 3;
}

/* ---- What it does ---------------------------------------------------------------------------- */

static void stay(void)
{
	for (;;)
		pause();
}

/* A child that nobody is told of. */
static pid_t child(void (*act)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	act();
	_exit(0);
}

__attribute__((unused)) static void in_session(void)
{
	setsid();
	stay();
}

__attribute__((unused)) static void in_group(void)
{
	setpgid(0, 0);
	stay();
}

__attribute__((unused)) static void grandchild(void)
{
	if (fork() == 0)
		stay();
}

__attribute__((unused)) static void as_daemon(void)
{
	if (daemon(0, 0) == 0) {
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		stay();
	}
}

__attribute__((unused)) static void bomb(void)
{
	while (atomic_fetch_add(forks, 1) < MOST_FORKS)
		if (fork() < 0)
			usleep(1000);
	stay();
}

__attribute__((unused)) static void *sleep_for_ever(void *unused)
{
	stay();
	return unused;
}

__attribute__((unused)) static void start_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < MOST_FORKS; i++)
		if (pthread_create(&thread, NULL, sleep_for_ever, NULL) == 0)
			pthread_detach(thread);
}

__attribute__((unused)) static void hog(void)
{
	for (int i = 0; i < 64; i++) {
		char *piece = (char *)malloc(PIECE);

		if (piece)
			memset(piece, 1, PIECE);
		__asm__ volatile("" : : "r"(piece) : "memory");
	}
	stay();
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd >= 0 ? write(fd, text, strlen(text)) : -1;
	int code = written < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return code;
}

/* The test thaws it. */
static int freeze(void)
{
	static const char group[] = "/sys/fs/cgroup/freezer/heddle-frozen";
	int code = mkdir(group, 0700) < 0 && errno != EEXIST ? -errno : 0;

	if (!code)
		code = put("/sys/fs/cgroup/freezer/heddle-frozen/cgroup.procs", "0");
	return code ? code : put("/sys/fs/cgroup/freezer/heddle-frozen/freezer.state", "FROZEN");
}

__attribute__((unused)) static void on_signal(int number)
{
	(void)number;
}

__attribute__((unused)) static void set_affinity(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
}

__attribute__((unused)) static void stray(void)
{
	set_affinity();
	stay();
}

__attribute__((unused)) static void try_to_trace(void)
{
	if (ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0)
		the_host->note(the_host, "the keeper was traced");
	else
		the_host->note(the_host, strerror(errno));
}

__attribute__((unused)) static int kill_all(void)
{
	pid_t worker = child(stay);

	the_host->watch(the_host, worker);
	usleep(50000); /* it is to be known when it dies */
	if (!is_alone()) {
		the_host->fail(the_host, "others are in reach: nothing was killed");
		return -EPERM;
	}
	return kill(-1, SIGKILL) < 0 ? -errno : 0;
}

__attribute__((unused)) static int signal_parent(int number)
{
	if (!is_keeper(getppid()))
		return -EPERM;
	return kill(getppid(), number) < 0 ? -errno : 0;
}

__attribute__((unused)) static int mount_something(void)
{
	if (!is_alone())
		return -EPERM;
	return mount("heddle-escape", "/tmp", "tmpfs", 0, "size=64k") < 0 ? -errno : 0;
}

__attribute__((unused)) static int leave_shared_memory(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);

	return id < 0 || shmat(id, NULL, 0) == (void *)-1 ? -errno : 0;
}

/* One byte of each page, until something is in the way. Named in the reason, so not to be merged. */
__attribute__((unused, noinline)) static void write_beyond(volatile char *at)
{
	for (;; at += PAGE)
		*at = *at;
}

__attribute__((unused, noinline)) static void read_before(const volatile char *at)
{
	for (;; at -= PAGE)
		(void)*at;
}

/* In open(), on the stage's first thread. */
static int go_wrong_early(void)
{
	switch (WRONG) {
	case DESCRIPTORS:
		return close_range(0, ~0U, 0) < 0 ? -errno : 0;
	case STDOUT:
		return close(STDOUT_FILENO) < 0 ? -errno : 0;
	case DIRECTORY:
		return chdir("/usr") < 0 ? -errno : 0;
	case ENVIRONMENT:
		return setenv("HEDDLE_ESCAPED", "yes", 1);
	case HANDLER:
		return signal(SIGUSR1, on_signal) == SIG_ERR ? -errno : 0;
	case HANDLERS:
		signal(SIGUSR1, on_signal);
		return signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -errno : 0;
	case MASK: {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		return -pthread_sigmask(SIG_BLOCK, &set, NULL);
	}
	case LOCALE:
		return setlocale(LC_ALL, "C.UTF-8") ? 0 : -ENOENT;
	case ROUNDING:
		return fesetround(FE_UPWARD) ? -EINVAL : 0;
	default:
		return 0;
	}
}

/* In run(), before the jobs. */
static int go_wrong(const struct hd_jobs *jobs)
{
	switch (WRONG) {
	case SESSION:
		return child(in_session) < 0 ? -errno : 0;
	case DOUBLE_FORK:
		return child(grandchild) < 0 ? -errno : 0;
	case GROUP:
		return child(in_group) < 0 ? -errno : 0;
	case DAEMON:
		return child(as_daemon) < 0 ? -errno : 0;
	case BOMB:
		return child(bomb) < 0 ? -errno : 0;
	case FROZEN:
		return freeze();
	case HOG_CHILD:
		return child(hog) < 0 ? -errno : 0;
	case THREADS:
		start_threads();
		return 0;
	case AFFINITY:
		set_affinity();
		return 0;
	case AFFINITY_OF_CHILD:
		the_host->watch(the_host, child(stray));
		return 0;
	case TRACE_PARENT:
		try_to_trace();
		return 0;
	case TRACE_ME:
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		return raise(SIGUSR1);
	case KILL_ALL:
		return kill_all();
	case KILL_PARENT:
		return signal_parent(SIGKILL);
	case STOP_PARENT:
		return signal_parent(SIGSTOP);
	case WRITE_BEYOND:
		write_beyond(jobs->first);
		return 0;
	case READ_BEFORE:
		read_before(jobs->first);
		return 0;
	case READ_BEFORE_OWN:
		read_before((char *)(uintptr_t)forks);
		return 0;
	case MOUNT:
		return mount_something();
	case SYSTEM_V:
		return leave_shared_memory();
	default:
		return 0;
	}
}

static int escape_open(const struct hd_host *host, void **state)
{
	int code;

	the_host = host;
	forks = (_Atomic int *)host->shared_alloc(host, sizeof(*forks));
	code = base_open(host, state);
	return code ? code : go_wrong_early();
}

static int escape_run(void *state, const struct hd_jobs *jobs)
{
	int code = go_wrong(jobs);

	return code ? code : base_run(state, jobs);
}

HD_EXPORT const struct hd_model heddle_model = {BASE_HEAD, BASE_TEXTS, .open = escape_open,
                                                .run = escape_run, .close = base_close};
