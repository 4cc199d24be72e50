/* SPDX-License-Identifier: MIT */
#include "virtualisation.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "sysfile.h"

struct hypervisor {
	const char *sign, *name;
};

/* What hypervisors call themselves in leaf 0x40000000 of the processor's identification. */
static const char *hypervisor_from_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static const struct hypervisor known[] = {
	        {"KVMKVMKVM", "KVM"},           {"Linux KVM Hv", "KVM"},
	        {"TCGTCGTCGTCG", "QEMU"},       {"VMwareVMware", "VMware"},
	        {"Microsoft Hv", "Hyper-V"},    {"XenVMMXenVMM", "Xen"},
	        {"VBoxVBoxVBox", "VirtualBox"}, {"bhyve bhyve ", "bhyve"},
	        {"ACRNACRNACRN", "ACRN"},       {" prl hyperv ", "Parallels"},
	};
	unsigned words[4];
	char sign[13] = "";

	__cpuid(0x40000000, words[0], words[1], words[2], words[3]);
	memcpy(sign, &words[1], 12);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(sign, known[i].sign) == 0)
			return known[i].name;
#endif
	return NULL;
}

/* By what the firmware says of the maker and the product, and the kernel of its host. */
static const char *hypervisor_from_files(const char *root)
{
	static const char *const files[] = {
	        "/sys/hypervisor/type",          "/sys/class/dmi/id/product_name",
	        "/sys/class/dmi/id/sys_vendor",  "/sys/class/dmi/id/board_vendor",
	        "/sys/class/dmi/id/bios_vendor", "/proc/device-tree/hypervisor/compatible",
	};
	static const struct hypervisor known[] = {
	        {"KVM", "KVM"},
	        {"linux,kvm", "KVM"},
	        {"Amazon EC2", "Amazon EC2"},
	        {"Google Compute Engine", "Google Compute Engine"},
	        {"OpenStack", "KVM"},
	        {"VMware", "VMware"},
	        {"VirtualBox", "VirtualBox"},
	        {"innotek GmbH", "VirtualBox"},
	        {"Virtual Machine", "Hyper-V"},
	        {"xen", "Xen"},
	        {"Xen", "Xen"},
	        {"BHYVE", "bhyve"},
	        {"Parallels", "Parallels"},
	        {"Apple Virtualization", "Apple"},
	        {"QEMU", "QEMU"},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (sysfile_line(root, files[i], text, sizeof(text)) != 0)
			continue;
		for (size_t j = 0; j < sizeof(known) / sizeof(known[0]); j++)
			if (strncmp(text, known[j].sign, strlen(known[j].sign)) == 0)
				return known[j].name;
	}
	return NULL;
}

/* "" outside containers. systemd's word is the most exact one. */
static void find_container(const char *root, char *text, size_t size)
{
	if (sysfile_line(root, "/run/systemd/container", text, size) == 0)
		return;
	if (sysfile_exists(root, "/.dockerenv"))
		snprintf(text, size, "docker");
	else if (sysfile_exists(root, "/run/.containerenv"))
		snprintf(text, size, "podman");
}

/*
 * On x86 the flag decides, since firmware names its cloud on bare metal too. Elsewhere only names
 * tell, and their absence is no proof.
 */
int virtualisation_read(const char *root, char *text, size_t size)
{
	char flags[4096], container[32];
	bool flagged = sysfile_key(root, "/proc/cpuinfo", "flags", flags, sizeof(flags)) == 0;
	bool guest = flagged && strstr(flags, " hypervisor");
	const char *name = NULL;

	text[0] = '\0';
	if (guest && !*root)
		name = hypervisor_from_processor();
	if (!name && (guest || !flagged))
		name = hypervisor_from_files(root);
	if (!name && !flagged)
		return -ENODATA;
	if (!name)
		name = guest ? "unknown hypervisor" : "none";
	find_container(root, container, sizeof(container));
	snprintf(text, size, "%s%s%s", name, container[0] ? ", " : "", container);
	return 0;
}
