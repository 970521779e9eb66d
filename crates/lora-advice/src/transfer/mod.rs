//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio. Measurements
//! are interpolated. Beyond them, a fitted power continues where the points follow one. The theory
//! answers where nothing was measured.

mod answer;
mod asked;
mod beside;
mod change;
mod choices;
mod curve;
mod error;
mod exact_rule;
mod factor;
mod finished_run;
pub(crate) mod remarks;
mod request;
mod rule;
mod run_error;
pub(crate) mod stored;
mod text;
mod words;

pub use answer::TransferAnswer;
pub use asked::TransferRequest;
pub use beside::Beside;
pub use change::{Method, SizeChange};
pub use choices::{CarriedLr, Multiplier};
pub use error::{SizeName, TransferError};
pub(crate) use factor::LogFactor;
pub use factor::LrRange;
pub use finished_run::{FinishedRun, RunMeasured};
pub use rule::Rule;
pub use run_error::{RunError, SummaryOf};
pub use text::render;
pub(crate) use text::{number, range, way};
pub use words::shown;
