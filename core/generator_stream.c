/* SPDX-License-Identifier: MIT */
/* Connections over TCP and local sockets: a stream that must come back byte for byte, in order. */
#include "generator_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "generator_fetch.h"
#include "generator_pace.h"
#include "generator_pattern.h"

enum { CONNECTIONS_A_SOURCE = 64 };

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Messages whose sending has begun and that did not come back. */
static uint64_t outstanding(const struct connection *c)
{
	return c->next + (c->sent_at > 0) - c->done;
}

static uint64_t outstanding_bytes(const struct load *load, const struct connection *c)
{
	if (load->plan->files)
		return c->next > c->done ? fetch_answer_bytes(load, c, c->done) - c->received_at
		                         : 0;
	return (c->next - c->done) * load->plan->message_bytes + c->sent_at - c->received_at;
}

/* The message after the last that may be sent now. What was begun is ended in any case. */
static uint64_t send_until(const struct load *load, const struct connection *c)
{
	if (load->draining)
		return c->next + (c->sent_at > 0);
	if (load->plan->rate)
		return c->released;
	return least(c->done + load->plan->pipeline, c->end);
}

static size_t fill_buffer(struct load *load, const struct connection *c, uint64_t until)
{
	uint32_t bytes = load->plan->message_bytes, at = c->sent_at;
	size_t filled = 0;

	if (load->plan->files)
		return fetch_fill(load, c);
	for (uint64_t m = c->next; m < until && filled < LOAD_BUFFER; m++, at = 0) {
		size_t part = least(bytes - at, LOAD_BUFFER - filled);

		pattern_fill(pattern_first(c->id, m), at, load->buffer + filled, part);
		if (at == 0)
			load->sent_ns[load_ring(load, c, m)] = load->now;
		filled += part;
	}
	return filled;
}

static void advance_sent(const struct load *load, struct connection *c, size_t sent)
{
	uint64_t at = c->sent_at + sent;
	uint32_t bytes = load->plan->files ? fetch_request_bytes(load, c, c->next)
	                                   : load->plan->message_bytes;

	if (at < bytes) {
		c->sent_at = (uint32_t)at;
		return;
	}
	c->next += at / bytes;
	c->sent_at = (uint32_t)(at % bytes);
}

