// SPDX-License-Identifier: MIT
//! rust-executor - an executor of futures by hand, one on a thread for each core.
//!
//! A task is one future, serve(), that lives as long as the model and never leaves its executor. Each of its
//! requests is a future as well: polled, it is done at once or leaves its waker where the change will be made
//! (a lock, a queue, an event, a descriptor, the timers), and is polled again when it is woken. A waker that is
//! called by another thread goes through the inbox of the task's executor.
//!
//! On one core nothing runs between two polls, so a section needs no lock. Between executors each takes its lock
//! with a short spin, then by waiting. Regular files hold up their thread. A panic ends the process.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::os::raw::{c_char, c_int, c_void};
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread::{self, JoinHandle};

#[path = "heddle.rs"]
mod heddle;
#[path = "rust_executor/lines.rs"]
mod lines;
#[path = "rust_executor/reactor.rs"]
mod reactor;
#[path = "rust_executor/requests.rs"]
mod requests;
use heddle::{sys, Host, Jobs, Model, Request};
use lines::{Event, Lock, Queue};
use reactor::Reactor;
use requests::{Answered, NextRun, Turn};

/// Requests that a task may have answered at once before others have their turn.
const BUDGET: u32 = 64;

/// Apart from its neighbours: processors fetch lines in pairs.
#[repr(align(128))]
struct Apart<T>(T);

// ---- Wakers ----

/// What other threads reach of an executor.
struct Home {
    inbox: Mutex<Inbox>,
    posted: AtomicBool, // the inbox may hold something
    bell: c_int,
}
#[derive(Default)]
struct Inbox {
    tasks: VecDeque<usize>,
    asleep: bool,
}

struct TaskWaker {
    home: Arc<Home>,
    index: usize, // among the tasks of its executor
    queued: AtomicBool,
}

thread_local! {
    /// Of the executor that runs on this thread.
    static HERE: Cell<*const Home> = const { Cell::new(ptr::null()) };
    static READY: RefCell<VecDeque<usize>> = RefCell::new(VecDeque::new());
    static REACTOR: RefCell<Option<Reactor>> = const { RefCell::new(None) };
    static LIVING: Cell<u32> = const { Cell::new(0) };
}

impl Home {
    fn post(&self, index: usize) {
        let mut inbox = self.inbox.lock().unwrap();
        inbox.tasks.push_back(index);
        let sleeps = std::mem::take(&mut inbox.asleep);
        self.posted.store(true, Release);
        drop(inbox);
        if sleeps {
            reactor::ring(self.bell);
        }
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, AcqRel) {
            return;
        }
        if HERE.with(Cell::get) == Arc::as_ptr(&self.home) {
            READY.with(|ready| ready.borrow_mut().push_back(self.index));
        } else {
            self.home.post(self.index);
        }
    }
}

fn with_reactor<R>(act: impl FnOnce(&mut Reactor) -> R) -> R {
    REACTOR.with(|reactor| act(reactor.borrow_mut().as_mut().unwrap()))
}

async fn serve(pool: &'static Pool, task: u32) {
    let mut request = Request::new();
    let mut spent = 0u32;
    loop {
        while let Some(job) = pool.take() {
            unsafe { (*job.0).task = task };
            request.step(job.0, 0);
            while request.op != heddle::DONE {
                let mut answer = 0;
                if request.op == heddle::YIELD {
                    for _ in 0..request.times {
                        Turn(false).await;
                    }
                } else {
                    answer = Answered::new(pool, task, &request).await;
                    spent += 1;
                }
                // Who never has to wait must not keep the others from running.
                if spent == BUDGET {
                    spent = 0;
                    Turn(false).await;
                }
                request.step(job.0, answer);
            }
        }
        LIVING.with(|living| living.set(living.get() - 1));
        NextRun(false).await;
    }
}

// ---- Executors ----

