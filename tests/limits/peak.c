/* SPDX-License-Identifier: MIT */
/*
 * Runs a program and tells how long it took and how much memory it held at most: one line of JSON. The
 * kernel lets a process inherit its parent's peak through exec, so the parent has to be a small one.
 */
#include "reference.h"

#include <sys/resource.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	uint64_t began = now_ns();
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2)
		fail("usage: %s PROGRAM [ARGS...]", argv[0]);
	pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(127);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		fail("%s: %s", argv[1], strerror(errno));
	if (status)
		fail("%s: ended with wait status %d", argv[1], status);
	printf("{\"ms\": %.3f, \"bytes\": %ld}\n", (double)(now_ns() - began) / 1e6,
	       usage.ru_maxrss * 1024);
	return 0;
}
