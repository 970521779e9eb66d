//! What the theory predicts of one experiment, written before it is trained and read back when its
//! runs are summarised.

use std::collections::BTreeMap;

use lora_theory::{Analysis, Rational, Setting, TheoryError, analyse, no_optimum, no_stable};
use lora_types::{Ingredients, Init, ModelKind, OptimizerKind, Trained, trained_list};
use serde::{Deserialize, Serialize};

use super::{Predicted, exact};
use crate::experiment::Experiment;

/// Why nothing is predicted of a transformer.
pub(crate) const TRANSFORMER: &str = "the theory treats one layer with LoRA, not a transformer";

/// The theory's setting for an experiment: the whole network, rank and multiplier fixed in n.
pub fn setting(experiment: &Experiment, init: Init) -> Setting {
    let (optimizer, train) = (experiment.training.optimizer, experiment.training.train);
    Setting { optimizer, train, ..Setting::network(init, experiment.model.readout_exponent) }
}

/// The predicted exponents of one initialisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InitPredictions {
    /// γ of η_opt.
    pub eta_opt: Predicted,
    /// γ of η_stable.
    pub eta_stable: Predicted,
}

impl InitPredictions {
    fn of(experiment: &Experiment, init: Init) -> Self {
        if experiment.model.kind == ModelKind::Transformer {
            let nothing = || Predicted::nothing(TRANSFORMER);
            return Self { eta_opt: nothing(), eta_stable: nothing() };
        }
        Self::with(&experiment.ingredients(), &setting(experiment, init))
    }

    /// What the theory says of the critical learning rates of a setting of the bare layer.
    pub fn in_setting(setting: &Setting) -> Self {
        Self::with(&Ingredients::default(), setting)
    }

    /// The same of a network with ingredients of a transformer.
    pub fn with(ingredients: &Ingredients, setting: &Setting) -> Self {
        let analysis: Result<Analysis, TheoryError> = analyse(setting);
        let of = |critical: fn(&Ingredients, &Analysis) -> Result<Predicted, TheoryError>| {
            Predicted::or_nothing(analysis.clone().and_then(|found| critical(ingredients, &found)))
        };
        Self { eta_opt: of(optimal), eta_stable: of(stable) }
    }
}

/// γ of η_opt, which the bare layer is analysed for.
pub(crate) fn optimal(of: &Ingredients, found: &Analysis) -> Result<Predicted, TheoryError> {
    let bare = || Predicted::of_largest(found.critical.optimal, "the change of the output");
    Ok(no_optimum(of, found)?.map_or_else(bare, Predicted::nothing))
}

/// The same of η_stable.
pub(crate) fn stable(of: &Ingredients, found: &Analysis) -> Result<Predicted, TheoryError> {
    let bare = || Predicted::of_largest(found.critical.stable, "Z_B");
    Ok(no_stable(of, found).map_or_else(bare, Predicted::nothing))
}

/// The content of a run's `plan.json`: what is predicted, and of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// a in W_out ~ N(0, n^-2a).
    #[serde(with = "exact")]
    readout_exponent: Rational,
    /// What is trained.
    #[serde(default, skip_serializing_if = "ModelKind::is_synthetic")]
    kind: ModelKind,
    /// What it has of a transformer.
    #[serde(default, skip_serializing_if = "Ingredients::are_none")]
    ingredients: Ingredients,
    /// Update rule.
    optimizer: OptimizerKind,
    /// Factors that are trained.
    #[serde(with = "trained_list")]
    train: Trained,
    /// By init.
    predicted: BTreeMap<Init, InitPredictions>,
}

