//! Compiles the stand-in driver, and prints the folder that `LD_LIBRARY_PATH` must name so that a
//! program finds it. Exits with 3 if the driver cannot be compiled here.

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
