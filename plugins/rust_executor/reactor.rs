// SPDX-License-Identifier: MIT
//! What the tasks of one executor wait for outside of it: descriptors, and times. One thread uses it.

use std::collections::{BTreeMap, VecDeque};
use std::os::raw::{c_int, c_void};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::heddle::sys::{answer, poll, PollFd, EBADF, POLLHUP, POLLIN, POLLRDHUP};
use super::lines::{enter, leave, wake_first, Line};

const EPOLLIN: u32 = 1;
const EPOLLOUT: u32 = 4;
const EPOLLERR: u32 = 8;
const EPOLLHUP: u32 = 0x10;
const EPOLLONESHOT: u32 = 1 << 30;
const EPOLL_CTL_ADD: c_int = 1;
const EPOLL_CTL_MOD: c_int = 3;
const CLOSE_ON_EXEC: c_int = 0o2000000;
const NEVER_WAIT: c_int = 0o4000;
const ENOENT: i64 = 2;
const EVENTS: usize = 64;

#[repr(C)]
#[cfg_attr(target_arch = "x86_64", repr(packed))]
#[derive(Clone, Copy)]
struct EpollEvent {
    events: u32,
    data: u64,
}
#[repr(C)]
struct TimeSpec {
    seconds: i64,
    nanoseconds: i64,
}
extern "C" {
    fn epoll_create1(flags: c_int) -> c_int;
    fn epoll_ctl(epoll: c_int, operation: c_int, fd: c_int, event: *mut EpollEvent) -> c_int;
    fn epoll_pwait2(
        epoll: c_int,
        events: *mut EpollEvent,
        count: c_int,
        timeout: *const TimeSpec,
        mask: *const c_void,
    ) -> c_int;
    fn eventfd(value: u32, flags: c_int) -> c_int;
    fn eventfd_read(fd: c_int, value: *mut u64) -> c_int;
    fn eventfd_write(fd: c_int, value: u64) -> c_int;
    fn close(fd: c_int) -> c_int;
}

/// Wakes an executor that sleeps in poll().
pub fn ring(bell: c_int) {
    unsafe { eventfd_write(bell, 1) };
}

/// Some sockets that were shut down say so only to those who would block (UDP, a Unix listener).
pub fn is_over(fd: c_int) -> bool {
    let mut item = PollFd { fd, events: POLLIN | POLLRDHUP, revents: 0 };
    unsafe { poll(&mut item, 1, 0) > 0 && item.revents & (POLLHUP | POLLRDHUP) != 0 }
}

pub fn has_epoll_pwait2() -> bool {
    let none = std::ptr::null();
    unsafe { epoll_pwait2(-1, &mut EpollEvent { events: 0, data: 0 }, 1, none as _, none) };
    answer(-1) == -EBADF
}

pub struct Reactor {
    epoll: c_int,
    pub bell: c_int,
    lines: Vec<[Line; 2]>, // by descriptor: who reads, who writes
    timers: BTreeMap<(Instant, u32), Waker>, // by time and task
}

