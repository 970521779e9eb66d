//! Prints the folder to put into `LD_LIBRARY_PATH` so that a program finds the stand-in driver;
//! compiles it first. Exit code 3 where there is no compiler.

use std::process::ExitCode;

fn main() -> ExitCode {
    match lora_cuda_shim::library_path() {
        Ok(folder) => {
            println!("{}", folder.display());
            ExitCode::SUCCESS
        }
        Err(missing) => {
            eprintln!("no stand-in driver: {missing}");
            ExitCode::from(3)
        }
    }
}
