/* SPDX-License-Identifier: MIT */
/*
 * One thread of the generator. Its cost bounds what can be measured, so a round trip is one receive,
 * one send and a share of one epoll_wait: level-triggered, registered once, no second receive to hear
 * that nothing is left, no memory taken, no buffer a connection (messages are made again from their
 * numbers), one clock reading on each side.
 */
#include "generator_load.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "generator_fetch.h"
#include "generator_pace.h"
#include "generator_pattern.h"

void load_tell(char *text, const char *format, ...)
{
	va_list args;

	if (*text)
		return;
	va_start(args, format);
	vsnprintf(text, GENERATOR_TEXT_BYTES, format, args);
	va_end(args);
}

void load_tell_byte(struct load *load, const struct connection *c, uint64_t message, size_t at,
                    char got)
{
	load_tell(load->tally->wrong_text,
	          "connection %u, message %llu: byte %zu is 0x%02x, sent 0x%02x", c->id,
	          (unsigned long long)message, at, (uint8_t)got,
	          pattern_byte(pattern_first(c->id, message), at));
}

void load_count_served(struct load *load, struct connection *c)
{
	load->tally->served += !c->served;
	c->served = true;
}

void load_count(struct load *load, struct connection *c, uint64_t message)
{
	size_t place = load_ring(load, c, message);
	uint64_t sent_ns = load->sent_ns[place];

	load_count_served(load, c);
	slot_add(load->slot, 1);
	if (load->queue)
		pace_count(load, load->planned_ns[place], sent_ns);
	else if (load->measuring && load->now > sent_ns)
		histogram_add(&load->tally->latency, load->now - sent_ns);
}

int load_watch(struct load *load, struct connection *c, int op, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};

	return epoll_ctl(load->epoll, op, c->fd, &event) < 0 ? -errno : 0;
}