static void set_blocked(struct load *load, struct connection *c, bool blocked)
{
	if (c->blocked == blocked)
		return;
	c->blocked = blocked;
	load_watch(load, c, EPOLL_CTL_MOD, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void stream_owe(struct load *load, struct connection *c)
{
	struct generator_tally *tally = load->tally;
	uint64_t owed = outstanding(c) - (c->bad && outstanding(c));

	if (!c->answered || !owed)
		return;
	tally->owed += owed;
	tally->partial += c->received_at > 0;
	if (load->plan->files) {
		fetch_tell_owed(load, c, tally->owed_text);
		return;
	}
	load_tell(tally->owed_text, "connection %u, message %llu: %u of %u bytes came back", c->id,
	          (unsigned long long)(c->done + c->bad), c->bad ? 0 : c->received_at,
	          load->plan->message_bytes);
}

/* Whether `error` says that there was never a connection; a reset ends one that there was. */
static bool never_made(const struct connection *c, int error)
{
	return !c->made && error && error != EPIPE && error != ECONNRESET;
}

/* The connection ended before the generator ended it: `error` or, where it is 0, the server's close. */
static void broken(struct load *load, struct connection *c, int error)
{
	struct generator_tally *tally = load->tally;

	if (never_made(c, error)) {
		tally->failed++;
		load_tell(tally->failed_text, "connection %u: %s", c->id, strerror(error));
	} else if (c->answered || !arena_stopping(load->board)) {
		/* After the stop a server may turn away what it has not yet answered. */
		tally->dropped++;
		load_tell(tally->dropped_text,
		          "connection %u: %s after %llu of its messages, %llu owed", c->id,
		          error ? strerror(error) : "closed by the server",
		          (unsigned long long)c->done, (unsigned long long)outstanding(c));
		stream_owe(load, c);
	}
	load_close(load, c, CONNECTION_OVER);
}

void stream_send(struct load *load, struct connection *c)
{
	uint64_t until;

	load->now = clock_now_ns();
	if (load->queue)
		pace_release(load, c);
	until = send_until(load, c);
	while (c->next < until) {
		size_t filled = fill_buffer(load, c, until);
		ssize_t sent = send(c->fd, load->buffer, filled, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN) {
			broken(load, c, errno);
			return;
		}
		if (sent >= 0 && !c->made) {
			c->made = true;
			load->tally->made++;
		}
		if (sent > 0)
			advance_sent(load, c, (size_t)sent);
		if (sent < (ssize_t)filled) {
			set_blocked(load, c, true);
			return;
		}
	}
	set_blocked(load, c, false);
}

static void half_close(struct load *load, struct connection *c)
{
	c->state = CONNECTION_CLOSING;
	set_blocked(load, c, false);
	shutdown(c->fd, SHUT_WR);
}

void stream_drain(struct load *load, struct connection *c)
{
	if (c->state == CONNECTION_CLOSING)
		return;
	if (!c->answered)
		load_close(load, c, CONNECTION_OVER);
	else if (!outstanding(c))
		half_close(load, c);
}

/* A message that came in the place of another is told by its number where its beginning gives it. */
static void tell_wrong(struct load *load, const struct connection *c, size_t at, const char *got,
                       size_t count)
{
	uint64_t word, instead;

	if (c->received_at == 0 && count >= PATTERN_WORD) {
		memcpy(&word, got, sizeof(word));
		instead = le64toh(word) - pattern_salt(c->id);
		if (instead != c->done && instead < c->next + 1 &&
		    pattern_check(pattern_first(c->id, instead), 0, got, count) == count) {
			load_tell(load->tally->wrong_text,
			          "connection %u, message %llu: message %llu came in its place",
			          c->id, (unsigned long long)c->done, (unsigned long long)instead);
			return;
		}
	}
	load_tell_byte(load, c, c->done, c->received_at + at, got[at]);
}

static void check_part(struct load *load, struct connection *c, const char *got, size_t count)
{
	size_t good = pattern_check(pattern_first(c->id, c->done), c->received_at, got, count);

	if (good < count && !c->bad) {
		c->bad = true;
		load->tally->wrong++;
		tell_wrong(load, c, good, got, count);
	}
	c->received_at += (uint32_t)count;
	if (c->received_at < load->plan->message_bytes)
		return;
	if (!c->bad)
		load_count(load, c, c->done);
	c->done++;
	c->received_at = 0;
	c->bad = false;
}

/* False where the stream means nothing from here on. */
static bool check(struct load *load, struct connection *c, const char *got, size_t count)
{
	uint64_t expected = outstanding_bytes(load, c);
	bool files = load->plan->files, meant = true;

	if (files && expected)
		meant = fetch_check(load, c, got, least(count, expected));
	if (meant && count > expected) {
		load->tally->wrong++;
		load_tell(load->tally->wrong_text,
		          "connection %u: %llu bytes more than were sent, after message %llu",
		          c->id, (unsigned long long)(count - expected),
		          (unsigned long long)c->next - 1);
		count = expected;
	}
	while (count && !files) {
		size_t part = least(count, load->plan->message_bytes - c->received_at);

		check_part(load, c, got, part);
		got += part;
		count -= part;
	}
	return meant;
}

/* The server's end of a connection that the generator closed: the next one takes its place. */
static void closed(struct load *load, struct connection *c)
{
	if (load->draining || c->end == UINT64_MAX) {
		load_close(load, c, CONNECTION_OVER);
		return;
	}
	load_close(load, c, CONNECTION_NONE);
	stream_open(load, c);
}

static void stream_receive(struct load *load, struct connection *c)
{
	ssize_t count = recv(c->fd, load->buffer, LOAD_BUFFER, MSG_DONTWAIT);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		if (c->state == CONNECTION_CLOSING)
			closed(load, c);
		else
			broken(load, c, count < 0 ? errno : 0);
		return;
	}
	load->now = clock_now_ns();
	c->answered = true;
	if (!check(load, c, load->buffer, (size_t)count)) {
		load_close(load, c, CONNECTION_OVER);
		return;
	}
	if (c->state == CONNECTION_CLOSING)
		return;
	if (c->done == c->end || (load->draining && !outstanding(c)))
		half_close(load, c);
	else
		stream_send(load, c);
}

void stream_event(struct load *load, struct connection *c, uint32_t events)
{
	if (events & ~(uint32_t)EPOLLOUT)
		stream_receive(load, c);
	if ((events & EPOLLOUT) && c->state == CONNECTION_OPEN)
		stream_send(load, c);
}

/*
 * An address is had before the connection is made: see generator_names.h. TCP's sources take turns, each for some
 * connections, so that few pages of the names are touched; where only 127.0.0.1 exists it is the source of all.
 */
static int bind_end(struct load *load, int fd)
{
	uint32_t turn = (uint32_t)(load->tally->made / CONNECTIONS_A_SOURCE) % GENERATOR_SOURCES;
	struct sockaddr_in source = {.sin_family = AF_INET,
	                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn)};
	const struct sockaddr local = {.sa_family = AF_UNIX};
	int code;

	if (load->plan->transport == GENERATOR_UNIX)
		return bind(fd, &local, sizeof(local.sa_family));
	code = bind(fd, (const struct sockaddr *)(const void *)&source, sizeof(source));
	if (code == 0 || errno != EADDRNOTAVAIL)
		return code;
	source.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return bind(fd, (const struct sockaddr *)(const void *)&source, sizeof(source));
}

