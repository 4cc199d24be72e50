/* SPDX-License-Identifier: MIT */
#include "counter_timer.h"

static uint32_t gap_of(struct counter_gap *gap)
{
	uint32_t requests = atomic_load_explicit(&gap->requests, memory_order_relaxed);

	return requests ? requests : COUNTER_GAP_FIRST;
}

/* Half to one and a half of the gap. The numbers are Marsaglia's xorshift64. */
static uint64_t draw_distance(struct counter_timer *timer)
{
	uint64_t gap = gap_of(timer->gap);

	timer->random ^= timer->random << 13;
	timer->random ^= timer->random >> 7;
	timer->random ^= timer->random << 17;
	return gap / 2 + 1 + ((timer->random >> 32) * gap >> 32);
}

/* Up at once, down slowly: the fastest task is what is followed, also when it becomes slower. */
static void follow(struct counter_gap *gap, uint64_t requests, uint64_t ns)
{
	uint64_t wanted = requests * COUNTER_SAMPLE_NS / (ns ? ns : 1), now = gap_of(gap);

	if (wanted > COUNTER_GAP_MOST)
		wanted = COUNTER_GAP_MOST;
	if (wanted < now)
		wanted = now - (now - wanted + 7) / 8;
	atomic_store_explicit(&gap->requests, (uint32_t)(wanted ? wanted : 1),
	                      memory_order_relaxed);
}

void counter_timer_init(struct counter_timer *timer, struct counter_gap *gap,
                        struct counter_times *times, const struct arena_board *board, uint64_t seed)
{
	*timer = (struct counter_timer){.gap = gap, .times = times, .board = board};
	/* Not 0, and far from its neighbours'. */
	timer->random = (seed * UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

bool counter_timer_answered(struct counter_timer *timer, uint64_t answered)
{
	uint64_t now;

	if (!timer->asked_ns)
		return false;
	now = clock_now_ns();
	if (atomic_load_explicit(&timer->board->measuring, memory_order_relaxed))
		histogram_add_shared(&timer->times->histogram, now - timer->asked_ns);
	else if (timer->last_ns)
		follow(timer->gap, timer->distance, now - timer->last_ns);
	timer->last_ns = now;
	timer->asked_ns = 0;
	timer->distance = draw_distance(timer);
	timer->at = answered + timer->distance;
	return true;
}

void counter_timer_ask(struct counter_timer *timer)
{
	timer->asked_ns = clock_now_ns();
}
