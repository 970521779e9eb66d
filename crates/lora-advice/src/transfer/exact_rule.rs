//! The rule for a change of alpha that is exact at every width.

use lora_types::{Init, OptimizerKind};

use crate::transfer::request::CheckedTransfer;
use crate::transfer::words::shown;

/// How a change of α leaves training as it is at every width, without another init.
///
/// With s times κ, let the factor that starts at 0 be divided by κ: s B A stays, and the gradient
/// of that factor grows by κ. So its rate is divided by κ where updates forget the gradient's
/// scale, and by κ² under SGD.
pub fn exactly(request: &CheckedTransfer) -> Option<String> {
    let [from, to] = request.alpha?;
    let (divided, kept) = match request.arguments.init {
        Init::A => ("η_B", "η_A"),
        Init::B => ("η_A", "η_B"),
        Init::AB => return None,
    };
    let (power, on_condition) = match request.arguments.optimizer {
        OptimizerKind::Sgd => (2, ""),
        OptimizerKind::SignSgd => (1, ""),
        OptimizerKind::Adam => (1, ", for epsilon = 0"),
        OptimizerKind::AdamW => (1, ", for epsilon = 0 and no weight decay"),
    };
    let by = shown((to / from).powi(power));
    Some(format!(
        "dividing {divided} by {by} and keeping {kept} is exact at every width{on_condition}"
    ))
}
