/* SPDX-License-Identifier: MIT */
/* What all processes of a stage may hold together: told where the kernel keeps it, looked at where it does not. */
#include <sys/stat.h>

#include "clock.h"
#include "stagehand.h"

static const uint64_t look_ns = 100 * NS_PER_MS;

void stagehand_blame_limits(struct stagehand *hand)
{
	const struct ceiling_hits *hits = &hand->keeper->hits;

	if (!hits->forks_refused && !hits->killed_for_memory)
		return;
	hand->status = STATUS_OK;
	if (hits->killed_for_memory)
		stagehand_fail(hand, STATUS_FAILED, "out of memory: limits.memory_mib is %u",
		               hand->limits.memory_mib);
	else
		stagehand_fail(hand, STATUS_FAILED, "too many threads: limits.threads is %u",
		               hand->limits.threads);
}

/* All below the keeper, watched or not, and memory of the arena. What cannot be read counts as nothing. */
static struct group_size size_of(const struct stagehand *hand)
{
	const struct keeper *keeper = hand->keeper;
	struct group_size size;
	struct stat status;

	group_look(keeper->pid, keeper->proc, hand->limits.threads, &size);
	if (fstat(hand->arena->fd, &status) == 0)
		size.bytes += (uint64_t)status.st_blocks * 512;
	return size;
}

static bool is_beyond(struct stagehand *hand, const struct group_size *size)
{
	const struct keeper_limits *limits = &hand->limits;
	uint64_t bytes = (uint64_t)limits->memory_mib << 20;

	if (bytes && size->bytes > bytes)
		stagehand_fail(hand, STATUS_FAILED,
		               "its processes hold %llu MiB in %s; limits.memory_mib is %u",
		               (unsigned long long)(size->bytes >> 20),
		               arena_phase_name(atomic_load(&hand->arena->board->phase)),
		               limits->memory_mib);
	else if (limits->threads && size->threads > limits->threads)
		stagehand_fail(hand, STATUS_FAILED, "too many threads: limits.threads is %u",
		               limits->threads);
	else
		return false;
	return true;
}

bool stagehand_in_limits(struct stagehand *hand)
{
	uint64_t now = clock_now_ns(), took;
	struct group_size size;

	if ((!hand->limits.memory_mib && !hand->limits.threads) || now < hand->next_size_ns)
		return true;
	size = size_of(hand);
	took = clock_now_ns() - now;
	hand->next_size_ns = now + (look_ns > 50 * took ? look_ns : 50 * took);
	return !is_beyond(hand, &size);
}
