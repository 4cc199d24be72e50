//! What a result tells of how the plugin was made: HEDDLE_BUILD.
use std::{env, process::Command};

fn main() {
    let rustc = env::var("RUSTC").unwrap();
    let version = Command::new(rustc).arg("--version").output().map(|out| out.stdout).unwrap_or_default();
    let level = env::var("OPT_LEVEL").unwrap();
    let slow = if level == "0" { "; not optimised" } else { "" };

    println!("cargo:rustc-env=HEDDLE_BUILD={}; opt-level {level}{slow}", String::from_utf8_lossy(&version).trim());
    println!("cargo:rerun-if-changed=build.rs");
}
