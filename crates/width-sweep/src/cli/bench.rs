//! Arguments of `bench`.

use clap::Args;

use crate::cli::{EngineChoice, Threads};

/// What follows the arguments.
pub const BENCH_HELP: &str = "\
Half of the runs are Init[A] and half Init[B], with Adam, relu and learning rates so small that nothing
diverges. Times are those of whole batches, set-up and records included. An LR-step is one update of
one run. Only useful multiply-adds count, 5 n N r for each LR-step: A Z, B Z_A, dB, dZ_A and dA, without
test points and records. The peak is that of f32 multiply-adds in registers, with the engine's
instruction set and the same number of threads. Memory is the largest that the process took. The
parameters of a batch are A, B and Adam's two moments of each.

Examples:
  width-sweep bench                                the sizes of the paper at its largest width
  width-sweep bench --width 65536 --lrs 32 --json  larger, for scripts
  width-sweep bench --isa avx2 --threads 1         as on a slower machine

--engine cuda has no peak here: lora-cuda-bench measures a device with its stages and peaks.

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was run.";

/// Arguments of `bench`.
#[derive(Clone, Debug, Args)]
pub struct BenchArgs {
    /// Width n
    #[arg(long, value_name = "n", default_value = "8192")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=1 << 31))]
    pub width: u32,
    /// Training points N
    #[arg(long, value_name = "N", default_value = "1000")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 31))]
    pub points: u32,
    /// Held-out points, computed at recorded steps only
    #[arg(long, value_name = "COUNT", default_value = "100")]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=1 << 31))]
    pub test_points: u32,
    /// LoRA rank r
    #[arg(long, value_name = "r", default_value = "4")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
    pub rank: u32,
    /// Runs that train together, each with a learning rate of its own
    #[arg(long, value_name = "COUNT", default_value = "16")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
    pub lrs: u32,
    /// Updates of every run
    #[arg(long, value_name = "T", default_value = "20")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    pub steps: u32,
    /// Every so many updates all norms are recorded, at the first and last in any case; every second
    /// one as in the paper's experiment
    #[arg(long, value_name = "k", default_value = "2")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    pub record_every: u32,
    /// Times that the batch is trained, after a short one to warm up
    #[arg(long, value_name = "COUNT", default_value = "5")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeats: u32,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
    /// Instruction set of the CPU engine: avx512, avx2, neon or portable; not with --engine cuda
    /// [default: the fastest here]
    #[arg(long, value_name = "SET")]
    pub isa: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
