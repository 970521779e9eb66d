//! What the theory says of the sizes of a coordinate check.

use lora_experiment::prediction::Predicted;
use lora_theory::{Analysis, DEFAULT_STEPS, OptimizerKind, Rational, Setting, analyse};
use lora_types::Init;

use crate::coordinate_sizes::symbol_of;

/// What may be predicted.
pub(crate) struct Theory<'a> {
    pub(crate) setting: Option<&'a Setting>,
    /// γ of the learning rate η = Θ(n^γ).
    pub(crate) gamma: Option<Rational>,
}

impl Theory<'_> {
    /// The size after `step` updates: the largest exponent over the steps up to it.
    pub(crate) fn of(&self, name: &str, init: Init, step: Option<u64>) -> Predicted {
        let Some(setting) = self.setting else {
            return Predicted::nothing("no setting was stated");
        };
        let Some(symbol) = symbol_of(name) else {
            return Predicted::nothing("the theory has no such size");
        };
        let Some(gamma) = self.gamma else {
            return Predicted::nothing("the exponent of the learning rate was not stated");
        };
        if step == Some(0) {
            return Predicted::nothing("the theory speaks of sizes after the first update");
        }
        // No exponent of a sign-like optimizer changes later.
        let most = match setting.optimizer {
            OptimizerKind::Sgd => lora_theory::MAX_STEPS,
            _ => DEFAULT_STEPS,
        };
        let steps = step.map_or(setting.steps, |step| step.min(u64::from(most)) as u32);
        let setting = Setting { init: init.into(), steps, ..setting.clone() };
        let size = |analysis: &Analysis| {
            let found = analysis.quantities().into_iter().find(|(name, _)| *name == symbol);
            found.map(|(_, growth)| growth.at(gamma)).transpose()
        };
        match analyse(&setting).and_then(|analysis| size(&analysis)) {
            Ok(Some(exponent)) => Predicted::of_size(exponent),
            Ok(None) => Predicted::nothing("the layer alone has no output"),
            Err(error) => Predicted::nothing(format!("the theory cannot treat it: {error}")),
        }
    }
}
