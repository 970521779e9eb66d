//! The command line, and the cases that it asks for.

use std::path::PathBuf;

use clap::Parser;

use crate::case::Case;

const AFTER_HELP: &str = "\
Needs python3 (3.11 or later) with venv, and Linux. The first call installs JAX and PyTorch, pinned in
crates/peer-bench/requirements.txt, under target/peer-bench/.

Examples:
  cargo run -p peer-bench -- --quick
  cargo run -p peer-bench -- --sizes 512,2048,8192 --ranks 4,16 --rounds 7

Writes to DIR: peers.md (the table), peers.csv, peers.png, peers.svg, peers.json (where it comes from).";

/// Trains the same LoRA runs with the CPU engine, JAX and PyTorch: checks that the losses agree, then
/// times all in turn.
#[derive(Clone, Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Widths n
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "512,2048,8192")]
    #[arg(value_parser = at_least::<2>)]
    pub sizes: Vec<usize>,
    /// Ranks r
    #[arg(long, value_name = "R,..", value_delimiter = ',', default_value = "4")]
    #[arg(value_parser = at_least::<1>)]
    pub ranks: Vec<usize>,
    /// Training points N
    #[arg(long, value_name = "N", default_value = "1000", value_parser = at_least::<1>)]
    pub points: usize,
    /// Learning rates that train together
    #[arg(long, value_name = "K", default_value = "16", value_parser = at_least::<1>)]
    pub learning_rates: usize,
    /// Steps of Adam, T
    #[arg(long, value_name = "T", default_value = "20", value_parser = at_least::<1>)]
    pub steps: usize,
    /// Steps of the full model, which is slow; at most T
    #[arg(long, value_name = "T", default_value = "3", value_parser = at_least::<1>)]
    pub full_steps: usize,
    /// Rounds, in each of which every contestant has one turn
    #[arg(long, value_name = "K", default_value = "5", value_parser = at_least::<1>)]
    pub rounds: usize,
    /// Least length of a turn, in which training is repeated
    #[arg(long, value_name = "SECONDS", default_value = "0.5")]
    pub turn: f64,
    /// How often a turn is had again in which others took over 10% of the processors
    #[arg(long, value_name = "K", default_value = "2")]
    pub retries: usize,
    /// Threads of every contestant
    #[arg(long, value_name = "K", default_value = "2", value_parser = at_least::<1>)]
    pub threads: usize,
    /// A contestant that takes longer to start, compile and train once is left out
    #[arg(long, value_name = "SECONDS", default_value = "180")]
    pub patience: u64,
    /// Where results go [default: figures/peers, or target/peer-bench/quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Small sizes and two rounds, in place of --sizes, --points, --learning-rates, --steps, --rounds
    #[arg(long)]
    pub quick: bool,
}

fn at_least<const LEAST: usize>(text: &str) -> Result<usize, String> {
    let wanted = format!("must be a whole number of at least {LEAST}");
    text.parse().ok().filter(|&number| number >= LEAST).ok_or(wanted)
}

impl Cli {
    /// With the small sizes where `--quick` asks for them.
    pub fn settled(self) -> Self {
        let full_steps = self.full_steps.min(if self.quick { 5 } else { self.steps });
        if !self.quick {
            return Self { full_steps, ..self };
        }
        let sizes = vec![128, 256];
        let (points, learning_rates, steps, rounds, turn) = (200, 4, 5, 2, 0.05);
        Self { sizes, points, learning_rates, steps, full_steps, rounds, turn, ..self }
    }

    /// What is trained: every size at every rank.
    pub fn cases(&self) -> Vec<Case> {
        let of = |rank| self.sizes.iter().map(move |&width| (width, rank));
        let pairs = self.ranks.iter().flat_map(|&rank| of(rank));
        pairs.map(|(width, rank)| self.case(width, rank)).collect()
    }

    /// Quick numbers must not take the place of real ones.
    pub fn folder(&self) -> PathBuf {
        let usual = if self.quick { "target/peer-bench/quick" } else { "figures/peers" };
        self.out.clone().unwrap_or_else(|| usual.into())
    }

    fn case(&self, width: usize, rank: usize) -> Case {
        let Self { points, learning_rates, steps, .. } = *self;
        Case { width, rank, points, learning_rates, steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_full_steps_stay_within_the_steps() {
        let cli = Cli::parse_from(["peer-bench", "--steps", "2", "--ranks", "4,16"]).settled();
        assert_eq!(cli.full_steps, 2);
        assert_eq!(cli.cases().len(), 6);
        let quick = Cli::parse_from(["peer-bench", "--quick"]).settled();
        assert!(quick.full_steps <= quick.steps && quick.cases().len() == 2);
    }
}
