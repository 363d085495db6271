fn main() {
    // The migrations are compiled in; a new one must recompile this crate.
    println!("cargo:rerun-if-changed=../../migrations");
}
