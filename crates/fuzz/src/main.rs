//! `cargo xtask fuzz`: each reader for some minutes, under an allocator that refuses more than the promise.

use std::alloc::System;
use std::process::ExitCode;
use std::time::Duration;

use cap::Cap;
use fuzz::{TARGETS, Until};

/// No file costs more.
const LIMIT: usize = 256 * 1024 * 1024;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, LIMIT);

const HELP: &str = "fuzz [--seconds N] [--seed N] [NAME…]";

fn main() -> ExitCode {
    let (mut seconds, mut seed, mut names) = (120u64, 1u64, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = |into: &mut u64| arguments.next().and_then(|n| n.parse().ok()).map(|n| *into = n);
        let known = match argument.as_str() {
            "--seconds" => number(&mut seconds),
            "--seed" => number(&mut seed),
            name if TARGETS.iter().any(|t| t.name == name) => {
                names.push(argument);
                Some(())
            }
            _ => None,
        };
        if known.is_none() {
            eprintln!("{HELP}\nThere are:");
            for target in TARGETS {
                eprintln!("  {:<8} {}", target.name, target.about);
            }
            return ExitCode::from(2);
        }
    }
    // A panic is told once, with its input.
    std::panic::set_hook(Box::new(|_| {}));
    let mut failed = false;
    for target in TARGETS.iter().filter(|t| names.is_empty() || names.iter().any(|n| n == t.name)) {
        let before = ALLOCATOR.max_allocated();
        match fuzz::run(target, seed, Until::Passed(Duration::from_secs(seconds)), |_| {}) {
            Ok(ran) => println!(
                "{:<8} {:>10} inputs, {:>9} read to the end; at most {} MB since the start{}",
                target.name,
                ran.inputs,
                ran.accepted,
                ALLOCATOR.max_allocated() / 1_048_576,
                if ALLOCATOR.max_allocated() > before { " (a new peak)" } else { "" },
            ),
            Err(broken) => {
                failed = true;
                let path =
                    std::env::temp_dir().join(format!("cabready-fuzz-{}-{seed}-{}", broken.target, broken.number));
                let kept = std::fs::write(&path, &broken.input).is_ok();
                println!("{:<8} BROKEN at input {} of seed {seed}: {}", broken.target, broken.number, broken.why);
                if kept {
                    println!("         the input is kept at {}", path.display());
                }
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
