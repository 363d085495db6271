//! The client: built by Trunk into `dist/`, with the module from `module`, then weighed.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, OrSay, Result};
use crate::process::{Job, ask, find};
use crate::tools::ClientTools;
use crate::wasm::Toolchain;
use crate::{module, say, tools, wasm, workspace};

/// Everything that a first visit loads, compressed with brotli. Parts that arrive when they are opened do not count.
const BUDGET: u64 = 350_000;

/// Tells the build of the module, which Trunk calls, that the set-up has been done.
const READY: &str = "CABREADY_CLIENT_SETUP";

pub struct Setup {
    toolchain: Toolchain,
    tools: ClientTools,
}

pub fn setup() -> Result<Setup> {
    Ok(Setup { toolchain: wasm::ensure()?, tools: tools::client_tools()? })
}

/// As [`setup`], in silence when the caller of Trunk has done it.
pub fn setup_once() -> Result<Setup> {
    match std::env::var(READY).ok().as_deref().and_then(Toolchain::named) {
        Some(toolchain) => Ok(Setup { toolchain, tools: ClientTools::on_path() }),
        None => setup(),
    }
}

impl Setup {
    pub fn toolchain(&self) -> Toolchain {
        self.toolchain
    }

    /// wasm-opt is here.
    pub fn shrinks(&self) -> bool {
        self.tools.wasm_opt
    }

    pub fn tool(&self, program: &str) -> Result<Job> {
        let path = crate::process::find_in(program, &self.tools.path)
            .ok_or_else(|| format!("{program} is missing: `cargo xtask setup` installs it"))?;
        Ok(Job::new(path))
    }
}

pub fn build(setup: &Setup) -> Result<()> {
    workspace::fetch_crates()?;
    let mut job = setup
        .tool("trunk")?
        .args(["build", "--release"])
        .dir(&workspace::root())
        .env("PATH", &setup.tools.path)
        .env("CARGO_TARGET_DIR", workspace::target()?)
        .env(READY, setup.toolchain.name())
        .env("TRUNK_SKIP_VERSION_CHECK", "true");
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        // Trunk takes only "true" and "false".
        job = job.env("NO_COLOR", "true");
    }
    job.run()
}

struct Weight {
    file: PathBuf,
    plain: u64,
    brotli: Option<u64>,
}

/// Tells the sizes; too large is an error where it can be judged (compressed, and after wasm-opt).
pub fn weigh(setup: &Setup) -> Result<String> {
    let dist = workspace::dist();
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    let brotli = brotli(&files);
    let mut weights = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let plain = file.metadata().or_say(|| format!("{} cannot be read", file.display()))?.len();
        weights.push(Weight {
            file: file.strip_prefix(&dist).unwrap_or(file).to_path_buf(),
            plain,
            brotli: brotli.as_ref().and_then(|sizes| sizes.get(index).copied()),
        });
    }
    let page = workspace::read(&dist.join("index.html"))?;
    let (mut weights, mut later): (Vec<_>, Vec<_>) =
        weights.into_iter().partition(|weight| module::is_first_load(&page, &weight.file));
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.plain));
    later.sort_by_key(|weight| std::cmp::Reverse(weight.plain));
    let told = |size: Option<u64>| size.map(say::size).unwrap_or_else(|| "?".to_owned());
    let mut rows = vec![vec!["plain".to_owned(), "brotli".to_owned(), "file".to_owned()]];
    let row = |weight: &Weight| vec![say::size(weight.plain), told(weight.brotli), weight.file.display().to_string()];
    rows.extend(weights.iter().map(row));
    rows.push(vec![String::new(), String::new(), "when opened:".to_owned()]);
    rows.extend(later.iter().map(row));
    say::table(&rows);
    let Some(total) = weights.iter().map(|weight| weight.brotli).sum::<Option<u64>>() else {
        let plain: u64 = weights.iter().map(|weight| weight.plain).sum();
        return Ok(format!("{} before compression (Node is not here to compress it)", say::size(plain)));
    };
    let sentence = format!("{} of {} with brotli", say::size(total), say::size(BUDGET));
    if total > BUDGET && setup.shrinks() {
        return Err(Failure::Because(format!(
            "the client's first load is above its budget: {sentence}. `twiggy top` on the WASM file of target/wasm shows what \
             weighs most; what a first visit does not show belongs into frontend/src/parts.rs."
        )));
    }
    Ok(sentence)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).or_say(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry.or_say(|| format!("{} cannot be read", folder.display()))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Node has brotli inside; another crate for one sum would cost every first start of xtask.
fn brotli(files: &[PathBuf]) -> Option<Vec<u64>> {
    const SCRIPT: &str = "const fs = require('fs'), zlib = require('zlib'); \
        console.log(process.argv.slice(1).map(f => zlib.brotliCompressSync(fs.readFileSync(f)).length).join(' '))";
    find("node")?;
    let paths: Vec<&str> = files.iter().map(|file| file.to_str()).collect::<Option<_>>()?;
    let said = ask("node", &[&["-e", SCRIPT, "--"], paths.as_slice()].concat())?;
    let sizes: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    (sizes.len() == files.len()).then_some(sizes)
}
