//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio.

use std::path::Path;

use crate::error::CommandError;
use lora_advice::transfer::{
    CarriedLr, FinishedRun, RunError, SizeName, TransferAnswer, TransferError, TransferRequest,
    render,
};
use lora_constants::Solved;
use lora_runner::progress::tell;
use lora_theory::Setting;

use crate::cli::TransferArgs;

/// The answer in words, or as JSON.
///
/// # Errors
/// A usage error for a request that contradicts itself, and for one that has no safe answer.
pub fn transfer(arguments: &TransferArgs) -> Result<String, CommandError> {
    if let Some(dir) = &arguments.limit {
        return of_limit(arguments, dir.as_deref());
    }
    let asked = asked(arguments)?;
    let usage = |error| CommandError::Usage(format!("transfer: {}", flags(&error)));
    let answer = TransferAnswer::to(&asked).map_err(usage)?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&answer).map_err(CommandError::failed)?;
        return Ok(text + "\n");
    }
    Ok(render(&answer))
}

/// What a solved limit gives at the width, of the setting that the flags name.
fn of_limit(arguments: &TransferArgs, dir: Option<&Path>) -> Result<String, CommandError> {
    let TransferArgs { init, readout, optimizer, goal, .. } = *arguments;
    let setting = Setting { optimizer, ..Setting::network(init, readout) };
    let (width, stable) = (arguments.to_width.unwrap_or_default(), goal == CarriedLr::Stable);
    let found = Solved::of(dir).and_then(|solved| solved.rate(&setting, width, stable));
    let rates = found.map_err(|error| CommandError::Usage(format!("transfer: {error}")))?;
    if arguments.json {
        return Ok(serde_json::to_string_pretty(&rates).map_err(CommandError::failed)? + "\n");
    }
    Ok(rates.render().trim_start().to_owned())
}

/// The request, with what a run measured where one is named.
fn asked(arguments: &TransferArgs) -> Result<TransferRequest, CommandError> {
    let plain = TransferRequest::from(arguments);
    let Some(dir) = &arguments.from_run else { return Ok(plain) };
    let (found, note) = FinishedRun::open(dir).map_err(|error| of_run(dir, error))?;
    note.iter().for_each(|note| tell(note));
    let run = found.measured(plain.init, plain.goal).map_err(|error| of_run(dir, error))?;
    Ok(match arguments.from_lr {
        Some(_) => plain.with_run(run),
        None => plain.from_own(run),
    })
}

/// An error of a run, with what to do about it.
fn of_run(dir: &Path, error: RunError) -> CommandError {
    let said = match error {
        RunError::Store(error) => return error.into(),
        RunError::OtherRun { .. } | RunError::Lacks { .. } | RunError::NotARun { .. } => {
            format!("{error}; this writes its summary: width-sweep plot {}", dir.display())
        }
        error => error.to_string(),
    };
    CommandError::Usage(format!("transfer: --from-run {said}"))
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
