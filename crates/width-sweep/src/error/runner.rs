//! The advice on errors of the runner.

use lora_runner::error::{AdapterFault, MissingCells, Owner, RunnerError};
use lora_runner::memory::ShortMemory;

use super::CommandError;
use crate::typed;

impl From<RunnerError> for CommandError {
    fn from(error: RunnerError) -> Self {
        let said = error.to_string();
        match error {
            RunnerError::Store(error) => error.into(),
            RunnerError::Request(error) => error.into(),
            RunnerError::NoDevice(unavailable) => {
                let remedy = unavailable.remedy().map(|remedy| format!("{remedy}, or "));
                let remedy = remedy.unwrap_or_default();
                Self::Usage(format!("--engine {said}; {remedy}type --engine cpu"))
            }
            RunnerError::TransformerOnDevice
            | RunnerError::LinearisedOnDevice
            | RunnerError::IngredientsOnDevice => {
                Self::Usage(format!("--engine {said}; type --engine cpu"))
            }
            RunnerError::UnknownInstructionSet { .. } => Self::Usage(format!("--isa {said}")),
            RunnerError::InstructionSetOfCpu { word, engine } => {
                Self::Usage(format!("--isa {word}: is for the CPU, but --engine is {engine}"))
            }
            // As the command line names the key.
            RunnerError::TooLarge { complaint, short } => {
                Self::Usage(Self::from(*complaint).to_string() + way_out(&short))
            }
            RunnerError::BatchTooLarge(shortage) => {
                let way_out = way_out(&shortage.short);
                Self::Usage(format!("{said}: try a smaller --width, --points or --lrs{way_out}"))
            }
            RunnerError::NothingToRebuild { .. } => Self::Usage(format!(
                "{said}: run the experiment again with this --out, which trains what is missing"
            )),
            RunnerError::MergedIntoItself { .. } => Self::Usage(format!("--out {said}")),
            RunnerError::StillTraining { .. } => {
                Self::Usage(format!("{said}; wait until it has ended, then merge"))
            }
            RunnerError::DifferentSweeps { .. } => {
                Self::Usage(format!("{said}; only parts of one sweep can be merged"))
            }
            RunnerError::Adapter { fault: AdapterFault::OtherResult { .. }, .. } => {
                Self::Failed(said)
            }
            RunnerError::Adapter {
                fault: AdapterFault::NoSuchRun { what, value, valid }, ..
            } => Self::Usage(format!("--{what} {value}: must be one of: {valid}")),
            RunnerError::Adapter { .. }
            | RunnerError::NoMemoryToDraw(_)
            | RunnerError::NotAShard { .. }
            | RunnerError::SameName { .. }
            | RunnerError::NotBegun(_) => Self::Usage(said),
            RunnerError::Unfinished { gaps, .. } => {
                let gaps: String = gaps.iter().map(line).collect();
                Self::Unfinished(format!("{said}:{gaps}"))
            }
            RunnerError::Stopped { .. } => {
                let go_on = typed::line(&typed::words_to_go_on());
                Self::Interrupted(format!("{said}; this command continues it:\n  {go_on}"))
            }
            _ => Self::Failed(said),
        }
    }
}

/// What else there is to do where memory is short. The machine may have what the device has not.
pub fn way_out(short: &ShortMemory) -> &'static str {
    if short.device.is_some() { ", or type --engine cpu" } else { "" }
}

fn line(MissingCells { of, words, command, directory, .. }: &MissingCells) -> String {
    let what = match of {
        Owner::Part(..) => "this command continues it",
        Owner::Absent(_) => "this trains it",
    };
    let command = match (command.as_slice(), of) {
        ([], _) => "the command that began it".to_owned(),
        (words, Owner::Part(..)) => typed::line_in(directory.as_deref(), words),
        (words, Owner::Absent(shard)) => {
            typed::line_in(directory.as_deref(), &typed::for_shard(words, shard))
        }
    };
    format!("\n{of}; {what} ({words}):\n  {command}")
}
