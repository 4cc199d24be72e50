/* SPDX-License-Identifier: MIT */
/*
 * Connections over UDP: a socket each, connected to one of the server's. Messages done ... next - 1 are
 * under way; each may be lost, come late or, once it was sent again, come twice.
 */
#include "generator_load.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "clock.h"
#include "generator_pace.h"
#include "generator_pattern.h"

static struct flight *flight_of(struct load *load, const struct connection *c, uint64_t message)
{
	return &load->flights[load_ring(load, c, message)];
}

/*
 * What the kernel does not take is as good as lost: it is sent again in its time. ECONNREFUSED is told
 * of an earlier datagram, this one was not sent yet.
 */
static void send_one(struct load *load, struct connection *c, uint64_t message)
{
	size_t bytes = load->plan->message_bytes;

	pattern_fill(pattern_first(c->id, message), 0, load->buffer, bytes);
	if (send(c->fd, load->buffer, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	    (errno == ECONNREFUSED || errno == EINTR))
		send(c->fd, load->buffer, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void datagram_send(struct load *load, struct connection *c)
{
	uint64_t until;

	load->now = clock_now_ns();
	if (load->queue)
		pace_release(load, c);
	until = load->plan->rate ? c->released : c->done + load->plan->pipeline;
	while (!load->draining && c->next < until) {
		*flight_of(load, c, c->next) = (struct flight){.resent_ns = load->now, .tries = 1};
		load->sent_ns[load_ring(load, c, c->next)] = load->now;
		send_one(load, c, c->next);
		c->next++;
	}
}

void datagram_open(struct load *load, struct connection *c)
{
	int error;

	c->fd = load->plan->sockets[c->id];
	c->state = CONNECTION_OPEN;
	load->open++;
	load->waiting--;
	error = load_watch(load, c, EPOLL_CTL_ADD, EPOLLIN);
	if (error) {
		load->tally->failed++;
		load_tell(load->tally->failed_text, "connection %u: %s", c->id, strerror(-error));
		load_close(load, c, CONNECTION_OVER);
		return;
	}
	datagram_send(load, c);
}

/*
 * The number of a message from its first bytes: the one nearest to those under way, since a message of
 * less than 8 bytes carries the low bytes of its number only.
 */
static uint64_t number_of(const struct load *load, const struct connection *c, const char *got)
{
	uint64_t word = 0, unit;
	uint32_t bytes = load->plan->message_bytes;
	int64_t distance;

	if (bytes >= PATTERN_WORD) {
		memcpy(&word, got, PATTERN_WORD);
		return le64toh(word) - pattern_salt(c->id);
	}
	memcpy(&word, got, bytes);
	unit = UINT64_C(1) << (8 * bytes);
	distance = (int64_t)((le64toh(word) - pattern_salt(c->id) - c->done) & (unit - 1));
	if ((uint64_t)distance >= unit / 2)
		distance -= (int64_t)unit;
	return c->done + (uint64_t)distance;
}

static void wrong(struct load *load, struct connection *c, uint64_t message, size_t at, char got)
{
	load->tally->wrong++;
	load_tell_byte(load, c, message, at, got);
}

/* An answer that was there before. More of them than were sent again is more than was sent. */
static void twice(struct load *load, struct connection *c, uint64_t message)
{
	c->duplicate++;
	if (c->duplicate <= c->resent)
		return;
	load->tally->wrong++;
	load_tell(load->tally->wrong_text,
	          "connection %u, message %llu: came back more often than it was sent", c->id,
	          (unsigned long long)message);
}

/* The first answer to a message under way. */
static void back(struct load *load, struct connection *c, uint64_t message, bool good)
{
	struct flight *flight = flight_of(load, c, message);

	flight->back = true;
	if (message < c->highest && flight->tries == 1)
		load->tally->reordered++;
	if (message >= c->highest)
		c->highest = message + 1;
	if (good)
		load_count(load, c, message);
	while (c->done < c->next && flight_of(load, c, c->done)->back)
		c->done++;
}

static void check(struct load *load, struct connection *c, const char *got, size_t count)
{
	uint64_t message;
	size_t good;

	if (count != load->plan->message_bytes) {
		load->tally->wrong++;
		load_tell(load->tally->wrong_text,
		          "connection %u, message %llu: %zu of %u bytes came back", c->id,
		          (unsigned long long)c->done, count, load->plan->message_bytes);
		return;
	}
	message = number_of(load, c, got);
	if (message >= c->next || (message < c->done && c->done - message > LOAD_OLDEST)) {
		/* Never sent: told as what the oldest under way has become. */
		good = pattern_check(pattern_first(c->id, c->done), 0, got, count);
		wrong(load, c, c->done, good < count ? good : 0, got[good < count ? good : 0]);
		return;
	}
	good = pattern_check(pattern_first(c->id, message), 0, got, count);
	if (good < count)
		wrong(load, c, message, good, got[good]);
	if (message < c->done || flight_of(load, c, message)->back)
		twice(load, c, message);
	else
		back(load, c, message, good == count);
}

void datagram_drain(struct load *load, struct connection *c)
{
	if (!c->answered || c->done == c->next)
		load_close(load, c, CONNECTION_OVER);
}

/* All that can be there is taken, one receive an event where one message is under way. */
void datagram_event(struct load *load, struct connection *c)
{
	uint64_t most = c->next - c->done;

	do {
		ssize_t count = recv(c->fd, load->buffer, LOAD_BUFFER, MSG_DONTWAIT);

		if (count < 0)
			break; /* nothing there, or the error of a datagram that is lost */
		load->now = clock_now_ns();
		c->answered = true;
		check(load, c, load->buffer, (size_t)count);
	} while (most > 1 && --most);
	if (load->draining)
		datagram_drain(load, c);
	else
		datagram_send(load, c);
}

void datagram_tick(struct load *load, struct connection *c)
{
	for (uint64_t m = c->done; m < c->next; m++) {
		struct flight *flight = flight_of(load, c, m);
		uint32_t doubled = flight->tries - 1;

		if (doubled > LOAD_RESEND_DOUBLED)
			doubled = LOAD_RESEND_DOUBLED;
		if (flight->back || load->now - flight->resent_ns < (LOAD_RESEND_MS * NS_PER_MS)
		                                                            << doubled)
			continue;
		flight->resent_ns = load->now;
		flight->tries++;
		c->resent++;
		send_one(load, c, m);
	}
}

void datagram_owe(struct load *load, struct connection *c)
{
	struct generator_tally *tally = load->tally;
	uint64_t owed = 0;

	if (!c->answered)
		return;
	tally->resent += c->resent;
	tally->duplicate += c->duplicate;
	/* Sent again, and not come back more than once: one of the two was lost. */
	tally->lost += c->resent > c->duplicate ? c->resent - c->duplicate : 0;
	for (uint64_t m = c->done; m < c->next; m++)
		owed += !flight_of(load, c, m)->back;
	if (!owed)
		return;
	tally->owed += owed;
	load_tell(tally->owed_text, "connection %u, message %llu: not come back, sent %u times",
	          c->id, (unsigned long long)c->done, flight_of(load, c, c->done)->tries);
}
