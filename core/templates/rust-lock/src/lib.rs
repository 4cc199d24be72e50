//! @NAME@ - threads that spin until a flag is free. take() and give() make the lock; heddle.rs does the rest.
mod heddle;

use heddle::{can, Host, Model, Request};
use std::sync::atomic::{AtomicBool, Ordering};

/// Required: one lock. The alignment: no two share a cache line.
#[repr(align(128))]
#[derive(Default)]
struct Lock(AtomicBool);

impl Lock {
    /// Required: returns when the caller, and nobody else, holds the lock.
    #[inline(always)]
    fn take(&self) {
        let mut turns = 0u32;
        while self.0.swap(true, Ordering::Acquire) {
            std::hint::spin_loop();
            turns += 1;
            if turns % 1024 == 0 {
                std::thread::yield_now(); // the holder may be without a core
            }
        }
    }

    /// Required: the next holder must see all that this one wrote.
    #[inline(always)]
    fn give(&self) {
        self.0.store(false, Ordering::Release);
    }
}

struct Locks(Vec<Lock>);

impl Model for Locks {
    /// Required: as many locks as sections will name.
    fn open(host: &Host) -> Result<Self, i32> {
        Ok(Locks((0..host.locks).map(|_| Lock::default()).collect()))
    }

    /// Required: the section `times` times, each under an acquisition of its own. Optional: readers side by side.
    #[inline(always)]
    fn perform(&self, request: &mut Request) -> i64 {
        let (section, lock, mut torn) = (request.section, &self.0[request.section.lock as usize], 0);
        for _ in 0..request.times {
            lock.take();
            match request.op {
                heddle::EXCLUSIVE => section.run(),
                _ => torn += section.read(),
            }
            lock.give();
        }
        torn as i64
    }
}

// Required: what the plugin is. What is not named here is never asked, but for YIELD and SLEEP, which heddle.rs does.
plugin!(Locks, "@NAME@", "threads that spin until a flag is free", can(heddle::EXCLUSIVE) | can(heddle::SHARED));