struct Executor {
    home: Arc<Home>,
    wakers: Vec<(Arc<TaskWaker>, Waker)>,
    tasks: Vec<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Executor {
    /// The tasks index, index + executors, ... are its own.
    fn new(pool: &'static Pool, index: u32) -> Result<Executor, i64> {
        let reactor = Reactor::new()?;
        let home = Arc::new(Home {
            inbox: Default::default(),
            posted: AtomicBool::new(false),
            bell: reactor.bell,
        });
        HERE.with(|here| here.set(Arc::as_ptr(&home)));
        REACTOR.with(|mine| *mine.borrow_mut() = Some(reactor));
        let mut executor = Executor { home, wakers: vec![], tasks: vec![] };
        for task in (index..pool.host.in_flight).step_by(pool.executors as usize) {
            let waker = Arc::new(TaskWaker {
                home: executor.home.clone(),
                index: executor.tasks.len(),
                queued: AtomicBool::new(false),
            });
            executor.wakers.push((waker.clone(), Waker::from(waker)));
            executor.tasks.push(Box::pin(serve(pool, task)));
        }
        Ok(executor)
    }
    fn run(&mut self) {
        LIVING.with(|living| living.set(self.tasks.len() as u32));
        for (_, waker) in &self.wakers {
            waker.wake_by_ref();
        }
        for round in 1u32.. {
            self.take_inbox();
            self.poll_ready();
            with_reactor(Reactor::expire);
            if LIVING.with(Cell::get) == 0 {
                return;
            }
            let idle = READY.with(|ready| ready.borrow().is_empty());
            if idle || (round % 16 == 0 && with_reactor(|reactor| reactor.is_used())) {
                self.look_at_descriptors(idle);
            }
        }
    }
    fn take_inbox(&self) {
        if self.home.posted.load(Acquire) {
            let mut inbox = self.home.inbox.lock().unwrap();
            READY.with(|ready| ready.borrow_mut().append(&mut inbox.tasks));
            self.home.posted.store(false, Relaxed);
        }
    }
    /// Those that are ready now: who becomes so meanwhile comes in the next round.
    fn poll_ready(&mut self) {
        for _ in 0..READY.with(|ready| ready.borrow().len()) {
            let next = READY.with(|ready| ready.borrow_mut().pop_front());
            let index = next.unwrap();
            let (state, waker) = &self.wakers[index];
            state.queued.store(false, Release);
            let _ = self.tasks[index].as_mut().poll(&mut Context::from_waker(waker));
        }
    }
    fn look_at_descriptors(&self, idle: bool) {
        let sleeps = idle && {
            let mut inbox = self.home.inbox.lock().unwrap();
            inbox.asleep = inbox.tasks.is_empty();
            inbox.asleep
        };
        with_reactor(|reactor| reactor.poll(sleeps));
        if sleeps {
            self.home.inbox.lock().unwrap().asleep = false;
        }
    }
}

// ---- The model ----

struct JobPointer(*mut heddle::Job);

#[derive(Default)]
struct Gate {
    round: u32,
    busy: u32,
    error: i64, // of an executor that could not get ready
    closing: bool,
}

struct Pool {
    host: &'static Host,
    executors: u32,
    parallel: bool, // sections of two executors could meet
    locks: Vec<Apart<Lock>>,
    queues: Vec<Apart<Mutex<Queue>>>,
    events: Vec<Apart<Mutex<Event>>>,
    jobs: Cell<Jobs>, // changed between runs only, ordered by the gate
    next: AtomicU64,
    noted: AtomicBool,
    gate: Mutex<Gate>,
    go: Condvar,
    done: Condvar,
}
unsafe impl Sync for Pool {}

impl Pool {
    fn new(host: &'static Host) -> Pool {
        let executors = host.cores.min(host.in_flight);
        Pool {
            host,
            executors,
            parallel: executors > 1,
            locks: (0..host.locks).map(|_| Apart(Default::default())).collect(),
            queues: (0..host.queues).map(|_| Apart(Default::default())).collect(),
            events: (0..host.events).map(|_| Apart(Default::default())).collect(),
            jobs: Cell::new(Jobs::NONE),
            next: AtomicU64::new(0),
            noted: AtomicBool::new(false),
            gate: Mutex::new(Gate { busy: executors, ..Default::default() }),
            go: Condvar::new(),
            done: Condvar::new(),
        }
    }
    /// What has an offset is a file: the table tells it once.
    fn note_files(&self) {
        if !self.noted.swap(true, Relaxed) {
            self.host.note(text!("regular files block the thread"));
        }
    }
    fn take(&self) -> Option<JobPointer> {
        let jobs = self.jobs.get();
        let i = self.next.fetch_add(1, Relaxed);
        (i < jobs.count).then(|| JobPointer(jobs.at(i)))
    }
    /// Says that this executor is done, and waits for the next run: false where there is none.
    fn await_run(&self, error: i64) -> bool {
        let mut gate = self.gate.lock().unwrap();
        let before = gate.round;
        gate.busy -= 1;
        if error != 0 {
            gate.error = error;
        }
        if gate.busy == 0 {
            self.done.notify_one();
        }
        while gate.round == before && !gate.closing {
            gate = self.go.wait(gate).unwrap();
        }
        !gate.closing
    }
    fn await_all(&self) -> i64 {
        let mut gate = self.gate.lock().unwrap();
        while gate.busy > 0 {
            gate = self.done.wait(gate).unwrap();
        }
        gate.error
    }
    fn execute(&'static self, index: u32) {
        let bound = self.host.bind(index).map_err(i64::from);
        match bound.and_then(|_| Executor::new(self, index)) {
            Ok(mut executor) => {
                while self.await_run(0) {
                    executor.run();
                }
            }
            Err(error) => while self.await_run(error) {},
        }
    }
}

struct Running {
    pool: &'static Pool,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    fn start(host: &'static Host) -> Result<Box<Running>, i64> {
        let pool: &'static Pool = Box::leak(Box::new(Pool::new(host))); // until close()
        let mut running = Box::new(Running { pool, threads: vec![] });
        for index in 0..pool.executors {
            match thread::Builder::new().spawn(move || pool.execute(index)) {
                Ok(thread) => running.threads.push(thread),
                Err(error) => {
                    host.fail(text!("a thread could not be started"));
                    running.close();
                    return Err(-i64::from(error.raw_os_error().unwrap_or(sys::EAGAIN as i32)));
                }
            }
        }
        match pool.await_all() {
            0 => Ok(running),
            error => {
                host.fail(text!("an executor could not get ready"));
                running.close();
                Err(error)
            }
        }
    }
    fn run(&self, jobs: &Jobs) {
        let mut gate = self.pool.gate.lock().unwrap();
        self.pool.jobs.set(*jobs);
        self.pool.next.store(0, Relaxed);
        gate.busy = self.pool.executors;
        gate.round += 1;
        drop(gate);
        self.pool.go.notify_all();
        self.pool.await_all();
    }
    fn close(self: Box<Self>) {
        self.pool.gate.lock().unwrap().closing = true;
        self.pool.go.notify_all();
        for thread in self.threads {
            let _ = thread.join();
        }
        drop(unsafe { Box::from_raw(self.pool as *const Pool as *mut Pool) });
    }
}

