//! Optional: READ, WRITE and ACCEPT as a thread does them: in the call, where it waits for ever. With a timeout the
//! descriptor is made non-blocking first, for after poll() alone a rival may have taken what was there, and a write of
//! more than fits would wait. So EAGAIN can meet those that wait for ever, too.
use crate::heddle::{Request, ACCEPT, EAGAIN, ETIMEDOUT, READ, WRITE};
use std::io::Error;
use std::os::raw::{c_int, c_short, c_ulong, c_void};
use std::time::{Duration, Instant};

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: c_short,
    revents: c_short,
}

const EINTR: c_int = 4;
const F_GETFL: c_int = 3;
const F_SETFL: c_int = 4;
const O_NONBLOCK: c_int = 0o4000;
const POLLIN: c_short = 1;
const POLLOUT: c_short = 4;

extern "C" {
    fn read(fd: c_int, buf: *mut c_void, size: usize) -> isize;
    fn write(fd: c_int, buf: *const c_void, size: usize) -> isize;
    fn pread64(fd: c_int, buf: *mut c_void, size: usize, offset: i64) -> isize;
    fn pwrite64(fd: c_int, buf: *const c_void, size: usize, offset: i64) -> isize;
    fn accept(fd: c_int, address: *mut c_void, size: *mut c_void) -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn poll(items: *mut PollFd, count: c_ulong, timeout_ms: c_int) -> c_int;
}

fn errno() -> c_int {
    Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn once(request: &Request) -> i64 {
    let (fd, size, offset) = (request.fd, request.size as usize, request.offset);

    unsafe {
        match request.op {
            READ if offset < 0 => read(fd, request.buf, size) as i64,
            READ => pread64(fd, request.buf, size, offset) as i64,
            WRITE if offset < 0 => write(fd, request.buf, size) as i64,
            WRITE => pwrite64(fd, request.buf, size, offset) as i64,
            ACCEPT => accept(fd, std::ptr::null_mut(), std::ptr::null_mut()) as i64,
            _ => unreachable!("the model passes nothing else on"),
        }
    }
}

/// Until the descriptor is ready. Err: the answer.
fn await_ready(request: &Request, end: Option<Instant>) -> Result<(), i64> {
    let events = if request.op == WRITE { POLLOUT } else { POLLIN };
    let mut item = PollFd { fd: request.fd, events, revents: 0 };

    loop {
        let wait_ms = match end.map(|end| end.saturating_duration_since(Instant::now())) {
            None => -1,
            Some(left) if left.is_zero() => return Err(-ETIMEDOUT as i64),
            // Rounded up: a wait may be longer than asked for, never shorter.
            Some(left) => ((left.as_nanos() + 999_999) / 1_000_000).min(1_000_000) as c_int,
        };
        match unsafe { poll(&mut item, 1, wait_ms) } {
            0 => continue,
            ready if ready > 0 => return Ok(()),
            _ if errno() == EINTR => continue,
            _ => return Err(-errno() as i64),
        }
    }
}

fn make_nonblocking(fd: c_int) -> Result<(), i64> {
    unsafe {
        let flags = fcntl(fd, F_GETFL);
        if flags < 0 || (flags & O_NONBLOCK == 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
            return Err(-errno() as i64);
        }
    }
    Ok(())
}

fn attempt(request: &Request) -> Result<i64, i64> {
    let mut end = None;

    if request.timeout_ns >= 0 {
        make_nonblocking(request.fd)?;
        end = Some(Instant::now() + Duration::from_nanos(request.timeout_ns as u64));
    }
    loop {
        let moved = once(request);
        if moved >= 0 {
            return Ok(moved);
        }
        match errno() {
            EINTR => continue,
            EAGAIN if request.timeout_ns != 0 => await_ready(request, end)?,
            error => return Err(-error as i64),
        }
    }
}

pub fn answer(request: &Request) -> i64 {
    attempt(request).unwrap_or_else(|error| error)
}
