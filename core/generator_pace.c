/* SPDX-License-Identifier: MIT */
#include "generator_pace.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "clock.h"

/* ---- Planned times ----------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *random)
{
	uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 included, 1 not. */
static double draw_share(uint64_t *random)
{
	return (double)(draw(random) >> 11) * 0x1p-53;
}

uint64_t pace_seed(uint64_t seed, uint32_t connection)
{
	uint64_t random = seed ^ ((uint64_t)connection << 32);

	return draw(&random);
}

double pace_first(const struct pace *pace, uint64_t *random)
{
	return pace->poisson ? pace_after(pace, random, 0) : draw_share(random) * pace->gap_ns;
}

double pace_after(const struct pace *pace, uint64_t *random, double ns)
{
	return ns + (pace->poisson ? -log1p(-draw_share(random)) : 1) * pace->gap_ns;
}

/* ---- Connections that wait for their time, the next one first: a binary heap ------------------- */

static double due_at(const struct load *load, uint32_t place)
{
	return load->connections[load->queue[place]].due_ns;
}

static void swap(struct load *load, uint32_t a, uint32_t b)
{
	uint32_t kept = load->queue[a];

	load->queue[a] = load->queue[b];
	load->queue[b] = kept;
}

static void enqueue(struct load *load, struct connection *c)
{
	uint32_t place = load->queued++;

	c->queued = true;
	load->queue[place] = (uint32_t)(c - load->connections);
	for (; place && due_at(load, place) < due_at(load, (place - 1) / 2);
	     place = (place - 1) / 2)
		swap(load, place, (place - 1) / 2);
}

static struct connection *dequeue(struct load *load)
{
	struct connection *c = &load->connections[load->queue[0]];
	uint32_t place = 0, child;

	c->queued = false;
	load->queue[0] = load->queue[--load->queued];
	while ((child = 2 * place + 1) < load->queued) {
		if (child + 1 < load->queued && due_at(load, child + 1) < due_at(load, child))
			child++;
		if (due_at(load, place) <= due_at(load, child))
			break;
		swap(load, place, child);
		place = child;
	}
	return c;
}

/* ---- Sending ----------------------------------------------------------------------------------- */

static uint64_t planned_at(const struct load *load, const struct connection *c)
{
	return load->plan_from_ns + (uint64_t)c->due_ns;
}

bool pace_measured(const struct load *load, uint64_t planned_ns)
{
	return planned_ns >= load->measure_from_ns && planned_ns < load->measure_to_ns;
}

/* The message that is released next is planned; so is the time of the one after it. */
static uint64_t take_plan(struct load *load, struct connection *c)
{
	uint64_t planned_ns = planned_at(load, c);

	load->tally->planned += pace_measured(load, planned_ns);
	c->due_ns = pace_after(&load->pace, &c->random, c->due_ns);
	return planned_ns;
}

/* `was_free`: the connection has waited for nothing but the time, so that being late is our own fault. */
static void release(struct load *load, struct connection *c, bool was_free)
{
	uint64_t until = c->done + load->plan->pipeline;

	if (until > c->end)
		until = c->end;
	while (c->released < until && planned_at(load, c) <= load->now) {
		uint64_t planned_ns = take_plan(load, c);

		load->planned_ns[load_ring(load, c, c->released++)] = planned_ns;
		if (was_free && pace_measured(load, planned_ns))
			histogram_add(&load->tally->late, load->now - planned_ns);
	}
	if (c->released < until)
		enqueue(load, c);
}

void pace_release(struct load *load, struct connection *c)
{
	if (!c->queued && !load->draining)
		release(load, c, false);
}

static bool is_due(const struct load *load)
{
	return load->queued && planned_at(load, &load->connections[load->queue[0]]) <= load->now;
}

void pace_send_due(struct load *load)
{
	if (load->draining)
		return;
	for (int i = 0; i < PACE_SEND_AT_ONCE && is_due(load); i++) {
		struct connection *c = dequeue(load);

		if (c->state != CONNECTION_OPEN)
			continue; /* it is queued again once it is open */
		release(load, c, !c->blocked);
		if (load->plan->transport == GENERATOR_UDP)
			datagram_send(load, c);
		else
			stream_send(load, c);
	}
}

