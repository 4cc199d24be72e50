// SPDX-License-Identifier: MIT
//! rust-threads - Rust's threads, which park where they wait.
//!
//! Everything that waits is a line of threads that are parked: for a message, for room, for an event, for the
//! next run. Who changes something takes the first out of its line and unparks it. A section is run under a
//! `std::sync::Mutex`, or with lock=parking under a lock of that kind, written here. A panic ends the process.

use std::os::raw::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::*};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

#[path = "heddle.rs"]
mod heddle;
#[path = "rust_threads/parking.rs"]
mod parking;
#[path = "rust_threads/waits.rs"]
mod waits;
use heddle::{sys, Host, Job, Jobs, Model, ModelOption, Request, Section};
use parking::{Lock, Parking, Seat};
use waits::{change, move_messages, transfer, wait_for, Event, Queue};

/// Apart from its neighbours: processors fetch lines in pairs.
#[repr(align(128))]
struct Apart<T>(T);

// ---- The model ----

struct Pool<L> {
    host: &'static Host,
    locks: Vec<Apart<L>>,
    queues: Vec<Apart<Mutex<Queue>>>,
    events: Vec<Apart<Mutex<Event>>>,
    jobs: Mutex<Jobs>,
    next: AtomicU64,
    round: AtomicU32,
    busy: AtomicU32,
    closing: AtomicBool,
    error: AtomicU32, // of a thread that could not be bound: an errno
    main: Thread,     // who opens, runs and closes
}

impl<L: Lock> Pool<L> {
    fn new(host: &'static Host) -> Pool<L> {
        Pool {
            host,
            locks: (0..host.locks).map(|_| Apart(L::new())).collect(),
            queues: (0..host.queues).map(|_| Apart(Default::default())).collect(),
            events: (0..host.events).map(|_| Apart(Default::default())).collect(),
            jobs: Mutex::new(Jobs::NONE),
            next: AtomicU64::new(0),
            round: AtomicU32::new(0),
            busy: AtomicU32::new(host.in_flight),
            closing: AtomicBool::new(false),
            error: AtomicU32::new(0),
            main: thread::current(),
        }
    }
    fn exclusive(&self, seat: &Arc<Seat>, section: Section, times: u64) -> i64 {
        let lock = &self.locks[section.lock as usize].0;
        for _ in 0..times {
            lock.alone(seat, &section, |section| section.run());
        }
        0
    }
    fn shared(&self, seat: &Arc<Seat>, section: Section, times: u64) -> i64 {
        let lock = &self.locks[section.lock as usize].0;
        let mut torn = 0;
        for _ in 0..times {
            lock.alone(seat, &section, |section| torn += section.read());
        }
        torn as i64
    }
    #[inline(always)]
    fn perform(&self, seat: &Arc<Seat>, request: &Request) -> i64 {
        let at = request.fd as usize;
        match request.op {
            heddle::EXCLUSIVE => self.exclusive(seat, request.section, request.times),
            heddle::SHARED => self.shared(seat, request.section, request.times),
            heddle::READ | heddle::WRITE | heddle::ACCEPT => transfer(request),
            heddle::YIELD => {
                (0..request.times).for_each(|_| thread::yield_now());
                0
            }
            heddle::SLEEP => {
                thread::sleep(Duration::from_nanos(request.timeout_ns.max(0) as u64));
                0
            }
            heddle::PUT | heddle::GET => {
                let capacity = self.host.queue_capacity as usize;
                move_messages(&self.queues[at].0, capacity, seat, request)
            }
            heddle::SET | heddle::CLEAR => {
                change(&self.events[at].0, request.op == heddle::SET)
            }
            heddle::WAIT => wait_for(&self.events[at].0, seat, request.timeout_ns),
            _ => -sys::EOPNOTSUPP,
        }
    }
    fn run_job(&self, job: *mut Job, task: u32, seat: &Arc<Seat>) {
        let mut request = Request::new();
        unsafe { (*job).task = task };
        request.step(job, 0);
        while request.op != heddle::DONE {
            let answer = self.perform(seat, &request);
            request.step(job, answer);
        }
    }
    fn settle(&self) {
        if self.busy.fetch_sub(1, AcqRel) == 1 {
            self.main.unpark();
        }
    }
    fn work(&self, task: u32) {
        let seat = Seat::of_this_thread();
        if let Err(error) = self.host.bind(task % self.host.cores) {
            self.error.store(-error as u32, Relaxed);
        }
        let mut seen = 0;
        self.settle();
        loop {
            while self.round.load(Acquire) == seen {
                thread::park();
            }
            if self.closing.load(Acquire) {
                return;
            }
            seen += 1;
            let jobs = *self.jobs.lock().unwrap();
            loop {
                match self.next.fetch_add(1, Relaxed) {
                    i if i < jobs.count => self.run_job(jobs.at(i), task, &seat),
                    _ => break,
                }
            }
            self.settle();
        }
    }
    fn await_all(&self) {
        while self.busy.load(Acquire) != 0 {
            thread::park();
        }
    }
}

