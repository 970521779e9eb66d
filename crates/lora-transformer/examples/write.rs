//! Lets a model write, for `tests/transformers/written.py`:
//!
//! ```sh
//! cargo run -p lora-transformer --example write -- FOLDER|FILE.gguf NEW_TOKENS [STOP...] <PROMPTS
//! ```
//!
//! Each line of standard input is a prompt, a JSON array of tokens. Each line of standard output is a JSON
//! object: `written` has the tokens behind the prompt, up to NEW_TOKENS of them and before the first STOP,
//! and `choices` the log-probabilities of tokens 0 to 3 as the first of them.

use std::error::Error;
use std::io::{BufWriter, Write, stdin, stdout};
use std::path::Path;

use lora_checkpoint::Checkpoint;
use lora_transformer::base::Base;
use lora_transformer::generate::{Limits, greedy, log_probabilities};
use lora_transformer::net::Task;
use lora_transformer::pass::{Pass, Values, Wants};
use serde_json::json;

const USAGE: &str = "usage: write FOLDER|FILE.gguf NEW_TOKENS [STOP...] <PROMPTS";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, new_tokens, stop @ ..] = args.as_slice() else { return Err(USAGE.into()) };
    let stop = stop.iter().map(|token| token.parse()).collect::<Result<_, _>>()?;
    let limits = Limits { new_tokens: new_tokens.parse()?, stop };
    let base = Base::new(Checkpoint::open(Path::new(path))?, Task::NextToken, 0)?;
    let (wants, own) = (Wants::nothing(&base.net), Default::default());
    let pass = Pass {
        net: &base.net,
        values: Values { base: &base.weights, own: &own },
        adapters: &vec![None; base.net.sites.len()],
        wants: &wants,
        dropout: None,
        observer: None,
        first_row: 0,
    };
    let prompts = stdin().lines().map(|line| Ok(serde_json::from_str(&line?)?));
    let prompts: Vec<Vec<u32>> = prompts.collect::<Result<_, Box<dyn Error>>>()?;
    let texts = greedy(&pass, &prompts, &limits)?;
    let choices = log_probabilities(&pass, &prompts, &[0, 1, 2, 3])?;
    let mut to = BufWriter::new(stdout().lock());
    for (written, choices) in texts.iter().zip(&choices) {
        writeln!(to, "{}", json!({ "written": written, "choices": choices }))?;
    }
    Ok(to.flush()?)
}
