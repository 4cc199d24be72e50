/* SPDX-License-Identifier: MIT */
/* Whether this is a guest, a container or the bare machine. */
#ifndef HEDDLE_VIRTUALISATION_H
#define HEDDLE_VIRTUALISATION_H

#include <stddef.h>

/*
 * "none", "KVM", "none, docker", "VMware, lxc"; "unknown hypervisor" for a guest of whose host
 * nothing is told. 0, or -ENODATA with "" where nothing shows either way. `root` as in sysfile.h;
 * with "" the processor is asked too.
 */
int virtualisation_read(const char *root, char *text, size_t size);

#endif
