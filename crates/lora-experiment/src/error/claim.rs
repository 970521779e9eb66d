//! What is wrong with a claim.

use lora_theory::{Rational, approximate};
use lora_types::{Init, Quantity};

use super::meant;
use crate::study::test::Test;

/// Why a claim cannot be judged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimProblem {
    /// `quantity` and `quantities`.
    #[error("has both quantity and quantities")]
    BothQuantities,
    /// Neither.
    #[error("names no quantity")]
    NoQuantity,
    /// A comparison with nothing.
    #[error("names nothing to compare with: set against")]
    NoAgainst,
    /// A point that the study does not measure.
    #[error("point = {point}: study {study} does not measure there")]
    NotAPoint {
        /// The study.
        study: String,
        /// The width or rank.
        point: usize,
    },
    /// A key in a test that does not have it.
    #[error("{key} belongs to the test {}, and this one is {}", .of.name(), .test.name())]
    KeyOfOther {
        /// The key.
        key: &'static str,
        /// The test that has it.
        of: Test,
        /// The test.
        test: Test,
    },
    /// A key that a test needs.
    #[error("test {} needs {key}", .test.name())]
    NoKey {
        /// The key.
        key: &'static str,
        /// The test.
        test: Test,
    },
    /// A factor that is none.
    #[error("within = {within}: must be a finite factor above 1")]
    Within {
        /// Its value.
        within: f64,
    },
    /// A collapse of something else than Z_B, or at rates that are searched.
    #[error(
        "test collapse compares zb at given learning rates over widths: study {study} cannot give it, or the claim names another quantity"
    )]
    CollapseOfOther {
        /// The study.
        study: String,
    },
    /// A comparison of two inits by more than one quantity.
    #[error("lower compares one quantity: make a claim for each")]
    SeveralCompared,
    /// A tolerance that is none.
    #[error("tolerance = {tolerance}: must be above 0 and finite")]
    Tolerance {
        /// Its value.
        tolerance: f64,
    },
    /// A study that there is not.
    #[error("there is no study {study:?}{}", meant(.nearest.as_deref()))]
    UnknownStudy {
        /// Its name.
        study: String,
        /// The study with the most similar name, if there is one.
        nearest: Option<String>,
    },
    /// An init that the study does not train.
    #[error("study {study} does not train {}", .init.label())]
    NotTrained {
        /// The study.
        study: String,
        /// The init.
        init: Init,
    },
    /// An init to compare with that the study does not train.
    #[error("study {study} does not train the init of against")]
    AgainstNotTrained {
        /// The study.
        study: String,
    },
    /// A study with a planted fault.
    #[error("study {study} has a fault and serves only the test trains")]
    Faulty {
        /// The study.
        study: String,
    },
    /// A comparison of studies that cannot be compared.
    #[error("{} compares one quantity of two searches", .test.name())]
    OneQuantity {
        /// The test.
        test: Test,
    },
    /// A distance in a test of something else.
    #[error("quantity = \"distance\": only the tests distance and nearer measure it, and this one is {}", .test.name())]
    DistanceByOther {
        /// The test.
        test: Test,
    },
    /// A distance of something else than losses, or at rates that are searched.
    #[error(
        "the test {} compares losses at given learning rates: give study {study} gammas, and leave out quantity",
        .test.name()
    )]
    DistanceOfOther {
        /// The test.
        test: Test,
        /// The study.
        study: String,
    },
    /// A distance of two studies that differ by more than the linearisation.
    #[error(
        "the test distance compares a study with its linearisation: {other} must equal {own} except for model.linearised = true, and {own} must not be linearised"
    )]
    NotItsLinearised {
        /// The study.
        own: String,
        /// The one compared with.
        other: String,
    },
    /// A limit that is not coupled to the runs that it is compared with.
    #[error(
        "study {other} is not the limit of study {own}: it must equal {own} except for limit and neurons, and \
         {own} must have no limit"
    )]
    NotItsLimit {
        /// The study.
        own: String,
        /// The one compared with.
        other: String,
    },
    /// Two studies of runs that have no limit in common.
    #[error(
        "studies {own} and {other} have no limit in common: under Init[A] alone, constant and constant_b may \
         differ, with the same product, and nothing else"
    )]
    NoCommonLimit {
        /// The study.
        own: String,
        /// The one compared with.
        other: String,
    },
    /// A limit compared with itself.
    #[error("against and than both name study {study}")]
    SameLimit {
        /// The study.
        study: String,
    },
    /// A map of a study without given learning rates.
    #[error("a map needs gammas, and study {study} searches")]
    MapOfSearch {
        /// The study.
        study: String,
    },
    /// A quantity that the study does not measure.
    #[error("study {study} does not measure \"{}\"", .quantity.key())]
    NotMeasured {
        /// The study.
        study: String,
        /// The quantity.
        quantity: Quantity,
    },
    /// Two studies whose seeds are not the same.
    #[error(
        "seeds are paired by number, but study {} has seeds {} and study {} has seeds {}: give both \
         the same first_seed",
        .own.0, .own.1, .other.0, .other.1
    )]
    OtherSeeds {
        /// The study, and its seeds in words.
        own: (String, String),
        /// The one compared with.
        other: (String, String),
    },
    /// Two studies with no width or rank in common.
    #[error("studies {own} and {other} have no point in common")]
    NoCommonPoint {
        /// The study.
        own: String,
        /// The one compared with.
        other: String,
    },
    /// No alternatives.
    #[error(
        "compares exponents, but nothing says which it must tell apart: set alternatives = {{ step = \
         \"1/4\" }} for all multiples of 1/4, or a list as in [\"-1\", \"-3/4\"], for the topic or for \
         the claim"
    )]
    NoAlternatives,
    /// No alternative but the prediction itself.
    #[error(
        "alternatives: {of} is predicted {exponent}, and no other exponent is given to tell it from"
    )]
    NoOther {
        /// What is predicted.
        of: String,
        /// Its exponent.
        exponent: Rational,
    },
    /// A tolerance by which the prediction and an alternative pass for one another.
    #[error(
        "tolerance = {given}: {of} is predicted {exponent} and must be told from {other}, so it must be \
         at most {most} ({:.6}), half the distance",
        approximate(*.most)
    )]
    ToleranceTooWide {
        /// The tolerance.
        given: f64,
        /// What is predicted.
        of: String,
        /// Its exponent.
        exponent: Rational,
        /// The nearest alternative.
        other: Rational,
        /// Half the distance.
        most: Rational,
    },
}
