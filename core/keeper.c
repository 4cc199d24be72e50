/* SPDX-License-Identifier: MIT */
#include "keeper.h"

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
#include "scratch.h"

enum kind { STAGE = 1, CLEAN, ANNOUNCE, STOP, /* answers: */ STARTED, ENDED, CLEANED };

struct message {
	enum kind kind;
	int value;               /* a pid or a number of processes */
	struct keeper_end end;   /* with ENDED */
	char text[SCRATCH_PATH]; /* wrap, or a folder */
};

enum { CHANNEL = 3, PAD_BYTES = 4096, WRAP_WORDS = 64 };

/* The keeper's own state; lives in its process only. */
struct state {
	int socket, signals, cgroup,
	        self; /* self: the program's own file, whatever is built over it */
	char cgroup_path[512], program[4096];
	bool foreground, core_gone;
	pid_t stage, own_pid;
	struct scratch folders; /* paths only */
};

static void send_answer(struct state *state, const struct message *message)
{
	if (fdpass_send(state->socket, message, offsetof(struct message, text) + 1, NULL, 0))
		state->core_gone = true;
}

static void answer(struct state *state, enum kind kind, int value)
{
	struct message message = {.kind = kind, .value = value};

	send_answer(state, &message);
}

static double ns_of(struct timeval time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

static void answer_end(struct state *state, int status, const struct rusage *usage)
{
	struct message message = {.kind = ENDED,
	                          .end = {.status = status,
	                                  .user_ns = ns_of(usage->ru_utime),
	                                  .system_ns = ns_of(usage->ru_stime),
	                                  .voluntary_switches = usage->ru_nvcsw,
	                                  .involuntary_switches = usage->ru_nivcsw,
	                                  .minor_faults = usage->ru_minflt,
	                                  .major_faults = usage->ru_majflt}};

	send_answer(state, &message);
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

static void become_stage(struct state *state, struct message *message, const int *fds, int count)
{
	struct rlimit no_core = {0, 0};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != state->own_pid)
		_exit(127); /* the keeper died before the signal was asked for */
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

static void start_stage(struct state *state, struct message *message, int *fds, int count)
{
	pid_t pid = count > 0 ? fork_into(state->cgroup) : -1;

	if (pid == 0)
		become_stage(state, message, fds, count);
	state->stage = pid;
	answer(state, STARTED, pid < 0 ? -errno : (int)pid);
}

/* Reaps what has ended; tells the core of the stage. Returns whether any child is left. */
static bool reap(struct state *state)
{
	struct rusage usage;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0)
		if (pid == state->stage) {
			state->stage = -1;
			answer_end(state, status, &usage);
		}
	return pid == 0;
}

/* Kills the keeper's children; orphans become its children in turn. Returns how many it found. */
static int kill_children(void)
{
	char path[64];
	FILE *file;
	int pid, found = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1) {
		kill(pid, SIGKILL);
		found++;
	}
	if (file)
		fclose(file);
	return found;
}

/*
 * Newer kernels (seen on 6.18) kill whatever CLONE_INTO_CGROUP puts into a cgroup that was killed once:
 * they compare its count of kills with that of the parent's cgroup. The next stage gets a new one.
 */
static void renew_cgroup(struct state *state)
{
	close(state->cgroup);
	cgroup_remove(state->cgroup_path);
	state->cgroup = cgroup_create(state->cgroup_path, sizeof(state->cgroup_path));
}

/* Everything below the keeper ends. Returns how many processes it was, the stage not counted. */
static int clean(struct state *state)
{
	int killed = 0, stage_was_there = state->stage > 0;
	bool used_cgroup = false;

	/* Also where neither a cgroup nor the kernel's list of children is to be had. */
	if (state->stage > 0) {
		if (!state->foreground)
			kill(-state->stage, SIGKILL);
		kill(state->stage, SIGKILL);
	}
	state->stage = -1;
	for (bool left = reap(state); left; left = reap(state)) {
		if (state->cgroup >= 0)
			used_cgroup |= cgroup_kill(state->cgroup) == 0;
		killed += kill_children();
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			break;
	}
	if (used_cgroup)
		renew_cgroup(state);
	return killed > stage_was_there ? killed - stage_was_there : 0;
}

static void remember_folder(struct state *state, const char *path)
{
	if (state->folders.count < SCRATCH_FOLDERS)
		state->folders.paths[state->folders.count++] = strdup(path);
}

