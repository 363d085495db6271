//! `cargo xtask …`: the two commands of the README and every developer habit.

mod apt;
mod arrows;
mod bench;
mod browser;
mod check;
mod client;
mod failure;
mod module;
mod openapi;
mod postgres;
mod process;
mod run;
mod say;
mod server;
mod tools;
mod version;
mod wasm;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use failure::{Failure, OrSay, Result};
use server::Profile;

struct Command {
    name: &'static str,
    /// One line in the overview.
    about: &'static str,
    /// What `--help` teaches.
    help: &'static str,
    work: fn(Arguments) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "run",
        about: "build everything in release and start it with a demo firm",
        help: "\
cargo xtask run [--empty] [--bind ADDRESS:PORT] [--port PORT] [--data FOLDER] [--build-only]

Sets up what is missing (WASM target, Trunk, wasm-bindgen, optionally wasm-opt), builds the client and the server in
release, and starts one binary with SQLite. The first run fills a demo firm of 500 dossiers and every run prints its
sign-in (kept in data/demo-sign-in.json). Ctrl-C stops it.

  --empty          start on a database of its own (data/cabready-empty.sqlite) without the demo firm: sign up yourself
  --bind ADDRESS   where to listen; 127.0.0.1:8080 unless told
  --port PORT      short for --bind 127.0.0.1:PORT
  --data FOLDER    where the databases are; ./data unless told
  --build-only     set up and build, start nothing

Start again with an empty demo firm: remove data/cabready.sqlite*.

Variables: CABREADY_WASM_TOOLCHAIN=rustup|debian chooses the compiler of the client; CABREADY_CACHE is where tools are
kept ($XDG_CACHE_HOME/cabready, or ~/.cache/cabready, unless told). CABREADY_* settings of the server are passed on.",
        work: run_command,
    },
    Command {
        name: "test",
        about: "everything that must hold; --quick for the inner loop",
        help: "\
cargo xtask test [--quick]

Sets up what is missing (PostgreSQL's programs, Chromium, Node, npm's packages, the tools of the client; apt-get when
root, otherwise it prints the command and stops) and runs every check. A failing step does not hide the others: a
table tells all of them, and the command fails if one did.

  format · architecture arrows · lints · client build and size · unit and API tests on SQLite and on a throw-away
  PostgreSQL · client unit tests · examples in the documentation · OpenAPI document (same as the server's, linted)
  · browser tests with accessibility

  --quick          format, arrows, lints, unit and API tests on SQLite alone

Variables: CABREADY_POSTGRES_BIN is a folder with initdb and postgres; CABREADY_CHROMIUM is the browser to use;
CI=true keeps all that is compiled in the cache folder, outside the clone. See also `cargo xtask run --help`.",
        work: test_command,
    },
    Command {
        name: "setup",
        about: "set up what `run` and `test` need, without running them",
        help: "\
cargo xtask setup [run|test]

Installs what is missing and says what is there already. `run` is the compiler and the tools of the client; `test` adds
PostgreSQL's programs, Chromium, Node and npm's packages. Without a word: both.",
        work: setup_command,
    },
    Command {
        name: "bench",
        about: "measure the named figures against their floors",
        help: "\
cargo xtask bench [--quick] [--json] [NAME…]

Builds the client and the server in release and measures: each figure against a floor of the same run (raw prepared
inserts, COPY, a naked route), the median of five runs after a warm-up. Nothing else should run meanwhile.

  --quick          three runs
  --json           one object per line on standard output: name, value, unit, floor, ratio, runs
  NAME…            only these: import_dossiers_sqlite, import_dossiers_postgres, guarded_hello, read_cockpit,
                   read_dossier_list, send_mandates, send_mandates_killed, replan_relances, send_relances,
                   send_relances_killed, import_flows_killed, client_bytes, client_interactive, idle_memory, cold_start",
        work: |mut arguments| {
            let (json, quick) = (arguments.flag("--json"), arguments.flag("--quick"));
            let build_only = arguments.flag("--build-only");
            let names = std::mem::take(&mut arguments.words);
            if build_only { bench::prepare(&names) } else { bench::run(json, quick, &names) }
        },
    },
    Command {
        name: "fuzz",
        about: "give hostile files to everything that reads what arrives",
        help: "\
cargo xtask fuzz [MINUTES] [--seed N] [NAME…]

Changes real files at random, from a seed that says how, and gives them to each reader of what arrives: exports (csv),
lifecycle messages (cdar), invoices (invoice), Factur-X (pdf), archives (zip). A reader may refuse; a panic, more than 256 MB,
or a file that it reaches for ends the run of that reader with the input kept in the temporary folder. A compiler of its own is
not needed; the build is optimised, with checks of arithmetic.

  MINUTES          for each reader; 2 unless told
  --seed N         another row of inputs; 1 unless told
  NAME…            only these",
        work: fuzz_command,
    },
    Command {
        name: "fmt",
        about: "format the workspace",
        help: "cargo xtask fmt\n\nFormats every crate, as the first step of `cargo xtask test` checks it.",
        work: |mut arguments| {
            arguments.end()?;
            workspace::cargo("fmt")?.arg("--all").run()
        },
    },
    Command {
        name: "arrows",
        about: "check who may know whom",
        help: "\
cargo xtask arrows

Compares what the crates ask for in their Cargo.toml with the arrows of docs/ARCHITECTURE.md, and keeps `domain` and
`contract` free of input and output, clock and randomness. The rules are at the top of crates/xtask/src/arrows.rs.",
        work: |mut arguments| {
            arguments.end()?;
            say::done(&arrows::check()?);
            Ok(())
        },
    },
    Command {
        name: "openapi",
        about: "write openapi/openapi.json anew from the server; --check compares and lints",
        help: "\
cargo xtask openapi [--check]

Writes openapi/openapi.json from what the server says of itself. Run it after changing a route or a type of `contract`,
and commit the difference.

  --check          write nothing: compare and lint, as `cargo xtask test` does",
        work: openapi_command,
    },
    Command {
        name: "client",
        about: "build the client alone into dist/",
        help: "cargo xtask client\n\nSets up the client's tools, builds it as users get it, and tells the size of each file.",
        work: |mut arguments| {
            arguments.end()?;
            let setup = client::setup()?;
            client::build(&setup)?;
            say::done(&client::weigh(&setup)?);
            Ok(())
        },
    },
    Command {
        name: "module",
        about: "called by Trunk: the client's WebAssembly, cut into parts",
        help: "\
cargo xtask module

Compiles the client, cuts it into the part of the first load and those that arrive when they are opened, and names it in
the page that Trunk has staged. Trunk.toml calls it; by hand, use `cargo xtask client`.",
        work: |mut arguments| {
            arguments.end()?;
            module::build(&client::setup_once()?)
        },
    },
    Command {
        name: "e2e",
        about: "browser tests alone; arguments go to Playwright",
        help: "\
cargo xtask e2e [--no-client] [PLAYWRIGHT ARGUMENTS…]

Builds client and server, starts one server on the demo firm and one on an empty database, and runs Playwright.

  cargo xtask e2e cockpit                   tests of files whose name has \"cockpit\"
  cargo xtask e2e -g \"sign up\" --workers 1  tests of that title, one at a time
  --no-client      use the client in dist/ as it is",
        work: e2e_command,
    },
    Command {
        name: "mock-platform",
        about: "a platform to connect to, whose statuses arrive while one watches",
        help: "\
cargo xtask mock-platform [--bind ADDRESS:PORT] [--every SECONDS] [--service 1.2|1.3] [--clients SIREN,SIREN…]

Starts a platform of e-invoicing on this machine (AFNOR XP Z12-013, made from the published OpenAPI files) and prints the
body by which it is connected. Invoices live through their statuses, one event every few seconds. `curl -X POST
http://127.0.0.1:8090/control/down` makes it fail; busy, slow, garbage, logout, heal and step are the other words. The
server needs --allow-private-platforms to reach it. Ctrl-C stops it.",
        work: |arguments| {
            let job = workspace::cargo("run")?.args(["--quiet", "--package", "mock-platform", "--"]);
            job.args(arguments.words).run()
        },
    },
    Command {
        name: "postgres",
        about: "a throw-away PostgreSQL until Ctrl-C",
        help: "\
cargo xtask postgres

Starts a cluster in a temporary folder on a free port and prints its address as CABREADY_TEST_POSTGRES, which the tests
read. Ctrl-C stops it and removes its data.",
        work: |mut arguments| {
            arguments.end()?;
            apt::install(&postgres::needs()?)?;
            postgres::hold()
        },
    },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(name) = words.next() else {
        overview();
        return ExitCode::FAILURE;
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        match words.next().and_then(|word| find(&word)) {
            Some(command) => say::plain(command.help),
            None => overview(),
        }
        return ExitCode::SUCCESS;
    }
    let Some(command) = find(&name) else {
        let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        say::failed(&format!("there is no command \"{name}\"; expected one of {}", names.join(", ")));
        return ExitCode::FAILURE;
    };
    let arguments = Arguments { command: command.name, words: words.collect() };
    // What follows `--` is Playwright's.
    if arguments.words.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h") {
        say::plain(command.help);
        return ExitCode::SUCCESS;
    }
    match process::watch_signals().and_then(|()| (command.work)(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Interrupted) => {
            say::failed("interrupted; nothing is left running");
            ExitCode::from(130)
        }
        Err(Failure::Because(reason)) => {
            say::failed(&reason);
            ExitCode::FAILURE
        }
    }
}

fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

fn overview() {
    say::plain("cargo xtask COMMAND [--help]\n");
    let rows: Vec<Vec<String>> =
        COMMANDS.iter().map(|command| vec![command.name.to_owned(), command.about.to_owned()]).collect();
    say::table(&rows);
}

/// What follows the command.
struct Arguments {
    command: &'static str,
    words: Vec<String>,
}

impl Arguments {
    fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// `--name VALUE` or `--name=VALUE`.
    fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(index) = self
            .words
            .iter()
            .position(|word| word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
        else {
            return Ok(None);
        };
        let word = self.words.remove(index);
        match word.split_once('=') {
            Some((_, value)) => Ok(Some(value.to_owned())),
            None if index < self.words.len() => Ok(Some(self.words.remove(index))),
            None => Err(format!("{name} needs a value; `cargo xtask {} --help`", self.command).into()),
        }
    }

    /// Nothing else was expected.
    fn end(&mut self) -> Result<()> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(format!(
                "\"{word}\" is not an argument of `cargo xtask {0}`; `cargo xtask {0} --help` tells those that are",
                self.command
            )
            .into()),
        }
    }
}

fn run_command(mut arguments: Arguments) -> Result<()> {
    let empty = arguments.flag("--empty");
    let build_only = arguments.flag("--build-only");
    let bind = arguments.value("--bind")?;
    let port = arguments.value("--port")?;
    let data = arguments.value("--data")?.map(PathBuf::from).unwrap_or_else(workspace::data);
    arguments.end()?;
    let bind = match (bind, port) {
        (Some(_), Some(_)) => return Err("--bind and --port say the same thing: give one of them".into()),
        (Some(bind), None) => bind,
        (None, Some(port)) => match port.parse::<u16>() {
            Ok(port) if port > 0 => format!("127.0.0.1:{port}"),
            _ => return Err(format!("--port is \"{port}\"; expected a number from 1 to 65535").into()),
        },
        (None, None) => run::DEFAULT_BIND.to_owned(),
    };
    let data = std::path::absolute(&data).or_say(|| format!("--data {} is no usable path", data.display()))?;
    run::run(&run::Options { bind, data, empty, build_only })
}

