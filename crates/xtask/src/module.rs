//! The client's WebAssembly module, called by Trunk as its hook: compiled, cut into parts, bound to JavaScript, made small,
//! and named in the page.
//!
//! Trunk itself takes a module whole. The cut is made between the linker, whose relocations tell what reaches what, and
//! wasm-bindgen, which sees the main part only; see docs/decisions/0005-code-in-parts.md.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::client::Setup;
use crate::failure::{OrSay, Result};
use crate::process::Job;
use crate::{say, workspace};

const TARGET: &str = "wasm32-unknown-unknown";
/// Where Trunk has put the page and its style sheets; it sets this for its hooks.
const STAGING: &str = "TRUNK_STAGING_DIR";
/// The element of frontend/page/index.html whose place the module's lines take; Trunk writes quotes or leaves them out.
const PLACE: [&str; 2] = ["<meta name=\"module\">", "<meta name=module>"];
/// The list of the parts, as wasm-split writes it.
const LINKS: &str = "__wasm_split.js";
/// wasm-split makes a chunk for each set of parts that share something: hundreds, most of them of a few hundred bytes, of
/// which a page would ask for most. Chunks up to this size go into one file, in bytes; larger ones stay files of their own,
/// so that nobody waits for what another part shares.
const SMALL: u64 = 4096;
const PACK: &str = "chunks.bin";
/// Fetched once, by whichever part comes first. What could not come is asked for anew by the next part.
const PACKED: &str = r#"let pack;
const packed = (from, to) => makeLoad(() => {
    const bytes = pack ??= fetch(new URL("./chunks.bin", import.meta.url)).then(answer => {
        if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
        return answer.arrayBuffer();
    });
    bytes.catch(() => { pack = undefined; });
    return async (imports) => WebAssembly.instantiate((await bytes).slice(from, to), imports);
}, []);
"#;
/// What compilers write and browsers have known for years; wasm-opt must be told.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

