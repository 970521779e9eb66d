//! Finds the C++ compiler of this machine, and what it can do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

use crate::error::Missing;

/// A program that needs the library of C++20, and thread-local variables without a wrapper.
const PROBE: &str = "#include <bit>\n#include <atomic>\nconstinit thread_local unsigned x = 1;\n\
    int main() { std::atomic<bool> b = false; b.notify_all(); return std::popcount(x) - 1; }\n";

/// A compiler that has been found to work.
#[derive(Debug)]
pub(crate) struct Compiler {
    program: String,
    /// `-march=native` where the compiler knows it.
    native: Vec<&'static str>,
    /// All its predefined macros, which tell its version and what the processor can do.
    pub(crate) identity: Vec<u8>,
}

impl Compiler {
    /// The first compiler that works among the usual names. The search is made once.
    pub(crate) fn find() -> Result<&'static Self, Missing> {
        if !cfg!(target_os = "linux") {
            return Err(Missing::System);
        }
        static FOUND: OnceLock<Option<Compiler>> = OnceLock::new();
        FOUND.get_or_init(Self::search).as_ref().ok_or(Missing::Compiler)
    }

    fn search() -> Option<Self> {
        let chosen = std::env::var("CXX").ok().filter(|program| !program.is_empty());
        let usual = ["c++", "g++", "clang++"].map(String::from);
        chosen.into_iter().chain(usual).find_map(Self::try_program)
    }

    fn try_program(program: String) -> Option<Self> {
        [vec!["-march=native"], vec![]].into_iter().find_map(|native| {
            let mut compiler = Self { program: program.clone(), native, identity: Vec::new() };
            if !compiler.builds(PROBE, &[]) {
                return None;
            }
            let arguments = ["-E", "-dM", "-x", "c++", "/dev/null"];
            compiler.identity = compiler.command().args(arguments).output().ok()?.stdout;
            Some(compiler)
        })
    }

    /// The compiler with the flags of every call.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-std=c++20", "-O2", "-ffp-contract=off", "-fno-fast-math"]);
        command.args(&self.native);
        command
    }

    /// Whether it compiles this source to a program that succeeds.
    pub(crate) fn builds(&self, source: &str, flags: &[&str]) -> bool {
        let Ok(folder) = tempfile::tempdir() else { return false };
        let (file, program) = (folder.path().join("probe.cpp"), folder.path().join("probe"));
        if std::fs::write(&file, source).is_err() {
            return false;
        }
        let mut command = self.command();
        command.args(flags).arg(&file).arg("-o").arg(&program).arg("-pthread");
        let ended_well = |output: Output| output.status.success();
        command.output().is_ok_and(ended_well)
            && without_random_addresses(&program).output().is_ok_and(ended_well)
    }

    /// Whether programs with these sanitizers can be compiled and run. It is tried once.
    pub(crate) fn has_sanitizer(&self, names: &'static str) -> bool {
        static TRIED: Mutex<BTreeMap<&str, bool>> = Mutex::new(BTreeMap::new());
        let mut tried = TRIED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let try_it = || self.builds(PROBE, &[&format!("-fsanitize={names}")]);
        *tried.entry(names).or_insert_with(try_it)
    }
}

/// The program's command. The race checker of some compilers cannot start if the system randomises
/// addresses widely. Where `setarch -R` works, it turns that off.
pub(crate) fn without_random_addresses(program: &Path) -> Command {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let works = *WORKS.get_or_init(|| {
        let probe = Command::new("setarch").args(["-R", "true"]).output();
        probe.is_ok_and(|output| output.status.success())
    });
    if !works {
        return Command::new(program);
    }
    let mut command = Command::new("setarch");
    command.arg("-R").arg(PathBuf::from(program));
    command
}
