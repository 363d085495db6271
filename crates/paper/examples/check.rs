//! Says of each file whether it may be kept: `cargo run --release -p paper --example check -- <file>…`.

use std::time::Instant;

use domain::text::Lang;

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else {
            println!("{path}: cannot be read");
            continue;
        };
        let start = Instant::now();
        let outcome = paper::check(&bytes, &path, &paper::Limits::default());
        let took = start.elapsed().as_secs_f64() * 1000.0;
        match outcome {
            Ok(checked) => println!("{path}: kept, {checked:?} ({took:.1} ms)"),
            Err(refused) => println!("{path}: {} – {} ({took:.1} ms)", refused.code, refused.sentence(Lang::En)),
        }
    }
}
