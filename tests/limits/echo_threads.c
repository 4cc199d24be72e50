/* SPDX-License-Identifier: MIT */
/*
 * Echo with blocking threads by hand: main accepts, and each connection has a thread with a small
 * stack that does nothing but recv and send; over UDP each socket has one. The kernel does all the
 * scheduling, as in the models whose tasks are threads. Started by drive.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FIRST_SOCKET = 3,
	STACK_BYTES = 64 << 10,
	BUFFER_MOST = 64 << 10, /* any datagram; more than this a read of a stream seldom finds */
	ON_STACK = 4 << 10,     /* buffers up to this need no memory of their own */
};

struct server {
	bool tcp, udp;
	size_t buffer_bytes;
	pthread_attr_t attributes;
};

/* Threads are told of it through this, with the descriptor beside it. */
struct connection {
	const struct server *server;
	int fd;
};

static bool send_all(int fd, const char *buffer, size_t length)
{
	while (length) {
		ssize_t sent = send(fd, buffer, length, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return false;
		buffer += sent > 0 ? sent : 0;
		length -= sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

/* Over UDP an error belongs to a datagram, which is lost, and the socket lives on. */
static void echo(const struct connection *c, char *buffer)
{
	for (;;) {
		ssize_t got = recv(c->fd, buffer, c->server->buffer_bytes, 0);

		if (got == 0)
			return;
		if (got < 0 && errno != EINTR && !c->server->udp)
			return;
		if (got > 0 && !send_all(c->fd, buffer, (size_t)got) && !c->server->udp)
			return;
	}
}

static void *serve(void *argument)
{
	struct connection c = *(struct connection *)argument;
	char small[ON_STACK], *large = NULL;

	free(argument);
	if (c.server->buffer_bytes > sizeof(small))
		large = malloc(c.server->buffer_bytes);
	if (large || c.server->buffer_bytes <= sizeof(small))
		echo(&c, large ? large : small);
	close(c.fd);
	free(large);
	return NULL;
}

static void begin(const struct server *server, int fd)
{
	struct connection *c = malloc(sizeof(*c));
	pthread_t thread;

	if (c) {
		*c = (struct connection){.server = server, .fd = fd};
		if (!pthread_create(&thread, &server->attributes, serve, c))
			return;
	}
	fputs("echo_threads: no thread for a connection\n", stderr);
	free(c);
	close(fd);
}

/* A peer that has gone already is no reason to end; the listener's end is. */
static void accept_all(const struct server *server)
{
	int on = 1;

	for (;;) {
		int fd = accept4(FIRST_SOCKET, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno == EINVAL)
			return;
		if (fd < 0)
			continue;
		if (server->tcp)
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		begin(server, fd);
	}
}

int main(void)
{
	static struct server server;
	const char *transport = getenv("ECHO_TRANSPORT"), *sockets = getenv("ECHO_SOCKETS");
	const char *bytes = getenv("ECHO_BYTES");

	if (!transport || !sockets || !bytes) {
		fputs("echo_threads: is started by drive, with its sockets\n", stderr);
		return 2;
	}
	server.tcp = strcmp(transport, "tcp") == 0;
	server.udp = strcmp(transport, "udp") == 0;
	server.buffer_bytes = strtoull(bytes, NULL, 10);
	if (server.buffer_bytes > BUFFER_MOST)
		server.buffer_bytes = BUFFER_MOST;
	pthread_attr_init(&server.attributes);
	pthread_attr_setstacksize(&server.attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&server.attributes, PTHREAD_CREATE_DETACHED);
	if (!server.udp)
		accept_all(&server);
	for (int fd = FIRST_SOCKET; server.udp && fd < FIRST_SOCKET + atoi(sockets); fd++)
		begin(&server, fd);
	for (;;)
		pause();
}
