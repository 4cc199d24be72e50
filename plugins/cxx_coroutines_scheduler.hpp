/* SPDX-License-Identifier: MIT */
/*
 * What resumes the coroutines of cxx-coroutines: a thread a core, its timers, and the descriptors that
 * its coroutines wait for. A task is resumed by its own scheduler only, so it may put itself into a list
 * of waiters before it is suspended.
 */
#ifndef CXX_COROUTINES_SCHEDULER_HPP
#define CXX_COROUTINES_SCHEDULER_HPP

#include <atomic>
#include <cerrno>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <heddle/plugin.h>
#include <heddle/threads.h>

namespace
{

class scheduler;
class waiters;

/* What a suspended task has asked for. */
class pending
{
      public:
	/* Tries again. True: the task has its answer. False: it has been put into a list of waiters. */
	virtual bool attempt() = 0;

      protected:
	~pending() = default;
};

/* One of `in_flight`, and what it waits for while it is suspended. */
struct task {
	scheduler *home = nullptr;
	std::coroutine_handle<> handle;
	uint32_t number = 0;
	int64_t answer = 0;
	pending *request = nullptr;  /* tried before it is resumed, where there is one */
	waiters *where = nullptr;    /* the list that it waits in; none once it is woken */
	std::mutex *guard = nullptr; /* of that list, where other schedulers reach it */
	task *next = nullptr, *previous = nullptr;
	std::multimap<int64_t, task *>::iterator timer;
	bool timed = false;   /* timer is one */
	bool overdue = false; /* its time was over while it was woken already */
	uint32_t spent = 0;   /* requests so far that were answered at once */
};

/* A queue of tasks, each in one at a time. */
class waiters
{
      public:
	bool empty() const
	{
		return !first;
	}
	void append(task &who)
	{
		who.next = nullptr;
		who.previous = last;
		(last ? last->next : first) = &who;
		last = &who;
	}
	/* Until it is taken out; `guard` is held, if there is one. */
	void wait(task &who, std::mutex *guard)
	{
		who.where = this;
		who.guard = guard;
		append(who);
	}
	void remove(task &who)
	{
		(who.previous ? who.previous->next : first) = who.next;
		(who.next ? who.next->previous : last) = who.previous;
		who.where = nullptr;
	}
	task *take()
	{
		task *who = first;

		if (who)
			remove(*who);
		return who;
	}

      private:
	task *first = nullptr, *last = nullptr;
};

inline bool has_epoll_pwait2()
{
	epoll_event none{};

	return epoll_pwait2(-1, &none, 1, nullptr, nullptr) < 0 && errno == EBADF;
}

class scheduler
{
      public:
	scheduler()
	    : epoll(epoll_create1(EPOLL_CLOEXEC)), bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
	{
		epoll_event event{};

		event.events = EPOLLIN;
		event.data.fd = bell;
		if (epoll < 0 || bell < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) < 0)
			failed = errno;
	}
	~scheduler()
	{
		::close(epoll);
		::close(bell);
	}
	scheduler(const scheduler &) = delete;
	scheduler &operator=(const scheduler &) = delete;

	/* Resumes tasks until `living` of them have called leave(). */
	void run(uint32_t tasks)
	{
		for (living = tasks; living;) {
			take_inbox();
			resume_ready();
			if (!timers.empty())
				expire();
			if (living &&
			    (ready.empty() || (!descriptors.empty() && ++rounds % 16 == 0)))
				poll();
		}
	}
	void leave()
	{
		living--;
	}
	void make_ready(task &who)
	{
		ready.append(who);
	}
	/* From any scheduler, after `who` has left the list that it waited in. */
	void wake(task &who)
	{
		if (who.home == this)
			make_ready(who);
		else
			who.home->post(who);
	}
	void begin_timer(task &who, int64_t deadline_ns)
	{
		who.timer = timers.emplace(deadline_ns, &who);
		who.timed = true;
	}
	void end_timer(task &who)
	{
		if (who.timed)
			timers.erase(who.timer);
		who.timed = who.overdue = false;
	}
	/* Until its timer is over. */
	void sleep(task &who)
	{
		sleepers.wait(who, nullptr);
	}
	/* `who` waits until fd is readable, or writable. 0 or -errno: then it does not wait. */
	int watch(task &who, int fd, bool writes)
	{
		size_t at = static_cast<size_t>(fd);

		if (descriptors.size() <= at)
			descriptors.resize(2 * at + 1);
		descriptors[at].of[writes].wait(who, nullptr);
		if (int error = arm(fd)) {
			descriptors[at].of[writes].remove(who);
			return error;
		}
		return 0;
	}
	/* The next that waits to read may try as well. */
	void pass_on(int fd)
	{
		if (task *next = descriptors[static_cast<size_t>(fd)].of[0].take())
			wake(*next);
	}

