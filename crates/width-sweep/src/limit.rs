//! `limit`: the constants of the limit n → ∞.

use std::path::Path;
use std::time::Instant;

use crate::cli::{LimitArgs, mistaken};
use crate::error::CommandError;
use crate::threads::pool;
use lora_analysis::duration;
use lora_constants::{Choices, Cost, KNOWN, Question, Watch, render, solve, write};
use lora_experiment::experiment::{Source, load};
use lora_runner::interrupt::{Finishes, Interrupt};
use lora_runner::memory::{Free, PICTURE, check_drawing, short_of, size};
use lora_runner::progress::{Bar, tell};
use lora_sim::CpuEngine;
use lora_store::folder::Folder;

/// Solves, writes and tells. Everything that can be refused is refused before.
pub fn limit(arguments: &LimitArgs) -> Result<String, CommandError> {
    mistaken::refuse_command(arguments.experiment.as_deref())?;
    let source = Source {
        file: arguments.experiment.clone(),
        set: arguments.set.clone(),
        quick: arguments.quick,
    };
    let loaded = load(&source)?;
    let choices = choices(arguments);
    let question = Question::new((&loaded.name, arguments.quick), &loaded.experiment, &choices)?;
    if let Some(out) = &arguments.out {
        check_drawing(PICTURE)?;
        Folder::check(out, &KNOWN)?;
    }
    let cost = Cost::of(&question)?;
    if !arguments.dry_run {
        refuse_memory(&question, &cost)?;
    }
    pool(arguments.threads)?.install(|| match arguments.dry_run {
        true => dry_run(&question, &cost, arguments.out.as_deref()),
        false => answer(&question, &cost, arguments),
    })
}

fn choices(arguments: &LimitArgs) -> Choices {
    let size = |value: Option<u32>| value.map(|value| value as usize);
    Choices {
        readouts: arguments.readout.clone(),
        gamma: arguments.lr_exponent,
        width: size(arguments.width),
        neurons: size(arguments.neurons),
        loss_neurons: size(arguments.loss_neurons),
        replicates: size(arguments.replicates),
    }
}

/// Refuses what does not fit into memory, as `run` does.
fn refuse_memory(question: &Question, cost: &Cost) -> Result<(), CommandError> {
    let Some(short) = short_of(cost.bytes) else { return Ok(()) };
    let error = question.too_large(&short.needs(), &short.has());
    Err(CommandError::Usage(format!(
        "limit: {error}: try smaller --loss-neurons, --neurons, --replicates or --width"
    )))
}

/// What it would take.
fn dry_run(question: &Question, cost: &Cost, out: Option<&Path>) -> Result<String, CommandError> {
    let seconds = cost.seconds()?;
    let free = Free::now(&CpuEngine::new()).host;
    let free = free.map_or(String::new(), |free| format!(", of which {} are free", size(free)));
    let (bytes, time) = (size(cost.bytes), duration(seconds));
    let out = out.map_or(String::new(), |out| format!("; a run writes to {}", out.display()));
    Ok(format!(
        "{}: {}\nabout {} runs of the limit, coupled to runs of n = {}\nmemory: {bytes}{free}\n\
         time: about {time}, from a small limit that was timed here\n\
         Nothing was solved or written{out}.\n",
        question.name, question.experiment.title, cost.runs, question.width
    ))
}

/// Solves, and writes where that is asked for.
fn answer(question: &Question, cost: &Cost, arguments: &LimitArgs) -> Result<String, CommandError> {
    let expected = cost.runs as u64;
    let bar = Bar::new(None)?;
    bar.gauge().set_length(expected);
    let interrupt = Interrupt::listen(tell, Finishes::Batch)?;
    let (stop, gauge) = (interrupt.asker(), bar.gauge().clone());
    // A search may need more runs than expected.
    let done = move |runs: usize| gauge.set_position((runs as u64).min(expected));
    let began = Instant::now();
    let (answer, curves) = solve(question, &Watch { stop: &stop, done: &done })?;
    drop(bar);
    let mut text = match arguments.json {
        true => serde_json::to_string_pretty(&answer).map_err(CommandError::failed)? + "\n",
        false => render(&answer),
    };
    if let Some(out) = &arguments.out {
        for path in write(out, &answer, &curves, began.elapsed().as_secs_f64())? {
            let line = path.display().to_string();
            // Standard output holds the document alone.
            if arguments.json { tell(&line) } else { text += &format!("{line}\n") }
        }
    }
    Ok(text)
}
