//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio. Measurements
//! are interpolated. Beyond them, a fitted power continues where the points follow one. The theory
//! answers where nothing was measured.

mod answer;
mod asked;
mod change;
mod curve;
mod error;
mod exact_rule;
mod factor;
pub(crate) mod remarks;
mod request;
pub(crate) mod stored;
mod text;
mod words;

pub use answer::TransferAnswer;
pub use asked::{CarriedLr, Multiplier, TransferRequest};
pub use change::{Method, SizeChange};
pub use error::{SizeName, TransferError};
pub(crate) use factor::LogFactor;
pub use factor::LrRange;
pub use text::render;
pub(crate) use text::{number, range, way};
pub use words::shown;
