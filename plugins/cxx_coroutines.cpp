/* SPDX-License-Identifier: MIT */
/*
 * cxx-coroutines - C++20's coroutines, without stacks, on one scheduler thread a core.
 *
 * Each of `in_flight` tasks is one coroutine, serve(), that lives as long as the model: what a task keeps
 * while it waits is its frame, some hundred bytes. A request that has to wait is a co_await in it; nothing
 * that waits is called as a function, so that no other frame is ever made.
 *
 * On one core nothing runs between two awaits, so a section needs no lock. Between schedulers each section
 * takes its lock with a short spin, after which the coroutine is suspended until the holder wakes it.
 * Regular files hold up their thread: epoll cannot wait for them.
 */
#include <condition_variable>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "cxx_coroutines_io.hpp"
#include "cxx_coroutines_routine.hpp"
#include "cxx_coroutines_scheduler.hpp"
#include "cxx_coroutines_sync.hpp"

namespace
{

/* Requests that a task may have answered at once before others have their turn. */
constexpr uint32_t budget = 64;

struct pool {
	explicit pool(const hd_host *offered)
	    : host(offered), locks(offered->locks), events(offered->events),
	      parallel(offered->cores > 1 && offered->in_flight > 1)
	{
		for (uint32_t i = 0; i < host->queues; i++)
			queues.push_back(std::make_unique<queue>(host->queue_capacity));
	}

	/* What has an offset is a file: the table tells it once. */
	void note_files()
	{
		if (!noted.load(std::memory_order_relaxed) && !noted.exchange(true))
			host->note(host, "regular files block the thread");
	}
	hd_job *take()
	{
		uint64_t i = next.fetch_add(1, std::memory_order_relaxed);

		return i < jobs.count ? hd_job_at(&jobs, i) : nullptr;
	}

	const hd_host *host;
	std::vector<lock> locks;
	std::vector<std::unique_ptr<queue>> queues;
	std::vector<event> events;
	bool parallel; /* sections of two schedulers could meet */
	hd_jobs jobs{};
	std::atomic<uint64_t> next{0};
	std::atomic<bool> noted{false};

	std::mutex mutex; /* of all below */
	std::condition_variable go, done;
	uint32_t round = 0, busy = 0;
	int error = 0;
	bool closing = false;
	std::vector<std::unique_ptr<scheduler>> schedulers;
	std::vector<std::jthread> threads;
};

/* ---- A task ---- */

/* A request, awaited: where it has to wait, the scheduler tries it again before it resumes the task. */
class answered final : public pending
{
      public:
	answered(pool &of, task &who, const hd_request &asked)
	    : model(of), self(who), request(asked)
	{
	}
	bool await_ready()
	{
		if (!attempt()) {
			self.request = this;
			if (request.timeout_ns > 0)
				self.home->begin_timer(self, hd_deadline_ns(request.timeout_ns));
			return false;
		}
		/* Who never has to wait must not keep the others from running. */
		if (++self.spent % budget)
			return true;
		self.home->make_ready(self);
		return false;
	}
	void await_suspend(std::coroutine_handle<>) const noexcept
	{
	}
	int64_t await_resume() const
	{
		self.request = nullptr;
		self.home->end_timer(self);
		return request.op == HD_SLEEP ? 0 : self.answer;
	}

      private:
	bool answer(int64_t with)
	{
		self.answer = with;
		return true;
	}
	bool attempt() override
	{
		bool again = std::exchange(tried, true);
		size_t at = static_cast<size_t>(request.fd);

		switch (request.op) {
		case HD_EXCLUSIVE:
		case HD_SHARED:
			return model.parallel ? run_sections(again) : run_alone();
		case HD_READ:
		case HD_WRITE:
		case HD_ACCEPT:
			return move_bytes(again);
		case HD_PUT:
		case HD_GET:
			self.answer = model.queues[at]->move(self, request);
			return self.answer != 0;
		case HD_SET:
			model.events[at].set(self);
			return answer(0);
		case HD_CLEAR:
			model.events[at].clear();
			return answer(0);
		case HD_WAIT:
			self.answer = model.events[at].wait(self, again, request.timeout_ns);
			return self.answer <= 0;
		case HD_SLEEP:
			if (request.timeout_ns > 0)
				self.home->sleep(self);
			return request.timeout_ns <= 0;
		default:
			return answer(-EOPNOTSUPP);
		}
	}
	/* Nothing else runs until the next await. */
	bool run_alone()
	{
		if (request.op == HD_SHARED)
			return answer(static_cast<int64_t>(
			        hd_section_read_times(&request.section, request.times)));
		hd_section_run_times(&request.section, request.times);
		return answer(0);
	}
	bool run_sections(bool has_waited)
	{
		const hd_section section = request.section;
		lock &taken = model.locks[section.lock];
		bool reads = request.op == HD_SHARED;

		for (; done < request.times; done++, has_waited = false) {
			if (!taken.take(self, has_waited))
				return false;
			if (reads)
				torn += hd_section_read(&section);
			else
				hd_section_run(&section);
			taken.give(self);
		}
		return answer(static_cast<int64_t>(torn));
	}
	bool move_bytes(bool again)
	{
		int error;

		if (request.fd < 0)
			return answer(-EBADF);
		if (request.op != HD_ACCEPT && request.offset >= 0)
			model.note_files();
		self.answer = transfer(request);
		/* Where one has come there may be more: else they come one with each look at epoll. */
		if (again && request.op == HD_ACCEPT && self.answer >= 0)
			self.home->pass_on(request.fd);
		if (self.answer != -EAGAIN || request.timeout_ns == 0)
			return true;
		if (again && request.op != HD_WRITE && is_over(request.fd))
			return answer(request.op == HD_ACCEPT ? -EINVAL : 0);
		error = self.home->watch(self, request.fd, request.op == HD_WRITE);
		return error ? answer(error) : false;
	}

