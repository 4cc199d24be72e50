/* SPDX-License-Identifier: MIT */
/* Messages with descriptors over a SOCK_SEQPACKET socket. */
#ifndef HEDDLE_FDPASS_H
#define HEDDLE_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

enum { FDPASS_MAX = 200 }; /* descriptors a message; the kernel takes 253 */

/* Sends one message. 0 or -errno. */
int fdpass_send(int socket, const void *data, size_t size, const int *fds, int count);
/*
 * Receives one message of at most `size` bytes. `count` holds the room in fds on entry and what came on
 * return; they are close-on-exec and the caller's. Returns bytes, 0 at the end, or -errno.
 */
ssize_t fdpass_receive(int socket, void *data, size_t size, int *fds, int *count);
/* Any number of descriptors, in as many messages as it takes; the receiver knows the count. */
int fdpass_send_all(int socket, const int *fds, int count);
int fdpass_receive_all(int socket, int *fds, int count);

#endif
