//! heddle/plugin.h in Rust: the structs field by field, which grow at their end only, and what is inline there.
//! Nothing newer than Rust 1.63.
#![allow(dead_code)]
use std::mem::size_of;
use std::os::raw::{c_char, c_int, c_void};
use std::ptr::{read_volatile, write_volatile};

pub const PLUGIN_MAGIC: u32 = 0x4844_4c45;
pub const PLUGIN_ABI: u32 = 1;

pub const DONE: u32 = 0;
pub const EXCLUSIVE: u32 = 1;
pub const SHARED: u32 = 2;
pub const READ: u32 = 3;
pub const WRITE: u32 = 4;
pub const ACCEPT: u32 = 5;
pub const YIELD: u32 = 6;
pub const SLEEP: u32 = 7;
pub const PUT: u32 = 8;
pub const GET: u32 = 9;
pub const SET: u32 = 10;
pub const CLEAR: u32 = 11;
pub const WAIT: u32 = 12;

pub const fn can(op: u32) -> u64 {
    1 << op
}

pub const ENOMEM: c_int = 12;
pub const EAGAIN: c_int = 11;
pub const EOPNOTSUPP: c_int = 95;
pub const ETIMEDOUT: c_int = 110;

/// The work on shared data that one task at a time may do.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Section {
    pub words: *mut u64,
    pub lines: u32,
    pub turns: u32,
    pub lock: u32,
    pub flags: u32,
}

impl Section {
    /// Once. Call it with the section's lock held.
    #[inline(always)]
    pub fn run(&self) {
        for i in 0..self.lines as usize {
            // The core says where the words are, and the lock keeps others away.
            unsafe {
                let word = self.words.add(i * 8);
                write_volatile(word, read_volatile(word).wrapping_add(1));
            }
        }
        busy(self.turns);
    }

    /// A reader's: 0 where all its words agree, 1 where half a change was seen.
    #[inline(always)]
    pub fn read(&self) -> u64 {
        let first = unsafe { read_volatile(self.words) };
        let torn = (1..self.lines as usize).fold(false, |torn, i| torn | (unsafe { read_volatile(self.words.add(i * 8)) } != first));
        busy(self.turns);
        torn as u64
    }
}

/// About a nanosecond a turn; the empty instruction keeps the compiler from leaving it out.
#[inline(always)]
pub fn busy(turns: u32) {
    let mut i: u64 = 0;
    while i < turns as u64 {
        unsafe { std::arch::asm!("/* {0} */", inout(reg) i) };
        i += 1;
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Request {
    pub op: u32,
    pub flags: u32,
    pub fd: i32,
    pub fd2: i32,
    pub buf: *mut c_void,
    pub size: u64,
    pub offset: i64,
    pub times: u64,
    pub timeout_ns: i64,
    pub section: Section,
    pub reserved: [u64; 4],
}

#[repr(C)]
pub struct Job {
    pub step: unsafe extern "C" fn(*mut Job, i64, *mut Request),
    pub task: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Jobs {
    pub count: u64,
    pub stride: u64,
    pub first: *mut c_char,
}

/// What the core offers, from open() to the end of close().
#[repr(C)]
pub struct Host {
    pub size: u32,
    pub cores: u32,
    pub in_flight: u32,
    pub locks: u32,
    pub queues: u32,
    pub queue_capacity: u32,
    pub events: u32,
    pub cpus: *const c_int,
    pub bind: unsafe extern "C" fn(*const Host, u32) -> c_int,
    pub shared_alloc: unsafe extern "C" fn(*const Host, u64) -> *mut c_void,
    pub option_int: unsafe extern "C" fn(*const Host, *const c_char) -> i64,
    pub option_text: unsafe extern "C" fn(*const Host, *const c_char) -> *const c_char,
    pub watch: unsafe extern "C" fn(*const Host, c_int),
    pub fail: unsafe extern "C" fn(*const Host, *const c_char),
    pub note: unsafe extern "C" fn(*const Host, *const c_char),
}

#[repr(C)]
pub struct Setting {
    pub name: *const c_char,
    pub kind: u32,
    pub reserved: u32,
    pub value: i64,
    pub min: i64,
    pub max: i64,
    pub text: *const c_char,
    pub choices: *const c_char,
    pub help: *const c_char,
}

/// What a plugin is: struct hd_model.
#[repr(C)]
pub struct Declaration {
    pub magic: u32,
    pub abi: u32,
    pub size: u32,
    pub option_size: u32,
    pub ops: u64,
    pub name: *const c_char,
    pub summary: *const c_char,
    pub build: *const c_char,
    pub options: *const Setting,
    pub unsupported: Option<unsafe extern "C" fn(*const Host) -> *const c_char>,
    pub open: unsafe extern "C" fn(*const Host, *mut *mut c_void) -> c_int,
    pub run: unsafe extern "C" fn(*mut c_void, *const Jobs) -> c_int,
    pub close: unsafe extern "C" fn(*mut c_void),
}

// They hold nothing but constants, or what the core lets any thread use.
unsafe impl Sync for Declaration {}
unsafe impl Sync for Setting {}
unsafe impl Sync for Host {}
unsafe impl Send for Jobs {}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Request>() == 112 && size_of::<Job>() == 16 && size_of::<Jobs>() == 24);
    assert!(size_of::<Host>() == 96 && size_of::<Setting>() == 64 && size_of::<Declaration>() == 88);
};
