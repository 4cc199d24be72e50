/* SPDX-License-Identifier: MIT */
/* Tests of TCP and UDP need the loopback interface, which is down in an empty network namespace. */
#ifndef HEDDLE_TESTS_LOOPBACK_H
#define HEDDLE_TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TEST_SKIPPED = 77 }; /* what CMakeLists.txt calls SKIP_RETURN_CODE */

/* Whether there is one; where not, says so. */
static inline bool loopback_is_up(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_port = htons(9),
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up =
	        connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0;

	close(fd);
	if (!up)
		fprintf(stderr,
		        "skipped: tcp and udp need the loopback interface, which is down\n");
	return up;
}

#endif
