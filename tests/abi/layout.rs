//! The lines that layout.c prints, from the structs that `heddle new --lang rust` writes. What is asked for is made of
//! those lines: `SIZE!(hd_job);`, `FIELD!(hd_job, step);`
#![allow(non_camel_case_types)]
#[path = "../../core/templates/rust/src/header.rs"]
mod heddle;

use heddle::{Declaration as hd_model, Host as hd_host, Job as hd_job, Jobs as hd_jobs, Request as hd_request};
use heddle::{Section as hd_section, Setting as hd_option};
use std::mem::{size_of, MaybeUninit};

fn size_of_target<T>(_: *const T) -> usize {
    size_of::<T>()
}

#[allow(non_snake_case)]
macro_rules! SIZE {
    ($type:ident) => {
        println!("{} {}", stringify!($type), size_of::<$type>())
    };
}

macro_rules! FIELD {
    ($type:ident, $field:ident) => {{
        let whole = MaybeUninit::<$type>::uninit();
        let start = whole.as_ptr();
        let field = unsafe { std::ptr::addr_of!((*start).$field) };
        println!("{}.{} {} {}", stringify!($type), stringify!($field), field as usize - start as usize, size_of_target(field));
    }};
}

fn main() {
    include!(concat!(env!("LAYOUT_DIR"), "/calls.rs"));
}
