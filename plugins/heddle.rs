// SPDX-License-Identifier: MIT
//! What the models in Rust share: `#[path = "heddle.rs"] mod heddle;`
//!
//! The header in Rust is the one that `heddle new` writes. No crate but std, nothing newer than Rust 1.63. `sys` has
//! what std does not offer of the C library that it is linked against anyway.
#![allow(dead_code)]

#[path = "../core/templates/rust/src/header.rs"]
mod header;
pub use header::*;
pub use header::{Declaration as Model, Setting as ModelOption};

use std::os::raw::{c_char, c_int};
use std::ptr;

/// All requests that this header knows, as `Model::ops` names them.
pub const ALL_OPS: u64 = ((1 << (WAIT + 1)) - 1) & !(1 << DONE);

pub const OPTION_CHOICE: u32 = 3;

impl ModelOption {
    /// The end of a list, and what an option does not say.
    pub const END: ModelOption = ModelOption {
        name: ptr::null(),
        kind: 0,
        reserved: 0,
        value: 0,
        min: 0,
        max: 0,
        text: ptr::null(),
        choices: ptr::null(),
        help: ptr::null(),
    };
}

/// A text for C: `text!("one line")`.
#[macro_export]
macro_rules! text {
    ($($piece:expr),+) => {
        concat!($($piece,)+ "\0").as_ptr() as *const std::os::raw::c_char
    };
}

/// A panic ends the process; its last line is what it says, and not advice. Call it in open().
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", panic)));
}

impl Host {
    pub fn bind(&self, core: u32) -> Result<(), c_int> {
        match unsafe { (self.bind)(self, core) } {
            0 => Ok(()),
            error => Err(error),
        }
    }
    /// The value in force of an option that was declared; `name` is a text!().
    pub fn option_is(&self, name: *const c_char, value: &str) -> bool {
        let text = unsafe { std::ffi::CStr::from_ptr((self.option_text)(self, name)) };
        text.to_bytes() == value.as_bytes()
    }
    pub fn fail(&self, why: *const c_char) {
        unsafe { (self.fail)(self, why) }
    }
    pub fn note(&self, what: *const c_char) {
        unsafe { (self.note)(self, what) }
    }
}

impl Jobs {
    pub const NONE: Jobs = Jobs { count: 0, stride: 0, first: ptr::null_mut() };

    pub fn at(&self, i: u64) -> *mut Job {
        unsafe { self.first.add((i * self.stride) as usize) as *mut Job }
    }
}

impl Request {
    pub fn new() -> Request {
        let section = Section { words: ptr::null_mut(), lines: 0, turns: 0, lock: 0, flags: 0 };
        Request {
            op: DONE,
            flags: 0,
            fd: -1,
            fd2: -1,
            buf: ptr::null_mut(),
            size: 0,
            offset: -1,
            times: 0,
            timeout_ns: -1,
            section,
            reserved: [0; 4],
        }
    }
    /// Sends the job the answer to its last request; what it asks next is written over this one.
    pub fn step(&mut self, job: *mut Job, answer: i64) {
        unsafe { ((*job).step)(job, answer, self) }
    }
    /// The messages of a PUT or a GET.
    pub fn messages(&self) -> &mut [u64] {
        unsafe { std::slice::from_raw_parts_mut(self.buf as *mut u64, self.times as usize) }
    }
}

impl Section {
    /// hd_section_run_times(): only where nothing can stand between two.
    pub fn run_times(&self, times: u64) {
        if self.lines == 1 && self.turns == 0 {
            for _ in 0..times {
                unsafe { self.words.write_volatile(self.words.read_volatile().wrapping_add(1)) };
            }
        } else {
            for _ in 0..times {
                self.run();
            }
        }
    }
}

/// Calls that std does not offer for a descriptor that is not its own, by their numbers on Linux.
pub mod sys {
    use super::{Request, ACCEPT, READ, WRITE};
    use std::os::raw::{c_int, c_short, c_ulong, c_void};
    use std::ptr;

    pub const EINTR: i64 = 4;
    pub const EBADF: i64 = 9;
    pub const EAGAIN: i64 = 11;
    pub const EINVAL: i64 = 22;
    pub const ENOTSOCK: i64 = 88;
    pub const EOPNOTSUPP: i64 = 95;
    pub const ETIMEDOUT: i64 = 110;
    pub const POLLIN: c_short = 1;
    pub const POLLOUT: c_short = 4;
    pub const POLLHUP: c_short = 0x10;
    pub const POLLRDHUP: c_short = 0x2000;
    pub const MSG_DONTWAIT: c_int = 0x40;
    const MSG_NOSIGNAL: c_int = 0x4000;
    const F_GETFL: c_int = 3;
    const F_SETFL: c_int = 4;
    const O_NONBLOCK: c_int = 0o4000;

    #[repr(C)]
    pub struct PollFd {
        pub fd: c_int,
        pub events: c_short,
        pub revents: c_short,
    }
    extern "C" {
        fn read(fd: c_int, buf: *mut c_void, size: usize) -> isize;
        fn write(fd: c_int, buf: *const c_void, size: usize) -> isize;
        fn pread64(fd: c_int, buf: *mut c_void, size: usize, offset: i64) -> isize;
        fn pwrite64(fd: c_int, buf: *const c_void, size: usize, offset: i64) -> isize;
        fn recv(fd: c_int, buf: *mut c_void, size: usize, flags: c_int) -> isize;
        fn send(fd: c_int, buf: *const c_void, size: usize, flags: c_int) -> isize;
        fn accept(fd: c_int, address: *mut c_void, size: *mut u32) -> c_int;
        fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
        pub fn poll(items: *mut PollFd, count: c_ulong, timeout_ms: c_int) -> c_int;
    }

    /// What a call answered, or -errno.
    pub fn answer(of: isize) -> i64 {
        if of >= 0 {
            return of as i64;
        }
        -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(EINVAL as i32))
    }
    pub fn never_wait(fd: c_int) -> Result<(), i64> {
        let flags = unsafe { fcntl(fd, F_GETFL) };
        let set = flags >= 0
            && (flags & O_NONBLOCK != 0 || unsafe { fcntl(fd, F_SETFL, flags | O_NONBLOCK) } >= 0);
        if set { Ok(()) } else { Err(answer(-1)) }
    }
    /// recv() or send(); -ENOTSOCK also where nothing at all is to be moved.
    pub fn socket(request: &Request, flags: c_int) -> i64 {
        let (fd, buf, size) = (request.fd, request.buf, request.size as usize);
        match (size, request.op) {
            (0, _) => -ENOTSOCK,
            (_, READ) => answer(unsafe { recv(fd, buf, size, flags) }),
            _ => answer(unsafe { send(fd, buf, size, flags | MSG_NOSIGNAL) }),
        }
    }
    /// READ, WRITE and ACCEPT by the call of that name.
    pub fn transfer(request: &Request) -> i64 {
        let (fd, buf, size) = (request.fd, request.buf, request.size as usize);
        answer(unsafe {
            match (request.op, request.offset >= 0) {
                (ACCEPT, _) => accept(fd, ptr::null_mut(), ptr::null_mut()) as isize,
                (READ, true) => pread64(fd, buf, size, request.offset),
                (WRITE, true) => pwrite64(fd, buf, size, request.offset),
                (READ, false) => read(fd, buf, size),
                _ => write(fd, buf, size),
            }
        })
    }
}
