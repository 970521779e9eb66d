//! Repeats a recorded run under a sanitizer.

use std::path::Path;
use std::process::ExitStatus;

use crate::artifact::Artifact;
use crate::compiler::{Compiler, without_random_addresses};
use crate::{error::Missing, sources};

/// What a replay looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Threads of a launch that access the same value in no order. Needs a compiler with
    /// `-fsanitize=thread`.
    Races,
    /// Accesses beyond an allocation or a shared array, and undefined behaviour. Needs a compiler
    /// with `-fsanitize=address,undefined`.
    Bounds,
}

/// How a replay ended.
#[derive(Debug)]
pub struct Replayed {
    /// Success if the checker found nothing.
    pub status: ExitStatus,
    /// What the replay printed. For a fault, that is its kind and the lines of source.
    pub text: String,
}

impl Check {
    fn sanitizer(self) -> &'static str {
        match self {
            Self::Races => "thread",
            Self::Bounds => "address,undefined",
        }
    }

    fn artifact(self) -> Artifact {
        // Only the kernels are instrumented, since the executor's own data is not in question.
        let (name, flags, kernel_flags, link_flags): (_, &[&str], &[&str], &[&str]) = match self {
            Self::Races => {
                ("races", &["-DCUDA_ON_CPU_RACES"], &["-fsanitize=thread"], &["-fsanitize=thread"])
            }
            Self::Bounds => (
                "bounds",
                &["-DCUDA_ON_CPU_BOUNDS"],
                &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
                &["-fsanitize=address,undefined"],
            ),
        };
        Artifact { name, own: sources::replay(), flags, kernel_flags, link_flags }
    }
}

pub(crate) fn replay(
    kernels: &Path,
    tape: &Path,
    check: Check,
    drop: Option<&str>,
) -> Result<Replayed, Missing> {
    if !Compiler::find()?.has_sanitizer(check.sanitizer()) {
        return Err(Missing::Sanitizer(check.sanitizer()));
    }
    let program = check.artifact().make(kernels)?;
    let mut command = without_random_addresses(&program);
    command.arg(tape).env_remove("CUDA_ON_CPU_DROP");
    command.env("TSAN_OPTIONS", "halt_on_error=1");
    // A program may end with device memory in use; that is not a leak.
    command.env("ASAN_OPTIONS", "detect_leaks=0").env("UBSAN_OPTIONS", "print_stacktrace=1");
    if let Some(site) = drop {
        let known = sources::barriers(kernels).iter().any(|barrier| barrier == site);
        assert!(known, "there is no barrier at {site}");
        command.env("CUDA_ON_CPU_DROP", site);
    }
    let output = command.output().expect("the replay was built and can be run");
    let text = [output.stdout, output.stderr].concat();
    Ok(Replayed { status: output.status, text: String::from_utf8_lossy(&text).into_owned() })
}
