//! The limit n → ∞ of an experiment as one more of its widths.

use std::collections::BTreeMap;

use lora_experiment::experiment::Experiment;
use lora_sim::spec::Init;
use lora_store::limits::LimitRow;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Constants, LossPair};
use crate::constants::{Curves, solve_with};
use crate::error::ConstantsError;
use crate::kept::KeptLimits;
use crate::over_seeds::over;
use crate::question::{Choices, Question};
use crate::run::LimitRun;
use crate::search::Curve;
use crate::watch::Watch;

/// What is known of the limit, as `summary.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitSummary {
    /// n of the runs that the limit is coupled to.
    pub coupled_width: usize,
    /// Neurons of the quadrature, on each side and in each replicate.
    pub neurons: usize,
    /// Replicates of the quadrature.
    pub replicates: usize,
    /// By init.
    pub inits: BTreeMap<Init, InitLimit>,
    /// Which of Init\[A\] and Init\[B\] ends lower; null unless both are there.
    pub lower_loss: Option<LossPair>,
}

/// The limit of one init.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InitLimit {
    /// γ in η = c n^γ, c_opt, basin, c_stable and loss.
    #[serde(flatten)]
    pub constants: Constants,
    /// rms of Z_A after training at the best c.
    pub z_a: FeatureLimit,
    /// The same of Z_B.
    pub z_b: FeatureLimit,
}

/// A feature in the limit: value · n^power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeatureLimit {
    /// Geometric mean over seeds; null if some seed has none.
    pub value: Option<f64>,
    /// The exponent of its unit; null where it is 0.
    pub power: Option<f64>,
}

impl FeatureLimit {
    /// The feature at n = ∞, where it is of order one.
    pub fn of_order_one(&self) -> Option<f64> {
        self.value.filter(|_| self.power == Some(0.0))
    }
}

/// What an experiment with an infinite width asks of the limit; nothing if it has none.
///
/// # Errors
/// As [`Question::new`].
pub fn question_of(
    named: (&str, bool),
    experiment: &Experiment,
) -> Result<Option<Question>, ConstantsError> {
    let asked = experiment.model.widths.has_infinite();
    asked.then(|| Question::new(named, experiment, &Choices::default())).transpose()
}

/// The summary of the runs of an experiment's limit, of which all must be there. Nothing is solved.
///
/// # Errors
/// [`ConstantsError::Incomplete`] where some are missing.
pub fn summary_of(question: &Question, rows: &[LimitRow]) -> Result<LimitSummary, ConstantsError> {
    let kept = KeptLimits::trusted(question, rows)?;
    let nothing_solved = Watch { stop: &|| true, done: &|_| () };
    let (answer, curves) =
        solve_with(question, &nothing_solved, &kept).map_err(|error| match error {
            ConstantsError::Stopped { .. } => ConstantsError::Incomplete,
            other => other,
        })?;
    Ok(summary(answer, &curves, rows))
}

fn summary(answer: Answer, curves: &Curves, rows: &[LimitRow]) -> LimitSummary {
    let Answer { coupled_width, neurons, replicates, readouts, .. } = answer;
    let (mut inits, mut lower_loss) = (BTreeMap::new(), None);
    for (of, curves) in readouts.into_iter().zip(curves) {
        lower_loss = of.lower_loss;
        for (init, found) in of.inits {
            let Some(constants) = found.constants().cloned() else { continue };
            let seeds = curves.get(&init).map_or(&[][..], Vec::as_slice);
            let own = rows.iter().find(|row| row.init == init);
            let [z_a, z_b] = features(seeds, own);
            inits.insert(init, InitLimit { constants, z_a, z_b });
        }
    }
    LimitSummary { coupled_width, neurons, replicates, inits, lower_loss }
}

/// Z_A and Z_B at the best c of every seed.
fn features(seeds: &[(u64, Curve)], row: Option<&LimitRow>) -> [FeatureLimit; 2] {
    let best = |of: fn(&LimitRun) -> f64| {
        let values = seeds.iter().map(|(_, curve)| curve.best().map(of));
        over(values).map(|mean| mean.estimate)
    };
    let powers = [row.and_then(|row| row.z_a_power), row.and_then(|row| row.z_b_power)];
    let values = [best(|run| run.z_a), best(|run| run.z_b)];
    [0, 1].map(|which| FeatureLimit { value: values[which], power: powers[which] })
}
