/* SPDX-License-Identifier: MIT */
/* A library that a plugin needs and that the dynamic linker does not find: it lies where nobody looks. */
__attribute__((visibility("default"))) int heddle_absent(void);

int heddle_absent(void)
{
	return 0;
}
