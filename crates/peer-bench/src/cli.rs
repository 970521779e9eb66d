//! The command line, and the cases that it selects.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};

use crate::case::TimedCase;
use crate::contestant::{Contestant, OTHERS};
use crate::transformers::{OUR_WORKER, Options};
use crate::whole_number::at_least;

const AFTER_HELP: &str = "\
Needs python3 (3.11 or later) with venv, and Linux. The first call installs JAX and PyTorch, pinned in
crates/peer-bench/requirements.txt, under target/peer-bench/.

Examples:
  cargo run -p peer-bench -- --quick
  cargo run -p peer-bench -- --sizes 512,2048,8192 --ranks 4,16 --rounds 7
  cargo run -p peer-bench -- --sizes 2048 --ranks 4,64 --points 100,4096 --without torch-full

Writes to DIR: peers.md (the table), peers.csv, peers.png, peers.svg, peers.json (where it comes from).

`peer-bench transformers` compares LoRA on transformers with PyTorch and PEFT.";

/// Trains the same LoRA runs with the CPU engine, JAX and PyTorch: checks that the losses agree, then
/// times all in turn.
#[derive(Clone, Debug, Parser)]
#[command(version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Another comparison
    #[command(subcommand)]
    pub other: Option<Other>,
    /// Widths n
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "512,2048,8192")]
    #[arg(value_parser = at_least::<2>)]
    pub sizes: Vec<usize>,
    /// Ranks r
    #[arg(long, value_name = "R,..", value_delimiter = ',', default_value = "4")]
    #[arg(value_parser = at_least::<1>)]
    pub ranks: Vec<usize>,
    /// Training samples N
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "1000")]
    #[arg(value_parser = at_least::<1>)]
    pub points: Vec<usize>,
    /// Number of learning rates that train together
    #[arg(long, value_name = "K", default_value = "16", value_parser = at_least::<1>)]
    pub learning_rates: usize,
    /// Steps of Adam, T
    #[arg(long, value_name = "T", default_value = "20", value_parser = at_least::<1>)]
    pub steps: usize,
    /// Steps of the full model, which is slow; at most T
    #[arg(long, value_name = "T", default_value = "3", value_parser = at_least::<1>)]
    pub full_steps: usize,
    /// Number of rounds; every contestant has one turn in each
    #[arg(long, value_name = "K", default_value = "5", value_parser = at_least::<1>)]
    pub rounds: usize,
    /// Least length of a turn; training is repeated until it has passed
    #[arg(long, value_name = "SECONDS", default_value = "0.5")]
    pub turn: f64,
    /// How often to repeat a turn in which other programs took over 10% of the processors
    #[arg(long, value_name = "K", default_value = "2")]
    pub retries: usize,
    /// Threads of every contestant
    #[arg(long, value_name = "K", default_value = "2", value_parser = at_least::<1>)]
    pub threads: usize,
    /// A contestant that takes longer to start, compile and train once is left out
    #[arg(long, value_name = "SECONDS", default_value = "180")]
    pub patience: u64,
    /// Contestants to leave out
    #[arg(long, value_name = "KEY,..", value_delimiter = ',')]
    #[arg(value_parser = PossibleValuesParser::new(OTHERS.map(|who| who.key)))]
    pub without: Vec<String>,
    /// Directory for the results [default: figures/peers, or target/peer-bench/quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Small sizes and two rounds instead of --sizes, --points, --learning-rates, --steps, --rounds
    #[arg(long)]
    pub quick: bool,
}

/// What else there is to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Other {
    /// LoRA on transformers, here and with PyTorch and PEFT
    Transformers(Box<Options>),
    /// Our contestant on transformers, which the comparison starts
    #[command(name = OUR_WORKER, hide = true)]
    Worker {
        /// The folder of a case
        folder: PathBuf,
        /// Threads
        threads: usize,
    },
}

impl Cli {
    /// The options with `--quick` applied.
    pub fn settled(self) -> Self {
        let full_steps = self.full_steps.min(if self.quick { 5 } else { self.steps });
        if !self.quick {
            return Self { full_steps, ..self };
        }
        let sizes = vec![128, 256];
        let (points, learning_rates, steps, rounds, turn) = (vec![200], 4, 5, 2, 0.05);
        Self { sizes, points, learning_rates, steps, full_steps, rounds, turn, ..self }
    }

    /// The cases: every width at every rank with every number of training samples.
    pub fn cases(&self) -> Vec<TimedCase> {
        let Self { learning_rates, steps, .. } = *self;
        let mut cases = Vec::new();
        for &points in &self.points {
            for &rank in &self.ranks {
                for &width in &self.sizes {
                    cases.push(TimedCase { width, rank, points, learning_rates, steps });
                }
            }
        }
        cases
    }

    /// The other contestants that take part, in the order of their turns.
    pub fn others(&self) -> impl Iterator<Item = Contestant> {
        OTHERS.into_iter().filter(|who| self.without.iter().all(|key| key != who.key))
    }

    /// The directory for the results. Quick results must not replace those at full size.
    pub fn folder(&self) -> PathBuf {
        let usual = if self.quick { "target/peer-bench/quick" } else { "figures/peers" };
        self.out.clone().unwrap_or_else(|| usual.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_full_steps_stay_within_the_steps() {
        let cli = Cli::parse_from(["peer-bench", "--steps", "2", "--ranks", "4,16"]).settled();
        assert_eq!(cli.full_steps, 2);
        assert_eq!(cli.cases().len(), 6);
        let quick = Cli::parse_from(["peer-bench", "--quick"]).settled();
        assert!(quick.full_steps <= quick.steps && quick.cases().len() == 2);
    }

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let lists = ["--sizes", "64,128", "--ranks", "4,16", "--points", "100,1000,4096"];
        let cases = Cli::parse_from(["peer-bench"].iter().chain(&lists)).cases();
        let names: HashSet<String> = cases.iter().map(TimedCase::name).collect();
        assert_eq!((cases.len(), names.len()), (12, 12));
    }

    #[test]
    fn who_is_left_out_must_be_somebody() {
        let cli = Cli::parse_from(["peer-bench", "--without", "torch-full,jax-map"]);
        let keys: Vec<&str> = cli.others().map(|who| who.key).collect();
        assert_eq!(keys, ["jax-vmap", "torch-eager", "torch-compile"]);
        let error = Cli::try_parse_from(["peer-bench", "--without", "torch"]).unwrap_err();
        assert!(error.to_string().contains("torch-full"), "{error}");
    }
}
