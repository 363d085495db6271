//! A short run of each target with every test: the same inputs each time, under the limit of memory.

use std::alloc::System;

use cap::Cap;
use fuzz::{TARGETS, Until};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, 256 * 1024 * 1024);

fn short(name: &str, inputs: u64) {
    let target = TARGETS.iter().find(|t| t.name == name).unwrap();
    match fuzz::run(target, 20_261_126, Until::Inputs(inputs), |_| {}) {
        Ok(ran) => {
            assert!(ran.inputs >= inputs.min(20), "{ran:?}");
            assert!(ran.accepted > 0, "what is right is read: {ran:?}");
        }
        Err(broken) => panic!(
            "{name}, input {}: {}\n{}",
            broken.number,
            broken.why,
            String::from_utf8_lossy(&broken.input[..broken.input.len().min(2_000)])
        ),
    }
    let peak = ALLOCATOR.max_allocated() / 1_048_576;
    assert!(peak < 256, "{peak} MB");
}

#[test]
fn exports() {
    short("csv", 400);
}

#[test]
fn statuses() {
    short("cdar", 300);
}

#[test]
fn invoices() {
    short("invoice", 300);
}

#[test]
fn papers() {
    short("pdf", 200);
}

#[test]
fn archives() {
    short("zip", 150);
}
