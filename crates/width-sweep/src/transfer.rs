//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio.

use std::path::Path;

use crate::error::CommandError;
use lora_advice::transfer::{
    FinishedRun, RunError, SizeName, TransferAnswer, TransferError, TransferRequest, render,
};
use lora_runner::progress::tell;
use lora_store::run_dir::Store;

use crate::cli::TransferArgs;

/// The answer in words, or as JSON.
///
/// # Errors
/// A usage error for a request that contradicts itself, and for one that has no safe answer.
pub fn transfer(arguments: &TransferArgs) -> Result<String, CommandError> {
    let asked = asked(arguments)?;
    let usage = |error| CommandError::Usage(format!("transfer: {}", flags(&error)));
    let answer = TransferAnswer::to(&asked).map_err(usage)?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&answer).map_err(CommandError::failed)?;
        return Ok(text + "\n");
    }
    Ok(render(&answer))
}

/// The request, with what a run measured where one is named.
fn asked(arguments: &TransferArgs) -> Result<TransferRequest, CommandError> {
    let plain = TransferRequest::from(arguments);
    let Some(dir) = &arguments.from_run else { return Ok(plain) };
    let usage =
        |error| CommandError::Usage(format!("transfer: --from-run {}", of_run(dir, &error)));
    let store = Store::for_report(dir)?;
    let read = store.read_back()?;
    // They are what the summary was made of.
    read.runs()?;
    read.note().iter().for_each(|note| tell(note));
    let found = FinishedRun::read(dir, read.experiment).map_err(usage)?;
    let run = found.measured(plain.init, plain.goal).map_err(usage)?;
    Ok(match arguments.from_lr {
        Some(_) => plain.with_run(run),
        None => plain.from_own(run),
    })
}

/// An error of a run, with what to do about it.
fn of_run(dir: &Path, error: &RunError) -> String {
    match error {
        RunError::OtherRun { .. } | RunError::Lacks { .. } | RunError::NotARun { .. } => {
            format!("{error}; this writes its summary: width-sweep plot {}", dir.display())
        }
        _ => error.to_string(),
    }
}

/// An error in terms of the flags, with what to do about it.
fn flags(error: &TransferError) -> String {
    match error {
        TransferError::NothingChanges => {
            "nothing changes; give --to-width, --to-rank, --to-alpha or \
                                          --to-lora-plus-ratio, unlike where it comes from"
                .to_owned()
        }
        TransferError::MultiplierTwice => "--multiplier contradicts --from-alpha, --to-alpha and \
                                           --rslora, which say s themselves: s = alpha/r, or \
                                           alpha/√r with --rslora; give one or the other"
            .to_owned(),
        TransferError::AlphaOfOne => {
            "--to-alpha needs --from-alpha, the alpha of the first model".to_owned()
        }
        TransferError::RuleOfBest => format!("{error}; leave out --goal stable, or --rule"),
        TransferError::RuleStays { rule } => format!(
            "--rule {rule} is of the width, which does not change; give another --to-width, or leave out \
             --rule"
        ),
        TransferError::RuleInterval { .. } => format!("{error}; leave out --exponent-interval"),
        TransferError::IntervalAlone { of } => {
            let flag = flag(*of);
            format!("{flag}-interval needs {flag}, the exponent itself")
        }
        TransferError::SizeStays { of } => format!(
            "{} is of the {of}, which does not change; give --to-{of}, or leave it out",
            flag(*of)
        ),
        TransferError::OutsideInterval { of, exponent, low, high } => {
            format!("{} {exponent} lies outside its interval, {low} to {high}", flag(*of))
        }
        TransferError::Bends { of, smallest, largest, .. }
        | TransferError::TooFewPoints { of, smallest, largest, .. } => format!(
            "{error}; stay between {smallest} and {largest}, or give your own {}",
            flag(if *of == "n" { SizeName::Width } else { SizeName::Rank })
        ),
        TransferError::Unknown { of: "n", .. } => {
            format!("{error}; give your own {}", flag(SizeName::Width))
        }
        TransferError::Unknown { of: "r", .. } => {
            format!("{error}; give your own {}", flag(SizeName::Rank))
        }
        TransferError::Unknown { exact: Some(exact), .. } => format!("{error}; {exact}"),
        TransferError::Unknown { of, .. } => format!("{error}; keep {of} as it is"),
        TransferError::OutOfRange => format!("{error}; look at --from-lr and at the exponents"),
        TransferError::FactorOutOfRange | TransferError::Theory(_) => error.to_string(),
    }
}

/// The flag of a user's own exponent.
fn flag(of: SizeName) -> &'static str {
    match of {
        SizeName::Width => "--exponent",
        SizeName::Rank => "--rank-exponent",
    }
}
