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
mod remarks;
mod request;
mod stored;
mod text;
mod words;

pub use answer::TransferAnswer;
pub use asked::{CarriedLr, Multiplier, TransferRequest};
pub use change::{Method, SizeChange};
pub use error::{SizeName, TransferError};
pub use factor::LrRange;
pub use text::render;
pub use words::shown;
