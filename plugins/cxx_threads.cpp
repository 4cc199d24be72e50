/* SPDX-License-Identifier: MIT */
/*
 * cxx-threads - C++20: std::jthread, and the locks of the standard library.
 *
 * The threads are let into a run by a std::counting_semaphore, and tell by another that no job is left. A
 * section is run under what `lock` names; the model is a template of it, so that a lock is called as
 * directly as in C. Queues and events wait on condition variables. No exception leaves open().
 */
#include "cxx_threads_sync.hpp" /* first: it chooses the kind of semaphores */

#include <atomic>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace
{

class model
{
      public:
	explicit model(const hd_host *offered) : host(offered), events(offered->events)
	{
		for (uint32_t i = 0; i < host->queues; i++)
			queues.push_back(std::make_unique<queue>(host->queue_capacity));
	}
	virtual ~model() = default;
	model(const model &) = delete;
	model &operator=(const model &) = delete;

	/* Returns when all threads are bound; throws what has kept one from it. */
	void start()
	{
		for (uint32_t task = 0; task < host->in_flight; task++)
			crew.emplace_back([this, task](std::stop_token stop) { work(stop, task); });
		await_all();
		if (int error = bind_error.load())
			throw std::system_error(error, std::generic_category(),
			                        "a thread could not be bound to its core");
	}
	void stop()
	{
		for (std::jthread &thread : crew)
			thread.request_stop();
		begin.release(static_cast<ptrdiff_t>(crew.size()));
		crew.clear();
	}
	/* A thread that is let in twice has found no job left: nobody misses the turn that it took. */
	void run(const hd_jobs &all)
	{
		jobs = all;
		next = 0;
		begin.release(static_cast<ptrdiff_t>(crew.size()));
		await_all();
	}

      protected:
	virtual void step_all(uint32_t task) = 0;

	hd_job *take()
	{
		uint64_t i = next.fetch_add(1, std::memory_order_relaxed);

		return i < jobs.count ? hd_job_at(&jobs, i) : nullptr;
	}
	int64_t answer(const hd_request &request)
	{
		switch (request.op) {
		case HD_PUT:
			return queues[static_cast<size_t>(request.fd)]->put(request);
		case HD_GET:
			return queues[static_cast<size_t>(request.fd)]->get(request);
		case HD_SET:
			return events[static_cast<size_t>(request.fd)].set();
		case HD_CLEAR:
			return events[static_cast<size_t>(request.fd)].clear();
		case HD_WAIT:
			return events[static_cast<size_t>(request.fd)].wait(request.timeout_ns);
		case HD_YIELD:
			for (uint64_t turn = 0; turn < request.times; turn++)
				std::this_thread::yield();
			return 0;
		case HD_SLEEP:
			std::this_thread::sleep_for(std::chrono::nanoseconds(request.timeout_ns));
			return 0;
		default:
			return hd_thread_answer(&request); /* READ, WRITE, ACCEPT: as in C */
		}
	}

	const hd_host *host;

      private:
	void work(const std::stop_token &stop, uint32_t task)
	{
		if (int error = host->bind(host, task % host->cores))
			bind_error = -error;
		finished.release();
		for (begin.acquire(); !stop.stop_requested(); begin.acquire()) {
			step_all(task);
			finished.release();
		}
	}
	void await_all()
	{
		for (size_t i = 0; i < crew.size(); i++)
			finished.acquire();
	}

	std::vector<std::unique_ptr<queue>> queues;
	std::vector<event> events;
	hd_jobs jobs{};
	std::atomic<uint64_t> next{0};
	std::atomic<int> bind_error{0};
	std::counting_semaphore<> begin{0}, finished{0};
	std::vector<std::jthread> crew; /* last: it goes home before the rest does */
};

template <class Lock> class model_with final : public model
{
      public:
	explicit model_with(const hd_host *offered) : model(offered), locks(offered->locks)
	{
	}

      private:
	void step_all(uint32_t task) override
	{
		hd_request request{};

		while (hd_job *job = take()) {
			job->task = task;
			for (job->step(job, 0, &request); request.op != HD_DONE;)
				job->step(job, perform(request), &request);
		}
	}
	int64_t perform(const hd_request &request)
	{
		if (request.op == HD_EXCLUSIVE)
			return exclusive(request.section, request.times);
		return request.op == HD_SHARED ? shared(request.section, request.times)
		                               : answer(request);
	}
	int64_t exclusive(hd_section section, uint64_t times)
	{
		Lock &lock = locks[section.lock];

		for (; times; times--) {
			std::lock_guard held(lock);
			hd_section_run(&section);
		}
		return 0;
	}
	int64_t shared(hd_section section, uint64_t times)
	{
		Lock &lock = locks[section.lock];
		uint64_t torn = 0;

		for (; times; times--) {
			std::shared_lock held(lock);
			torn += hd_section_read(&section);
		}
		return static_cast<int64_t>(torn);
	}

	std::vector<Lock> locks;
};

std::unique_ptr<model> make(const hd_host *host)
{
	std::string_view lock = host->option_text(host, "lock");

	if (lock == "semaphore")
		return std::make_unique<model_with<semaphore_lock>>(host);
	if (lock == "shared-mutex")
		return std::make_unique<model_with<shared_lock>>(host);
	return std::make_unique<model_with<mutex_lock>>(host);
}

int open(const hd_host *host, void **state)
{
	std::unique_ptr<model> made;

	try {
		made = make(host);
		made->start();
		*state = made.release();
		return 0;
	} catch (const std::bad_alloc &) {
		host->fail(host, "no memory");
		if (made)
			made->stop();
		return -ENOMEM;
	} catch (const std::system_error &error) {
		host->fail(host, error.what());
		made->stop();
		return -error.code().value();
	}
}

int run(void *state, const hd_jobs *jobs)
{
	static_cast<model *>(state)->run(*jobs);
	return 0;
}

void close(void *state)
{
	std::unique_ptr<model> ended(static_cast<model *>(state));

	ended->stop();
}

constexpr hd_option options[] = {
        {.name = "lock",
         .kind = HD_OPTION_CHOICE,
         .reserved = 0,
         .value = 0,
         .min = 0,
         .max = 0,
         .text = "mutex",
         .choices = "mutex shared-mutex semaphore",
         .help = "what stands around a section"},
        {},
};

} // namespace

constinit const hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(hd_model),
        .option_size = sizeof(hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) |
               HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = "cxx-threads",
        .summary = "C++20: std::jthread; a lock of the standard library around each section",
        .build = HD_BUILD,
        .options = options,
        .unsupported = nullptr,
        .open = open,
        .run = run,
        .close = close,
};
