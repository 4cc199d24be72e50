/* SPDX-License-Identifier: MIT */
#include "fdpass.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
};

int fdpass_send(int socket, const void *data, size_t size, const int *fds, int count)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	union control control;
	ssize_t sent;

	if (count > FDPASS_MAX)
		return -EINVAL;
	if (count > 0) {
		struct cmsghdr *header;

		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
	}
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

ssize_t fdpass_receive(int socket, void *data, size_t size, int *fds, int *count)
{
	struct iovec part = {.iov_base = data, .iov_len = size};
	union control control;
	struct msghdr message = {.msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_control = control.bytes,
	                         .msg_controllen = sizeof(control.bytes)};
	int room = *count;
	ssize_t got;

	*count = 0;
	do
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
		int came = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		int fd;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (int i = 0; i < came; i++) {
			memcpy(&fd, CMSG_DATA(h) + (size_t)i * sizeof(int), sizeof(int));
			if (*count < room)
				fds[(*count)++] = fd;
			else
				close(fd);
		}
	}
	return got;
}

int fdpass_send_all(int socket, const int *fds, int count)
{
	for (int sent = 0; sent < count;) {
		int part = count - sent < FDPASS_MAX ? count - sent : FDPASS_MAX;
		int code = fdpass_send(socket, "", 1, fds + sent, part);

		if (code)
			return code;
		sent += part;
	}
	return 0;
}

int fdpass_receive_all(int socket, int *fds, int count)
{
	for (int came = 0; came < count;) {
		int part = count - came;
		char byte;
		ssize_t got = fdpass_receive(socket, &byte, 1, fds + came, &part);

		if (got < 0)
			return (int)got;
		if (got == 0 || part == 0)
			return -EPIPE;
		came += part;
	}
	return 0;
}
