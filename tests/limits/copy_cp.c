/* SPDX-License-Identifier: MIT */
/*
 * `copy` as everybody does it: each pass is `cp -r SOURCE/. COPY`, timed from its start to its
 * end, on the CPUs given. It is fair because it is what somebody has who writes no program:
 * starting cp is part of its time, as it is for them, and so is that it cuts old copies to
 * nothing before it fills them.
 */
#include "copy_tree.h"

#include <spawn.h>
#include <sys/wait.h>

static void allow(const struct options *options)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < options->cpu_count; i++)
		CPU_SET(options->cpus[i], &set);
	if (sched_setaffinity(0, sizeof set, &set))
		fail("the CPUs cannot be used: %s", strerror(errno));
}

static void copy_all(struct copying *copying)
{
	char cp[] = "cp", recursive[] = "-r", source[PATH_MAX];
	char *words[] = {cp, recursive, source, copy_place, NULL};
	int status, code;
	pid_t pid;

	snprintf(source, sizeof source, "%s/.", copying->source);
	code = posix_spawnp(&pid, cp, NULL, NULL, words, environ);
	if (code)
		fail("cp: %s", strerror(code));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid: %s", strerror(errno));
	if (status)
		fail("cp ended with status %d", status);
}

int main(int argc, char **argv)
{
	static struct copying copying;

	read_copy_options(&copying, argc, argv);
	allow(&copying.common); /* inherited */
	return run_copies(&copying, copy_all);
}
