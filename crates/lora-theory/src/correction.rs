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
//! | φ's curvature where Z_B → 0 | that of the linearisation at h, [`linearised_distance`] |
//! | h in the masks of φ' where Z_B → ∞ | Z_B^-1/2 |
//!
//! The curvature: the term of φ(h + Z_B) of second order is Z_B times the kept one. An output that the
//! updates of B read is odd in ω neuron by neuron, so that this term has the mean zero, and the next one
//! counts: Z_B². Behind a kink nothing cancels, and Z_B is left. The masks: h turns the sign of h + Z_B at a share h/Z_B of the neurons, which is n/Z_B of n.
//! They change a sum of n independent terms by (n/Z_B)^1/2 beside its n^1/2. In the output itself h is
//! smaller, of 1/Z_B.
//!
//! A part of relative size n^x is left out once, and training carries it on. An expectation over neurons
//! and a smooth φ pass an error δU of U on in proportion. A random decoder V = n^-1/2 Σ ω φ'(pre) B0 with
//! a kink in φ does not: δU moves n δU neurons over the kink, and these change V by
//! n^-1/2 (n δU)^1/2 = δU^1/2. V is Hölder-1/2 in U, as Brownian motion is in time. Each step of A then
//! halves the power: with Init\[B\] and relu the loss is off by n^-1/2, n^-1/4, n^-1/8 … after one step,
//! two, three …, at a = 1/2 as at a = 1. No power of n holds over a whole training.

use std::fmt;

use lora_types::Activation;
use serde::Serialize;

use crate::leading::leading;
use crate::no_limit::{NoLimit, Part, Product};
use crate::rational::{half, mul, sub};
use crate::step::run;
use crate::{
    Exponent, Init, Leading, OptimizerKind, Preactivation, Rational, Setting, Source, TheoryError,
    analyse, linearised_distance,
};

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
    /// x < 0 in the relative size n^x that it has where it is left out.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub exponent: Rational,
    /// Whether every step of A halves the power, because A trains through a random decoder that is no
    /// smooth function of what A has learned.
    pub rough: bool,
}

impl Correction {
    /// The power of n with which the distance of a whole training to its limit falls; none where every
    /// step has another one.
    pub fn power(&self) -> Option<Rational> {
        (!self.rough).then_some(self.exponent)
    }
}

/// The leading correction at η = n^γ: the largest part that the limit leaves out. Of equally large ones
/// it is the first of the table. The distance of a finite run to its limit is Θ(n^x) with
/// x = [`Correction::power`], if there is one.
///
/// ```
/// use lora_theory::{Activation, Init, Setting, correction, rational};
/// // Under Init[A] with the standard readout u⁰ = A0 Z stands beside n^1/4 U.
/// let setting = Setting::network(Init::A, rational(1, 2)?);
/// let found = correction(&setting, rational(-3, 4)?, Activation::Relu)?;
/// let left_out = found.expect("it has a limit");
/// assert_eq!(left_out.power(), Some(rational(-1, 4)?));
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
    activation: Activation,
) -> Result<Result<Correction, NoLimit>, TheoryError> {
    let terms = match leading(setting, gamma)?.terms() {
        Ok(terms) => terms,
        Err(why) => return Ok(Err(why)),
    };
    let frozen = run(&setting.validated()?)?.parts.frozen.at(gamma)?;
    let curvature = curvature_correction(setting, &terms, activation)?;
    let curvature = curvature.map(|exponent| (LeftOut::Curvature, exponent));
    let rough = is_rough(&terms, activation);
    let sampling = mul(half(), (-1).into())?;
    let mut largest = Correction { of: LeftOut::Sampling, exponent: sampling, rough };
    for (of, exponent) in left_out(&terms, frozen)?.into_iter().chain(curvature) {
        if exponent > largest.exponent {
            largest = Correction { of, exponent, rough };
        }
    }
    Ok(Ok(largest))
}

