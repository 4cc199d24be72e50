/* SPDX-License-Identifier: MIT */
#include "isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int isolation_begin(void)
{
	int own, code;

	if (geteuid())
		return -EPERM;
	own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return -errno;
	if (unshare(CLONE_NEWPID) == 0)
		return own;
	code = -errno;
	close(own);
	return code;
}

int isolation_end(int own)
{
	int code = setns(own, CLONE_NEWPID) < 0 ? -errno : 0;

	close(own);
	return code;
}

/* Nothing that is mounted in here shows outside; what is mounted outside shows in here. */
static int own_mounts(void)
{
	return unshare(CLONE_NEWNS | CLONE_NEWIPC) < 0 ||
	                       mount("none", "/", "none", MS_SLAVE | MS_REC, NULL) < 0
	               ? -errno
	               : 0;
}

int isolation_enter(void)
{
	int code = getpid() == 1 ? own_mounts() : -EINVAL;

	if (!code && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		code = -errno;
	return code;
}

/*
 * A model that put itself into a frozen group could not be ended, and groups that it makes could not be removed while
 * it is in them. Where the kernel cannot do that for all below (before Linux 5.12) they stay as they are.
 */
static void fix_groups(void)
{
#ifdef SYS_mount_setattr
	enum { READ_ONLY = 1 };
	const struct {
		uint64_t set, clear, propagation, user;
	} attributes = {.set = READ_ONLY};

	(void)!syscall(SYS_mount_setattr, -1, "/sys/fs/cgroup", AT_RECURSIVE, &attributes,
	               sizeof(attributes));
#endif
}

int isolation_of_stage(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC) < 0)
		return -errno;
	fix_groups();
	/* The keeper has it: who has less may not trace it. */
	return prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE) < 0 ? -errno : 0;
}
