/* SPDX-License-Identifier: MIT */
/*
 * One trial of the echo workload against a server that is not Heddle's. Parameters, sockets, load,
 * windows, CPU time and verdict are a trial's own, because it is trial_run() itself that is called:
 * the functions of stagehand.h are defined here anew, so that in the place of a stage a foreign
 * process is started, watched and ended, and the archive's own are never linked.
 *
 * The server has the trial's sockets as descriptors 3, 4, ... (tcp, unix: the listener; udp: one
 * for each connection, connected) and in its environment ECHO_TRANSPORT, ECHO_SOCKETS (how many)
 * and ECHO_BYTES (the most that is under way on a connection). Exit: 0 and a line of JSON, 2 usage,
 * 3 there is no number.
 */
#include "clock.h"
#include "stagehand.h"
#include "trial.h"
#include "workloads/echo.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_SOCKET = 3, MOST_CPUS = 64, DRAIN_MS = 1000, TIMEOUT_S = 10 };

static const uint64_t still_ns = 50 * NS_PER_MS, /* that a clock stands still in */
        patience_ns = 2 * NS_PER_S,              /* a server that polls never does */
        last_words_ns = 1 * NS_PER_S;            /* from SIGTERM to SIGKILL */
static const double at_rest = 0.02;              /* of a core: what a runtime's own threads take */

struct cpus {
	int list[MOST_CPUS];
	uint32_t count;
};

/* What goes through trial_run() as its keeper. */
struct server {
	struct keeper keeper; /* first; unused */
	char **argv;
	const struct workload_case *kase;
	const struct cpus *cpus;
	int pidfd;
	bool up;
	double still_cpu_ns; /* of its CPU clock, and since when */
	uint64_t still_since_ns, began_ns;
};

static struct server *server_of(const struct stagehand *hand)
{
	return (struct server *)hand->keeper;
}

__attribute__((noreturn, format(printf, 1, 2))) static void usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("drive: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nusage: drive [--transport tcp|udp|unix] [--connections N] [--message-bytes N] "
	      "[--pipeline N]\n"
	      "             [--server-cpus 0] [--generator-cpus 1] [--warmup-ms 50] "
	      "[--window-ms 20]\n"
	      "             [--windows 10] -- SERVER [ARGS...]\n",
	      stderr);
	exit(2);
}

static void tell_environment(const struct workload_case *kase, int sockets)
{
	struct echo_params params = echo_read_params(kase);
	char text[32];

	snprintf(text, sizeof(text), "%d", sockets);
	setenv("ECHO_SOCKETS", text, 1);
	snprintf(text, sizeof(text), "%llu",
	         (unsigned long long)params.message_bytes * params.pipeline);
	setenv("ECHO_BYTES", text, 1);
	setenv("ECHO_TRANSPORT", workload_text(kase, "transport"), 1);
}

static bool pin(const struct cpus *cpus)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (uint32_t i = 0; i < cpus->count; i++)
		CPU_SET(cpus->list[i], &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* Out of the way first: a socket may have the number that another one is to get. */
static bool place_sockets(const int *sockets, int count)
{
	int *away = calloc((size_t)count, sizeof(*away));
	bool placed = away != NULL;

	for (int i = 0; placed && i < count; i++) {
		away[i] = fcntl(sockets[i], F_DUPFD_CLOEXEC, FIRST_SOCKET + count);
		placed = away[i] >= 0;
	}
	for (int i = 0; placed && i < count; i++)
		placed = dup2(away[i], FIRST_SOCKET + i) >= 0;
	free(away);
	return placed;
}

/*
 * A session of its own, as a stage has: the kernel shares out a busy machine by session, and inside
 * of the caller's a server would get less. What it prints goes to stderr: stdout is for the JSON.
 */
static void become_server(const struct server *server, pid_t parent, const int *sockets, int count)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127); /* it ended before the signal was asked for */
	setsid();
	tell_environment(server->kase, count);
	if (pin(server->cpus) && place_sockets(sockets, count) && dup2(STDERR_FILENO, 1) == 1)
		execvp(server->argv[0], server->argv);
	fprintf(stderr, "drive: %s: %s\n", server->argv[0], strerror(errno));
	_exit(127);
}

int stagehand_start(struct stagehand *hand, struct keeper *keeper,
                    const struct keeper_limits *limits, struct arena *arena, const int *sockets,
                    int count, const char *wrap, struct hd_error *err)
{
	struct server *server = (struct server *)keeper;
	pid_t parent = getpid();

	(void)wrap;
	(void)limits;
	*hand = (struct stagehand){.keeper = keeper, .arena = arena, .pid = -1};
	if (echo_allow_descriptors(3 * (uint64_t)arena->board->in_flight, err))
		return err->code;
	server->began_ns = server->still_since_ns = clock_now_ns();
	hand->pid = fork();
	if (hand->pid == 0)
		become_server(server, parent, sockets, count);
	if (hand->pid < 0)
		return hd_error(err, -errno, "fork: %s", strerror(errno));
	server->pidfd = (int)syscall(SYS_pidfd_open, hand->pid, 0);
	return server->pidfd < 0 ? hd_error(err, -errno, "pidfd_open: %s", strerror(errno)) : 0;
}

