//! Hostile input, without a compiler of its own: real files are changed at random, from a seed that says which change, and
//! given to everything that reads what arrives. A reader may refuse; it may not panic, grow, or reach for another file.

mod mutate;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

pub use mutate::Random;
pub use targets::{TARGETS, Target};

/// What a run found of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub inputs: u64,
    /// Inputs that were read to the end.
    pub accepted: u64,
}

/// The input on which a target broke its promise.
#[derive(Debug, Clone)]
pub struct Broken {
    pub target: &'static str,
    pub number: u64,
    pub why: String,
    pub input: Vec<u8>,
}

/// How long a run goes on.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    Inputs(u64),
    Passed(Duration),
}

/// Runs a target on the files of its corpus, then on changes of them. The same seed gives the same inputs.
pub fn run(target: &Target, seed: u64, until: Until, mut look: impl FnMut(u64)) -> Result<Ran, Box<Broken>> {
    let corpus = (target.corpus)();
    let begin = Instant::now();
    let mut random = Random::new(seed);
    let mut ran = Ran { inputs: 0, accepted: 0 };
    loop {
        let over = match until {
            Until::Inputs(most) => ran.inputs >= most,
            Until::Passed(longest) => begin.elapsed() >= longest,
        };
        if over && ran.inputs >= corpus.len() as u64 {
            return Ok(ran);
        }
        let input = match usize::try_from(ran.inputs).ok().and_then(|n| corpus.get(n)) {
            Some(file) => file.clone(),
            None => mutate::changed(&corpus, target.words, &mut random),
        };
        let broken =
            |why: String| Box::new(Broken { target: target.name, number: ran.inputs, why, input: input.clone() });
        match catch_unwind(AssertUnwindSafe(|| (target.read)(&input))) {
            Ok(Ok(accepted)) => ran.accepted += u64::from(accepted),
            Ok(Err(why)) => return Err(broken(why)),
            Err(panic) => {
                let said = panic.downcast_ref::<String>().cloned();
                let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                return Err(broken(format!("panic: {}", said.unwrap_or_default())));
            }
        }
        ran.inputs += 1;
        look(ran.inputs);
    }
}
