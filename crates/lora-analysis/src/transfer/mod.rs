//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio. Measurements
//! are interpolated; a fitted power goes beyond them where they are one, and the theory answers
//! where nothing was measured.

mod answer;
mod asked;
mod change;
mod curve;
mod factor;
mod remarks;
mod request;
mod stored;
mod words;

pub use answer::Answer;
pub use asked::{Asked, Goal, Multiplier};
pub use change::{Change, Method};
pub use factor::Range;
pub use words::shown;
