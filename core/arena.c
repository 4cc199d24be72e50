/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Address space for what a plugin asks of shared_alloc; pages cost nothing until they are touched. */
static const uint64_t plugin_room = UINT64_C(1) << 30;

const char *arena_phase_name(enum arena_phase phase)
{
	static const char *const names[] = {"start", "bind", "load",  "setup",
	                                    "open",  "run",  "close", "unload"};

	return (unsigned)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "unknown";
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static int refused(struct hd_error *err)
{
	return hd_error(err, -errno, "shared memory of the trial: %s", strerror(errno));
}

/* With address space before and after it that is nobody's. */
static int map(struct arena *arena, struct hd_error *err)
{
	char *room = mmap(NULL, arena->size + 2 * ARENA_GUARD, PROT_NONE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return refused(err);
	if (mmap(room + ARENA_GUARD, arena->size, PROT_READ | PROT_WRITE,
	         MAP_SHARED | MAP_NORESERVE | MAP_FIXED, arena->fd, 0) == MAP_FAILED) {
		int code = refused(err);

		munmap(room, arena->size + 2 * ARENA_GUARD);
		return code;
	}
	arena->base = room + ARENA_GUARD;
	arena->board = (struct arena_board *)(void *)arena->base;
	return 0;
}

/* Who writes beyond one part does not get into the next. */
static int guard_parts(const struct arena *arena, struct hd_error *err)
{
	const uint64_t parts[] = {arena->slots_at, arena->workload_at, arena->plugin_at};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i] < ARENA_GUARD || parts[i] > arena->size ||
		    mprotect(arena->base + parts[i] - ARENA_GUARD, ARENA_GUARD, PROT_NONE) < 0)
			return hd_error(err, -EINVAL, "shared memory of the trial: no guard pages");
	return 0;
}

/* Where the part begins that comes after one that ends there, with a guard between them. */
static uint64_t part_after(uint64_t end)
{
	return round_up(end, 4096) + ARENA_GUARD;
}

int arena_create(struct arena *arena, const struct arena_sizes *sizes, struct hd_error *err)
{
	uint64_t slots_at = part_after(sizeof(struct arena_board));
	uint64_t generator_at = slots_at + sizes->tasks * sizeof(struct arena_slot);
	uint64_t workload_at =
	        part_after(generator_at + sizes->generator_threads * sizeof(struct arena_slot));
	uint64_t plugin_at = part_after(workload_at + sizes->workload_bytes);
	int code;

	*arena = (struct arena){
	        .fd = memfd_create("heddle-trial", MFD_CLOEXEC | MFD_ALLOW_SEALING),
	        .size = plugin_at}; /* the plugin's room is none of the core's business */
	if (arena->fd < 0)
		return hd_error(err, -errno, "memfd_create: %s", strerror(errno));
	/* A plugin that cuts it short would end the core by SIGBUS. */
	if (ftruncate(arena->fd, (off_t)(plugin_at + plugin_room)) < 0 ||
	    fcntl(arena->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		code = hd_error(err, -errno, "shared memory of the trial: %s", strerror(errno));
	else
		code = map(arena, err);
	if (code) {
		close(arena->fd);
		*arena = (struct arena){.fd = -1};
		return code;
	}
	arena->board->slots_at = arena->slots_at = slots_at;
	arena->board->generator_slots_at = arena->generator_slots_at = generator_at;
	arena->board->workload_at = arena->workload_at = workload_at;
	arena->board->plugin_at = arena->plugin_at = plugin_at;
	arena->board->workload_bytes = sizes->workload_bytes;
	arena->board->in_flight = sizes->tasks;
	arena->board->generator_threads = sizes->generator_threads;
	arena->board->text_used = 1; /* place 0 is "" */
	return guard_parts(arena, err);
}

int arena_map(struct arena *arena, int fd, struct hd_error *err)
{
	struct stat status;
	int code;

	*arena = (struct arena){.fd = fd};
	if (fstat(fd, &status) < 0)
		return hd_error(err, -errno, "shared memory of the trial: %s", strerror(errno));
	arena->size = (uint64_t)status.st_size;
	if (arena->size < sizeof(struct arena_board))
		return hd_error(err, -EINVAL, "shared memory of the trial: too small");
	code = map(arena, err);
	if (code)
		return code;
	arena->slots_at = arena->board->slots_at;
	arena->generator_slots_at = arena->board->generator_slots_at;
	arena->workload_at = arena->board->workload_at;
	arena->plugin_at = arena->board->plugin_at;
	return guard_parts(arena, err);
}

void arena_destroy(struct arena *arena)
{
	if (arena->base)
		munmap(arena->base - ARENA_GUARD, arena->size + 2 * ARENA_GUARD);
	if (arena->fd >= 0)
		close(arena->fd);
	*arena = (struct arena){.fd = -1};
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void arena_begin_beats(struct arena_board *board)
{
	board->beat_cpu_ns = thread_cpu_ns();
}

void arena_beat(struct arena_board *board)
{
	uint64_t now = thread_cpu_ns();

	atomic_fetch_add(&board->between_cpu_ns, now - board->beat_cpu_ns);
	atomic_fetch_add(&board->beats, 1);
	board->beat_cpu_ns = now;
}

struct arena_slot *arena_slots(const struct arena *arena)
{
	return (struct arena_slot *)(void *)(arena->base + arena->slots_at);
}

struct arena_slot *arena_generator_slots(const struct arena *arena)
{
	return (struct arena_slot *)(void *)(arena->base + arena->generator_slots_at);
}

void *arena_workload(const struct arena *arena)
{
	return arena->base + arena->workload_at;
}

void *arena_plugin_alloc(struct arena *arena, uint64_t size)
{
	uint64_t room = arena->size - arena->plugin_at - arena->plugin_used;
	char *memory = arena->base + arena->plugin_at + arena->plugin_used;

	if (size > room || round_up(size, 64) > room)
		return NULL;
	arena->plugin_used += round_up(size, 64);
	return memory;
}

uint32_t arena_put_text(struct arena_board *board, const char *text)
{
	size_t bytes = strlen(text) + 1;
	uint32_t place = board->text_used;

	if (bytes == 1 || bytes > sizeof(board->text) - place)
		return 0;
	memcpy(board->text + place, text, bytes);
	board->text_used += (uint32_t)bytes;
	return place;
}

const char *arena_text(const struct arena_board *board, uint32_t place)
{
	return place < sizeof(board->text) ? board->text + place : "";
}
