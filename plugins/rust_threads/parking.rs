// SPDX-License-Identifier: MIT
//! Lines of threads that are parked, and the locks: std's, and one that parks who waits for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, Thread};
use std::time::Instant;

use super::heddle::Section;

/// A thread of the model, in one line at most.
pub struct Seat {
    thread: Thread,
    woken: AtomicBool,
}
pub type Line = VecDeque<Arc<Seat>>;

impl Seat {
    pub fn of_this_thread() -> Arc<Seat> {
        Arc::new(Seat { thread: thread::current(), woken: AtomicBool::new(false) })
    }
    /// False where the time was over first.
    fn park(&self, until: Option<Instant>) -> bool {
        while !self.woken.load(Acquire) {
            match until {
                None => thread::park(),
                Some(end) => match end.checked_duration_since(Instant::now()) {
                    Some(left) if !left.is_zero() => thread::park_timeout(left),
                    _ => return false,
                },
            }
        }
        true
    }
}

/// Tells the first of a line, if there is one.
pub fn wake(line: &mut Line) -> bool {
    line.pop_front().map_or(false, |seat| {
        seat.woken.store(true, Release);
        seat.thread.unpark();
        true
    })
}

/// Waits in a line that `held` guards. False where the time was over before it was woken.
pub fn wait_in<'a, T>(
    seat: &Arc<Seat>,
    of: &'a Mutex<T>,
    mut held: MutexGuard<'a, T>,
    line: impl Fn(&mut T) -> &mut Line,
    until: Option<Instant>,
) -> bool {
    seat.woken.store(false, Relaxed);
    line(&mut held).push_back(seat.clone());
    drop(held);
    if seat.park(until) {
        return true;
    }
    line(&mut of.lock().unwrap()).retain(|other| !Arc::ptr_eq(other, seat));
    seat.woken.load(Acquire)
}

// ---- Locks ----

pub trait Lock: Sync + Send {
    fn new() -> Self;
    fn alone(&self, seat: &Arc<Seat>, section: &Section, work: impl FnOnce(&Section));
}

impl Lock for Mutex<()> {
    fn new() -> Self {
        Mutex::new(())
    }
    #[inline(always)]
    fn alone(&self, _: &Arc<Seat>, section: &Section, work: impl FnOnce(&Section)) {
        let _held = self.lock().unwrap();
        work(section);
    }
}

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

/// Who has been parked takes it as contended, so that the next is woken as well.
pub struct Parking {
    state: AtomicU32,
    line: Mutex<Line>,
}

impl Parking {
    fn spin(&self, take_as: u32) -> bool {
        (0..100).any(|_| {
            let free = self.state.load(Relaxed) == FREE;
            if free && self.state.compare_exchange(FREE, take_as, Acquire, Relaxed).is_ok() {
                return true;
            }
            std::hint::spin_loop();
            false
        })
    }
    #[cold]
    fn take_slowly(&self, seat: &Arc<Seat>) {
        let mut taken = self.spin(HELD);
        while !taken {
            let held = self.line.lock().unwrap();
            if self.state.swap(CONTENDED, Acquire) == FREE {
                return;
            }
            wait_in(seat, &self.line, held, |line| line, None);
            taken = self.spin(CONTENDED);
        }
    }
}

impl Lock for Parking {
    fn new() -> Self {
        Parking { state: AtomicU32::new(FREE), line: Mutex::new(Line::new()) }
    }
    #[inline(always)]
    fn alone(&self, seat: &Arc<Seat>, section: &Section, work: impl FnOnce(&Section)) {
        if self.state.compare_exchange(FREE, HELD, Acquire, Relaxed).is_err() {
            self.take_slowly(seat);
        }
        work(section);
        if self.state.swap(FREE, Release) == CONTENDED {
            wake(&mut self.line.lock().unwrap());
        }
    }
}