impl Reactor {
    pub fn new() -> Result<Reactor, i64> {
        let (epoll, bell) =
            unsafe { (epoll_create1(CLOSE_ON_EXEC), eventfd(0, CLOSE_ON_EXEC | NEVER_WAIT)) };
        let reactor = Reactor { epoll, bell, lines: vec![], timers: BTreeMap::new() };
        if epoll < 0 || bell < 0 || reactor.control(EPOLL_CTL_ADD, bell, EPOLLIN) < 0 {
            return Err(answer(-1));
        }
        Ok(reactor)
    }
    fn control(&self, operation: c_int, fd: c_int, events: u32) -> c_int {
        let mut event = EpollEvent { events, data: fd as u64 };
        unsafe { epoll_ctl(self.epoll, operation, fd, &mut event) }
    }
    pub fn is_used(&self) -> bool {
        !self.lines.is_empty()
    }
    pub fn line(&mut self, fd: c_int, writes: bool) -> &mut Line {
        let at = fd as usize;
        if self.lines.len() <= at {
            self.lines.resize_with(2 * at + 1, Default::default);
        }
        &mut self.lines[at][usize::from(writes)]
    }
    /// Wakes the task when fd may be read, or written.
    pub fn watch(&mut self, fd: c_int, writes: bool, task: u32, waker: &Waker) -> Result<(), i64> {
        enter(self.line(fd, writes), task, waker);
        self.arm(fd).map_err(|error| {
            leave(self.line(fd, writes), task);
            error
        })
    }
    /// The next that waits to read may try as well.
    pub fn pass_on(&mut self, fd: c_int) {
        wake_first(self.line(fd, false));
    }
    /// One-shot: an event tells one task, and the next where there still is something.
    fn arm(&self, fd: c_int) -> Result<(), i64> {
        let [readers, writers] = &self.lines[fd as usize];
        let events = EPOLLONESHOT
            | if readers.is_empty() { 0 } else { EPOLLIN }
            | if writers.is_empty() { 0 } else { EPOLLOUT };
        if self.control(EPOLL_CTL_MOD, fd, events) == 0 {
            return Ok(());
        }
        match answer(-1) {
            // Closing it has taken an old one out.
            error if error == -ENOENT && self.control(EPOLL_CTL_ADD, fd, events) == 0 => Ok(()),
            error if error == -ENOENT => Err(answer(-1)),
            error => Err(error),
        }
    }
    fn tell(&mut self, fd: c_int, events: u32) {
        let broken = events & (EPOLLERR | EPOLLHUP) != 0;
        for (writes, event) in [(false, EPOLLIN), (true, EPOLLOUT)] {
            if broken || events & event != 0 {
                wake_first(self.line(fd, writes));
            }
        }
        if self.lines[fd as usize].iter().any(|line: &VecDeque<_>| !line.is_empty()) {
            let _ = self.arm(fd); // it was armed before
        }
    }
    pub fn add_timer(&mut self, until: Instant, task: u32, waker: Waker) {
        self.timers.insert((until, task), waker);
    }
    pub fn end_timer(&mut self, until: Instant, task: u32) {
        self.timers.remove(&(until, task));
    }
    /// Wakes whose time is over.
    pub fn expire(&mut self) {
        if self.timers.is_empty() {
            return;
        }
        let later = self.timers.split_off(&(Instant::now() + Duration::from_nanos(1), 0));
        for waker in std::mem::replace(&mut self.timers, later).into_values() {
            waker.wake();
        }
    }
    /// What has come of descriptors; `sleeps`: waits for that, the bell or the first timer.
    pub fn poll(&mut self, sleeps: bool) {
        let mut events = [EpollEvent { events: 0, data: 0 }; EVENTS];
        let first = self.timers.keys().next().map(|(until, _)| *until);
        let left = match (sleeps, first) {
            (true, None) => None,
            (true, Some(until)) => Some(until.saturating_duration_since(Instant::now())),
            (false, _) => Some(Duration::ZERO),
        };
        let time = left.map(|left| TimeSpec {
            seconds: left.as_secs() as i64,
            nanoseconds: i64::from(left.subsec_nanos()),
        });
        let timeout = time.as_ref().map_or(std::ptr::null(), |time| time as *const TimeSpec);
        let (count, mask) = (EVENTS as c_int, std::ptr::null());
        let came = unsafe { epoll_pwait2(self.epoll, events.as_mut_ptr(), count, timeout, mask) };
        for event in events.iter().take(came.max(0) as usize) {
            let (fd, which) = (event.data as c_int, event.events);
            if fd == self.bell {
                unsafe { eventfd_read(fd, &mut 0) };
            } else {
                self.tell(fd, which);
            }
        }
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        for fd in [self.epoll, self.bell] {
            unsafe { close(fd) };
        }
    }
}
