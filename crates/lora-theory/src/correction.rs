//! How fast a finite width approaches its limit.
//!
//! The limit keeps the leading terms of the training step. What it leaves out is smaller by a power of
//! n, and the largest of these powers says how fast the distance falls. All sizes are relative to what
//! the limit keeps, and come from the same symbolic training step as [`leading`]. \[D\]
//!
//! | what is left out | relative size |
//! |---|---|
//! | n neurons in place of an expectation | n^-1/2 |
//! | a product W_outᵀ s (B0 or ΔB)(A0 or ΔA) Z below e⁰ | the product over e⁰ |
//! | the frozen output beside the targets, or the targets beside it | the smaller over the larger |
//! | φ's curvature where Z_B → 0 | Z_B², or Z_B where an initial factor makes Z_B |
//! | h in the masks of φ' where Z_B → ∞ | Z_B^-1/2 |
//!
//! The curvature: the term of φ(h + Z_B) of second order is Z_B times the kept one. An output that the
//! updates of B read is odd in ω neuron by neuron, so that this term has the mean zero, and the next one
//! counts. The masks: h turns the sign of h + Z_B at a share h/Z_B of the neurons, which is n/Z_B of n.
//! They change a sum of n independent terms by (n/Z_B)^1/2 beside its n^1/2. In the output itself h is
//! smaller, of 1/Z_B.

use std::fmt;

use serde::Serialize;

use crate::leading::leading;
use crate::no_limit::{NoLimit, Part, Product};
use crate::rational::{half, mul, sub};
use crate::step::run;
use crate::{Exponent, Leading, Preactivation, Rational, Setting, Source, TheoryError};

/// What a limit leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOut {
    /// Sums over n neurons in place of expectations.
    Sampling,
    /// A product of parts of B and A that is smaller than the error.
    Product(Product),
    /// The frozen output beside the targets.
    FrozenOutput,
    /// The targets beside the frozen output.
    Targets,
    /// φ's curvature around H.
    Curvature,
    /// h in the masks of φ'.
    Masks,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sampling => f.pad("the finite sample of neurons"),
            Self::Product(product) => product.fmt(f),
            Self::FrozenOutput => f.pad("the frozen output"),
            Self::Targets => f.pad("the targets"),
            Self::Curvature => f.pad("the curvature of φ"),
            Self::Masks => f.pad("h in the masks of φ'"),
        }
    }
}

/// What a limit leaves out, and how it falls with the width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// Which part.
    pub of: LeftOut,
    /// x < 0 in its relative size n^x.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub exponent: Rational,
}

/// The leading correction at η = n^γ: the distance of a finite run to its limit is Θ(n^x), with the x
/// of the largest part that the limit leaves out. Of equally large ones it is the first of the table.
///
/// ```
/// use lora_theory::{Init, Setting, correction, rational};
/// // Under Init[A] with the standard readout u⁰ = A0 Z stands beside n^1/4 U.
/// let setting = Setting::network(Init::A, rational(1, 2)?);
/// let left_out = correction(&setting, rational(-3, 4)?)?.expect("it has a limit");
/// assert_eq!(left_out.exponent, rational(-1, 4)?);
/// assert_eq!(left_out.of.to_string(), "s ΔB A0 Z");
/// # Ok::<(), lora_theory::TheoryError>(())
/// ```
///
/// # Errors
/// [`TheoryError`] for a bad setting or γ, or if an exact exponent does not fit 64 bits. A setting
/// without a limit is no error: it comes back as [`NoLimit`].
pub fn correction(
    setting: &Setting,
    gamma: Rational,
) -> Result<Result<Correction, NoLimit>, TheoryError> {
    let terms = match leading(setting, gamma)?.terms() {
        Ok(terms) => terms,
        Err(why) => return Ok(Err(why)),
    };
    let frozen = run(&setting.validated()?)?.parts.frozen.at(gamma)?;
    let mut largest = Correction { of: LeftOut::Sampling, exponent: mul(half(), (-1).into())? };
    for (of, exponent) in left_out(&terms, frozen)? {
        if exponent > largest.exponent {
            largest = Correction { of, exponent };
        }
    }
    Ok(Ok(largest))
}

/// Every part but the sampling, with its relative exponent.
fn left_out(terms: &Leading, frozen: Exponent) -> Result<Vec<(LeftOut, Rational)>, TheoryError> {
    let mut all = Vec::new();
    let error = terms.scales.error;
    for b in Part::ALL {
        for a in Part::ALL {
            let size = terms.products[b as usize][a as usize];
            all.extend(beside(LeftOut::Product(Product { b, a }), size, error)?);
        }
    }
    all.extend(beside(LeftOut::FrozenOutput, frozen, error)?);
    all.extend(beside(LeftOut::Targets, Exponent::ONE, error)?);
    let z_b = terms.scales.z_b.power();
    all.extend(match (terms.preactivation, z_b) {
        (Preactivation::Linearised, Some(z_b)) => {
            let order = if terms.features == Source::Updates { 2 } else { 1 };
            Some((LeftOut::Curvature, mul(z_b, order.into())?))
        }
        (Preactivation::Homogeneous, Some(z_b)) => {
            Some((LeftOut::Masks, mul(z_b, Rational::new_raw(-1, 2))?))
        }
        _ => None,
    });
    Ok(all)
}

/// A part that is smaller than what it stands beside; nothing for an exact zero, and for what the limit
/// keeps.
fn beside(
    of: LeftOut,
    size: Exponent,
    whole: Exponent,
) -> Result<Option<(LeftOut, Rational)>, TheoryError> {
    match (size.power(), whole.power()) {
        (Some(size), Some(whole)) if size < whole => Ok(Some((of, sub(size, whole)?))),
        _ => Ok(None),
    }
}