	int failed = 0; /* why it cannot be used: an errno */

      private:
	struct descriptor {
		waiters of[2]; /* that read, that write */
	};

	void post(task &who)
	{
		bool sleeps;
		{
			std::lock_guard held(inbox_guard);
			inbox.append(who);
			sleeps = asleep;
			asleep = false;
			any_posted.store(true, std::memory_order_release);
		}
		if (sleeps)
			eventfd_write(bell, 1);
	}
	void take_inbox()
	{
		if (!any_posted.load(std::memory_order_acquire))
			return;
		std::lock_guard held(inbox_guard);
		while (task *who = inbox.take())
			ready.append(*who);
		any_posted.store(false, std::memory_order_relaxed);
	}
	/* Those that are ready now: who becomes so meanwhile comes in the next round. */
	void resume_ready()
	{
		waiters round = ready;

		ready = waiters();
		while (task *who = round.take())
			if (!who->request || who->request->attempt())
				who->handle.resume();
			else if (who->overdue)
				time_out(*who);
	}
	/* Who was woken in time has left its list; where it finds nothing, its time is over then. */
	void time_out(task &who)
	{
		std::unique_lock<std::mutex> held;

		if (who.guard)
			held = std::unique_lock(*who.guard);
		end_timer(who);
		who.overdue = !who.where;
		if (who.overdue)
			return;
		who.where->remove(who);
		who.request = nullptr;
		who.answer = -ETIMEDOUT;
		ready.append(who);
	}
	void expire()
	{
		int64_t now = hd_now_ns();

		while (!timers.empty() && timers.begin()->first <= now)
			time_out(*timers.begin()->second);
	}
	/* One-shot: an event tells one waiter, and the next where there still is something. */
	int arm(int fd)
	{
		descriptor &one = descriptors[static_cast<size_t>(fd)];
		epoll_event event{};

		event.events = EPOLLONESHOT | (one.of[0].empty() ? 0u : EPOLLIN) |
		               (one.of[1].empty() ? 0u : EPOLLOUT);
		event.data.fd = fd;
		if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0)
			return 0;
		/* Closing it has taken an old one out. */
		if (errno == ENOENT && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0)
			return 0;
		return -errno;
	}
	void tell(const epoll_event &event)
	{
		descriptor &one = descriptors[static_cast<size_t>(event.data.fd)];
		bool broken = event.events & (EPOLLERR | EPOLLHUP);

		for (int writes = 0; writes < 2; writes++)
			if (broken || (event.events & (writes ? EPOLLOUT : EPOLLIN)))
				if (task *who = one.of[writes].take())
					wake(*who);
		if (!one.of[0].empty() || !one.of[1].empty())
			arm(event.data.fd);
	}
	/* False where something came meanwhile. */
	bool fall_asleep()
	{
		std::lock_guard held(inbox_guard);

		asleep = inbox.empty();
		return asleep;
	}
	int wait_for_events(epoll_event *events, int count, bool sleeps)
	{
		timespec left{};

		if (sleeps && !timers.empty()) {
			int64_t ns = timers.begin()->first - hd_now_ns();

			left.tv_sec = ns > 0 ? ns / 1000000000 : 0;
			left.tv_nsec = ns > 0 ? ns % 1000000000 : 0;
		}
		return epoll_pwait2(epoll, events, count,
		                    sleeps && timers.empty() ? nullptr : &left, nullptr);
	}
	void poll()
	{
		epoll_event events[64];
		bool sleeps = ready.empty() && fall_asleep();
		int count = wait_for_events(events, 64, sleeps);

		if (sleeps) {
			std::lock_guard held(inbox_guard);
			asleep = false;
		}
		for (int i = 0; i < count; i++) {
			eventfd_t rung;

			if (events[i].data.fd == bell)
				eventfd_read(bell, &rung);
			else
				tell(events[i]);
		}
	}

	int epoll, bell;
	uint32_t living = 0, rounds = 0;
	waiters ready, sleepers;
	std::multimap<int64_t, task *> timers; /* by deadline, in ns of CLOCK_MONOTONIC */
	std::deque<descriptor> descriptors;    /* which stay where they are when more come */
	std::mutex inbox_guard;                /* of the rest */
	waiters inbox;
	bool asleep = false;
	std::atomic<bool> any_posted{false};
};

} // namespace

#endif