void stagehand_fail(struct stagehand *hand, enum status status, const char *format, ...)
{
	va_list args;

	if (hand->status != STATUS_OK)
		return;
	hand->status = status;
	va_start(args, format);
	vsnprintf(hand->reason, sizeof(hand->reason), format, args);
	va_end(args);
}

/* Also what it has started itself; it alone where it has no session yet. */
static void signal_server(const struct stagehand *hand, int number)
{
	if (kill(-hand->pid, number) < 0 && !hand->ended)
		kill(hand->pid, number);
}

static bool ended_within(struct stagehand *hand, uint64_t timeout_ns)
{
	struct pollfd end = {.fd = server_of(hand)->pidfd, .events = POLLIN};
	struct timespec timeout = clock_timespec(timeout_ns);

	if (!hand->ended && ppoll(&end, 1, &timeout, NULL) > 0)
		hand->ended = waitpid(hand->pid, &hand->end.status, WNOHANG) == hand->pid;
	return hand->ended;
}

static void end_server(struct stagehand *hand)
{
	signal_server(hand, SIGTERM);
	if (ended_within(hand, last_words_ns))
		return;
	signal_server(hand, SIGKILL);
	hand->ended = waitpid(hand->pid, &hand->end.status, 0) == hand->pid;
}

/*
 * A foreign server steps no tasks and does not say when it is ready: its CPU clock stands still
 * then. No message is sent before, lest an interpreter's slow start be taken for losses.
 */
static void look_whether_up(struct stagehand *hand)
{
	struct server *server = server_of(hand);
	struct arena_slot *slots = arena_slots(hand->arena);
	double cpu_ns = stagehand_cpu_ns(hand);
	uint64_t now = clock_now_ns();

	if (cpu_ns - server->still_cpu_ns > at_rest * (double)still_ns) {
		server->still_cpu_ns = cpu_ns;
		server->still_since_ns = now;
	}
	if (now - server->still_since_ns < still_ns && now - server->began_ns < patience_ns)
		return;
	server->up = true;
	for (uint32_t i = 0; i < hand->arena->board->in_flight; i++)
		atomic_store_explicit(&slots[i].stepped, 1, memory_order_relaxed);
}

/* An end of its own is a crash until the stop; after it only one by a signal is. */
static void judge_end(struct stagehand *hand, bool stopping)
{
	int status = hand->end.status;

	if (WIFSIGNALED(status))
		stagehand_fail(hand, STATUS_CRASHED, "the server was killed by SIG%s",
		               sigabbrev_np(WTERMSIG(status)));
	else if (!stopping)
		stagehand_fail(hand, STATUS_CRASHED, "the server ended with status %d",
		               WEXITSTATUS(status));
}

/* The stop flag is set, the load drained and the sockets shut: it may go. */
bool stagehand_wait(struct stagehand *hand, uint64_t timeout_ns)
{
	bool stopping = arena_stopping(hand->arena->board);

	if (hand->ended || hand->status != STATUS_OK)
		return false;
	if (ended_within(hand, stopping ? 0 : timeout_ns))
		judge_end(hand, stopping);
	else if (stopping)
		end_server(hand);
	else if (!server_of(hand)->up)
		look_whether_up(hand);
	return !hand->ended;
}

/* Of all its threads. */
double stagehand_cpu_ns(const struct stagehand *hand)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(hand->pid, &clock) || clock_gettime(clock, &time) < 0)
		return NAN;
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

void stagehand_schedstat(const struct stagehand *hand, struct schedstat *queue)
{
	schedstat_look(queue, "", hand->pid);
}

bool stagehand_in_limits(struct stagehand *hand)
{
	(void)hand;
	return true; /* no limit is set */
}

double stagehand_peak_bytes(const struct stagehand *hand)
{
	char path[64], line[256];
	unsigned long long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)hand->pid);
	file = fopen(path, "re");
	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "VmHWM: %llu", &kib);
	if (file)
		fclose(file);
	return kib ? (double)kib * 1024 : NAN;
}

void stagehand_finish(struct stagehand *hand)
{
	if (hand->pid <= 0)
		return;
	signal_server(hand, SIGKILL);
	if (!hand->ended)
		waitpid(hand->pid, &hand->end.status, 0);
	if (server_of(hand)->pidfd >= 0)
		close(server_of(hand)->pidfd);
}

static int64_t to_number(const char *name, const char *text)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end || errno || value < 0)
		usage("%s: \"%s\" is not a number", name, text);
	return value;
}

