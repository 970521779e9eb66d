//! What the theory says of an experiment. Reads the experiment alone, never a measurement.

use lora_theory::{Analysis, Largest, Rational, Setting, TheoryError, analyse};
use lora_types::Init;

use crate::experiment::Experiment;

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
    let (optimizer, train) = (experiment.training.optimizer, experiment.training.train);
    Setting { optimizer, train, ..Setting::network(init, experiment.model.readout_exponent) }
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
