//! Arguments of `export-adapter`.

use std::path::PathBuf;

use clap::Args;

use super::{Threads, choices};

/// What follows the arguments.
pub const ADAPTER_HELP: &str = "\
Examples:
  width-sweep export-adapter runs/finetune --init A
  width-sweep export-adapter runs/finetune --init B --width 64 --seed 1 --out adapter

DIR gets last/, the adapter after the last step, and best/, that of the recorded step with the lowest
test loss, or with the highest accuracy where sentences are classified; of equal steps the earliest.
Both are folders for PEFT. adapter.json says what they are. Paths of the base and of the data are
those of the run: call it from the same directory.";

/// Arguments of `export-adapter`.
#[derive(Clone, Debug, Args)]
pub struct AdapterArgs {
    /// The directory of a sweep of a transformer; it need not have ended
    pub run: PathBuf,
    /// Which factor started random: A, B or AB
    #[arg(long, value_parser = choices::init(), ignore_case = true)]
    pub init: lora_types::Init,
    /// n [default: the largest of the sweep]
    #[arg(long, value_name = "N")]
    pub width: Option<usize>,
    /// Seed [default: the first of the sweep]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Learning rate of a stored run [default: the one with the best score]
    #[arg(long, value_name = "η")]
    pub lr: Option<f64>,
    /// Where the adapters go: a new directory, or one of earlier adapters, which are replaced
    /// [default: a directory in RUN/adapters]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
}