static void read_cpus(const char *name, char *text, struct cpus *cpus)
{
	cpus->count = 0;
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		int64_t cpu = to_number(name, word);

		if (cpus->count == MOST_CPUS || cpu >= CPU_SETSIZE)
			usage("%s: too many or too great", name);
		cpus->list[cpus->count++] = (int)cpu;
	}
	if (!cpus->count)
		usage("%s: none", name);
}

static uint32_t read_sampling(const char *name, const char *text)
{
	int64_t value = to_number(name, text);

	if (value < 1 || value > 60000)
		usage("%s: 1 to 60000", name);
	return (uint32_t)value;
}

/* "--message-bytes" is the workload's message_bytes. */
static void read_param(const char *name, char *text, struct value *params)
{
	const struct hd_option *specs = echo_workload.params;
	char word[64], allowed[128];
	int i;

	snprintf(word, sizeof(word), "%.*s", (int)sizeof(word) - 1, name);
	for (char *dash = word + 2; (dash = strchr(dash, '-'));)
		*dash = '_';
	i = strncmp(name, "--", 2) == 0 ? option_find(specs, word + 2) : -1;
	if (i < 0)
		usage("%s: unknown", name);
	params[i] = option_is_text(&specs[i]) ? (struct value){.text = text}
	                                      : (struct value){.number = to_number(name, text)};
	if (option_refuses(&specs[i], params[i], allowed, sizeof(allowed)))
		usage("%s: %s; allowed: %s", name, text, allowed);
}

struct asked {
	struct value params[ARENA_VALUES];
	struct cpus server, generator;
	struct sampling sampling;
	char **argv;
};

static void read_one(const char *name, char *text, struct asked *asked)
{
	if (!text)
		usage("%s: needs a value", name);
	if (strcmp(name, "--server-cpus") == 0)
		read_cpus(name, text, &asked->server);
	else if (strcmp(name, "--generator-cpus") == 0)
		read_cpus(name, text, &asked->generator);
	else if (strcmp(name, "--warmup-ms") == 0)
		asked->sampling.warmup_ms = read_sampling(name, text);
	else if (strcmp(name, "--window-ms") == 0)
		asked->sampling.window_ms = read_sampling(name, text);
	else if (strcmp(name, "--windows") == 0)
		asked->sampling.windows = read_sampling(name, text);
	else
		read_param(name, text, asked->params);
}

static void read_arguments(char **argv, struct asked *asked)
{
	const struct hd_option *specs = echo_workload.params;
	struct hd_error err = {0};
	const char *why;

	*asked = (struct asked){
	        .server = {.list = {0}, .count = 1},
	        .generator = {.list = {1}, .count = 1},
	        .sampling = {.warmup_ms = 50, .window_ms = 20, .windows = 10, .drain_ms = DRAIN_MS},
	};
	for (int i = 0; specs[i].name; i++)
		asked->params[i] = option_default(&specs[i]);
	for (argv++; *argv && strcmp(*argv, "--") != 0; argv += 2)
		read_one(argv[0], argv[1], asked);
	if (!*argv || !argv[1])
		usage("no server");
	asked->argv = argv + 1;
	if (echo_workload.resolve(asked->params, asked->server.count, &err))
		usage("%s", err.text);
	why = echo_workload.unsupported(asked->params);
	if (why)
		usage("%s", why);
}

static void print_number(const char *name, double value)
{
	if (isfinite(value))
		printf("\"%s\": %.10g", name, value);
	else
		printf("\"%s\": null", name);
}

static int print(const struct trial_result *result)
{
	if (result->status != STATUS_OK) {
		fprintf(stderr, "drive: %s: %s\n", status_name(result->status), result->reason);
		return 3;
	}
	putchar('{');
	for (int i = 0; echo_workload.metrics[i].name; i++) {
		print_number(echo_workload.metrics[i].name, result->metrics[i]);
		fputs(", ", stdout);
	}
	print_number("peak_bytes", result->peak_bytes);
	if (*result->note) {
		fputs(", \"note\": \"", stdout);
		for (const char *c = result->note; *c; c++)
			printf(*c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
		putchar('"');
	}
	puts("}");
	return 0;
}

int main(int argc, char **argv)
{
	struct asked asked;
	struct trial_result result;
	struct trial_spec spec;
	struct server server;
	int code;

	(void)argc;
	read_arguments(argv, &asked);
	spec = (struct trial_spec){
	        .kase = {.workload = &echo_workload,
	                 .params = asked.params,
	                 .cores = asked.server.count,
	                 .generator_cpus = asked.generator.list,
	                 .generator_cores = asked.generator.count,
	                 .drain_ms = DRAIN_MS},
	        .plugin_path = asked.argv[0],
	        .cpus = asked.server.list,
	        .sampling = asked.sampling,
	        .timeout_s = TIMEOUT_S,
	};
	server = (struct server){
	        .argv = asked.argv, .kase = &spec.kase, .cpus = &asked.server, .pidfd = -1};
	trial_run(&spec, &server.keeper, &result);
	code = print(&result);
	trial_free(&result);
	return code;
}
