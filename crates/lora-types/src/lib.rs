//! The names that all crates share, each with one spelling in files.
//!
//! | type | its values in files |
//! |---|---|
//! | [`Init`] | `A`, `B`, `AB`: the factor that starts random |
//! | [`Trained`], [`Factor`] | `A`, `B`, `AB`: the factors that are trained |
//! | [`OptimizerKind`] | `adam`, `adamw`, `sign-sgd`, `sgd` |
//! | [`ModelKind`] | `synthetic`, `layer`, `transformer` |
//! | [`Activation`], [`Hidden`] | `relu`, `tanh`, `gelu`; `gaussian`, `zero` |
//! | [`Loss`], [`Norm`] | `squared`, `cross-entropy`; `none`, `rms` |
//! | [`Regime`], [`FeatureRegime`] | what a learning rate does as the width grows |
//! | [`Quantity`] | what is measured: `eta-opt`, `eta-stable`, `za`, … |
//! | [`Verdict`] | `holds`, `undecided`, `not_a_power_law`, `refuted` |
//! | [`Width`], [`Widths`] | a whole number, or `inf`; a list of such |
//!
//! Every enumeration has `ALL`, `KEYS` and `key()`, a `Display` for readers, and a `FromStr` whose
//! error lists the valid names. Serde uses the same names. Where older files spell a value in
//! another way, reading accepts that too. [`hex`] spells digests. Nothing is computed in this crate.
//!
//! ```
//! use lora_types::Init;
//! let init: Init = "AB".parse()?;
//! assert_eq!((init.key(), init.to_string().as_str()), ("AB", "Init[AB]"));
//! let unknown = "C".parse::<Init>().unwrap_err();
//! assert_eq!(unknown.to_string(), "`C` is not a known init: write one of `A`, `B`, `AB`");
//! # Ok::<(), lora_types::UnknownName>(())
//! ```

mod factors;
mod hex;
mod ingredients;
mod model;
mod named;
mod quantity;
mod record;
mod regime;
mod verdict;
mod width;
mod widths;

pub use factors::{Factor, Init, NotTrainable, Trained, trained_list};
pub use hex::hex;
pub use ingredients::Ingredients;
pub use model::{Activation, Hidden, Loss, ModelKind, Norm, OptimizerKind};
pub use named::UnknownName;
pub use quantity::Quantity;
pub use record::{ExtraMeasurement, Measurement, Record};
pub use regime::{FeatureRegime, Regime};
pub use verdict::{Verdict, verdict_name};
pub use width::{NotAWidth, Width};
pub use widths::Widths;

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
