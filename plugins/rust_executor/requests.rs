// SPDX-License-Identifier: MIT
//! Requests as futures: polled, each is answered or leaves the task's waker where the change will be made.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::heddle::{self, sys, Request};
use super::lines::{enter, leave, wake_first, CONTENDED, HELD};
use super::reactor;
use super::{with_reactor, Pool};

/// At once, or -EAGAIN: a socket is asked as one, what is none is made non-blocking first.
fn transfer_once(request: &Request) -> i64 {
    if request.op == heddle::ACCEPT || request.offset < 0 {
        if request.op != heddle::ACCEPT {
            let answer = sys::socket(request, sys::MSG_DONTWAIT);
            if answer != -sys::ENOTSOCK {
                return answer;
            }
        }
        if let Err(error) = sys::never_wait(request.fd) {
            return error;
        }
    }
    sys::transfer(request)
}

fn transfer(request: &Request) -> i64 {
    loop {
        let answer = transfer_once(request);
        if answer != -sys::EINTR {
            return answer;
        }
    }
}

/// Behind all that are ready: back when they have had their turn.
pub struct Turn(pub bool);

impl Future for Turn {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Until the executor wakes all for the next run.
pub struct NextRun(pub bool);

impl Future for NextRun {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

pub(super) struct Answered<'a> {
    pool: &'a Pool,
    task: u32,
    request: &'a Request,
    done: u64, // sections
    torn: u64,
    sets: Option<u64>, // of the event when the wait began
    waits: bool,
    until: Option<Instant>, // in the timers as well
}

impl<'a> Answered<'a> {
    pub(super) fn new(pool: &'a Pool, task: u32, request: &'a Request) -> Self {
        Answered { pool, task, request, done: 0, torn: 0, sets: None, waits: false, until: None }
    }
    /// The first time that it has to wait.
    fn begin_to_wait(&mut self, waker: &Waker) {
        if self.waits {
            return;
        }
        self.waits = true;
        let timeout = u64::try_from(self.request.timeout_ns).ok().map(Duration::from_nanos);
        self.until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if let Some(until) = self.until {
            with_reactor(|reactor| reactor.add_timer(until, self.task, waker.clone()));
        }
    }
    fn is_late(&self) -> bool {
        self.until.map_or(false, |until| until <= Instant::now())
    }
    fn sections(&mut self, waker: &Waker) -> Option<i64> {
        let (section, times) = (self.request.section, self.request.times);
        let reads = self.request.op == heddle::SHARED;
        let lock = &self.pool.locks[section.lock as usize].0;
        if !self.pool.parallel {
            if reads {
                return Some((0..times).map(|_| section.read()).sum::<u64>() as i64);
            }
            section.run_times(times);
            return Some(0);
        }
        while self.done < times {
            let take_as = if std::mem::take(&mut self.waits) { CONTENDED } else { HELD };
            if !lock.spin(take_as) && !lock.take_or_wait(self.task, waker) {
                self.waits = true;
                return None;
            }
            if reads {
                self.torn += section.read();
            } else {
                section.run();
            }
            lock.give();
            self.done += 1;
        }
        Some(self.torn as i64)
    }
    fn bytes(&mut self, waker: &Waker) -> Option<i64> {
        let (fd, writes) = (self.request.fd, self.request.op == heddle::WRITE);
        if fd < 0 {
            return Some(-sys::EBADF);
        }
        if self.request.op != heddle::ACCEPT && self.request.offset >= 0 {
            self.pool.note_files();
        }
        let answer = transfer(self.request);
        if answer != -sys::EAGAIN || self.request.timeout_ns == 0 {
            // Where one has come there may be more: else they come one with each look at epoll.
            if self.waits && self.request.op == heddle::ACCEPT && answer >= 0 {
                with_reactor(|reactor| reactor.pass_on(fd));
            }
            return Some(answer);
        }
        if self.waits && !writes && reactor::is_over(fd) {
            return Some(if self.request.op == heddle::ACCEPT { -sys::EINVAL } else { 0 });
        }
        if self.is_late() {
            with_reactor(|reactor| leave(reactor.line(fd, writes), self.task));
            return Some(-sys::ETIMEDOUT);
        }
        let watched = with_reactor(|reactor| reactor.watch(fd, writes, self.task, waker));
        self.begin_to_wait(waker);
        watched.err()
    }
    fn messages(&mut self, waker: &Waker) -> Option<i64> {
        let pool = self.pool;
        let mut queue = pool.queues[self.request.fd as usize].0.lock().unwrap();
        let moved = queue.try_move(pool.host.queue_capacity as usize, self.request);
        let line = &mut queue.lines[usize::from(self.request.op == heddle::PUT)];
        if moved > 0 {
            leave(line, self.task);
            return Some(moved as i64);
        }
        if self.request.timeout_ns == 0 {
            return Some(-sys::EAGAIN);
        }
        if self.is_late() {
            leave(line, self.task);
            return Some(-sys::ETIMEDOUT);
        }
        enter(line, self.task, waker);
        self.begin_to_wait(waker);
        None
    }
    fn change(&self, set: bool) -> Option<i64> {
        let mut event = self.pool.events[self.request.fd as usize].0.lock().unwrap();
        event.is_set = set;
        event.sets += u64::from(set);
        while set && wake_first(&mut event.line) {}
        Some(0)
    }
    fn event(&mut self, waker: &Waker) -> Option<i64> {
        let pool = self.pool;
        let mut event = pool.events[self.request.fd as usize].0.lock().unwrap();
        let before = *self.sets.get_or_insert(event.sets);
        if event.is_set || event.sets != before {
            return Some(0);
        }
        if self.request.timeout_ns == 0 {
            return Some(-sys::EAGAIN);
        }
        if self.is_late() {
            leave(&mut event.line, self.task);
            return Some(-sys::ETIMEDOUT);
        }
        enter(&mut event.line, self.task, waker);
        self.begin_to_wait(waker);
        None
    }
    fn sleep(&mut self, waker: &Waker) -> Option<i64> {
        if self.request.timeout_ns <= 0 || self.is_late() {
            return Some(0);
        }
        self.begin_to_wait(waker);
        None
    }
}

impl Future for Answered<'_> {
    type Output = i64;
    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<i64> {
        let waker = context.waker();
        let answer = match self.request.op {
            heddle::EXCLUSIVE | heddle::SHARED => self.sections(waker),
            heddle::READ | heddle::WRITE | heddle::ACCEPT => self.bytes(waker),
            heddle::PUT | heddle::GET => self.messages(waker),
            heddle::SET | heddle::CLEAR => self.change(self.request.op == heddle::SET),
            heddle::WAIT => self.event(waker),
            heddle::SLEEP => self.sleep(waker),
            _ => Some(-sys::EOPNOTSUPP),
        };
        match answer {
            None => Poll::Pending,
            Some(answer) => {
                if let Some(until) = self.until {
                    with_reactor(|reactor| reactor.end_timer(until, self.task));
                }
                Poll::Ready(answer)
            }
        }
    }
}
