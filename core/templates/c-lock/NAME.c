/* @NAME@ - threads that spin until a word is free. take() and give() make the lock; heddle/locks.h does the rest. */
#include <heddle/locks.h>
#include <heddle/plugin.h>

/* Required: returns when the caller, and nobody else, holds the lock, whose zeroed memory means free. `place`:
   HD_PLACE_BYTES of the caller's stack, the same until give(), for locks that queue those who wait. */
static void take(void *lock, void *place)
{
	uint32_t *taken = lock, turns = 0;

	(void)place;
	while (__atomic_exchange_n(taken, 1, __ATOMIC_ACQUIRE))
		hd_spin(&turns);
}

/* Required: the next holder must see all that this one wrote. */
static void give(void *lock, void *place)
{
	uint32_t *taken = lock;

	(void)place;
	__atomic_store_n(taken, 0, __ATOMIC_RELEASE);
}

/* Required: the bytes of a lock, of which no two share a cache line. Optional, in place of the NULLs: take_shared and
   give_shared, for readers side by side; init, where zeroed memory is no free lock. */
static const struct hd_lock kind = {HD_APART, take, give, NULL, NULL, NULL};

/* Required, and the same for every lock: the compiler puts take() and give() into it. Without options HD_LOCK_MODEL()
   of heddle/locks.h writes all of the rest. */
static int64_t perform(void *state, struct hd_request *request)
{
	return hd_lock_answer(state, request, &kind);
}
static void *work(void *seat)
{
	return hd_crew_work(seat, perform);
}
static int open_locks(const struct hd_host *host, void **state)
{
	return hd_locks_open(host, state, &kind, work);
}

/* Required: what the plugin is. Optional: .options, .unsupported. */
HD_EXPORT const struct hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(struct hd_model),
        .option_size = sizeof(struct hd_option),
        .ops = HD_LOCK_OPS,
        .name = "@NAME@",
        .summary = "threads that spin until a word is free",
        .build = HD_BUILD,
        .open = open_locks,
        .run = hd_crew_run,
        .close = hd_locks_close,
};
