//! Why a learning rate is not carried.

use lora_theory::{Rational, TheoryError};

use super::choices::CarriedLr;
use super::rule::Rule;
use super::words::{shown, words};

/// A request that contradicts itself, or that has no safe answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TransferError {
    /// Both models are the same.
    #[error("nothing changes between the two models")]
    NothingChanges,
    /// A rule for s was given beside alpha or rsLoRA, which are one.
    #[error("s is given twice: by a rule for the multiplier, and by alpha or rsLoRA")]
    MultiplierTwice,
    /// The alpha of the second model was given without that of the first.
    #[error("the alpha of the second model needs that of the first")]
    AlphaOfOne,
    /// A public rule of the best learning rate was given for the largest stable one.
    #[error("the public rules apply to the best LR, not to the largest stable one")]
    RuleOfBest,
    /// A public rule was given, but the width stays.
    #[error("the rule {rule} is of the width, which does not change")]
    RuleStays {
        /// The rule.
        rule: Rule,
    },
    /// An interval was given beside a public rule, which has none.
    #[error("the rule {rule} has no interval")]
    RuleInterval {
        /// The rule.
        rule: Rule,
    },
    /// An interval was given without the exponent that it belongs to.
    #[error("the interval of an exponent of the {of} needs the exponent itself")]
    IntervalAlone {
        /// What the exponent is of.
        of: SizeName,
    },
    /// An exponent was given of a size that stays.
    #[error("an exponent of the {of} was given, but the {of} does not change")]
    SizeStays {
        /// What the exponent is of.
        of: SizeName,
    },
    /// An exponent lies outside its interval.
    #[error("the exponent {exponent} of the {of} lies outside its interval, {low} to {high}")]
    OutsideInterval {
        /// What the exponent is of.
        of: SizeName,
        /// The exponent.
        exponent: Rational,
        /// Lower end of the interval.
        low: Rational,
        /// Upper end.
        high: Rational,
    },
    /// What was measured follows no power law, and the way leads out of what was measured.
    #[error(
        "the {} is not carried from {of} = {from} to {to}, beyond the measured {of} = {smallest} to \
         {largest}, because {reason}",
        words(*goal)
    )]
    Bends {
        /// The learning rate that is carried.
        goal: CarriedLr,
        /// The symbol of what changes.
        of: &'static str,
        /// Its first value.
        from: f64,
        /// Its other value.
        to: f64,
        /// The smallest measured value.
        smallest: f64,
        /// The largest measured value.
        largest: f64,
        /// Why it is no power law.
        reason: String,
    },
    /// Two sizes were measured, and the way leads out of what was measured.
    #[error(
        "the {} is not carried from {of} = {from} to {to}, beyond the measured {of} = {smallest} and \
         {largest}, because two points always lie on a power law; it takes three to go beyond them",
        words(*goal)
    )]
    TooFewPoints {
        /// The learning rate that is carried.
        goal: CarriedLr,
        /// The symbol of what changes.
        of: &'static str,
        /// Its first value.
        from: f64,
        /// Its other value.
        to: f64,
        /// The smaller measured value.
        smallest: f64,
        /// The larger one.
        largest: f64,
    },
    /// Neither a measurement nor the theory has a power.
    #[error(
        "in this setting the {} has no known power of {of}, by measurement or by theory, so it is not \
         carried from {of} = {} to {}",
        words(*goal), shown(*from), shown(*to)
    )]
    Unknown {
        /// The learning rate that is carried.
        goal: CarriedLr,
        /// The symbol of what changes.
        of: &'static str,
        /// Its first value.
        from: f64,
        /// Its other value.
        to: f64,
        /// What is exact instead at every width, in words, where something is.
        exact: Option<String>,
    },
    /// The factor on the learning rate leaves the range of floating-point numbers.
    #[error("the factor on the LR is no floating-point number")]
    FactorOutOfRange,
    /// The carried learning rate leaves the range of floating-point numbers.
    #[error("the carried LR is too large or too small for a floating-point number")]
    OutOfRange,
    /// The calculus refuses the setting.
    #[error(transparent)]
    Theory(#[from] TheoryError),
}

/// A size with an exponent that can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeName {
    /// n.
    Width,
    /// r.
    Rank,
}

impl std::fmt::Display for SizeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Width => "width",
            Self::Rank => "rank",
        })
    }
}
