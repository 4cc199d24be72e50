// SPDX-License-Identifier: MIT
//! Queues, events and descriptors, for threads that may wait.

use std::collections::VecDeque;
use std::os::raw::c_int;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::heddle::{self, sys, Request};
use super::parking::{wait_in, wake, Line, Seat};

fn deadline(timeout_ns: i64) -> Option<Instant> {
    let timeout = Duration::from_nanos(u64::try_from(timeout_ns).ok()?);
    Instant::now().checked_add(timeout)
}

// ---- Queues and events ----

#[derive(Default)]
pub struct Queue {
    messages: VecDeque<u64>,
    lines: [Line; 2], // who gets, who puts
}

fn try_move(queue: &mut Queue, capacity: usize, request: &Request) -> usize {
    let puts = request.op == heddle::PUT;
    let wanted = request.messages();
    let count;
    if puts {
        count = wanted.len().min(capacity - queue.messages.len());
        queue.messages.extend(&wanted[..count]);
    } else {
        count = wanted.len().min(queue.messages.len());
        for (to, from) in wanted.iter_mut().zip(queue.messages.drain(..count)) {
            *to = from;
        }
    }
    let others = &mut queue.lines[usize::from(!puts)];
    for _ in 0..count {
        if !wake(others) {
            break;
        }
    }
    count
}

pub fn move_messages(of: &Mutex<Queue>, capacity: usize, seat: &Arc<Seat>, request: &Request) -> i64 {
    let mine = usize::from(request.op == heddle::PUT);
    let mut until = None;
    let mut in_time = true;
    loop {
        let mut queue = of.lock().unwrap();
        match try_move(&mut queue, capacity, request) {
            0 if request.timeout_ns == 0 => return -sys::EAGAIN,
            0 if !in_time => return -sys::ETIMEDOUT,
            0 => (),
            count => return count as i64,
        }
        until = until.or_else(|| deadline(request.timeout_ns));
        in_time = wait_in(seat, of, queue, |queue| &mut queue.lines[mine], until);
    }
}

#[derive(Default)]
pub struct Event {
    is_set: bool,
    line: Line,
}

pub fn change(of: &Mutex<Event>, set: bool) -> i64 {
    let mut event = of.lock().unwrap();
    event.is_set = set;
    while set && wake(&mut event.line) {}
    0
}

pub fn wait_for(of: &Mutex<Event>, seat: &Arc<Seat>, timeout_ns: i64) -> i64 {
    let event = of.lock().unwrap();
    if event.is_set {
        return 0;
    }
    if timeout_ns == 0 {
        return -sys::EAGAIN;
    }
    let woken = wait_in(seat, of, event, |event| &mut event.line, deadline(timeout_ns));
    if woken { 0 } else { -sys::ETIMEDOUT }
}

// ---- Descriptors ----

/// At the current position it is asked as a socket first.
fn transfer_once(request: &Request) -> i64 {
    if request.op != heddle::ACCEPT && request.offset < 0 {
        match sys::socket(request, 0) {
            error if error == -sys::ENOTSOCK => (),
            answer => return answer,
        }
    }
    sys::transfer(request)
}

/// 0, or -errno where it did not become ready in time.
fn wait_ready(request: &Request, until: Option<Instant>) -> i64 {
    let events = if request.op == heddle::WRITE { sys::POLLOUT } else { sys::POLLIN };
    let mut item = sys::PollFd { fd: request.fd, events, revents: 0 };
    loop {
        let mut wait_ms = -1;
        if let Some(end) = until {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return -sys::ETIMEDOUT;
            }
            wait_ms = (left + Duration::from_nanos(999_999)).as_millis().min(1_000_000) as c_int;
        }
        match sys::answer(unsafe { sys::poll(&mut item, 1, wait_ms) } as isize) {
            0 => (),
            error if error == -sys::EINTR => (),
            answer => return answer.min(0),
        }
    }
}

/// As hd_blocking_io(): one that waits for ever is one system call.
pub fn transfer(request: &Request) -> i64 {
    if request.timeout_ns >= 0 {
        if let Err(error) = sys::never_wait(request.fd) {
            return error;
        }
    }
    let until = deadline(request.timeout_ns);
    loop {
        match transfer_once(request) {
            error if error == -sys::EINTR => (),
            error if error == -sys::EAGAIN && request.timeout_ns != 0 => {
                match wait_ready(request, until) {
                    0 => (),
                    error => return error,
                }
            }
            answer => return answer,
        }
    }
}
