//! What is asked of `transfer`, with every contradiction refused.

use lora_theory::{Rational, Setting, approximate};
use serde::Serialize;

use crate::transfer::asked::TransferRequest;
use crate::transfer::choices::{CarriedLr, Multiplier};
use crate::transfer::error::{SizeName, TransferError};
use crate::transfer::rule::Rule;

/// A request that makes sense.
pub struct CheckedTransfer<'a> {
    /// As it was made.
    pub arguments: &'a TransferRequest,
    /// How s goes with the rank.
    pub multiplier: Multiplier,
    /// The setting that the theory analyses.
    pub setting: Setting,
    /// n of both models, where it changes.
    pub width: Option<[f64; 2]>,
    /// r, where it changes.
    pub rank: Option<[f64; 2]>,
    /// α, where it changes.
    pub alpha: Option<[f64; 2]>,
    /// η_B/η_A of both models.
    pub ratio: [f64; 2],
    /// s of both models, where α is known.
    pub s: Option<[f64; 2]>,
    /// The user's exponent of the width.
    pub given_width: Option<Given>,
    /// The user's exponent of the rank.
    pub given_rank: Option<Given>,
}

/// A user's own exponent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Given {
    /// The exponent.
    pub exponent: f64,
    /// The same as a fraction.
    pub exact: String,
    /// Its interval, if one was given.
    pub interval: Option<[f64; 2]>,
    /// The public rule that it is of; absent for an exponent of the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

impl<'a> CheckedTransfer<'a> {
    /// Checks what is asked.
    ///
    /// # Errors
    /// [`TransferError`] if nothing changes, or if parts of the request contradict each other.
    pub fn of(arguments: &'a TransferRequest) -> Result<Self, TransferError> {
        let multiplier = multiplier(arguments)?;
        let sizes = |from: u32, to: Option<u32>| [f64::from(from), f64::from(to.unwrap_or(from))];
        let ranks = sizes(arguments.from_rank, arguments.to_rank);
        let width = changed(sizes(arguments.from_width, arguments.to_width));
        let rank = changed(ranks);
        let alphas = alphas(arguments)?;
        let ratio = ratios(arguments);
        let (alpha, ratio_changes) = (alphas.and_then(changed), changed(ratio).is_some());
        // A run knows the learning rate of each of its widths itself.
        let known = arguments.run.is_some() && arguments.from_interval.is_some();
        if width.is_none() && rank.is_none() && alpha.is_none() && !ratio_changes && !known {
            return Err(TransferError::NothingChanges);
        }
        of_rule(arguments, width.is_some())?;
        let exponent = arguments.rule.map(Rule::exponent).or(arguments.exponent);
        let interval = arguments.exponent_interval;
        let (of_rank, interval_of_rank) =
            (arguments.rank_exponent, arguments.rank_exponent_interval);
        Ok(Self {
            multiplier,
            setting: setting(arguments, multiplier),
            given_width: given(SizeName::Width, exponent, interval, width.is_some())?
                .map(|given| Given { rule: arguments.rule.map(Rule::key), ..given }),
            given_rank: given(SizeName::Rank, of_rank, interval_of_rank, rank.is_some())?,
            s: alphas.map(|alphas| [0, 1].map(|i| alphas[i] / divisor(multiplier, ranks[i]))),
            width,
            rank,
            alpha,
            ratio,
            arguments,
        })
    }
}

/// Refuses a public rule that does not go with the rest.
fn of_rule(arguments: &TransferRequest, changes: bool) -> Result<(), TransferError> {
    let Some(rule) = arguments.rule else { return Ok(()) };
    if arguments.goal == CarriedLr::Stable {
        return Err(TransferError::RuleOfBest);
    }
    if arguments.exponent_interval.is_some() {
        return Err(TransferError::RuleInterval { rule });
    }
    if changes { Ok(()) } else { Err(TransferError::RuleStays { rule }) }
}

/// Both, if they differ.
fn changed(sizes: [f64; 2]) -> Option<[f64; 2]> {
    (sizes[0] != sizes[1]).then_some(sizes)
}

fn multiplier(arguments: &TransferRequest) -> Result<Multiplier, TransferError> {
    let alpha = arguments.from_alpha.is_some() || arguments.to_alpha.is_some();
    match (arguments.multiplier, alpha, arguments.rslora) {
        (Some(_), true, _) | (Some(_), _, true) => Err(TransferError::MultiplierTwice),
        (Some(multiplier), ..) => Ok(multiplier),
        (None, _, true) => Ok(Multiplier::Sqrt),
        (None, _, false) => Ok(Multiplier::Inverse),
    }
}

fn alphas(arguments: &TransferRequest) -> Result<Option<[f64; 2]>, TransferError> {
    match (arguments.from_alpha, arguments.to_alpha) {
        (None, Some(_)) => Err(TransferError::AlphaOfOne),
        (None, None) => Ok(None),
        (Some(from), to) => Ok(Some([from, to.unwrap_or(from)])),
    }
}

fn ratios(arguments: &TransferRequest) -> [f64; 2] {
    let from = arguments.lora_plus_ratio.unwrap_or(1.0);
    [from, arguments.to_lora_plus_ratio.unwrap_or(from)]
}

/// What α is divided by.
fn divisor(multiplier: Multiplier, rank: f64) -> f64 {
    match multiplier {
        Multiplier::Constant => 1.0,
        Multiplier::Sqrt => rank.sqrt(),
        Multiplier::Inverse => rank,
    }
}

fn given(
    of: SizeName,
    exponent: Option<Rational>,
    interval: Option<[Rational; 2]>,
    changes: bool,
) -> Result<Option<Given>, TransferError> {
    let Some(exponent) = exponent else {
        return match interval {
            Some(_) => Err(TransferError::IntervalAlone { of }),
            None => Ok(None),
        };
    };
    if !changes {
        return Err(TransferError::SizeStays { of });
    }
    if let Some([low, high]) = interval.filter(|[low, high]| exponent < *low || *high < exponent) {
        return Err(TransferError::OutsideInterval { of, exponent, low, high });
    }
    Ok(Some(Given {
        exponent: approximate(exponent),
        exact: exponent.to_string(),
        interval: interval.map(|ends| ends.map(approximate)),
        rule: None,
    }))
}

fn setting(arguments: &TransferRequest, multiplier: Multiplier) -> Setting {
    Setting {
        optimizer: arguments.optimizer,
        multiplier_rank: match multiplier {
            Multiplier::Constant => Rational::new_raw(0, 1),
            Multiplier::Sqrt => Rational::new_raw(1, 2),
            Multiplier::Inverse => Rational::new_raw(1, 1),
        },
        ..Setting::network(arguments.init, arguments.readout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_goes_with_a_width_that_changes_and_with_no_interval() {
        let rule = Rule::TinkerQwen;
        let request = TransferRequest { rule: Some(rule), ..TransferRequest::default() };
        let refused = |request: &TransferRequest| CheckedTransfer::of(request).err();
        let rank = TransferRequest { to_rank: Some(8), ..request.clone() };
        assert_eq!(refused(&rank), Some(TransferError::RuleStays { rule }));
        let wider = TransferRequest { to_width: Some(2048), ..request };
        assert_eq!(refused(&wider), None);
        let interval = Some([Rational::new_raw(-1, 10), Rational::new_raw(0, 1)]);
        let both = TransferRequest { exponent_interval: interval, ..wider };
        assert_eq!(refused(&both), Some(TransferError::RuleInterval { rule }));
    }
}