static void serve_request(struct state *state)
{
	struct message message = {0};
	int fds[2], count = 2;
	ssize_t got = fdpass_receive(state->socket, &message, sizeof(message), fds, &count);

	message.text[sizeof(message.text) - 1] = '\0';
	if (got <= 0) {
		state->core_gone = true;
	} else if (message.kind == STAGE) {
		start_stage(state, &message, fds, count);
	} else if (message.kind == CLEAN) {
		answer(state, CLEANED, clean(state));
	} else if (message.kind == ANNOUNCE) {
		remember_folder(state, message.text);
	} else if (message.kind == STOP) {
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

static _Noreturn void keeper_main(struct state *state)
{
	ssize_t length = readlink("/proc/self/exe", state->program, sizeof(state->program) - 1);

	state->program[length > 0 ? length : 0] = '\0';
	prctl(PR_SET_NAME, "heddle-keeper");
	state->own_pid = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	drop_descriptors(state);
	state->self = open(state->program, O_PATH | O_CLOEXEC);
	if (state->self < 0)
		state->self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	if (!state->foreground)
		setsid();
	state->signals = own_signals();
	state->cgroup = cgroup_create(state->cgroup_path, sizeof(state->cgroup_path));
	serve(state);
	clean(state);
	for (int i = 0; i < state->folders.count; i++)
		scratch_remove_tree(state->folders.paths[i]);
	cgroup_remove(state->cgroup_path);
	_exit(0);
}

/* In the core. */

int keeper_start(struct keeper *keeper, bool foreground, struct hd_error *err)
{
	struct state state = {.foreground = foreground, .stage = -1, .cgroup = -1};
	int pair[2];

	*keeper = (struct keeper){.pid = -1, .socket = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return hd_error(err, -errno, "keeper: socketpair: %s", strerror(errno));
	keeper->pid = fork();
	if (keeper->pid == 0) {
		state.socket = pair[1];
		keeper_main(&state);
	}
	close(pair[1]);
	if (keeper->pid < 0) {
		close(pair[0]);
		return hd_error(err, -errno, "keeper: fork: %s", strerror(errno));
	}
	keeper->socket = pair[0];
	return 0;
}

static int gone(struct hd_error *err)
{
	return hd_error(err, -EPIPE, "the keeper process is gone");
}

static int receive(struct keeper *keeper, struct message *message)
{
	int none = 0;
	ssize_t got = fdpass_receive(keeper->socket, message, sizeof(*message), NULL, &none);

	return got > 0 ? 0 : -EPIPE;
}

int keeper_stage(struct keeper *keeper, const struct keeper_stage *stage, struct hd_error *err)
{
	struct message message = {.kind = STAGE};
	int fds[2] = {stage->channel, stage->output}, code;

	if (stage->wrap && strlen(stage->wrap) >= sizeof(message.text))
		return hd_error(err, -E2BIG, "--wrap: too long");
	if (stage->wrap)
		memcpy(message.text, stage->wrap, strlen(stage->wrap) + 1);
	code = fdpass_send(keeper->socket, &message, sizeof(message), fds,
	                   stage->output >= 0 ? 2 : 1);
	if (code || receive(keeper, &message) || message.kind != STARTED)
		return gone(err);
	if (message.value < 0)
		return hd_error(err, message.value, "the stage could not be started: %s",
		                strerror(-message.value));
	return message.value;
}

int keeper_wait(struct keeper *keeper, struct keeper_end *end, uint64_t timeout_ns, int also)
{
	struct pollfd polled[2] = {{.fd = keeper->socket, .events = POLLIN},
	                           {.fd = also, .events = POLLIN}};
	struct timespec timeout = clock_timespec(timeout_ns);
	struct message message;

	if (ppoll(polled, 2, &timeout, NULL) <= 0 || !polled[0].revents)
		return 0;
	if (receive(keeper, &message))
		return -EPIPE;
	*end = message.end;
	return message.kind == ENDED;
}

int keeper_clean(struct keeper *keeper, struct hd_error *err)
{
	struct message message = {.kind = CLEAN};

	if (fdpass_send(keeper->socket, &message, sizeof(message), NULL, 0))
		return gone(err);
	do
		if (receive(keeper, &message))
			return gone(err);
	while (message.kind != CLEANED); /* the stage's end may have been on its way */
	return message.value;
}

void keeper_announce(struct keeper *keeper, const char *folder)
{
	struct message message = {.kind = ANNOUNCE};

	snprintf(message.text, sizeof(message.text), "%s", folder);
	fdpass_send(keeper->socket, &message, sizeof(message), NULL, 0);
}

void keeper_stop(struct keeper *keeper)
{
	struct message message = {.kind = STOP};

	if (keeper->pid <= 0)
		return;
	fdpass_send(keeper->socket, &message, sizeof(message), NULL, 0);
	close(keeper->socket);
	waitpid(keeper->pid, NULL, 0);
	*keeper = (struct keeper){.pid = -1, .socket = -1};
}