/// A text that is no plan of a run.
#[derive(Debug, thiserror::Error)]
#[error("is no plan of a run: {0}")]
pub struct RunPlanError(#[from] serde_json::Error);

impl RunPlan {
    /// What the theory says of every init of an experiment. It reads no measurement.
    pub fn new(experiment: &Experiment) -> Self {
        let of = |&init: &Init| (init, InitPredictions::of(experiment, init));
        Self {
            readout_exponent: experiment.model.readout_exponent,
            kind: experiment.model.kind,
            ingredients: experiment.ingredients(),
            optimizer: experiment.training.optimizer,
            train: experiment.training.train,
            predicted: experiment.training.inits.iter().map(of).collect(),
        }
    }

    /// Reads a plan back.
    ///
    /// # Errors
    /// If the text is no plan.
    pub fn parse(text: &str) -> Result<Self, RunPlanError> {
        Ok(serde_json::from_str(text)?)
    }

    /// Whether this is a plan for what the theory reads of an experiment. Sizes, seeds and learning
    /// rates may differ, since no prediction depends on them.
    pub fn is_for(&self, experiment: &Experiment) -> bool {
        let (model, training) = (&experiment.model, &experiment.training);
        self.readout_exponent == model.readout_exponent
            && self.kind == model.kind
            && self.ingredients == experiment.ingredients()
            && self.optimizer == training.optimizer
            && self.train == training.train
            && self.predicted.len() == training.inits.len()
            && training.inits.iter().all(|init| self.predicted.contains_key(init))
    }

    /// The predictions for an init, if it was planned.
    pub fn of(&self, init: Init) -> Option<&InitPredictions> {
        self.predicted.get(&init)
    }
}

#[cfg(test)]
mod tests {
    use lora_types::Loss;

    use super::*;

    #[test]
    fn a_plan_is_read_back_and_knows_its_experiment() {
        let mut experiment = Experiment::default();
        let plan = RunPlan::new(&experiment);
        let text = serde_json::to_string(&plan).expect("a text");
        assert_eq!(RunPlan::parse(&text).expect("a plan"), plan);
        assert!(!text.contains("\"claims\""), "a verification's directory is known by that key");
        let a = plan.of(Init::A).expect("planned");
        assert_eq!(a.eta_opt, Predicted::Exponent(Rational::new(-3, 4)));
        assert_eq!(a.eta_stable, Predicted::Exponent(Rational::new(-1, 2)));
        assert_eq!(plan.of(Init::AB), None);

        assert!(plan.is_for(&experiment));
        experiment.training.steps = 7;
        assert!(plan.is_for(&experiment));
        experiment.training.inits = vec![Init::AB];
        assert!(!plan.is_for(&experiment));
        experiment = Experiment::default();
        experiment.model.readout_exponent = Rational::from_integer(1);
        assert!(!plan.is_for(&experiment));
    }

    #[test]
    fn ingredients_are_planned_for() {
        let mut experiment = Experiment::default();
        let bare = RunPlan::new(&experiment);
        (experiment.model.loss, experiment.model.outputs) = (Loss::CrossEntropy, 8);
        let plan = RunPlan::new(&experiment);
        let text = serde_json::to_string(&plan).expect("a text");
        assert_eq!(RunPlan::parse(&text).expect("a plan"), plan);
        assert!(plan.is_for(&experiment) && !bare.is_for(&experiment));
        let a = plan.of(Init::A).expect("planned");
        let reason = a.eta_opt.reason().expect("a reason");
        assert!(
            reason.starts_with("no prediction, because cross-entropy has no target"),
            "{reason}"
        );
        assert_eq!(a.eta_stable, Predicted::Exponent(Rational::new(-1, 2)));
    }

    #[test]
    fn what_the_theory_cannot_treat_has_a_reason() {
        let mut experiment = Experiment::default();
        experiment.model.readout_exponent = Rational::new(123_456_789, 1_000_000_000);
        let plan = RunPlan::new(&experiment);
        let reason = plan.of(Init::A).and_then(|of| of.eta_opt.reason()).expect("a reason");
        assert!(
            reason.starts_with("no prediction, because the theory cannot treat it: the readout")
        );
    }
}
