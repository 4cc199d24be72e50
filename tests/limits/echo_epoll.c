/* SPDX-License-Identifier: MIT */
/*
 * Echo as an event loop by hand: one thread, level-triggered epoll, wait first and then one recv
 * and one send. It is what somebody writes who wants this server and no other, so it is what the
 * event loop or the coroutines of a model have to come close to. Started by drive.
 *
 * What lost, of 5540 ns (tcp) and 4021 ns (udp) at 16 connections on one core: read/write, + 4 %.
 * Within 0.5 %, not kept: edge-triggered, MSG_DONTWAIT, a buffer a connection, 16 or 64 events.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_SOCKET = 3, EVENTS = 512, BUFFER_BYTES = 64 << 10 /* any datagram */ };

struct connection {
	int fd;
	bool listener;
	size_t sent, length; /* of rest; length 0: nothing is kept */
	char *rest;          /* what the socket did not take; made when that first happens */
};

struct server {
	int epoll;
	bool tcp, udp;
	char buffer[BUFFER_BYTES]; /* one for all: it stays in the cache */
};

/* The descriptors that drive hands over are open in its own process too: close() is not enough. */
static void leave(struct server *server, struct connection *c)
{
	epoll_ctl(server->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	free(c->rest);
	free(c);
}

static void join(struct server *server, int fd, bool listener)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->listener = listener;
	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		leave(server, c);
}

static void take_connection(struct server *server, struct connection *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;

	if (fd < 0) {
		if (errno == EINVAL) /* it was shut down: no more come */
			leave(server, listener);
		return;
	}
	if (server->tcp)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	join(server, fd, false);
}

static void wait_for(const struct server *server, struct connection *c, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};

	epoll_ctl(server->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

/* Nothing more is read from a peer until it has taken this. */
static void keep(struct server *server, struct connection *c, const char *rest, size_t length)
{
	if (!c->rest)
		c->rest = malloc(BUFFER_BYTES);
	if (!c->rest) {
		leave(server, c);
		return;
	}
	memcpy(c->rest, rest, length);
	c->sent = 0;
	c->length = length;
	wait_for(server, c, EPOLLOUT);
}

static void send_rest(struct server *server, struct connection *c)
{
	ssize_t sent = send(c->fd, c->rest + c->sent, c->length - c->sent, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		leave(server, c);
		return;
	}
	c->sent += sent > 0 ? (size_t)sent : 0;
	if (c->sent < c->length)
		return;
	c->length = 0;
	wait_for(server, c, EPOLLIN);
}

/* Over UDP an error belongs to a datagram, which is lost, and the socket lives on. */
static bool passing(const struct server *server)
{
	return errno == EAGAIN || errno == EINTR || server->udp;
}

static void echo(struct server *server, struct connection *c)
{
	ssize_t got = recv(c->fd, server->buffer, BUFFER_BYTES, 0), sent;

	if (got <= 0) {
		if (got == 0 || !passing(server))
			leave(server, c);
		return;
	}
	sent = send(c->fd, server->buffer, (size_t)got, MSG_NOSIGNAL);
	if (sent == got)
		return;
	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		if (!server->udp)
			leave(server, c);
		return;
	}
	sent = sent < 0 ? 0 : sent;
	keep(server, c, server->buffer + sent, (size_t)(got - sent));
}

static void serve(struct server *server)
{
	struct epoll_event events[EVENTS];

	for (;;) {
		int count = epoll_wait(server->epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			struct connection *c = events[i].data.ptr;

			if (c->listener)
				take_connection(server, c);
			else if (c->length)
				send_rest(server, c);
			else
				echo(server, c);
		}
	}
}

int main(void)
{
	static struct server server;
	const char *transport = getenv("ECHO_TRANSPORT"), *sockets = getenv("ECHO_SOCKETS");

	if (!transport || !sockets) {
		fputs("echo_epoll: is started by drive, with its sockets\n", stderr);
		return 2;
	}
	server.tcp = strcmp(transport, "tcp") == 0;
	server.udp = strcmp(transport, "udp") == 0;
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int fd = FIRST_SOCKET; fd < FIRST_SOCKET + atoi(sockets); fd++) {
		fcntl(fd, F_SETFL, O_NONBLOCK);
		join(&server, fd, !server.udp);
	}
	serve(&server);
}
