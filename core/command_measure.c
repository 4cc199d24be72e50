/* SPDX-License-Identifier: MIT */
#include "command_measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "format.h"
#include "paths.h"
#include "run.h"

/* A shell that goes and `timeout` send theirs twice at once: that is one wish. */
static const uint64_t again_ns = 500 * NS_PER_MS;

static volatile sig_atomic_t came_signal;

static void on_signal(int number)
{
	static const char words[] = "\nended at once: what was measured is in the journal\n";
	static uint64_t first_ns; /* none but this handler sees it, and it blocks itself */

	if (!came_signal) {
		first_ns = clock_now_ns();
		came_signal = number;
	} else if (clock_now_ns() - first_ns >= again_ns) {
		(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
		_exit(EXIT_SIGNAL + number); /* the keeper ends and removes what is left */
	}
}

const volatile sig_atomic_t *command_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	sigaddset(&action.sa_mask, SIGHUP);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error of write() */
	signal(SIGPIPE, SIG_IGN);
	return &came_signal;
}

int command_lock(struct runlock *lock, const struct command *command, const char *config, bool skip)
{
	static const struct timespec pause = {.tv_nsec = 100000000};
	const char *unwanted = getenv("HEDDLE_NO_LOCK");
	char what[RUNLOCK_TEXT / 2], text[RUNLOCK_TEXT];
	bool told = false;
	int code;

	*lock = (struct runlock){.fd = -1};
	if (skip || (unwanted && *unwanted))
		return -1;
	snprintf(what, sizeof(what), "heddle %s %.80s", command->name, config);
	while ((code = runlock_try(lock, what, text)) == -EWOULDBLOCK) {
		if (!told)
			fprintf(stderr, "waiting  for %s;\n         --no-lock measures beside it\n",
			        text);
		told = true;
		nanosleep(&pause, NULL);
		if (came_signal)
			return EXIT_SIGNAL + came_signal;
	}
	if (code)
		fprintf(stderr, "no lock  %s: another run would not be waited for\n", text);
	return -1;
}

int command_take_seed(const struct command *command, const char *text, uint64_t *seed)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 10);
	/* A double holds 53 bits. */
	if (*text >= '0' && *text <= '9' && !*end && !errno && *seed < UINT64_C(1) << 53)
		return -1;
	return command_misused(command, "--seed %s: a number below 2^53", text);
}

uint64_t command_random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)time(NULL);
	return seed >> 11;
}

/* Neither a document nor a journal of one is there. */
static bool is_free(const char *path)
{
	static const char *const endings[] = {"", ".journal", ".base.journal", ".new.journal"};
	char name[PATH_MAX + 16];

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, endings[i]);
		if (access(name, F_OK) == 0)
			return false;
	}
	return true;
}

void command_default_output(const char *name, char path[PATH_MAX])
{
	char folder[PATH_MAX], stamp[32], number[16] = "";
	time_t now = time(NULL);
	struct tm local;

	paths_results(folder);
	localtime_r(&now, &local);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &local);
	for (int i = 2; i < 100; i++) {
		snprintf(path, PATH_MAX, "%.3700s%s%.200s-%s%s.json",
		         strcmp(folder, ".") ? folder : "", strcmp(folder, ".") ? "/" : "", name,
		         stamp, number);
		if (is_free(path))
			return;
		snprintf(number, sizeof(number), "-%d", i);
	}
}

int command_check_output(const struct command *command, const char *path, bool overwrite)
{
	struct hd_error err = {0};

	if (run_check_output(path, &err)) {
		fprintf(stderr, "heddle %s: %s. Nothing was run\n", command->name, err.text);
		return EXIT_USAGE;
	}
	if (overwrite || access(path, F_OK) < 0)
		return -1;
	fprintf(stderr, "heddle %s: %s exists; -f writes over it. Nothing was run\n", command->name,
	        path);
	return EXIT_USAGE;
}

int command_check_machine(const struct command *command, const struct workbench *bench)
{
	if (bench->topology.is_this_system)
		return -1;
	fprintf(stderr,
	        "heddle %s: the topology is not this machine's (HWLOC_SYNTHETIC or "
	        "HWLOC_XMLFILE is set)%s. Nothing was run\n",
	        command->name, command == &command_run ? "; only --dry-run is possible" : "");
	return EXIT_USAGE;
}

void command_print_machine(const struct workbench *bench, const struct machine *machine)
{
	const struct topology *topology = &bench->topology;
	char quota[FORMAT_TEXT] = "none";

	if (isfinite(topology->cpu_quota))
		snprintf(quota, sizeof(quota), "%.2f CPUs", topology->cpu_quota);
	fprintf(stderr,
	        "machine  %s, %d of %d cores%s%s\n         Linux %s; governor %s; quota %s%s\n",
	        machine->cpu_model[0] ? machine->cpu_model : "unknown CPU", topology->cores_usable,
	        topology->cores, machine->virtualisation[0] ? ", " : "", machine->virtualisation,
	        machine->kernel, machine->governor[0] ? machine->governor : "unknown", quota,
	        machine->protection[0] ? "" : "; unprotected");
}