pub fn build(setup: &Setup) -> Result<()> {
    let staging = std::env::var_os(STAGING)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{STAGING} is not set: Trunk calls this; what you want is `cargo xtask client`"))?;
    let target = workspace::wasm_target()?;
    workspace::make(&target)?;
    // Two builds at once would write the same files.
    let lock = target.join("module.lock");
    let lock = std::fs::File::create(&lock).or_say(|| format!("{} cannot be written", lock.display()))?;
    if lock.try_lock().is_err() {
        say::note("another build of the client is under way: waiting for it");
        lock.lock().or_say(|| "the lock on the client's build cannot be taken".to_owned())?;
    }
    let compiled = compile(setup, &target)?;
    let work = target.join("module");
    if work.exists() {
        std::fs::remove_dir_all(&work).or_say(|| format!("{} cannot be removed", work.display()))?;
    }
    let parts = work.join("parts");
    workspace::make(&parts)?;
    setup
        .tool("wasm-split-cli")?
        .args(["--target", "web", "--out-name", "frontend"])
        .arg(&compiled)
        .arg(&parts)
        .run_quietly()?;
    let bound = work.join("bound");
    setup
        .tool("wasm-bindgen")?
        // The parts import what the linker exported from the main one.
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-name", "frontend", "--out-dir"])
        .arg(&bound)
        .arg(parts.join("frontend.wasm"))
        .run_quietly()?;
    for from in files_of(&parts)? {
        let name = from.file_name().unwrap_or_default();
        if name != "frontend.wasm" {
            let to = bound.join(name);
            std::fs::rename(&from, &to).or_say(|| format!("{} cannot be moved", from.display()))?;
        }
    }
    if setup.shrinks() {
        // It takes longer to start than to make a small chunk smaller.
        let large = |file: &&PathBuf| file.extension().is_some_and(|e| e == "wasm") && !is_small(file);
        for file in files_of(&bound)?.iter().filter(large) {
            let job = setup.tool("wasm-opt")?.arg("-Oz").args(FEATURES).args(["--strip-debug", "--strip-producers"]);
            job.arg(file).arg("-o").arg(file).run_quietly()?;
        }
    }
    pack(&bound)?;
    place(&staging, &files_of(&bound)?)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let unread = || format!("{} cannot be read", folder.display());
    let entries = std::fs::read_dir(folder).or_say(unread)?;
    let mut files = entries.map(|entry| Ok(entry.or_say(unread)?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn is_small(file: &Path) -> bool {
    file.metadata().is_ok_and(|told| told.len() <= SMALL)
}

fn compile(setup: &Setup, target: &Path) -> Result<PathBuf> {
    let mut job = Job::new("cargo")
        .args(["rustc", "--offline", "--package", "frontend", "--bin", "frontend", "--profile", "client"])
        .args(["--target", TARGET])
        .dir(&workspace::root())
        .env("CARGO_TARGET_DIR", target);
    if workspace::ci() {
        job = job.arg("--locked");
    }
    setup.toolchain().apply(job).args(["--", "-Clink-arg=--emit-relocs"]).run()?;
    Ok(target.join(TARGET).join("client/frontend.wasm"))
}

/// Puts small chunks together, and says in the list of the parts where each stands.
fn pack(bound: &Path) -> Result<()> {
    let path = bound.join(LINKS);
    let (mut all, mut links) = (Vec::new(), workspace::read(&path)?);
    for file in files_of(bound)?.iter().filter(|file| is_small(file)) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let Some(chunk) = name.strip_suffix(".wasm").filter(|name| name.starts_with("chunk_")) else {
            continue;
        };
        let from = all.len();
        let bytes = std::fs::read(file).or_say(|| format!("{} cannot be read", file.display()))?;
        all.extend(bare(&bytes).ok_or_else(|| format!("{} is no module of WebAssembly", file.display()))?);
        std::fs::remove_file(file).or_say(|| format!("{} cannot be removed", file.display()))?;
        links = linked(&links, chunk, from..all.len())?;
    }
    if all.is_empty() {
        return Ok(());
    }
    workspace::write(&path, &format!("{PACKED}{links}"))?;
    let to = bound.join(PACK);
    std::fs::write(&to, all).or_say(|| format!("{} cannot be written", to.display()))
}

/// A module without the sections that no browser runs: names, for the most part.
fn bare(module: &[u8]) -> Option<Vec<u8>> {
    const CUSTOM: u8 = 0;
    let (head, mut rest) = module.split_at_checked(8).filter(|(head, _)| head.starts_with(b"\0asm"))?;
    let mut out = head.to_vec();
    while let [kind, sized @ ..] = rest {
        // The length, in groups of seven bits, the lowest first.
        let digits = sized.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let length = sized[..digits]
            .iter()
            .rev()
            .try_fold(0_usize, |sum, byte| sum.checked_mul(128)?.checked_add(usize::from(byte & 0x7f)))?;
        let (section, after) = rest.split_at_checked(1 + digits + length)?;
        if *kind != CUSTOM {
            out.extend(section);
        }
        rest = after;
    }
    Some(out)
}

/// The list of the parts with a chunk taken from a range of the packed file.
fn linked(links: &str, chunk: &str, range: std::ops::Range<usize>) -> Result<String> {
    let begin = format!("const __{chunk} = makeLoad(");
    const END: &str = "\n, []);\n";
    links
        .split_once(&begin)
        .and_then(|(before, rest)| {
            let (loader, after) = rest.split_once(END)?;
            loader.contains(&format!("./{chunk}.wasm")).then(|| {
                let mut text = before.to_owned();
                let _ = writeln!(text, "const __{chunk} = packed({}, {});", range.start, range.end);
                text + after
            })
        })
        .ok_or_else(|| format!("{LINKS} loads {chunk} in a way that is not known here: wasm-split has changed").into())
}

/// All files of one build stand in a folder of its hash: they fit each other and nothing else.
fn place(staging: &Path, files: &[PathBuf]) -> Result<()> {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(std::fs::read(file).or_say(|| format!("{} cannot be read", file.display()))?);
    }
    let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = format!("app-{hash}");
    let to = staging.join(&folder);
    workspace::make(&to)?;
    for file in files {
        let to = to.join(file.file_name().unwrap_or_default());
        std::fs::copy(file, &to).or_say(|| format!("{} cannot be written", to.display()))?;
    }
    let page = staging.join("index.html");
    let text = workspace::read(&page)?;
    workspace::write(&page, &named(&text, &folder)?)
}

/// The page with the lines that fetch the module, all at once, and start it.
fn named(page: &str, folder: &str) -> Result<String> {
    let lines = format!(
        "<link rel=\"modulepreload\" href=\"/{folder}/frontend.js\">\
         <link rel=\"modulepreload\" href=\"/{folder}/__wasm_split.js\">\
         <link rel=\"preload\" as=\"fetch\" type=\"application/wasm\" crossorigin href=\"/{folder}/frontend_bg.wasm\">\
         <script type=\"module\">import init from \"/{folder}/frontend.js\";\
         init({{ module_or_path: \"/{folder}/frontend_bg.wasm\" }});</script>"
    );
    match PLACE.iter().find_map(|place| page.split_once(place)) {
        Some((before, after)) => Ok(format!("{before}{lines}{after}")),
        None => Err(format!("index.html has lost {}", PLACE[0]).into()),
    }
}

/// What the page fetches before anything shows, of all files below `dist`.
pub fn is_first_load(page: &str, file: &Path) -> bool {
    let name = file.to_string_lossy();
    name == "index.html" || page.contains(&format!("/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_keeps_the_sections_that_run() {
        let head = *b"\0asm\x01\0\0\0";
        let long = [&[10, 0x82, 0x01][..], &[7; 130]].concat();
        let named = [&head[..], &[0, 3, 1, b'a', 0], &[1, 1, 0], &[0, 2, 1, b'b'], &long].concat();
        assert_eq!(bare(&named), Some([&head[..], &[1, 1, 0], &long].concat()));
        assert_eq!(bare(&head), Some(head.to_vec()));
        for wrong in [&named[..7], &named[..named.len() - 1], b"no module", &[&head[..], &[1, 0x80]].concat()] {
            assert_eq!(bare(wrong), None);
        }
    }

    #[test]
    fn a_small_chunk_is_taken_from_the_packed_file() {
        let loader = |chunk: &str| {
            format!(
                "/* a, b */\nconst __{chunk} = makeLoad(() => {{\n    const src = fetch(new URL(\"./{chunk}.wasm\"));\n}}\n, []);\n"
            )
        };
        let links = format!("{}{}", loader("chunk_1"), loader("chunk_12"));
        let text = linked(&links, "chunk_12", 5..9).unwrap();
        assert_eq!(text, format!("{}/* a, b */\nconst __chunk_12 = packed(5, 9);\n", loader("chunk_1")));
        assert!(linked(&links, "chunk_2", 5..9).is_err());
    }

    #[test]
    fn the_page_names_the_module_where_it_has_left_the_place() {
        for place in PLACE {
            let text = named(&format!("<head>{place}<title>x</title>"), "app-0123456789abcdef").unwrap();
            assert!(text.starts_with("<head><link rel=\"modulepreload\" href=\"/app-0123456789abcdef/frontend.js\">"));
            assert!(text.ends_with("</script><title>x</title>"), "{text}");
            assert!(is_first_load(&text, Path::new("app-0123456789abcdef/frontend_bg.wasm")));
            assert!(!is_first_load(&text, Path::new("app-0123456789abcdef/split_journal.wasm")));
        }
        assert!(named("<head></head>", "app").is_err());
    }
}
