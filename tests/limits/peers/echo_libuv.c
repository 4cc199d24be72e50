/* SPDX-License-Identifier: MIT */
/*
 * Echo with libuv, as its documentation has it and as fast as it gets: one loop, a buffer for each
 * connection instead of one for each read, uv_try_write first and a uv_write_t, which lies in the
 * connection, only for what the socket did not take. What callbacks without stacks cost in the
 * library that most of them run in. Started by drive.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { FIRST_SOCKET = 3, BUFFER_MOST = 64 << 10 };

struct connection {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t local;
		uv_udp_t udp;
	};
	uv_write_t rest;
	size_t buffer_bytes;
	char buffer[];
};

struct server {
	uv_loop_t loop;
	bool tcp, udp;
	size_t buffer_bytes;
};

static struct connection *connection_of(void *handle)
{
	return handle;
}

static struct server *server_of(const uv_handle_t *handle)
{
	return handle->loop->data;
}

static struct connection *make(const struct server *server)
{
	struct connection *c = calloc(1, sizeof(*c) + server->buffer_bytes);

	if (!c) {
		fputs("echo_libuv: no memory\n", stderr);
		exit(3);
	}
	c->buffer_bytes = server->buffer_bytes;
	return c;
}

static void closed(uv_handle_t *handle)
{
	free(connection_of(handle));
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct connection *c = connection_of(handle);

	(void)suggested;
	*buffer = uv_buf_init(c->buffer, (unsigned int)c->buffer_bytes);
}

static void received(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer);

/* The buffer is free again. */
static void wrote_rest(uv_write_t *request, int status)
{
	if (status == 0)
		uv_read_start(request->handle, give_buffer, received);
	else if (!uv_is_closing((uv_handle_t *)request->handle))
		uv_close((uv_handle_t *)request->handle, closed);
}

static void received(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	uv_buf_t answer = uv_buf_init(buffer->base, (unsigned int)(got > 0 ? got : 0));
	int sent;

	if (got < 0) {
		uv_close((uv_handle_t *)stream, closed);
		return;
	}
	if (got == 0)
		return; /* EAGAIN */
	sent = uv_try_write(stream, &answer, 1);
	if (sent == got)
		return;
	if (sent < 0 && sent != UV_EAGAIN) {
		uv_close((uv_handle_t *)stream, closed);
		return;
	}
	answer.base += sent < 0 ? 0 : sent;
	answer.len -= sent < 0 ? 0 : (size_t)sent;
	uv_read_stop(stream);
	if (uv_write(&connection_of(stream)->rest, stream, &answer, 1, wrote_rest))
		uv_close((uv_handle_t *)stream, closed);
}

static void connected(uv_stream_t *listener, int status)
{
	struct server *server = server_of((uv_handle_t *)listener);
	struct connection *c;

	if (status < 0)
		return;
	c = make(server);
	if (server->tcp)
		uv_tcp_init(&server->loop, &c->tcp);
	else
		uv_pipe_init(&server->loop, &c->local, 0);
	if (uv_accept(listener, &c->stream)) {
		uv_close(&c->handle, closed);
		return;
	}
	if (server->tcp)
		uv_tcp_nodelay(&c->tcp, 1);
	uv_read_start(&c->stream, give_buffer, received);
}

/* Nothing there: got is 0 and there is no address. An error belongs to a datagram. */
static void received_datagram(uv_udp_t *udp, ssize_t got, const uv_buf_t *buffer,
                              const struct sockaddr *from, unsigned int flags)
{
	uv_buf_t answer = uv_buf_init(buffer->base, (unsigned int)(got > 0 ? got : 0));

	(void)flags;
	if (got > 0)
		uv_udp_try_send(udp, &answer, 1, NULL);
	else if (got == 0 && from) /* the socket was shut down */
		uv_udp_recv_stop(udp);
}

static int open_socket(struct server *server, int fd)
{
	struct connection *c = make(server);
	int code;

	if (server->udp) {
		uv_udp_init(&server->loop, &c->udp);
		code = uv_udp_open(&c->udp, fd);
		return code ? code : uv_udp_recv_start(&c->udp, give_buffer, received_datagram);
	}
	if (server->tcp) {
		uv_tcp_init(&server->loop, &c->tcp);
		code = uv_tcp_open(&c->tcp, fd);
	} else {
		uv_pipe_init(&server->loop, &c->local, 0);
		code = uv_pipe_open(&c->local, fd);
	}
	return code ? code : uv_listen(&c->stream, 65535, connected);
}

int main(void)
{
	static struct server server;
	const char *transport = getenv("ECHO_TRANSPORT"), *sockets = getenv("ECHO_SOCKETS");
	const char *bytes = getenv("ECHO_BYTES");

	if (!transport || !sockets || !bytes) {
		fputs("echo_libuv: is started by drive, with its sockets\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN); /* libuv leaves that to the program */
	uv_loop_init(&server.loop);
	server.loop.data = &server;
	server.tcp = strcmp(transport, "tcp") == 0;
	server.udp = strcmp(transport, "udp") == 0;
	server.buffer_bytes = strtoull(bytes, NULL, 10);
	if (server.buffer_bytes > BUFFER_MOST)
		server.buffer_bytes = BUFFER_MOST;
	server.buffer_bytes++; /* a read that fills its buffer is followed by one that finds nothing */
	for (int fd = FIRST_SOCKET; fd < FIRST_SOCKET + atoi(sockets); fd++) {
		int code = open_socket(&server, fd);

		if (code) {
			fprintf(stderr, "echo_libuv: descriptor %d: %s\n", fd, uv_strerror(code));
			return 3;
		}
	}
	return uv_run(&server.loop, UV_RUN_DEFAULT);
}
