// @NAME@ - threads that wait in a std::atomic. take() and give() make the lock; heddle/locks.h does the rest.
#include <atomic>
#include <heddle/locks.h>
#include <heddle/plugin.h>

// Required: one lock. Zeroed memory has to mean free, for no constructor runs. HD_APART: no two share a cache line.
struct alignas(HD_APART) Lock {
	std::atomic<bool> taken;
};

// Required: returns when the caller, and nobody else, holds the lock. `place`: HD_PLACE_BYTES of the caller's stack,
// the same until give(), for locks that queue those who wait.
static void take(void *lock, void *)
{
	auto &taken = static_cast<Lock *>(lock)->taken;

	while (taken.exchange(true, std::memory_order_acquire))
		taken.wait(true, std::memory_order_relaxed);
}

// Required: the next holder must see all that this one wrote.
static void give(void *lock, void *)
{
	auto &taken = static_cast<Lock *>(lock)->taken;

	taken.store(false, std::memory_order_release);
	taken.notify_one();
}

// Optional, in place of the nullptrs: take_shared and give_shared, for readers side by side; init, where zeroed memory
// is no free lock.
static constexpr hd_lock kind = {sizeof(Lock), take, give, nullptr, nullptr, nullptr};

// Required, and the same for every lock: the compiler puts take() and give() into it.
static int64_t perform(void *state, hd_request *request) { return hd_lock_answer(state, request, &kind); }
static void *work(void *seat) { return hd_crew_work(static_cast<hd_seat *>(seat), perform); }
static int open_locks(const hd_host *host, void **state) { return hd_locks_open(host, state, &kind, work); }

// Required: what the plugin is. Optional: .options, .unsupported.
const hd_model heddle_model = { // exported: its declaration in plugin.h says so
	.magic = HD_PLUGIN_MAGIC,
	.abi = HD_PLUGIN_ABI,
	.size = sizeof(hd_model),
	.option_size = sizeof(hd_option),
	.ops = HD_LOCK_OPS,
	.name = "@NAME@",
	.summary = "threads that wait in a std::atomic until a flag is free",
	.build = HD_BUILD,
	.options = nullptr,
	.unsupported = nullptr,
	.open = open_locks,
	.run = hd_crew_run,
	.close = hd_locks_close,
};
