// SPDX-License-Identifier: MIT
//! What tasks wait for inside of the model: lines of wakers, in locks, queues and events.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering::*};
use std::sync::Mutex;
use std::task::Waker;

use super::heddle::{self, Request};

/// Tasks that wait, by their numbers: each is in one line at most, once.
pub type Line = VecDeque<(u32, Waker)>;

pub fn wake_first(line: &mut Line) -> bool {
    line.pop_front().map(|(_, waker)| waker.wake()).is_some()
}

const FREE: u32 = 0;
pub const HELD: u32 = 1;
pub const CONTENDED: u32 = 2;

#[derive(Default)]
pub struct Lock {
    pub state: AtomicU32,
    pub line: Mutex<Line>,
}

impl Lock {
    /// Whoever holds it is running on another core.
    #[inline(always)]
    pub fn spin(&self, take_as: u32) -> bool {
        if self.state.compare_exchange(FREE, take_as, Acquire, Relaxed).is_ok() {
            return true;
        }
        (0..200).any(|_| {
            std::hint::spin_loop();
            self.state.load(Relaxed) == FREE
                && self.state.compare_exchange(FREE, take_as, Acquire, Relaxed).is_ok()
        })
    }
    /// Who has waited takes it as contended, so that the next is woken as well.
    pub fn take_or_wait(&self, task: u32, waker: &Waker) -> bool {
        let mut line = self.line.lock().unwrap();
        if self.state.swap(CONTENDED, Acquire) == FREE {
            return true;
        }
        line.push_back((task, waker.clone()));
        false
    }
    #[inline(always)]
    pub fn give(&self) {
        if self.state.swap(FREE, Release) == CONTENDED {
            wake_first(&mut self.line.lock().unwrap());
        }
    }
}

#[derive(Default)]
pub struct Queue {
    pub messages: VecDeque<u64>,
    pub lines: [Line; 2], // who gets, who puts
}

impl Queue {
    pub fn try_move(&mut self, capacity: usize, request: &Request) -> usize {
        let puts = request.op == heddle::PUT;
        let wanted = request.messages();
        let count;
        if puts {
            count = wanted.len().min(capacity - self.messages.len());
            self.messages.extend(&wanted[..count]);
        } else {
            count = wanted.len().min(self.messages.len());
            for (to, from) in wanted.iter_mut().zip(self.messages.drain(..count)) {
                *to = from;
            }
        }
        let others = &mut self.lines[usize::from(!puts)];
        (0..count).all(|_| wake_first(others));
        count
    }
}

#[derive(Default)]
pub struct Event {
    pub is_set: bool,
    pub sets: u64, // so many: who waits goes on after the next, whatever follows it
    pub line: Line,
}

/// Puts a task into a line, unless it is there already; takes it out.
pub fn enter(line: &mut Line, task: u32, waker: &Waker) {
    if !line.iter().any(|(other, _)| *other == task) {
        line.push_back((task, waker.clone()));
    }
}
pub fn leave(line: &mut Line, task: u32) {
    line.retain(|(other, _)| *other != task);
}
