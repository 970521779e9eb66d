//! A directory to work in, and the command called there as on a machine with a GPU: the stand-in
//! driver runs the GPU's kernels on the CPU.

use std::path::PathBuf;
use std::process::Output;

use crate::session::Session;

/// Variables that steer the stand-in, without what their names begin with.
pub type Variables<'v> = &'v [(&'v str, &'v str)];

/// A session on a machine with a GPU.
pub struct StandIn {
    pub session: Session,
    driver: PathBuf,
}

impl StandIn {
    /// None where no C++ compiler is to make the driver.
    pub fn new() -> Option<Self> {
        let driver = lora_cuda_shim::unless_missing(lora_cuda_shim::library_path())?;
        Some(Self { session: Session::new(), driver })
    }

    /// The command, called with words that hold no blanks.
    pub fn call(&self, words: &str, variables: Variables) -> Output {
        let mut command = self.session.command();
        command.args(words.split_whitespace()).env("LD_LIBRARY_PATH", &self.driver);
        for name in ["MEMORY", "DEVICES", "CAPABILITY", "DRIVER", "TAPE"] {
            command.env_remove(format!("CUDA_ON_CPU_{name}"));
        }
        for (name, value) in variables {
            command.env(format!("CUDA_ON_CPU_{name}"), value);
        }
        command.output().expect("it runs")
    }

    /// Standard output of a call that must succeed and say nothing else.
    pub fn ok(&self, words: &str, variables: Variables) -> String {
        let output = self.call(words, variables);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{words}: {told}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}