	pool &model;
	task &self;
	const hd_request &request;
	uint64_t done = 0, torn = 0;
	bool tried = false;
};

/* Behind all that are ready: back when they have had their turn. */
struct turn {
	task &self;

	bool await_ready() const noexcept
	{
		return false;
	}
	void await_suspend(std::coroutine_handle<>) const
	{
		self.home->make_ready(self);
	}
	void await_resume() const noexcept
	{
	}
};

routine serve(pool &model, task &self)
{
	hd_request request{};
	int64_t answer;

	for (;;) {
		while (hd_job *job = model.take()) {
			job->task = self.number;
			job->step(job, 0, &request);
			while (request.op != HD_DONE) {
				answer = 0;
				if (request.op == HD_YIELD)
					for (uint64_t i = 0; i < request.times; i++)
						co_await turn{self};
				else
					answer = co_await answered(model, self, request);
				job->step(job, answer, &request);
			}
		}
		self.home->leave();
		co_await std::suspend_always{}; /* until the next run */
	}
}

/* ---- Threads ---- */

/* Says that this scheduler is done, and waits for the next run: false where there is none. */
bool await_run(pool &model, int error)
{
	std::unique_lock held(model.mutex);
	uint32_t before = model.round;

	if (error)
		model.error = error;
	if (--model.busy == 0)
		model.done.notify_one();
	model.go.wait(held, [&] { return model.closing || model.round != before; });
	return !model.closing;
}

/* Waits until all schedulers have said so. 0 or -errno. */
int await_schedulers(pool &model)
{
	std::unique_lock held(model.mutex);

	model.done.wait(held, [&] { return model.busy == 0; });
	return model.error;
}

/* The tasks index, index + schedulers, ... are its own, made here so that they lie near its core. */
void schedule(pool &model, scheduler &home, uint32_t index)
{
	std::vector<std::unique_ptr<task>> tasks;
	std::vector<routine> routines;
	int error = model.host->bind(model.host, index);

	try {
		for (uint32_t i = index; i < model.host->in_flight; i += model.schedulers.size()) {
			tasks.push_back(std::make_unique<task>());
			tasks.back()->home = &home;
			tasks.back()->number = i;
			routines.push_back(serve(model, *tasks.back()));
			tasks.back()->handle = routines.back().resumable();
		}
	} catch (const std::bad_alloc &) {
		error = -ENOMEM;
	}
	while (await_run(model, error)) {
		for (std::unique_ptr<task> &one : tasks)
			home.make_ready(*one);
		home.run(static_cast<uint32_t>(tasks.size()));
	}
}

void start(pool &model)
{
	const hd_host *host = model.host;
	uint32_t count = std::min(host->cores, host->in_flight);

	for (uint32_t i = 0; i < count; i++) {
		model.schedulers.push_back(std::make_unique<scheduler>());
		if (int error = model.schedulers.back()->failed)
			throw std::system_error(error, std::generic_category(),
			                        "no epoll for a scheduler");
	}
	model.busy = count;
	for (uint32_t i = 0; i < count; i++)
		model.threads.emplace_back(schedule, std::ref(model),
		                           std::ref(*model.schedulers[i]), i);
	if (int error = await_schedulers(model))
		throw std::system_error(-error, std::generic_category(),
		                        "a scheduler could not get ready");
}

void stop(pool &model)
{
	{
		std::lock_guard held(model.mutex);
		model.closing = true;
	}
	model.go.notify_all();
	model.threads.clear(); /* joins them */
}

const char *unsupported(const hd_host *)
{
	return has_epoll_pwait2() ? nullptr
	                          : "kernel has no epoll_pwait2 (it came with 5.11), or forbids it";
}

int open(const hd_host *host, void **state)
{
	std::unique_ptr<pool> made;
	int error;

	try {
		made = std::make_unique<pool>(host);
		start(*made);
		*state = made.release();
		return 0;
	} catch (const std::bad_alloc &) {
		host->fail(host, "no memory");
		error = -ENOMEM;
	} catch (const std::system_error &failure) {
		host->fail(host, failure.what());
		error = -failure.code().value();
	}
	if (made)
		stop(*made);
	return error;
}

int run(void *state, const hd_jobs *jobs)
{
	pool &model = *static_cast<pool *>(state);
	{
		std::lock_guard held(model.mutex);
		model.jobs = *jobs;
		model.next = 0;
		model.busy = static_cast<uint32_t>(model.threads.size());
		model.round++;
	}
	model.go.notify_all();
	return await_schedulers(model);
}

void close(void *state)
{
	std::unique_ptr<pool> ended(static_cast<pool *>(state));

	stop(*ended);
}

} // namespace

constinit const hd_model heddle_model = {
        .magic = HD_PLUGIN_MAGIC,
        .abi = HD_PLUGIN_ABI,
        .size = sizeof(hd_model),
        .option_size = sizeof(hd_option),
        .ops = HD_THREAD_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_PUT) |
               HD_CAN(HD_GET) | HD_CAN(HD_SET) | HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT),
        .name = "cxx-coroutines",
        .summary = "C++20: coroutines without stacks on one scheduler thread a core",
        .build = HD_BUILD,
        .options = nullptr,
        .unsupported = unsupported,
        .open = open,
        .run = run,
        .close = close,
};