unsafe extern "C" fn unsupported(_: *const Host) -> *const c_char {
    if reactor::has_epoll_pwait2() {
        return ptr::null();
    }
    text!("kernel has no epoll_pwait2 (it came with 5.11), or forbids it")
}

unsafe extern "C" fn open(host: *const Host, state: *mut *mut c_void) -> c_int {
    heddle::tell_panics();
    match Running::start(&*host) {
        Ok(running) => {
            *state = Box::into_raw(running) as *mut c_void;
            0
        }
        Err(error) => error as c_int,
    }
}

unsafe extern "C" fn run(state: *mut c_void, jobs: *const Jobs) -> c_int {
    (*(state as *const Running)).run(&*jobs);
    0
}

unsafe extern "C" fn close(state: *mut c_void) {
    Box::from_raw(state as *mut Running).close();
}

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static heddle_model: Model = Model {
    magic: heddle::PLUGIN_MAGIC,
    abi: heddle::PLUGIN_ABI,
    size: std::mem::size_of::<Model>() as u32,
    option_size: std::mem::size_of::<heddle::ModelOption>() as u32,
    ops: heddle::ALL_OPS,
    name: text!("rust-executor"),
    summary: text!("Rust: futures on an executor by hand, one a core"),
    build: text!(env!("HD_BUILD")),
    options: ptr::null(),
    unsupported: Some(unsupported),
    open,
    run,
    close,
};