void load_close(struct load *load, struct connection *c, enum connection_state next)
{
	/* The core has the sockets of datagrams open as well: closing alone would not end their events. */
	if (load->plan->transport == GENERATOR_UDP)
		epoll_ctl(load->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	/* One that was never answered may not be accepted yet. */
	if (load->plan->names && c->answered)
		names_remove(load->plan->names, c->name);
	close(c->fd);
	c->fd = -1;
	c->state = (uint8_t)next;
	load->open--;
	if (next == CONNECTION_NONE)
		load->waiting++;
}

static void open_all(struct load *load)
{
	const struct generator_plan *plan = load->plan;

	for (uint32_t i = 0; i < load->count; i++) {
		struct connection *c = &load->connections[i];

		if (c->state != CONNECTION_NONE)
			continue;
		if (plan->transport == GENERATOR_UDP)
			datagram_open(load, c);
		else
			stream_open(load, c);
	}
}

static void tick(struct load *load)
{
	if (load->waiting && !load->draining)
		open_all(load);
	if (load->plan->transport != GENERATOR_UDP)
		return;
	for (uint32_t i = 0; i < load->count; i++)
		if (load->connections[i].state == CONNECTION_OPEN)
			datagram_tick(load, &load->connections[i]);
}

uint64_t load_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The thread's own CPU time is taken where it notices the change, and the clock with it. */
static void follow_measuring(struct load *load, bool measuring)
{
	if (measuring == load->measuring)
		return;
	load->measuring = measuring;
	if (measuring) {
		load->spun_ns = 0;
		load->cpu_from_ns = load_cpu_ns();
		load->wall_from_ns = load->measure_from_ns = clock_now_ns();
		return;
	}
	load->measure_to_ns = clock_now_ns();
	load->tally->cpu_ns += load_cpu_ns() - load->cpu_from_ns - load->spun_ns;
	load->tally->wall_ns += load->measure_to_ns - load->wall_from_ns;
}

static void begin_drain(struct load *load)
{
	load->draining = true;
	if (load->queue)
		pace_end(load);
	epoll_ctl(load->epoll, EPOLL_CTL_DEL, load->wake, NULL);
	for (uint32_t i = 0; i < load->count; i++) {
		struct connection *c = &load->connections[i];

		if (c->fd < 0)
			stream_give_up(load, c);
		else if (load->plan->transport == GENERATOR_UDP)
			datagram_drain(load, c);
		else
			stream_drain(load, c);
	}
}

static void end_drain(struct load *load)
{
	for (uint32_t i = 0; i < load->count; i++) {
		struct connection *c = &load->connections[i];

		if (load->queue)
			pace_leave(load, c);
		if (load->plan->transport == GENERATOR_UDP)
			datagram_owe(load, c);
		if (c->fd < 0)
			continue;
		if (c->state == CONNECTION_CLOSING)
			load->tally->unclosed++;
		else if (load->plan->transport != GENERATOR_UDP)
			stream_owe(load, c);
		load_close(load, c, CONNECTION_OVER);
	}
}

static void handle(struct load *load, const struct epoll_event *events, int count)
{
	bool datagrams = load->plan->transport == GENERATOR_UDP;

	for (int i = 0; i < count; i++) {
		struct connection *c = events[i].data.ptr;

		if (!c || c->fd < 0)
			continue; /* the wake-up: the flag is looked at in any case */
		if (datagrams)
			datagram_event(load, c);
		else
			stream_event(load, c, events[i].events);
		if (load->queue)
			pace_send_due(load);
	}
}

static void drive(struct load *load)
{
	struct epoll_event events[LOAD_EVENTS];
	uint64_t next_tick = load->now + LOAD_TICK_MS * NS_PER_MS, deadline = 0;
	uint32_t rounds_late = 0;

	for (;;) {
		int count = load->queue && !load->draining
		                    ? pace_wait(load, events)
		                    : epoll_wait(load->epoll, events, LOAD_EVENTS, LOAD_TICK_MS);

		follow_measuring(
		        load, atomic_load_explicit(&load->board->measuring, memory_order_relaxed));
		handle(load, events, count);
		if (count <= 0 || load->draining)
			load->now = clock_now_ns();
		if (load->queue)
			pace_send_due(load);
		if (load->now >= next_tick) {
			tick(load);
			next_tick = load->now + LOAD_TICK_MS * NS_PER_MS;
		}
		if (!load->draining &&
		    atomic_load_explicit(&load->board->drain, memory_order_acquire)) {
			begin_drain(load);
			deadline = clock_now_ns() + load->plan->drain_ms * NS_PER_MS;
		}
		if (!load->draining)
			continue;
		/* What lies there is taken even where this thread had to wait past the deadline. */
		if (load->now >= deadline)
			rounds_late++;
		if (!load->open || (rounds_late && (count <= 0 || rounds_late > LOAD_ROUNDS_LATE)))
			return;
	}
}

static int bind_to(int cpu)
{
	cpu_set_t *set = CPU_ALLOC((size_t)cpu + 1);
	size_t bytes = CPU_ALLOC_SIZE((size_t)cpu + 1);
	int code;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(bytes, set);
	CPU_SET_S((size_t)cpu, bytes, set);
	code = sched_setaffinity(0, bytes, set) < 0 ? -errno : 0;
	CPU_FREE(set);
	return code;
}

static int take_memory(struct load *load)
{
	size_t entries;

	while (((uint32_t)1 << load->ring_bits) < load->plan->pipeline)
		load->ring_bits++;
	load->ring_mask = ((uint32_t)1 << load->ring_bits) - 1;
	entries = ((size_t)load->count + 1) << load->ring_bits;
	load->buffer = malloc(LOAD_BUFFER);
	load->connections = calloc((size_t)load->count + 1, sizeof(*load->connections));
	load->sent_ns = calloc(entries, sizeof(*load->sent_ns));
	if (load->plan->transport == GENERATOR_UDP)
		load->flights = calloc(entries, sizeof(*load->flights));
	if (!load->buffer || !load->connections || !load->sent_ns ||
	    (load->plan->transport == GENERATOR_UDP && !load->flights))
		return -ENOMEM;
	memset(load->buffer, 0, LOAD_BUFFER); /* no page is taken while it is measured */
	return load->plan->files ? fetch_begin(load) : 0;
}

static int make_epoll(struct load *load)
{
	struct epoll_event event = {.events = EPOLLIN};

	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll < 0)
		return -errno;
	return epoll_ctl(load->epoll, EPOLL_CTL_ADD, load->wake, &event) < 0 ? -errno : 0;
}

/* Connection i of all belongs to thread i % threads. */
static void number_connections(struct load *load, uint32_t thread)
{
	for (uint32_t i = 0; i < load->count; i++) {
		struct connection *c = &load->connections[i];

		c->id = thread + i * load->plan->threads;
		c->fd = -1;
		c->end = UINT64_MAX;
		if (load->plan->messages_per_connection)
			c->end = 0;
	}
	load->waiting = load->count;
}

int load_run(const struct generator_plan *plan, uint32_t thread, int wake)
{
	struct load load = {
	        .plan = plan,
	        .tally = &plan->tallies[thread],
	        .slot = &arena_generator_slots(plan->arena)[thread],
	        .board = plan->arena->board,
	        .count = plan->connections / plan->threads +
	                 (thread < plan->connections % plan->threads),
	        .measure_from_ns = UINT64_MAX,
	        .measure_to_ns = UINT64_MAX,
	        .wake = wake,
	        .epoll = -1,
	};
	int code = plan->cpus ? bind_to(plan->cpus[thread]) : 0;

	if (!code)
		code = take_memory(&load);
	if (!code)
		code = make_epoll(&load);
	if (!code) {
		load.now = clock_now_ns();
		number_connections(&load, thread);
		open_all(&load);
		code = pace_begin(&load);
	}
	if (!code) {
		atomic_store_explicit(&load.tally->ready, 1, memory_order_release);
		drive(&load);
		follow_measuring(&load, false);
		end_drain(&load);
	}
	if (load.epoll >= 0)
		close(load.epoll);
	pace_free(&load);
	fetch_end(&load);
	free(load.flights);
	free(load.sent_ns);
	free(load.connections);
	free(load.buffer);
	return code;
}
