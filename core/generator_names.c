/* SPDX-License-Identifier: MIT */
#include "generator_names.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { LOCAL_DIGITS = 5 /* hexadecimal, of a name that the kernel chooses */ };

union address {
	struct sockaddr any;
	struct sockaddr_in tcp;
	struct sockaddr_un local;
};

static int32_t name_of_tcp(const struct sockaddr_in *address)
{
	uint32_t source = ntohl(address->sin_addr.s_addr) - INADDR_LOOPBACK;

	return source < GENERATOR_SOURCES
	               ? (int32_t)(source * GENERATOR_PORTS + ntohs(address->sin_port))
	               : -1;
}

/* An abstract name, "\0" and the digits. */
static int32_t name_of_local(const struct sockaddr_un *address, socklen_t length)
{
	char digits[LOCAL_DIGITS + 1] = "", *end;
	unsigned long number;

	if (length != offsetof(struct sockaddr_un, sun_path) + 1 + LOCAL_DIGITS ||
	    address->sun_path[0])
		return -1;
	memcpy(digits, address->sun_path + 1, LOCAL_DIGITS);
	number = strtoul(digits, &end, 16);
	return end == digits + LOCAL_DIGITS ? (int32_t)number : -1;
}

static int32_t name_of(const union address *address, socklen_t length)
{
	if (address->any.sa_family == AF_INET)
		return name_of_tcp(&address->tcp);
	return address->any.sa_family == AF_UNIX ? name_of_local(&address->local, length) : -1;
}

int32_t names_add(struct generator_names *names, int fd)
{
	union address address = {0};
	socklen_t length = sizeof(address);
	int32_t name = -1;

	if (getsockname(fd, &address.any, &length) == 0)
		name = name_of(&address, length);
	if (name >= 0)
		atomic_fetch_or(&names->bits[name / 64], UINT64_C(1) << name % 64);
	return name;
}

void names_remove(struct generator_names *names, int32_t name)
{
	if (name >= 0)
		atomic_fetch_and(&names->bits[name / 64], ~(UINT64_C(1) << name % 64));
}

bool names_lack_peer(const struct generator_names *names, int fd)
{
	union address address = {0};
	socklen_t length = sizeof(address);
	int32_t name;

	if (getpeername(fd, &address.any, &length) < 0)
		return false;
	name = name_of(&address, length);
	return name < 0 || !(atomic_load(&names->bits[name / 64]) >> name % 64 & 1);
}
