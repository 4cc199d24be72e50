/* SPDX-License-Identifier: MIT */
#include "cpu_flags.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sysfile.h"

static const char *const flags[] = {
        /* x86: whether the clock can be read in user space, and how dear that is */
        "constant_tsc",
        "nonstop_tsc",
        "tsc_known_freq",
        "tsc_reliable",
        "rdtscp",
        "rdpid",
        /* whether the frequency that a core really ran at can be told */
        "aperfmperf",
        /* a guest: exits to the hypervisor, steal */
        "hypervisor",
        /* cores with siblings */
        "ht",
        /* how a waiting thread may rest without a system call */
        "monitor",
        "waitpkg",
        "mwaitx",
        /* locks: elision (glibc can take it), compare-and-swap of 16 bytes */
        "rtm",
        "cx16",
        /* copies in the kernel and in libc */
        "erms",
        "fsrm",
        "avx2",
        "avx512f",
        /* how dear a system call and a change of processes are */
        "pcid",
        "pti",
        "ibrs",
        "ibpb",
        "ibrs_enhanced",
        "user_shstk",
        /* hashes and checks of the harness itself */
        "aes",
        "sha_ni",
        /* ARM: atomics without a loop, copies, waiting, checks */
        "atomics",
        "lrcpc",
        "asimd",
        "sve",
        "mops",
        "wfxt",
        "sha2",
};

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

int cpu_flags_read(const char *root, char *text, size_t size)
{
	static const char path[] = "/proc/cpuinfo";
	char all[4096];
	size_t used = 0;
	int code = sysfile_key(root, path, "flags", all, sizeof(all));

	if (code == -ENODATA)
		code = sysfile_key(root, path, "Features", all, sizeof(all));
	text[0] = '\0';
	for (size_t i = 0; !code && i < sizeof(flags) / sizeof(flags[0]); i++)
		if (has_word(all, flags[i]) && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
			                         flags[i]);
	return code;
}