/// How two runs with the same draws, the same η_A η_B = n^2γ and another ratio η_B/η_A of order one
/// approach each other under Init\[A\]: with the size of the part of the output that A0 makes. \[D\]
///
/// A run with (σ_A, η_A, η_B) is the one with (σ_A/κ, η_A/κ, κ η_B), step by step: A/κ and κ B make one
/// product, and Adam's steps do not know the scale of a gradient. So another ratio with one product is
/// another size of A0 at one ratio, and nothing else. Where the leading terms hold no part of A0, A0
/// enters through the product ΔB A0 alone. All else that a limit leaves out, such as the sampling and the
/// frozen output, is the same in both runs.
///
/// There is none (`None`) for other inits than Init\[A\], for other rules than Adam and SignSGD without
/// weight decay, and where the limit itself holds A0.
///
/// # Errors
/// [`TheoryError`] as of [`correction`].
pub fn ratio_correction(
    setting: &Setting,
    gamma: Rational,
) -> Result<Result<Option<Correction>, NoLimit>, TheoryError> {
    let terms = match leading(setting, gamma)?.terms() {
        Ok(terms) => terms,
        Err(why) => return Ok(Err(why)),
    };
    let sign_like = matches!(setting.optimizer, OptimizerKind::Adam | OptimizerKind::SignSgd);
    if setting.init != Init::A || !sign_like || terms.inner != Source::Updates {
        return Ok(Ok(None));
    }
    let product = Product { b: Part::Updates, a: Part::Initial };
    let size = terms.products[product.b as usize][product.a as usize];
    let found = beside(LeftOut::Product(product), size, terms.scales.error)?;
    Ok(Ok(found.map(|(of, exponent)| Correction { of, exponent, rough: false })))
}

/// Whether A's gradient comes from a random decoder with a kink that what A has learned moves.
fn is_rough(terms: &Leading, activation: Activation) -> bool {
    let random = terms.decoder.is_some_and(Source::has_initial);
    let kinked = match terms.preactivation {
        // The masks stay those of h.
        Preactivation::Linearised => false,
        Preactivation::Full => activation == Activation::Relu,
        // What is left of φ is relu.
        Preactivation::Homogeneous => true,
    };
    random && kinked
}

/// x in the relative size n^x of φ's curvature around H, which a limit with Z_B → 0 leaves out; none where
/// the limit keeps φ in full. Where the linearisation's distance is not derived, a Z_B is left. \[D\]
///
/// ```
/// use lora_theory::{Activation, Init, Setting, curvature_correction, leading, rational};
/// // Between the readouts Z_B is n^(a - 1) under Init[A]. A kink leaves Z_B, and a smooth φ leaves Z_B².
/// let setting = Setting::network(Init::A, rational(3, 4)?);
/// let terms = leading(&setting, rational(-5, 8)?)?.terms().expect("it has a limit");
/// let of = |phi| curvature_correction(&setting, &terms, phi);
/// assert_eq!(of(Activation::Relu)?, Some(rational(-1, 4)?));
/// assert_eq!(of(Activation::Gelu)?, Some(rational(-1, 2)?));
/// # Ok::<(), lora_theory::TheoryError>(())
/// ```
///
/// # Errors
/// [`TheoryError`] as of [`correction`].
pub fn curvature_correction(
    setting: &Setting,
    terms: &Leading,
    activation: Activation,
) -> Result<Option<Rational>, TheoryError> {
    let linear = terms.preactivation == Preactivation::Linearised;
    let Some(z_b) = terms.scales.z_b.power().filter(|_| linear) else { return Ok(None) };
    let at = analyse(setting)?.at(terms.gamma)?;
    let derived = linearised_distance(setting, &at, activation)?;
    Ok(Some(derived.and_then(Exponent::power).unwrap_or(z_b)))
}

/// Every other part but the sampling, with its relative exponent.
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
    if let (Preactivation::Homogeneous, Some(z_b)) = (terms.preactivation, terms.scales.z_b.power())
    {
        all.push((LeftOut::Masks, mul(z_b, Rational::new_raw(-1, 2))?));
    }
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
