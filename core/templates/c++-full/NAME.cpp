// @NAME@ - threads; std::mutex around sections, std::condition_variable for messages and events.
//
// Each part says what the contract asks of it; heddle/plugin.h is the contract. What is "optional" may go: leave the
// request out of `ops` as well, and workloads that need it are skipped. heddle/threads.h has the threads, and READ,
// WRITE, ACCEPT, YIELD and SLEEP as threads do them. No exception leaves a function that heddle calls.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <heddle/plugin.h>
#include <heddle/threads.h>
#include <memory>
#include <mutex>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// timeout_ns is -1: for ever; 0: not at all, -EAGAIN; else -ETIMEDOUT when it is over, never before. True once
// `ready` is; the mutex is held again.
template <typename Ready>
int64_t wait_until(std::condition_variable &changed, std::unique_lock<std::mutex> &held, int64_t timeout_ns, Ready ready)
{
	if (timeout_ns == 0)
		return ready() ? 0 : -EAGAIN;
	if (timeout_ns < 0) {
		changed.wait(held, ready);
		return 0;
	}
	return changed.wait_until(held, Clock::now() + std::chrono::nanoseconds(timeout_ns), ready) ? 0 : -ETIMEDOUT;
}

// HD_APART: what different threads write shares no cache line.
struct alignas(HD_APART) Lock {
	std::mutex mutex;
};

// Optional: PUT and GET move messages between request.buf and queue request.fd, in order for each sender, as many of
// request.times as there is room for or are there. They answer how many, and wait while it would be none.
class alignas(HD_APART) Queue {
public:
	explicit Queue(uint64_t capacity) : capacity(capacity) {}

	int64_t put(const hd_request &request)
	{
		const auto *from = static_cast<const uint64_t *>(request.buf);
		std::unique_lock held(mutex);

		if (int64_t error = wait_until(room, held, request.timeout_ns, [&] { return messages.size() < capacity; }))
			return error;
		uint64_t count = std::min<uint64_t>(request.times, capacity - messages.size());
		messages.insert(messages.end(), from, from + count);
		arrived.notify_all();
		return static_cast<int64_t>(count);
	}

	int64_t get(const hd_request &request)
	{
		std::unique_lock held(mutex);

		if (int64_t error = wait_until(arrived, held, request.timeout_ns, [&] { return !messages.empty(); }))
			return error;
		auto count = static_cast<std::ptrdiff_t>(std::min<uint64_t>(request.times, messages.size()));
		std::copy_n(messages.begin(), count, static_cast<uint64_t *>(request.buf));
		messages.erase(messages.begin(), messages.begin() + count);
		room.notify_all();
		return count;
	}

private:
	std::mutex mutex;
	std::condition_variable room, arrived;
	std::deque<uint64_t> messages;
	uint64_t capacity;
};

// Optional: SET lets all go on that wait, also if CLEAR follows at once, and later ones do not wait until then.
class alignas(HD_APART) Event {
public:
	int64_t set()
	{
		std::lock_guard held(mutex);

		is_set = true;
		times_set++;
		was_set.notify_all();
		return 0;
	}

	int64_t clear()
	{
		std::lock_guard held(mutex);

		is_set = false;
		return 0;
	}

	int64_t wait(int64_t timeout_ns)
	{
		std::unique_lock held(mutex);
		uint64_t before = times_set;

		return wait_until(was_set, held, timeout_ns, [&] { return is_set || times_set != before; });
	}

private:
	std::mutex mutex;
	std::condition_variable was_set;
	uint64_t times_set = 0;
	bool is_set = false;
};

struct Model {
	explicit Model(const hd_host &host) : locks(host.locks), events(host.events)
	{
		for (uint32_t i = 0; i < host.queues; i++)
			queues.push_back(std::make_unique<Queue>(host.queue_capacity));
	}

	hd_crew crew = {};
	std::vector<Lock> locks;
	std::vector<std::unique_ptr<Queue>> queues;
	std::vector<Event> events;
};

// Required by most workloads: the section `times` times, each time alone among those of its lock. They are separate:
// never one acquisition for two. Answers 0.
int64_t exclusive(Model &model, const hd_section &section, uint64_t times)
{
	for (; times; times--) {
		std::lock_guard held(model.locks[section.lock].mutex);

		hd_section_run(&section);
	}
	return 0;
}

// Optional: reads the section `times` times, beside other readers if you can, never beside a writer. Answers how many
// readings saw half a change: 0, if the lock is right.
int64_t shared(Model &model, const hd_section &section, uint64_t times)
{
	uint64_t torn = 0;

	for (; times; times--) {
		std::lock_guard held(model.locks[section.lock].mutex);

		torn += hd_section_read(&section);
	}
	return static_cast<int64_t>(torn);
}

// Required: answers one request; a failure is an answer, -errno. hd_thread_answer() is for what is left.
int64_t perform(void *state, hd_request *request)
try {
	auto &model = *static_cast<Model *>(state);

	switch (request->op) {
	case HD_EXCLUSIVE:
		return exclusive(model, request->section, request->times);
	case HD_SHARED:
		return shared(model, request->section, request->times);
	case HD_PUT:
		return model.queues[request->fd]->put(*request);
	case HD_GET:
		return model.queues[request->fd]->get(*request);
	case HD_SET:
		return model.events[request->fd].set();
	case HD_CLEAR:
		return model.events[request->fd].clear();
	case HD_WAIT:
		return model.events[request->fd].wait(request->timeout_ns);
	default:
		return hd_thread_answer(request);
	}
} catch (const std::exception &) {
	return -ENOMEM;
}

// Required by heddle/threads.h: the compiler puts perform() into it.
void *work(void *seat) { return hd_crew_work(static_cast<hd_seat *>(seat), perform); }

// Required: everything that run() needs, host->in_flight tasks among it. 0, or -errno with nothing left behind.
int model_open(const hd_host *host, void **state)
try {
	auto model = std::make_unique<Model>(*host);

	if (int error = hd_crew_open(&model->crew, host, work, model.get()))
		return error;
	*state = model.release();
	return 0;
} catch (const std::exception &error) {
	host->fail(host, error.what());
	return -ENOMEM;
}

// Required: every job once, host->in_flight at a time; it may be called many times.
int model_run(void *state, const hd_jobs *jobs) { return hd_crew_run(&static_cast<Model *>(state)->crew, jobs); }

// Required: leaves no thread, no descriptor and no memory behind.
void model_close(void *state)
{
	hd_crew_close(&static_cast<Model *>(state)->crew);
	delete static_cast<Model *>(state);
}

} // namespace

// Required: what the plugin is. Optional: .options, settings that a config can give values to, and .unsupported, why it
// cannot run here. Exported, as its declaration in plugin.h says.
const hd_model heddle_model = {
	.magic = HD_PLUGIN_MAGIC,
	.abi = HD_PLUGIN_ABI,
	.size = sizeof(hd_model),
	.option_size = sizeof(hd_option),
	.ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) | HD_CAN(HD_GET) |
	       HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
	.name = "@NAME@",
	.summary = "threads; std::mutex, and condition variables for messages and events",
	.build = HD_BUILD,
	.options = nullptr,
	.unsupported = nullptr,
	.open = model_open,
	.run = model_run,
	.close = model_close,
};