/* The CPU time that this takes is no work, and is not told as such. */
static int spin(struct load *load, struct epoll_event *events, uint64_t until_ns)
{
	uint64_t from_ns = load_cpu_ns();
	int count;

	do
		count = epoll_wait(load->epoll, events, LOAD_EVENTS, 0);
	while (count == 0 && clock_now_ns() < until_ns);
	load->spun_ns += load_cpu_ns() - from_ns;
	return count;
}

int pace_wait(struct load *load, struct epoll_event *events)
{
	uint64_t now = clock_now_ns(), until = now + LOAD_TICK_MS * NS_PER_MS;
	struct pollfd ready = {.fd = load->epoll, .events = POLLIN};
	uint64_t spin_ns = load->plan->spins ? PACE_SPIN_NS : 0;
	struct timespec most;
	int count = epoll_wait(load->epoll, events, LOAD_EVENTS, 0);

	if (count)
		return count;
	if (load->queued && planned_at(load, &load->connections[load->queue[0]]) < until)
		until = planned_at(load, &load->connections[load->queue[0]]);
	if (until <= now)
		return 0;
	if (until - now <= spin_ns)
		return spin(load, events, until);
	/* epoll_wait() knows milliseconds only, and epoll_pwait2() is not everywhere. */
	most = clock_timespec(until - now - spin_ns);
	ppoll(&ready, 1, &most, NULL);
	return epoll_wait(load->epoll, events, LOAD_EVENTS, 0);
}

/* ---- The whole --------------------------------------------------------------------------------- */

int pace_begin(struct load *load)
{
	const struct generator_plan *plan = load->plan;

	if (!plan->rate)
		return 0;
	load->pace = (struct pace){.gap_ns = 1e9 * plan->connections / plan->rate,
	                           .poisson = plan->poisson};
	load->queue = calloc((size_t)load->count + 1, sizeof(*load->queue));
	load->planned_ns =
	        calloc(((size_t)load->count + 1) << load->ring_bits, sizeof(*load->planned_ns));
	if (!load->queue || !load->planned_ns)
		return -ENOMEM;
	load->plan_from_ns = load->now = clock_now_ns();
	for (uint32_t i = 0; i < load->count; i++) {
		struct connection *c = &load->connections[i];

		c->random = pace_seed(plan->seed, c->id);
		c->due_ns = pace_first(&load->pace, &c->random);
		if (c->state == CONNECTION_OPEN)
			pace_release(load, c);
	}
	return 0;
}

void pace_count(struct load *load, uint64_t planned_ns, uint64_t sent_ns)
{
	load->tally->answered += load->measuring;
	if (!pace_measured(load, planned_ns))
		return;
	histogram_add(&load->tally->response, load->now - planned_ns);
	histogram_add(&load->tally->latency, load->now - sent_ns);
}

static void leave_unsent(struct load *load, uint64_t planned_ns)
{
	if (!pace_measured(load, planned_ns))
		return;
	load->tally->unsent++;
	histogram_add(&load->tally->response, load->now - planned_ns);
}

void pace_end(struct load *load)
{
	uint64_t end_ns;

	load->now = clock_now_ns();
	end_ns = load->measure_to_ns < load->now ? load->measure_to_ns : load->now;
	for (uint32_t i = 0; i < load->count; i++) {
		struct connection *c = &load->connections[i];

		for (uint64_t m = c->next + (c->sent_at > 0); m < c->released; m++)
			leave_unsent(load, load->planned_ns[load_ring(load, c, m)]);
		while (planned_at(load, c) < end_ns)
			leave_unsent(load, take_plan(load, c));
		load->tally->unasked +=
		        c->due_ns > (double)(load->now - load->plan_from_ns) && c->released == 0;
	}
}

void pace_leave(struct load *load, const struct connection *c)
{
	for (uint64_t m = c->done; m < c->next + (c->sent_at > 0); m++) {
		size_t place = load_ring(load, c, m);
		bool back = load->flights && load->flights[place].back;

		if (!back && pace_measured(load, load->planned_ns[place]))
			histogram_add(&load->tally->response, load->now - load->planned_ns[place]);
	}
}

void pace_free(struct load *load)
{
	free(load->queue);
	free(load->planned_ns);
}
