//! The sharpness that an optimiser feels while it trains A and B.
//!
//! An update θ ← θ − D m, with D diagonal, sees a quadratic loss through the eigenvalues of D^1/2 H D^1/2,
//! where H is the Hessian of the loss in the entries of A and B. SGD has D = η. Adam has D = η P⁻¹, where
//! P holds the roots of its second moments. On a quadratic and at a fixed D the update is stable if the largest
//! eigenvalue stays below a threshold: 2 for SGD, (2 + 2 β₁)/(1 − β₁) with a momentum that averages. \[D\]
//!
//! - [`Network`] is the synthetic student in f64, with its gradient and exact Hessian-vector products;
//! - [`Descent`] trains it and knows D at every step;
//! - [`largest_eigenvalue`] is Lanczos' method with the distance of what it found to an eigenvalue;
//! - [`follow`] trains a run and measures its sharpness on the way, in units of the threshold;
//! - [`Place`] says on which side of the edge runs end up.
//!
//! The Hessian is that of the loss where it has one. With relu every point but those on a kink has one, and
//! kinks between a point and the next are no part of it.
//!
//! Results are the same bytes at any number of threads.

#![warn(clippy::missing_errors_doc)]

mod descent;
mod error;
mod factors;
mod follow;
mod lanczos;
mod late;
mod network;
mod second;

pub use descent::Descent;
pub use error::CurvatureError;
pub use factors::Factors;
pub use follow::{Measured, Trace, follow};
pub use lanczos::{Eigenvalue, largest_eigenvalue};
pub use late::{AT_EDGE, Place};
pub use network::{Hessian, Network};
pub use second::second_slope;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
