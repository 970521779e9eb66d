//! Solves the constants of an experiment, and writes them as `width-sweep limit --out` does.
//!
//! `cargo run -p lora-constants --example solve -- experiments/paper.toml 1/2,1 figures/limit`

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use lora_constants::{Choices, Question, Watch, render, solve, write};
use lora_experiment::experiment::{Source, load};
use lora_theory::parse_rational;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, readouts, out] = &arguments[..] else {
        return Err("name an experiment, readout exponents such as 1/2,1 and a directory".into());
    };
    let loaded = load(&Source { file: Some(file.into()), set: Vec::new(), quick: false })?;
    let readouts = readouts.split(',').map(parse_rational).collect::<Result<_, _>>()?;
    let choices = Choices { readouts, ..Choices::default() };
    let question = Question::new((&loaded.name, false), &loaded.experiment, &choices)?;
    let began = Instant::now();
    let done = |runs| eprintln!("{runs}");
    let (answer, curves) = solve(&question, &Watch { stop: &|| false, done: &done })?;
    print!("{}", render(&answer));
    write(Path::new(out), &answer, &curves, began.elapsed().as_secs_f64())?;
    Ok(())
}
