//! What the theory says of an experiment. Reads the experiment alone, never a measurement.

use lora_sim::spec::{Init, Trained};
use lora_theory::{Analysis, Largest, Optimizer, Rational, Setting, TheoryError, analyse};

use crate::experiment::{Experiment, OptimizerName};

/// Predicted exponents of one initialisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// γ of η_opt.
    pub optimal: Option<Rational>,
    /// γ of η_stable.
    pub stable: Option<Rational>,
}

/// The theory's setting for an experiment: the whole network, rank and multiplier fixed in n.
pub fn setting(experiment: &Experiment, init: Init) -> Setting {
    let init = theory_init(init);
    let (optimizer, train) =
        (optimizer(experiment.training.optimizer), theory_trained(experiment.training.train));
    Setting { optimizer, train, ..Setting::network(init, experiment.model.readout_exponent) }
}

/// The theory's name of an initialisation.
pub fn theory_init(init: Init) -> lora_theory::Init {
    match init {
        Init::A => lora_theory::Init::A,
        Init::B => lora_theory::Init::B,
        Init::AB => lora_theory::Init::Both,
    }
}

/// The theory's name of the factors that are trained.
pub fn theory_trained(train: Trained) -> lora_theory::Trained {
    match train {
        Trained::A => lora_theory::Trained::A,
        Trained::B => lora_theory::Trained::B,
        Trained::AB => lora_theory::Trained::Both,
    }
}

/// The theory's update rule of a name.
pub fn optimizer(name: OptimizerName) -> Optimizer {
    match name {
        OptimizerName::Adam => Optimizer::Adam,
        OptimizerName::Adamw => Optimizer::AdamW,
        OptimizerName::SignSgd => Optimizer::SignSgd,
        OptimizerName::Sgd => Optimizer::Sgd,
    }
}

/// The exponents for one initialisation.
pub fn predict(experiment: &Experiment, init: Init) -> Result<Prediction, TheoryError> {
    let analysis: Analysis = analyse(&setting(experiment, init))?;
    let gamma = |largest: &Largest| largest.gamma();
    Ok(Prediction {
        optimal: gamma(&analysis.critical.optimal),
        stable: gamma(&analysis.critical.stable),
    })
}
