/* SPDX-License-Identifier: MIT */
/*
 * fault-deny CALL... -- COMMAND...: system calls that the kernel refuses, as a container's filter does: by EPERM,
 * or by ENOSYS where the name has a minus in front. For COMMAND and all that it starts.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_CALLS = 8 };

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
        {"io_uring_setup", SYS_io_uring_setup},
        {"perf_event_open", SYS_perf_event_open},
        {"clone3", SYS_clone3},
        {"sched_setscheduler", SYS_sched_setscheduler},
        {"pidfd_open", SYS_pidfd_open},
};

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return (int)calls[i].number;
	return -1;
}

static int install(struct sock_filter *filter, unsigned short length)
{
	struct sock_fprog program = {.len = length, .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	struct sock_filter filter[2 * MOST_CALLS + 2];
	unsigned short length = 0;
	int i = 1;

	filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                                offsetof(struct seccomp_data, nr));
	for (; i < argc && i <= MOST_CALLS && strcmp(argv[i], "--"); i++) {
		int unknown = argv[i][0] == '-', number = number_of(argv[i] + unknown);

		if (number < 0) {
			fprintf(stderr, "%s: unknown call %s\n", argv[0], argv[i]);
			return 2;
		}
		filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		                                                (unsigned)number, 0, 1);
		filter[length++] = (struct sock_filter)BPF_STMT(
		        BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)(unknown ? ENOSYS : EPERM));
	}
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (i + 1 >= argc || install(filter, length)) {
		fprintf(stderr, "%s: no filter: %s\n", argv[0], strerror(errno));
		return 77;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
