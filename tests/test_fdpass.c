/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fdpass.h"

static int pair[2];

static void open_pair(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_pair(void)
{
	close(pair[0]);
	close(pair[1]);
}

static ino_t inode(int fd)
{
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

START_TEST(message_and_descriptors_arrive)
{
	int sent[2], got[4], count = 4;
	char text[16];

	ck_assert_int_eq(pipe(sent), 0);
	ck_assert_int_eq(fdpass_send(pair[0], "hello", 6, sent, 2), 0);
	ck_assert_int_eq(fdpass_receive(pair[1], text, sizeof(text), got, &count), 6);
	ck_assert_str_eq(text, "hello");
	ck_assert_int_eq(count, 2);
	ck_assert_uint_eq(inode(got[1]), inode(sent[1]));
	ck_assert_int_eq(fcntl(got[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		close(sent[i]);
		close(got[i]);
	}
}
END_TEST

START_TEST(more_than_there_is_room_for_are_closed)
{
	int sent[3] = {0, 1, 2}, got[1], count = 1, next = dup(0);
	char byte;

	close(next);
	ck_assert_int_eq(fdpass_send(pair[0], "x", 1, sent, 3), 0);
	ck_assert_int_eq(fdpass_receive(pair[1], &byte, 1, got, &count), 1);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(got[0], next);
	ck_assert_int_eq(dup(0), next + 1); /* no other came in */
}
END_TEST

START_TEST(any_number_in_several_messages)
{
	enum { MANY = 3 * FDPASS_MAX + 7 };
	int *sent = malloc(MANY * sizeof(int)), *got = malloc(MANY * sizeof(int));

	for (int i = 0; i < MANY; i++)
		sent[i] = i % 2 ? pair[0] : 0;
	ck_assert_int_eq(fdpass_send_all(pair[0], sent, MANY), 0);
	ck_assert_int_eq(fdpass_receive_all(pair[1], got, MANY), 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(inode(got[i]), inode(sent[i]));
	ck_assert_int_eq(fdpass_send_all(pair[0], sent, 0), 0);
	ck_assert_int_eq(fdpass_receive_all(pair[1], got, 0), 0);
	free(sent);
	free(got);
}
END_TEST

START_TEST(ends_and_errors_are_told)
{
	int fds[FDPASS_MAX + 1] = {0}, count = 0;
	char byte;

	ck_assert_int_eq(fdpass_send(pair[0], "x", 1, fds, FDPASS_MAX + 1), -EINVAL);
	ck_assert_int_eq(fdpass_send(pair[0], "x", 1, NULL, 0), 0);
	ck_assert_int_eq(fdpass_receive_all(pair[1], fds, 1), -EPIPE); /* a message without any */
	close(pair[0]);
	ck_assert_int_eq(fdpass_receive(pair[1], &byte, 1, NULL, &count), 0);
	ck_assert_int_eq(fdpass_receive_all(pair[1], fds, 1), -EPIPE);
	ck_assert_int_eq(fdpass_send(pair[1], "x", 1, NULL, 0), -EPIPE); /* and no SIGPIPE */
	ck_assert_int_eq(fdpass_send(-1, "x", 1, NULL, 0), -EBADF);
	ck_assert_int_eq(fdpass_receive(-1, &byte, 1, NULL, &count), -EBADF);
	pair[0] = -1;
}
END_TEST

int main(void)
{
	const suite_test tests[] = {message_and_descriptors_arrive,
	                            more_than_there_is_room_for_are_closed,
	                            any_number_in_several_messages, ends_and_errors_are_told, NULL};

	return suite_run_with("fdpass", tests, open_pair, close_pair);
}
