//! The command line of `peer-bench transformers`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::contestant::{OTHERS, Peer};
use crate::whole_number::at_least;

const AFTER_HELP: &str = "\
Needs what tests/transformers/run.sh needs, whose Python environment it makes and uses, and a C++ compiler
for torch.compile.

Examples:
  cargo run -p peer-bench -- transformers --quick
  cargo run -p peer-bench --release -- transformers --texts shared/data --models target/models
  cargo run -p peer-bench -- transformers --only minilm,llama-64 --rounds 7
  cargo run -p peer-bench -- transformers --table figures/peers/transformers

Writes to DIR: peers.md (the tables), peers.csv, peers.png, peers.svg, peers.json (where it comes from).";

/// Trains LoRA on transformers here and with PyTorch and PEFT: checks that the losses agree, then times
/// all in turn
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Options {
    /// Widths n of the Llama-like models, multiples of 32
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = multiple_of_32)]
    #[arg(default_value = "64,128,256,512,1024")]
    pub widths: Vec<usize>,
    /// Lengths of the sequences of the Llama-like model with n = 256
    #[arg(long, value_name = "L,..", value_delimiter = ',', value_parser = at_least::<2>)]
    #[arg(default_value = "32,64,128,256,512")]
    pub lengths: Vec<usize>,
    /// Only cases whose name contains one of these, such as llama-64, minilm or sweep
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub only: Vec<String>,
    /// A folder with sst2-train.tsv and wikitext2-valid.txt for the sweeps, which take random tokens else
    #[arg(long, value_name = "DIR", requires = "models")]
    pub texts: Option<PathBuf>,
    /// The folder of examples/fetch-models.sh, whose tokenizers cut the texts
    #[arg(long, value_name = "DIR", requires = "texts")]
    pub models: Option<PathBuf>,
    /// Number of rounds; every contestant has one turn in each
    #[arg(long, value_name = "K", default_value = "5", value_parser = at_least::<1>)]
    pub rounds: usize,
    /// Least length of a turn; training is repeated until it has passed
    #[arg(long, value_name = "SECONDS", default_value = "1")]
    pub turn: f64,
    /// How often to repeat a turn in which other programs took over 10% of the processors
    #[arg(long, value_name = "K", default_value = "2")]
    pub retries: usize,
    /// Threads of every contestant
    #[arg(long, value_name = "K", default_value = "2", value_parser = at_least::<1>)]
    pub threads: usize,
    /// PyTorch's threads spin before they sleep, as they do by themselves. On a machine that does anything
    /// else they are then many times slower
    #[arg(long)]
    pub spin: bool,
    /// A contestant that takes longer to start, compile and train once is left out
    #[arg(long, value_name = "SECONDS", default_value = "1800")]
    pub patience: u64,
    /// Contestants to leave out
    #[arg(long, value_name = "KEY,..", value_delimiter = ',')]
    #[arg(value_parser = PossibleValuesParser::new(OTHERS.map(|who| who.key)))]
    pub without: Vec<String>,
    /// Directory for the results [default: figures/peers/transformers, or
    /// target/peer-bench/transformers/quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Tiny models and two short rounds
    #[arg(long)]
    pub quick: bool,
    /// Prints the tables of an earlier call and measures nothing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["quick", "out"])]
    pub table: Option<PathBuf>,
}

fn multiple_of_32(text: &str) -> Result<usize, String> {
    let width = at_least::<32>(text).ok().filter(|width| width.is_multiple_of(32));
    width.ok_or_else(|| "must be a multiple of 32".to_owned())
}

impl Options {
    /// The options with `--quick` applied.
    pub fn settled(self) -> Self {
        if !self.quick {
            return self;
        }
        let (widths, lengths, rounds, turn) = (vec![32, 64], vec![8, 16], 2, 0.05);
        Self { widths, lengths, rounds, turn, ..self }
    }

    /// Whether a case takes part.
    pub fn takes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part))
    }

    /// The other contestants that take part in a case of so many runs, in the order of their turns. A
    /// single run cannot be shared out.
    pub fn others(&self, runs: usize) -> impl Iterator<Item = Peer> {
        OTHERS.into_iter().filter(move |who| {
            let shared = who.alone && (runs == 1 || self.threads == 1);
            !shared && self.without.iter().all(|key| key != who.key)
        })
    }

    /// The directory for the results. Quick results must not replace those at full size.
    pub fn folder(&self) -> PathBuf {
        let usual = match self.quick {
            true => "target/peer-bench/transformers/quick",
            false => "figures/peers/transformers",
        };
        self.out.clone().unwrap_or_else(|| usual.into())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    pub fn options(words: &[&str]) -> Result<Options, String> {
        let words = ["transformers"].iter().chain(words);
        Line::try_parse_from(words).map(|line| line.options).map_err(|error| error.to_string())
    }

    #[test]
    fn a_run_of_its_own_is_not_shared_out() {
        let keys = |words: &[&str], runs| -> Vec<&str> {
            options(words).expect("good words").others(runs).map(|who| who.key).collect()
        };
        assert_eq!(keys(&[], 1), ["eager", "compile"]);
        assert_eq!(keys(&[], 16), ["eager", "compile", "eager-apart", "compile-apart"]);
        assert_eq!(keys(&["--without", "compile,compile-apart"], 16), ["eager", "eager-apart"]);
        assert_eq!(keys(&["--threads", "1"], 16), ["eager", "compile"]);
    }

    #[test]
    fn threads_sleep_unless_they_are_told_to_spin() {
        assert!(
            !options(&[]).expect("no words").spin && options(&["--spin"]).expect("a flag").spin
        );
    }

    #[test]
    fn widths_have_whole_heads_and_texts_come_with_their_models() {
        assert!(options(&["--widths", "48"]).unwrap_err().contains("a multiple of 32"));
        assert!(options(&["--texts", "data"]).unwrap_err().contains("--models"));
        assert!(options(&["--without", "jax"]).unwrap_err().contains("compile-apart"));
    }
}