/// The pool with its threads: what C holds as the state.
trait Running {
    fn run(&self, jobs: &Jobs);
    fn close(self: Box<Self>);
}

struct Crew<L> {
    pool: Arc<Pool<L>>,
    threads: Vec<JoinHandle<()>>,
}

impl<L: Lock + 'static> Crew<L> {
    fn begin_round(&self) {
        self.pool.round.fetch_add(1, Release);
        for worker in &self.threads {
            worker.thread().unpark();
        }
    }
    fn start(host: &'static Host) -> Result<Box<dyn Running>, c_int> {
        let mut crew = Box::new(Crew { pool: Arc::new(Pool::<L>::new(host)), threads: vec![] });
        for task in 0..host.in_flight {
            let pool = crew.pool.clone();
            let thread = thread::Builder::new().stack_size(256 << 10);
            match thread.spawn(move || pool.work(task)) {
                Ok(thread) => crew.threads.push(thread),
                Err(error) => {
                    host.fail(text!("a thread could not be started"));
                    crew.close();
                    return Err(-error.raw_os_error().unwrap_or(sys::EAGAIN as c_int));
                }
            }
        }
        crew.pool.await_all();
        match crew.pool.error.load(Relaxed) as c_int {
            0 => Ok(crew),
            error => {
                host.fail(text!("a thread could not be bound to its core"));
                crew.close();
                Err(-error)
            }
        }
    }
}

impl<L: Lock + 'static> Running for Crew<L> {
    fn run(&self, jobs: &Jobs) {
        *self.pool.jobs.lock().unwrap() = *jobs;
        self.pool.next.store(0, Relaxed);
        self.pool.busy.store(self.threads.len() as u32, Relaxed);
        self.begin_round();
        self.pool.await_all();
    }
    fn close(self: Box<Self>) {
        self.pool.closing.store(true, Release);
        self.begin_round();
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

unsafe extern "C" fn open(host: *const Host, state: *mut *mut c_void) -> c_int {
    heddle::tell_panics();
    let host: &'static Host = &*host; // valid until close() is over
    let started = if host.option_is(text!("lock"), "parking") {
        Crew::<Parking>::start(host)
    } else {
        Crew::<Mutex<()>>::start(host)
    };
    match started {
        Ok(crew) => {
            *state = Box::into_raw(Box::new(crew)) as *mut c_void;
            0
        }
        Err(error) => error,
    }
}

unsafe extern "C" fn run(state: *mut c_void, jobs: *const Jobs) -> c_int {
    (*(state as *const Box<dyn Running>)).run(&*jobs);
    0
}

unsafe extern "C" fn close(state: *mut c_void) {
    Box::from_raw(state as *mut Box<dyn Running>).close();
}

static OPTIONS: [ModelOption; 2] = [
    ModelOption {
        name: text!("lock"),
        kind: heddle::OPTION_CHOICE,
        text: text!("mutex"),
        choices: text!("mutex parking"),
        help: text!("around a section: std's Mutex, or a lock that parks its threads"),
        ..ModelOption::END
    },
    ModelOption::END,
];

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static heddle_model: Model = Model {
    magic: heddle::PLUGIN_MAGIC,
    abi: heddle::PLUGIN_ABI,
    size: std::mem::size_of::<Model>() as u32,
    option_size: std::mem::size_of::<ModelOption>() as u32,
    ops: heddle::ALL_OPS,
    name: text!("rust-threads"),
    summary: text!("Rust: threads that park where they wait; a Mutex around each section"),
    build: text!(env!("HD_BUILD")),
    options: OPTIONS.as_ptr(),
    unsupported: None,
    open,
    run,
    close,
};
