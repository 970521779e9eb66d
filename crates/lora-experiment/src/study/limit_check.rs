//! Whether the limits that a study asks for exist, at the rates that it names.

use lora_limit::{Class, setting};
use lora_theory::Rational;
use lora_types::Init;

use crate::error::StudyProblem;
use crate::study::definition::{Axis, Rates, Scope, Study};
use crate::study::limit::SolvedLimit;

/// Whether the limit of a study can be solved at its learning rates.
///
/// # Errors
/// If it cannot, and why.
pub fn check(study: &Study, limit: SolvedLimit) -> Result<(), StudyProblem> {
    let zero = Rational::default();
    let plain = study.scope == Scope::Network
        && study.axis == Axis::Width
        && study.fault.is_none()
        && (study.multiplier_width, study.multiplier_rank) == (zero, zero);
    let pairs = match &study.rates {
        Rates::Powers { pairs, .. } if plain => pairs,
        _ => return Err(StudyProblem::NotOfLimit),
    };
    for &init in &study.experiment.training.inits {
        let critical = critical(study, init, limit)?;
        for &(gamma_a, gamma_b) in pairs {
            if (gamma_a, gamma_b) != (critical, critical) {
                let gamma = if gamma_a == critical { gamma_b } else { gamma_a };
                return Err(StudyProblem::OtherGamma { init, gamma, critical });
            }
        }
    }
    Ok(())
}

/// γ of the limit.
fn critical(study: &Study, init: Init, limit: SolvedLimit) -> Result<Rational, StudyProblem> {
    let (model, training) = (study.experiment.model(), study.experiment.training());
    let found = setting(&model, &training, init)
        .and_then(|setting| Class::critical(&setting, model.activation))
        .and_then(|class| {
            class.check(&model, &training)?;
            limit.coupled().check(&class, init)?;
            Ok(class.terms().gamma)
        });
    found.map_err(|source| StudyProblem::NoLimit { init, source: Box::new(source) })
}