fn test_command(mut arguments: Arguments) -> Result<()> {
    let quick = arguments.flag("--quick");
    arguments.end()?;
    if quick { check::quick() } else { check::everything() }
}

fn fuzz_command(mut arguments: Arguments) -> Result<()> {
    let seed = arguments.value("--seed")?;
    let minutes = match arguments.words.first().map(|w| w.parse::<f64>()) {
        Some(Ok(minutes)) if minutes > 0.0 && minutes <= 600.0 => {
            arguments.words.remove(0);
            minutes
        }
        Some(Ok(other)) => return Err(format!("{other} minutes; expected more than 0 and at most 600").into()),
        Some(Err(_)) | None => 2.0,
    };
    let names = std::mem::take(&mut arguments.words);
    workspace::cargo("run")?
        .args(["--profile", "fuzz", "--package", "fuzz", "--", "--seconds"])
        .args([format!("{}", (minutes * 60.0).ceil() as u64)])
        .args(seed.iter().flat_map(|seed| ["--seed", seed.as_str()]))
        .args(names.iter().map(String::as_str))
        .run()
}

fn setup_command(mut arguments: Arguments) -> Result<()> {
    let what = if arguments.words.is_empty() { None } else { Some(arguments.words.remove(0)) };
    arguments.end()?;
    let (run, test) = match what.as_deref() {
        None => (true, true),
        Some("run") => (true, false),
        Some("test") => (true, true),
        Some(other) => return Err(format!("\"{other}\" cannot be set up; expected \"run\" or \"test\"").into()),
    };
    if test {
        check::setup_system()?;
        say::headline("Set-up of npm's packages");
        tools::npm_packages()?;
    }
    if run {
        say::headline("Set-up of the client's tools");
        client::setup()?;
    }
    Ok(())
}

