//! Statistics of learning-rate sweeps over widths and seeds.
//!
//! A sweep trains at several learning rates for each width and seed. This crate
//!
//! - puts the learning rates on a grid addressed by integers: [`LrGrid`];
//! - chooses the learning rates to sample next, from those sampled so far: [`next`];
//! - finds the optimum, its basin, the centre of the basin and the stability limit: [`LrCurve`];
//! - fits exponents in η ∝ n^γ: [`fit_line`], [`exponent_over_seeds`];
//! - computes an interval over seeds for any statistic: [`seed_interval`];
//! - summarizes repeated measurements as a median with a range: [`Spread`];
//! - compares an interval with a prediction: [`agreement`];
//! - separates effects of finite width from noise: [`scaling_over_seeds`];
//! - tests whether the points lie on one power law at all: [`Shape`], [`WideEnd`];
//! - decides whether a prediction holds, is refuted, is not a power law, or is undecided:
//!   [`decide_exponent`], [`decide_interval`].
//!
//! It does no input or output, trains nothing and predicts nothing. Learning rates, scores (losses)
//! and peaks (the largest rms of Z_B in training) are plain numbers without units; logarithms are
//! natural. Nothing panics on any input: what cannot be computed is a [`StatsError`], and a result
//! says if a run diverged or if an optimum is not bracketed.
//!
//! ```
//! use lora_stats::{Goals, LrCurve, LrGrid, LrGridSpec, Sample, Samples, next};
//!
//! let grid = LrGrid::new(LrGridSpec {
//!     lr_min: 1e-4,
//!     lr_max: 1e-1,
//!     coarse_factor: 4.0,
//!     bracket_factor: 1.5,
//!     max_extensions: 2,
//! })?;
//! let goals = Goals { minimum: true, stability_bound: Some(1.0) };
//! let train = |lr: f64| Sample {
//!     score: Some(1.0 + (lr / 0.01).ln().powi(2)),
//!     peak: Some(20.0 * lr),
//! };
//!
//! let mut samples = Samples::new();
//! loop {
//!     let batch = next(&grid, &samples, &goals);
//!     if batch.is_empty() {
//!         break;
//!     }
//!     samples.extend(batch.into_iter().map(|k| (k, train(grid.lr(k)))));
//! }
//!
//! let curve = LrCurve::new(&grid, &samples);
//! let best = curve.optimum()?.bracketed_lr().expect("inside the grid");
//! assert!((best / 0.01).ln().abs() < 0.01);
//! let stable = curve.crossing(1.0)?.lr.expect("inside the grid");
//! assert!((stable / 0.05).ln().abs() < 1e-9);
//! # Ok::<(), lora_stats::StatsError>(())
//! ```

#![warn(clippy::missing_errors_doc)]

mod agreement;
mod basin;
mod centre;
mod crossed;
mod crossing;
mod curve;
mod curve_point;
mod decision;
mod distance;
mod error;
mod evidence;
mod exponent;
mod fit;
mod grid;
mod interval;
mod linear;
mod needed;
mod resample;
mod scaling;
mod scatter;
mod search;
mod shape;
mod spread;
mod summarised;
mod sums;
mod table;
mod verdict;
mod weights;
mod wide_end;

pub use agreement::{Agreement, agreement};
pub use basin::{Basin, Cut};
pub use centre::Centre;
pub use crossed::crossed_mean;
pub use crossing::{Crossing, CrossingStatus};
pub use curve::{LrCurve, Optimum};
pub use curve_point::CurvePoint;
pub use decision::Decision;
pub use distance::relative_distance;
pub use error::StatsError;
pub use exponent::{ExponentFit, LocalSlope, exponent_over_seeds};
pub use fit::{LineFit, fit_line, local_slopes};
pub use grid::{LrGrid, LrGridSpec};
pub use interval::{
    DEFAULT_LEVEL, Interval, geometric_mean, geometric_mean_interval, mean_interval, seed_interval,
};
pub use lora_types::Verdict;
pub use needed::Needed;
pub use scaling::{Corrected, ScalingFit, WidthRule, scaling_over_seeds};
pub use scatter::scatter_interval;
pub use search::{Goals, Sample, Samples, next};
pub use shape::{Departure, Feature, Shape, shape_over_seeds};
pub use spread::Spread;
pub use summarised::{Summarised, Tabulated};
pub use verdict::{SHAPE_LEVEL, decide_exponent, decide_interval};
pub use wide_end::{Heading, Trend, WideEnd};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
