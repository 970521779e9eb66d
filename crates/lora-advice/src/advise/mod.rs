//! `advise`: from a PEFT config and a base model's configuration to an answer. It says how every kind of
//! adapted module starts, what the theory makes of it, and which learning rate it wants if that of
//! another config is known.

mod answer;
mod asked;
mod bound;
mod carried;
mod differences;
mod digits;
mod draw;
mod error;
mod law;
mod lists;
mod lora_plus;
mod losses;
mod modules;
mod remarks;
mod sentence;
mod side;
mod text;
mod together;

pub use answer::AdviseAnswer;
pub use asked::{AdviseRequest, KnownRate};
pub use error::AdviseError;
pub use law::{Law, LawRate};
pub use lora_peft::ConfigSource;
pub use lora_plus::LoraPlusRates;
pub use losses::LossRatio;
pub use modules::ModuleAdvice;
pub use side::ModelSummary;
pub use text::render;
