//! Exact width exponents of LoRA training.
//!
//! As the width n grows, a quantity v of a training run behaves like v = Θ(n^γ\[v\]). This crate
//! derives the exponents γ\[v\] of the LoRA features, of their updates and of the network's output
//! as functions of the learning rate η = n^γ, and the γ at which they change. It is exact, simulates
//! nothing, and contains no formula that somebody typed in. The rules of growth, and the theorems
//! that the tests check, are those of Hayou, Ghosh and Yu (arXiv 2406.08447) and are marked \[P\];
//! what this project derives, and then tests by measurement, is marked \[D\].
//!
//! - [`Exponent`] is a rational power of n, or −∞ for an exact zero.
//! - [`Growth`] is an exponent as a function of γ: a maximum of lines, solved exactly.
//! - [`Setting`] states the problem; [`analyse`] runs the training step symbolically on tensors
//!   that carry a growth and a direction along each axis. The direction matters because a sum over n
//!   aligned terms adds 1 to an exponent, and a sum over n independent centred terms adds 1/2.
//! - [`Critical`] holds the learning-rate exponents that matter, [`phases`] cuts the γ line into
//!   regimes, and [`rank_exponents`] gives the powers of the rank.
//! - [`no_optimum`] and [`no_stable`] say what ingredients of a transformer leave of them.
//! - [`leading`] says which terms of the training step survive as n → ∞, or why no limit exists, and
//!   [`correction`] which power of n the largest of the others falls with.
//!
//! # Example
//!
//! Under Init\[A\] the largest stable learning rate of the layer alone is Θ(n^-1/2), and there Z_A
//! grows like n^1/2 (Theorem 1 of the paper). In the whole network with the standard parametrization
//! the output explodes at smaller learning rates, above n^-3/4.
//!
//! ```
//! use lora_theory::{Init, Largest, Setting, analyse, rational};
//!
//! let layer = analyse(&Setting::layer(Init::A))?;
//! assert_eq!(layer.critical.stable, Largest::At(rational(-1, 2)?));
//! assert_eq!(layer.at(rational(-1, 2)?)?.z_a.to_string(), "n^1/2");
//! assert_eq!(layer.z_b.to_string(), "max(2γ + 1, γ)");
//!
//! let network = analyse(&Setting::network(Init::A, rational(1, 2)?))?;
//! assert_eq!(network.critical.optimal.to_string(), "n^-3/4");
//! # Ok::<(), lora_theory::TheoryError>(())
//! ```

#![warn(clippy::missing_errors_doc)]

mod analysis;
mod correction;
mod direction;
mod error;
mod exponent;
mod feature_regime;
mod growth;
mod ingredients;
mod interval;
mod leading;
mod linearised;
mod no_limit;
mod phase;
mod rank;
mod rational;
mod regime;
mod serial;
mod setting;
mod step;
mod tensor;
mod words;

pub use analysis::{Analysis, Critical, Largest, Snapshot, analyse};
pub use correction::{Correction, LeftOut, correction, curvature_correction, ratio_correction};
pub use direction::Alignment;
pub use error::TheoryError;
pub use exponent::Exponent;
pub use feature_regime::feature_regime;
pub use growth::{Growth, Line};
pub use ingredients::{no_optimum, no_stable};
pub use interval::GammaRange;
pub use leading::{FrozenOutput, Leading, Limit, Preactivation, Scales, Source, leading};
pub use linearised::linearised_distance;
pub use lora_types::{Activation, Factor, FeatureRegime, Init, OptimizerKind, Regime, Trained};
pub use no_limit::{NoLimit, Part, Product};
pub use phase::{CriticalPoint, Mark, Phase, PhaseLine, RegimeSizes, Size, phases};
pub use rank::{Powers, multiplier_exponents, rank_exponents, ratio_exponents};
pub use rational::{INPUT_LIMIT, Rational, approximate, parse_rational, rational};
pub use setting::{DEFAULT_STEPS, InitStd, MAX_STEPS, Rate, Scope, Setting};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
