//! The infinite-width limit of LoRA training on the synthetic network, solved.
//!
//! An exponent says how a learning rate moves with the width n; it does not say what the rate is. At
//! the critical exponent, η = c n^γ, the dynamics of the whole training tend to a limit. This crate
//! solves it: losses, Z_A and Z_B at every step, as functions of c.
//!
//! - [`Class`] asks the calculus of `lora-theory` which terms of the training step lead, and takes
//!   the [`Dynamics`] from them; a setting without a limit is an error that says why.
//! - [`Start`] holds what stays random as n → ∞. It is taken from a finite run, so that the distance is
//!   that of one run, or drawn in law.
//! - [`Solver`] trains. Expectations over neurons are sums over quasi-random pairs of neurons, with
//!   the parts that are known in closed form put in; independent replicates give every number an
//!   error.
//! - [`LimitEngine`] hands out limits as an engine hands out runs, so that plans can ask for both.
//! - [`Variant`] keeps the known parts of a width's corrections, or leaves a term out as a control.
//!
//! Adam's epsilon is zero in the limit. The default of 1e-8 is far below every gradient; [`Solver`]
//! refuses one above 1e-6.
//!
//! Nothing that is measured of a finite network enters. Results are the same bytes at any number of
//! threads.
//!
//! ```
//! use lora_limit::{Class, Points, Quadrature, Solver, Start, Variant, setting};
//! use lora_sim::spec::{Init, Model, Training};
//!
//! let model = Model { points: 16, test_points: 4, readout_exponent: 1.0, ..Model::default() };
//! let training = Training { steps: 5, ..Training::default() };
//! // Init[A] with muP's readout: the calculus finds η = c n^-1/2 and a mean field.
//! let class = Class::critical(&setting(&model, &training, Init::A)?, model.activation)?;
//! assert_eq!(class.terms().gamma.to_string(), "-1/2");
//!
//! let points = Points::draw(&model, 0)?;
//! let start = Start::draw(&class, &model, &points, 256, 0)?;
//! let quadrature = Quadrature { neurons: 256, ..Quadrature::default() };
//! let solver = Solver::new(&class, &model, &training, &points, &start, quadrature)?;
//! let limit = solver.solve(0.5, Variant::default())?;
//! // A rests in the first step, so that the loss does not move in it.
//! let losses = &limit.mean.train.losses;
//! assert_eq!(losses[0], losses[1]);
//! assert!(losses[5] < losses[0]);
//! # Ok::<(), lora_limit::LimitError>(())
//! ```

#![warn(clippy::missing_errors_doc)]

mod class;
mod decoder;
mod engine;
mod error;
mod gaussian;
mod inner;
mod mean_field;
mod motion;
mod outer;
mod points;
mod population;
mod reading;
mod root;
mod rows;
mod rule;
mod sequence;
mod solver;
mod start;
mod trajectory;
mod variant;

pub use class::{Class, Dynamics, setting, setting_at};
pub use engine::{Coupled, LimitEngine, NUMERICS};
pub use error::LimitError;
pub use gaussian::rms_preactivation;
pub use points::Points;
pub use population::Quadrature;
pub use solver::Solver;
pub use start::{Neurons, Start};
pub use trajectory::{Series, Solution, Trajectory};
pub use variant::{Omitted, Variant};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
