/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <stddef.h>
#include <stdio.h>

#include "heddle/plugin.h"

static const char *const names[] = {[HD_DONE] = "DONE",     [HD_EXCLUSIVE] = "EXCLUSIVE",
                                    [HD_SHARED] = "SHARED", [HD_READ] = "READ",
                                    [HD_WRITE] = "WRITE",   [HD_ACCEPT] = "ACCEPT",
                                    [HD_YIELD] = "YIELD",   [HD_SLEEP] = "SLEEP",
                                    [HD_PUT] = "PUT",       [HD_GET] = "GET",
                                    [HD_SET] = "SET",       [HD_CLEAR] = "CLEAR",
                                    [HD_WAIT] = "WAIT"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

const char *request_name(uint32_t op)
{
	return op < NAMES ? names[op] : NULL;
}

const char *request_names(uint64_t ops, char text[REQUEST_NAMES])
{
	int length = 0;

	snprintf(text, REQUEST_NAMES, "nothing");
	for (uint32_t op = 1; op < NAMES; op++)
		if (ops & HD_CAN(op))
			length += snprintf(text + length, (size_t)(REQUEST_NAMES - length), "%s%s",
			                   length ? " " : "", names[op]);
	return text;
}
