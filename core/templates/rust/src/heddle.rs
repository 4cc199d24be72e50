//! A crew of threads that step jobs. A model is a type with `open` and `perform`, and one line:
//! `heddle::plugin!(Type, "name", "summary", ops)`. What passes between it and the core is in header.rs.
#![allow(dead_code)]
#[path = "header.rs"]
mod header;
pub use header::*;

use std::os::raw::{c_char, c_int, c_void};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

pub trait Model: Send + Sync + Sized + 'static {
    /// Err: an error number.
    fn open(host: &Host) -> Result<Self, c_int>;
    /// Answers one request of those that `ops` names, YIELD and SLEEP left out. A failure is an answer as well: -errno.
    fn perform(&self, request: &mut Request) -> i64;
}

/// The one symbol that a plugin exports. Optional: `options` and `unsupported`, which are as in the header.
#[macro_export]
macro_rules! plugin {
    ($model:ty, $name:literal, $summary:literal, $ops:expr) => {
        #[no_mangle]
        #[allow(non_upper_case_globals)]
        pub static heddle_model: $crate::heddle::Declaration = $crate::heddle::Declaration {
            magic: $crate::heddle::PLUGIN_MAGIC,
            abi: $crate::heddle::PLUGIN_ABI,
            size: std::mem::size_of::<$crate::heddle::Declaration>() as u32,
            option_size: std::mem::size_of::<$crate::heddle::Setting>() as u32,
            ops: $ops | $crate::heddle::can($crate::heddle::YIELD) | $crate::heddle::can($crate::heddle::SLEEP),
            name: concat!($name, "\0").as_ptr() as *const _,
            summary: concat!($summary, "\0").as_ptr() as *const _,
            build: concat!(env!("HEDDLE_BUILD"), "\0").as_ptr() as *const _,
            options: std::ptr::null(),
            unsupported: None,
            open: $crate::heddle::open::<$model>,
            run: $crate::heddle::run::<$model>,
            close: $crate::heddle::close::<$model>,
        };
    };
}

// ---- The crew: `in_flight` threads, made once, asleep between runs --------------------------------

struct Work {
    jobs: Jobs,
    next: u64,    // the job to be taken next
    pending: u64, // jobs not yet done; in open(): threads not yet ready
    closing: bool,
    error: c_int,
}

struct Shared<M> {
    model: M,
    work: Mutex<Work>,
    go: Condvar,
    idle: Condvar,
}

struct Crew<M> {
    shared: Arc<Shared<M>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Clone, Copy)]
struct HostPointer(*const Host);
unsafe impl Send for HostPointer {} // valid until the end of close(), which joins the threads

impl HostPointer {
    fn bind(&self, task: u32) -> c_int {
        unsafe { ((*self.0).bind)(self.0, task % (*self.0).cores) }
    }
}

impl<M: Model> Shared<M> {
    fn settle(&self, work: &mut Work) {
        work.pending -= 1;
        if work.pending == 0 {
            self.idle.notify_one();
        }
    }

    fn await_idle(&self) -> c_int {
        let mut work = self.work.lock().unwrap();
        while work.pending > 0 {
            work = self.idle.wait(work).unwrap();
        }
        work.error
    }

    /// What each thread does until it is sent home.
    fn serve(&self, task: u32, host: HostPointer) {
        let error = host.bind(task);
        let mut work = self.work.lock().unwrap();
        if error != 0 {
            work.error = error;
        }
        self.settle(&mut work);
        while !work.closing {
            if work.next == work.jobs.count {
                work = self.go.wait(work).unwrap();
                continue;
            }
            let at = (work.next * work.jobs.stride) as usize;
            let job = unsafe { work.jobs.first.add(at) } as *mut Job;
            work.next += 1;
            drop(work);
            self.step_to_the_end(job, task);
            work = self.work.lock().unwrap();
            self.settle(&mut work);
        }
    }

    /// YIELD and SLEEP are every thread's own; the rest is the model's.
    #[inline(always)]
    fn answer(&self, request: &mut Request) -> i64 {
        match request.op {
            YIELD => (0..request.times).for_each(|_| std::thread::yield_now()),
            SLEEP => std::thread::sleep(Duration::from_nanos(request.timeout_ns.max(0) as u64)),
            _ => return self.model.perform(request),
        }
        0
    }

    fn step_to_the_end(&self, job: *mut Job, task: u32) {
        let mut request: Request = unsafe { std::mem::zeroed() };
        unsafe {
            (*job).task = task;
            let step = (*job).step;
            step(job, 0, &mut request);
            while request.op != DONE {
                let answer = self.answer(&mut request);
                step(job, answer, &mut request);
            }
        }
    }
}

impl<M: Model> Crew<M> {
    fn start(&mut self, host: HostPointer, tasks: u32) -> Result<(), c_int> {
        for task in 0..tasks {
            let shared = self.shared.clone();
            let thread = Builder::new().stack_size(256 << 10).spawn(move || shared.serve(task, host));
            self.threads.push(thread.map_err(|error| error.raw_os_error().unwrap_or(ENOMEM))?);
        }
        match self.shared.await_idle() {
            0 => Ok(()),
            error => Err(-error),
        }
    }
}

impl<M> Drop for Crew<M> {
    fn drop(&mut self) {
        self.shared.work.lock().unwrap().closing = true;
        self.shared.go.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// # Safety
/// The core calls it, as plugin.h says.
pub unsafe extern "C" fn open<M: Model>(host: *const Host, state: *mut *mut c_void) -> c_int {
    let tasks = (*host).in_flight;
    let jobs = Jobs { count: 0, stride: 0, first: std::ptr::null_mut() };
    let work = Work { jobs, next: 0, pending: tasks as u64, closing: false, error: 0 };
    let model = match M::open(&*host) {
        Ok(model) => model,
        Err(error) => return -error,
    };
    let shared = Shared { model, work: Mutex::new(work), go: Condvar::new(), idle: Condvar::new() };
    let mut crew = Box::new(Crew { shared: Arc::new(shared), threads: Vec::new() });
    if let Err(error) = crew.start(HostPointer(host), tasks) {
        ((*host).fail)(host, "a thread could not be started and bound\0".as_ptr() as *const c_char);
        return -error;
    }
    *state = Box::into_raw(crew) as *mut c_void;
    0
}

/// # Safety
/// The core calls it, as plugin.h says.
pub unsafe extern "C" fn run<M: Model>(state: *mut c_void, jobs: *const Jobs) -> c_int {
    let crew = &*(state as *const Crew<M>);
    {
        let mut work = crew.shared.work.lock().unwrap();
        work.jobs = *jobs;
        work.next = 0;
        work.pending = work.jobs.count;
        crew.shared.go.notify_all();
    }
    crew.shared.await_idle();
    0
}

/// # Safety
/// The core calls it, as plugin.h says.
pub unsafe extern "C" fn close<M: Model>(state: *mut c_void) {
    drop(Box::from_raw(state as *mut Crew<M>));
}