fn openapi_command(mut arguments: Arguments) -> Result<()> {
    let check = arguments.flag("--check");
    arguments.end()?;
    if check {
        apt::install(&tools::node_needs())?;
        tools::npm_packages()?;
    }
    let binary = server::build(Profile::Tests)?;
    if check {
        say::done(&openapi::compare(&binary)?);
        say::done(&openapi::lint()?);
        Ok(())
    } else {
        openapi::write(&binary)
    }
}

fn e2e_command(mut arguments: Arguments) -> Result<()> {
    let no_client = arguments.flag("--no-client");
    if arguments.words.first().is_some_and(|word| word == "--") {
        arguments.words.remove(0);
    }
    let mut needs = tools::browser_needs()?;
    needs.extend(tools::node_needs());
    apt::install(&needs)?;
    tools::npm_packages()?;
    if !no_client {
        client::build(&client::setup()?)?;
    }
    let binary = server::build(Profile::Tests)?;
    say::done(&browser::run(&binary, &arguments.words)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments { command: "run", words: words.iter().map(|word| (*word).to_owned()).collect() }
    }

    #[test]
    fn values_come_with_a_space_or_an_equals_sign() {
        let mut given = arguments(&["--bind", "127.0.0.1:9000", "--data=/somewhere", "--empty"]);
        assert!(given.flag("--empty"));
        assert_eq!(given.value("--bind").unwrap().as_deref(), Some("127.0.0.1:9000"));
        assert_eq!(given.value("--data").unwrap().as_deref(), Some("/somewhere"));
        assert_eq!(given.value("--port").unwrap(), None);
        given.end().unwrap();
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let refused = arguments(&["--emtpy"]).end().unwrap_err().to_string();
        assert!(refused.contains("\"--emtpy\"") && refused.contains("cargo xtask run --help"), "{refused}");
        assert!(arguments(&["--bind"]).value("--bind").is_err());
    }

    #[test]
    fn every_command_teaches() {
        for command in COMMANDS {
            assert!(command.help.starts_with(&format!("cargo xtask {}", command.name)), "{}", command.name);
        }
    }
}
