//! @NAME@ - threads; a Mutex around sections, condition variables for messages and events.
//!
//! Each part says what the contract asks of it; heddle/plugin.h is the contract. What is "optional" may go: leave the
//! request out of `OPS` as well, and workloads that need it are skipped. heddle.rs has the threads, and does YIELD and
//! SLEEP; io.rs has READ, WRITE and ACCEPT.
mod heddle;
mod io;

use heddle::{can, Host, Model, Request, Section, EAGAIN, EOPNOTSUPP, ETIMEDOUT};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

const OPS: u64 = can(heddle::EXCLUSIVE)
    | can(heddle::SHARED)
    | can(heddle::READ)
    | can(heddle::WRITE)
    | can(heddle::ACCEPT)
    | can(heddle::PUT)
    | can(heddle::GET)
    | can(heddle::SET)
    | can(heddle::CLEAR)
    | can(heddle::WAIT);

/// timeout_ns is -1: for ever; 0: not at all, -EAGAIN; else -ETIMEDOUT when it is over, never before.
enum Patience {
    Ever,
    Until(Instant),
    Not,
}

impl Patience {
    fn of(timeout_ns: i64) -> Self {
        match timeout_ns {
            0 => Patience::Not,
            ns if ns < 0 => Patience::Ever,
            ns => Patience::Until(Instant::now() + Duration::from_nanos(ns as u64)),
        }
    }

    /// Until the condition variable is told, or it is too late.
    fn wait<'a, T>(&self, changed: &Condvar, held: MutexGuard<'a, T>) -> Result<MutexGuard<'a, T>, i64> {
        match self {
            Patience::Ever => Ok(changed.wait(held).unwrap()),
            Patience::Not => Err(-EAGAIN as i64),
            Patience::Until(end) => match end.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => Ok(changed.wait_timeout(held, left).unwrap().0),
                _ => Err(-ETIMEDOUT as i64),
            },
        }
    }
}

/// The alignment: what different threads write shares no cache line.
#[repr(align(128))]
#[derive(Default)]
struct Lock(Mutex<()>);

impl Lock {
    /// Required by most workloads: the section `times` times, each time alone among those of its lock. They are
    /// separate: never one acquisition for two. Answers 0.
    #[inline(always)]
    fn exclusive(&self, section: &Section, times: u64) -> i64 {
        for _ in 0..times {
            let _held = self.0.lock().unwrap();
            section.run();
        }
        0
    }

    /// Optional: reads the section `times` times, beside other readers if you can, never beside a writer. Answers how
    /// many readings saw half a change: 0, if the lock is right.
    #[inline(always)]
    fn shared(&self, section: &Section, times: u64) -> i64 {
        let mut torn = 0;
        for _ in 0..times {
            let _held = self.0.lock().unwrap();
            torn += section.read();
        }
        torn as i64
    }
}

/// Optional: PUT and GET move messages between request.buf and queue request.fd, in order for each sender, as many of
/// request.times as there is room for or are there. They answer how many, and wait while it would be none.
#[repr(align(128))]
struct Queue {
    messages: Mutex<VecDeque<u64>>,
    room: Condvar,
    arrived: Condvar,
    capacity: usize,
}

impl Queue {
    fn new(capacity: usize) -> Self {
        let messages = Mutex::new(VecDeque::with_capacity(capacity));
        Queue { messages, room: Condvar::new(), arrived: Condvar::new(), capacity }
    }

    fn put(&self, from: &[u64], timeout_ns: i64) -> Result<usize, i64> {
        let patience = Patience::of(timeout_ns);
        let mut messages = self.messages.lock().unwrap();
        while messages.len() == self.capacity {
            messages = patience.wait(&self.room, messages)?;
        }
        let count = from.len().min(self.capacity - messages.len());
        messages.extend(&from[..count]);
        self.arrived.notify_all();
        Ok(count)
    }

    fn get(&self, to: &mut [u64], timeout_ns: i64) -> Result<usize, i64> {
        let patience = Patience::of(timeout_ns);
        let mut messages = self.messages.lock().unwrap();
        while messages.is_empty() {
            messages = patience.wait(&self.arrived, messages)?;
        }
        let count = to.len().min(messages.len());
        for (place, message) in to.iter_mut().zip(messages.drain(..count)) {
            *place = message;
        }
        self.room.notify_all();
        Ok(count)
    }
}

/// Optional: SET lets all go on that wait, also if CLEAR follows at once, and later ones do not wait until then.
#[repr(align(128))]
#[derive(Default)]
struct Event {
    state: Mutex<(bool, u64)>, // is it set; how often it was
    was_set: Condvar,
}

impl Event {
    fn set(&self) -> i64 {
        let mut state = self.state.lock().unwrap();
        *state = (true, state.1 + 1);
        self.was_set.notify_all();
        0
    }

    fn clear(&self) -> i64 {
        self.state.lock().unwrap().0 = false;
        0
    }

    fn wait(&self, timeout_ns: i64) -> Result<usize, i64> {
        let patience = Patience::of(timeout_ns);
        let mut state = self.state.lock().unwrap();
        let before = state.1;
        while !state.0 && state.1 == before {
            state = patience.wait(&self.was_set, state)?;
        }
        Ok(0)
    }
}

struct Threads {
    locks: Vec<Lock>,
    queues: Vec<Queue>,
    events: Vec<Event>,
}

fn answer(result: Result<usize, i64>) -> i64 {
    result.map_or_else(|error| error, |count| count as i64)
}

impl Model for Threads {
    /// Required: everything that requests will name.
    fn open(host: &Host) -> Result<Self, i32> {
        Ok(Threads {
            locks: (0..host.locks).map(|_| Lock::default()).collect(),
            queues: (0..host.queues).map(|_| Queue::new(host.queue_capacity as usize)).collect(),
            events: (0..host.events).map(|_| Event::default()).collect(),
        })
    }

    /// Required: answers one request; a failure is an answer, -errno.
    #[inline(always)]
    fn perform(&self, request: &mut Request) -> i64 {
        let (section, name, timeout_ns) = (request.section, request.fd as usize, request.timeout_ns);
        let messages = request.buf as *mut u64; // `times` of them, says the core, where it is PUT or GET

        match request.op {
            heddle::EXCLUSIVE => self.locks[section.lock as usize].exclusive(&section, request.times),
            heddle::SHARED => self.locks[section.lock as usize].shared(&section, request.times),
            heddle::PUT => {
                let from = unsafe { std::slice::from_raw_parts(messages, request.times as usize) };
                answer(self.queues[name].put(from, timeout_ns))
            }
            heddle::GET => {
                let to = unsafe { std::slice::from_raw_parts_mut(messages, request.times as usize) };
                answer(self.queues[name].get(to, timeout_ns))
            }
            heddle::SET => self.events[name].set(),
            heddle::CLEAR => self.events[name].clear(),
            heddle::WAIT => answer(self.events[name].wait(timeout_ns)),
            heddle::READ | heddle::WRITE | heddle::ACCEPT => io::answer(request),
            _ => -EOPNOTSUPP as i64,
        }
    }
}

// Required: what the plugin is.
plugin!(Threads, "@NAME@", "threads; std's Mutex, and condition variables for messages and events", OPS);
