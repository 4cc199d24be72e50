/* SPDX-License-Identifier: MIT */
#include "keeper_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"
#include "fdpass.h"
#include "isolation.h"

enum { CHANNEL = 3, PAD_BYTES = 4096, WRAP_WORDS = 64, PATIENCE_S = 5 };

/* The keeper's own state; lives in its process only. */
struct state {
	int socket, signals, self; /* the program's own file, whatever is built over it */
	int number;                /* its pid as seen from outside of its namespace */
	char program[4096];
	bool foreground, isolated, core_gone;
	bool stuck; /* processes below it did not end */
	pid_t stage, own_pid, core;
	pid_t doomed; /* the stage that is being ended; its end is told to nobody */
	int killed;   /* other children that were reaped after SIGKILL */
	struct ceiling ceiling;
	struct scratch folders; /* paths only */
};

static void send_answer(struct state *state, const struct keeper_message *message, const int *fds,
                        int count)
{
	if (fdpass_send(state->socket, message, offsetof(struct keeper_message, text) + 1, fds,
	                count))
		state->core_gone = true;
}

static double ns_of(struct timeval time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

static void answer_end(struct state *state, int status, const struct rusage *usage)
{
	struct keeper_message message = {.kind = KEEPER_ENDED,
	                                 .hits = ceiling_hit(&state->ceiling),
	                                 .end = {.status = status,
	                                         .user_ns = ns_of(usage->ru_utime),
	                                         .system_ns = ns_of(usage->ru_stime),
	                                         .voluntary_switches = usage->ru_nvcsw,
	                                         .involuntary_switches = usage->ru_nivcsw,
	                                         .minor_faults = usage->ru_minflt,
	                                         .major_faults = usage->ru_majflt}};

	send_answer(state, &message, NULL, 0);
}

/* In the child of the keeper that becomes the stage. */

static void padded_environment(char *pad)
{
	unsigned bytes = 0;

	/* The environment lies above the stack: its size moves every frame of the program. */
	if (getrandom(&bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		bytes = (unsigned)getpid();
	memset(pad, 'x', bytes % PAD_BYTES);
	pad[bytes % PAD_BYTES] = '\0';
	setenv("HEDDLE_PAD", pad, 1);
}

static void exec_stage(struct state *state, char *wrap)
{
	char *argv[WRAP_WORDS + 3], *rest = NULL, pad[PAD_BYTES];
	static char stage_word[] = "stage";
	int words = 0;

	for (char *word = strtok_r(wrap, " ", &rest); word && words < WRAP_WORDS;
	     word = strtok_r(NULL, " ", &rest))
		argv[words++] = word;
	argv[words] = state->program;
	argv[words + 1] = stage_word;
	argv[words + 2] = NULL;
	padded_environment(pad);
	if (words)
		execvp(argv[0], argv);
	else
		fexecve(state->self, argv, environ);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void become_stage(struct state *state, struct keeper_message *message, const int *fds,
                         int count)
{
	struct rlimit no_core = {0, 0};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != state->own_pid)
		_exit(127); /* the keeper died before the signal was asked for */
	if (state->isolated && isolation_of_stage())
		_exit(127);
	/* Yama lets only ancestors look at a stack; the core's eu-stack is none. */
	if (!state->isolated)
		prctl(PR_SET_PTRACER, state->core);
	if (!state->foreground) {
		setpgid(0, 0);
		setrlimit(RLIMIT_CORE, &no_core);
	}
	if (count > 1 && (dup2(fds[1], STDOUT_FILENO) < 0 || dup2(fds[1], STDERR_FILENO) < 0))
		_exit(127);
	/* dup2 to itself would keep close-on-exec. */
	if (fds[0] == CHANNEL ? fcntl(CHANNEL, F_SETFD, 0) < 0 : dup2(fds[0], CHANNEL) < 0)
		_exit(127);
	exec_stage(state, message->text);
}

/* A fork that starts in the cgroup: moving there later waits for an RCU grace period. */
static pid_t fork_into(int cgroup)
{
	struct clone_args args = {
	        .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup};
	long pid;

	if (cgroup >= 0) {
		pid = syscall(SYS_clone3, &args, sizeof(args));
		if (pid >= 0)
			return (pid_t)pid;
	}
	return fork();
}

static int descriptor_of(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static void start_stage(struct state *state, struct keeper_message *message, int *fds, int count)
{
	struct keeper_message answer = {.kind = KEEPER_STARTED};
	int fd;
	pid_t pid;

	ceiling_set(&state->ceiling, message->limits.threads,
	            (uint64_t)message->limits.memory_mib << 20);
	pid = count > 0 ? fork_into(state->ceiling.group) : -1;
	if (pid == 0)
		become_stage(state, message, fds, count);
	state->stage = pid;
	answer.value = pid < 0 ? -errno : (int)pid;
	fd = pid < 0 ? -1 : descriptor_of(pid);
	send_answer(state, &answer, &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
}

/* A descriptor means the same process in every namespace, a pid does not. */
static void find(struct state *state, const struct keeper_message *message)
{
	struct keeper_message answer = {.kind = KEEPER_FOUND, .value = message->value};
	int fds[KEEPER_FOUND_AT_ONCE], count = 0;

	for (int i = 0; i < message->value && i < KEEPER_FOUND_AT_ONCE; i++) {
		int fd = descriptor_of(message->pids[i]);

		answer.pids[i] = fd < 0 ? fd : 0;
		if (fd >= 0)
			fds[count++] = fd;
	}
	send_answer(state, &answer, fds, count);
	while (count)
		close(fds[--count]);
}

/* Reaps one child; tells the core of the stage's end. As waitpid. */
static pid_t reap_one(struct state *state)
{
	struct rusage usage;
	int status;
	pid_t pid = wait4(-1, &status, WNOHANG, &usage);

	/* One that lets the keeper trace it is told of at each signal. */
	if (pid <= 0 || !(WIFEXITED(status) || WIFSIGNALED(status)))
		return pid;
	state->killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && pid != state->doomed;
	if (pid == state->stage) {
		state->stage = -1;
		answer_end(state, status, &usage);
	}
	return pid;
}

/* What has ended. Returns whether any child is left. */
static bool reap(struct state *state)
{
	pid_t pid;

	while ((pid = reap_one(state)) > 0)
		;
	return pid == 0;
}

/* Kills the keeper's children; orphans become its children in turn. */
static void kill_children(void)
{
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (file)
		fclose(file);
}

/* Also where neither a cgroup nor the kernel's list of children is to be had. */
static void kill_stage(const struct state *state)
{
	if (state->stage <= 0)
		return;
	if (!state->foreground)
		kill(-state->stage, SIGKILL);
	kill(state->stage, SIGKILL);
}

/* Whether by the control group, which is of no use then. */
static bool kill_all(const struct state *state)
{
	/* As process 1: all others in the namespace, and none outside. */
	if (state->isolated && getpid() == 1) {
		kill(-1, SIGKILL);
		return false;
	}
	kill_children();
	return state->ceiling.group >= 0 && cgroup_kill(state->ceiling.group) == 0;
}

/* Until a child ends, or a moment is over: one that forks goes on until all of its children are found. */
static void await_child(const struct state *state)
{
	struct pollfd polled = {.fd = state->signals, .events = POLLIN};
	struct signalfd_siginfo info;

	if (poll(&polled, 1, 20) > 0)
		(void)!read(state->signals, &info, sizeof(info));
}

/*
 * Everything below the keeper ends. Returns how many processes it was, the stage not counted; -EBUSY where some do not
 * end: they are frozen, or wait for something in the kernel that does not come.
 */
static int clean(struct state *state)
{
	const uint64_t deadline_ns = clock_now_ns() + (state->stuck ? 0 : PATIENCE_S * NS_PER_S);
	bool used_cgroup = false, left;

	reap(state);
	state->killed = 0;
	state->doomed = state->stage;
	kill_stage(state);
	state->stage = -1;
	while ((left = reap(state)) && clock_now_ns() < deadline_ns) {
		used_cgroup |= kill_all(state);
		await_child(state);
	}
	/*
	 * Newer kernels (seen on 6.18) kill whatever CLONE_INTO_CGROUP puts into a cgroup that was killed once:
	 * they compare its count of kills with that of the parent's cgroup. The next stage gets a new one.
	 */
	if (used_cgroup)
		ceiling_renew(&state->ceiling, state->number);
	state->doomed = 0;
	state->stuck = left;
	return left ? -EBUSY : state->killed;
}

static void remember_folder(struct state *state, const char *path)
{
	if (state->folders.count < SCRATCH_FOLDERS)
		state->folders.paths[state->folders.count++] = strdup(path);
}

static void answer_clean(struct state *state)
{
	struct keeper_message answer = {.kind = KEEPER_CLEANED,
	                                .hits = ceiling_hit(&state->ceiling)};

	answer.value = clean(state);
	send_answer(state, &answer, NULL, 0);
}

static void serve_request(struct state *state)
{
	struct keeper_message message = {0};
	int fds[2], count = 2;
	ssize_t got = fdpass_receive(state->socket, &message, sizeof(message), fds, &count);

	message.text[sizeof(message.text) - 1] = '\0';
	if (got <= 0) {
		state->core_gone = true;
	} else if (message.kind == KEEPER_STAGE) {
		start_stage(state, &message, fds, count);
	} else if (message.kind == KEEPER_FIND) {
		find(state, &message);
	} else if (message.kind == KEEPER_CLEAN) {
		answer_clean(state);
	} else if (message.kind == KEEPER_ANNOUNCE) {
		remember_folder(state, message.text);
	} else if (message.kind == KEEPER_STOP) {
		state->folders.count = 0;
		state->core_gone = true;
	}
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

static void serve(struct state *state)
{
	struct pollfd polled[2] = {{.fd = state->socket, .events = POLLIN},
	                           {.fd = state->signals, .events = POLLIN}};
	struct signalfd_siginfo info;

	while (!state->core_gone) {
		if (poll(polled, 2, -1) < 0)
			continue;
		if (polled[1].revents && read(state->signals, &info, sizeof(info)) > 0)
			reap(state);
		if (polled[0].revents)
			serve_request(state);
	}
}

/* Signals of the terminal are the core's to answer: it tells the keeper. */
static int own_signals(void)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGQUIT);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	return signalfd(-1, &blocked, SFD_CLOEXEC);
}

/* Keeps nothing of the core's: a pipe that the core held must end when the core ends. */
static void drop_descriptors(struct state *state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (!state->foreground && null >= 0)
		for (int fd = 0; fd <= 2; fd++)
			dup2(null, fd);
	state->socket = dup2(state->socket, 3);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	close_range(4, ~0U, 0);
}

/* Its pid where the core lives: the /proc that it was born with tells it. */
static int outer_pid(void)
{
	char text[16];
	ssize_t length = readlink("/proc/self", text, sizeof(text) - 1);

	text[length > 0 ? length : 0] = '\0';
	return length > 0 ? atoi(text) : (int)getpid();
}

/* The core is to know before the first stage what it can count on. */
static void tell_ready(struct state *state, int code)
{
	struct keeper_message message = {.kind = KEEPER_READY, .value = code};
	int proc = state->isolated ? open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	send_answer(state, &message, &proc, proc >= 0);
	if (proc >= 0)
		close(proc);
	if (code)
		_exit(0);
}

static void begin(struct state *state)
{
	ssize_t length = readlink("/proc/self/exe", state->program, sizeof(state->program) - 1);

	state->program[length > 0 ? length : 0] = '\0';
	prctl(PR_SET_NAME, "heddle-keeper");
	state->own_pid = getpid();
	state->number = outer_pid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	drop_descriptors(state);
	state->self = open(state->program, O_PATH | O_CLOEXEC);
	if (state->self < 0)
		state->self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
}

_Noreturn void keeper_main(int socket, enum keeper_mode mode, bool isolated, pid_t core)
{
	struct state state = {.socket = socket,
	                      .foreground = mode == KEEPER_FOREGROUND,
	                      .isolated = isolated,
	                      .core = core,
	                      .stage = -1};

	begin(&state);
	tell_ready(&state, isolated ? isolation_enter() : 0);
	if (!state.foreground)
		setsid();
	state.signals = own_signals();
	ceiling_open(&state.ceiling, state.number, !state.isolated);
	serve(&state);
	clean(&state);
	for (int i = 0; i < state.folders.count; i++)
		scratch_remove_tree(state.folders.paths[i]);
	ceiling_close(&state.ceiling);
	_exit(0);
}