/* 0 or -errno. */
static int connect_end(struct load *load, struct connection *c, int fd)
{
	const struct generator_plan *plan = load->plan;
	int on = 1, code;

	if (plan->transport == GENERATOR_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind_end(load, fd) < 0)
		return -errno;
	c->name = plan->names ? names_add(plan->names, fd) : -1;
	if (connect(fd, &plan->address.any, plan->address_bytes) == 0 || errno == EINPROGRESS)
		return 0;
	code = -errno;
	if (plan->names)
		names_remove(plan->names, c->name);
	return code;
}

/* Who does not listen, or not fast enough, is the server; what else stands in the way is the machine. */
static void not_opened(struct load *load, struct connection *c, int error)
{
	load->tally->failed++;
	load->tally->denied += error != ECONNREFUSED && error != EAGAIN;
	load_tell(load->tally->failed_text, "connection %u: %s", c->id, strerror(error));
	c->state = CONNECTION_OVER;
	load->waiting--;
}

void stream_give_up(struct load *load, struct connection *c)
{
	if (c->state == CONNECTION_NONE && !c->served && load->refused)
		not_opened(load, c, load->refused);
}

/* A local listener whose queue is full, or ports that are used up: later again. */
static bool may_be_tried_again(int code)
{
	return code == -EAGAIN || code == -EADDRNOTAVAIL || code == -EADDRINUSE;
}

void stream_open(struct load *load, struct connection *c)
{
	int family = load->plan->transport == GENERATOR_TCP ? AF_INET : AF_UNIX;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), code;

	if (fd < 0) {
		not_opened(load, c, errno);
		return;
	}
	code = connect_end(load, c, fd);
	if (code) {
		close(fd);
		if (may_be_tried_again(code))
			load->refused = -code;
		else
			not_opened(load, c, -code);
		return;
	}
	c->fd = fd;
	c->state = CONNECTION_OPEN;
	c->made = c->answered = c->bad = c->blocked = false;
	if (load->plan->messages_per_connection)
		c->end = c->next + load->plan->messages_per_connection;
	load->open++;
	load->waiting--;
	if (load_watch(load, c, EPOLL_CTL_ADD, EPOLLIN) < 0)
		broken(load, c, errno);
	else
		stream_send(load, c); /* on loopback the handshake is over by now */
}
