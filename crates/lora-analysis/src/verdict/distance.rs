//! How far the losses of two studies are apart, run by run: the exponent of
//!
//! ```text
//! D = (Σ_t (L_t − L'_t)² / Σ_t L_t²)^1/2
//! ```
//!
//! over all steps t, where L' is the loss of the same seed's run in the other study. That is the network
//! linearised at H, the limit that is coupled to the run, or a run that has the same limit.

use std::collections::BTreeMap;

use lora_sim::spec::Init;

use crate::AnalysisError;
use crate::verdict::run_summary::RunSummary;
use crate::verdict::tested::{All, Tested, exponent, missing, planned};
use crate::verdict::values::Measurements;
use lora_experiment::study::claim::{Claim, Quantity};
use lora_experiment::study::predictions::Predictions;

/// The exponent of D at every given rate.
///
/// # Errors
/// If the other study was not measured, or the plan lacks a prediction.
pub fn distances(
    claim: &Claim,
    measured: &Measurements,
    all: &All,
    predictions: &Predictions,
) -> Result<Vec<Tested>, AnalysisError> {
    let other = claim.against.as_deref().unwrap_or_default();
    let other = all.get(other).ok_or_else(|| missing(other))?;
    let (init, quantity) = (claim.measured_init(), Quantity::Distance);
    let test = |rate: Option<usize>| {
        let rates = rate.and_then(|rate| measured.study.pair(rate));
        let predicted = planned(predictions, claim, Some(quantity), rates)?;
        let of_seeds = distances_at([measured, other], init, rate.unwrap_or_default());
        let values = of_seeds.into_values().collect();
        Ok(exponent(claim, measured, (quantity, rate), predicted, &values))
    };
    measured.study.pair_numbers().into_iter().map(test).collect()
}

/// D by point of the first study, for every seed that both studies have; none where a run is missing or
/// has diverged.
pub fn distances_at(
    [own, other]: [&Measurements; 2],
    init: Init,
    rate: usize,
) -> BTreeMap<u64, Vec<Option<f64>>> {
    let losses = |measured: &Measurements, x: usize, seed: u64| {
        let runs = measured.cells.get(&(x, seed))?;
        let of_rate = |run: &&RunSummary| run.init == init && run.lr_index == rate as i64;
        let run = runs.iter().find(of_rate).filter(|run| run.diverged_at.is_none())?;
        Some(run.losses.clone())
    };
    let at = |x, seed| distance(&losses(own, x, seed)?, &losses(other, x, seed)?);
    let seeds = |measured: &Measurements| measured.study.experiment.training.seeds.clone();
    let other_seeds = seeds(other);
    let row = |seed: u64| (seed, own.study.at.iter().map(|&x| at(x, seed)).collect());
    seeds(own).into_iter().filter(|seed| other_seeds.contains(seed)).map(row).collect()
}

/// The relative rms distance of two trajectories of one length; none unless it is positive and finite, since its
/// logarithm is fitted.
fn distance(own: &[f64], other: &[f64]) -> Option<f64> {
    if own.len() != other.len() {
        return None;
    }
    let squares: f64 = own.iter().zip(other).map(|(own, other)| (own - other).powi(2)).sum();
    let size: f64 = own.iter().map(|loss| loss.powi(2)).sum();
    let distance = (squares / size).sqrt();
    (distance.is_finite() && distance > 0.0).then_some(distance)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::verdict::judge::judge;
    use crate::verdict::planted::{noise, run};
    use lora_experiment::cells::Cell;
    use lora_experiment::study::plan::plan;
    use lora_experiment::study::suite::Suite;
    use lora_types::Verdict;

    const TOPIC: &str = r#"
title = "planted"
alternatives = { step = "1/4" }
reason = "planted"

[[study]]
id = "full"
about = "given rates"
at = "2^7..2^13"
seeds = 8
inits = ["A"]
gammas = ["-3/4"]

[[study]]
id = "linear"
about = "the same, linearised"
at = "2^7..2^13"
seeds = 8
inits = ["A"]
gammas = ["-3/4"]
set = ["model.linearised=true"]

[[claim]]
id = "lazy"
says = "D is Θ(n^{predicted})."
source = "planted"
study = "full"
test = "distance"
init = "A"
against = "linear"
"#;

    /// Of the limits in place of the linearised network: they have more seeds, which begin elsewhere.
    fn limits() -> String {
        TOPIC.replace("set = [\"model.linearised=true\"]", "limit = \"whole\"").replacen(
            "seeds = 8\n",
            "seeds = 6\nfirst_seed = 2\n",
            1,
        )
    }

    /// The verdict where the losses of the other study are off by a share n^`power`, at every step by
    /// another one and at the first by none, and where a run of one seed may have diverged.
    fn verdict(topic: &str, power: f64, diverged: bool) -> Verdict {
        let suite = Suite::of(&[("planted", topic)], false).expect("a good topic");
        let mut all = All::new();
        for (study, linear) in suite.studies.iter().zip([false, true]) {
            let runs = |cell: Cell| {
                let luck = noise(cell.width, cell.seed, 0.05).exp();
                let off = if linear { luck * (cell.width as f64).powf(power) } else { 0.0 };
                let losses = vec![2.0, 1.0 + off, 0.5 - 3.0 * off];
                let diverged_at = (diverged && !linear && cell.seed == 4).then_some(2);
                let run = RunSummary { losses, diverged_at, ..run(Init::A, 0, 1.0) };
                ((cell.width, cell.seed), vec![run])
            };
            let cells: BTreeMap<_, _> = study.cells(0).into_iter().map(runs).collect();
            all.insert(study.id.clone(), Measurements { study, cells });
        }
        let predictions = plan(&suite, false).predictions();
        judge(&suite.claims[0], &all, &predictions).expect("measured").verdict
    }

    #[test]
    fn a_planted_power_of_the_distance_is_told_from_its_neighbours() {
        assert_eq!(verdict(TOPIC, -0.5, false), Verdict::Holds);
        assert_eq!(verdict(TOPIC, -0.25, false), Verdict::Refuted);
        assert_eq!(verdict(TOPIC, -0.75, false), Verdict::Refuted);
    }

    /// Under Init[A] with the standard readout u⁰ is n^-1/4 beside what the limit keeps.
    #[test]
    fn limits_have_a_power_of_their_own() {
        assert_eq!(verdict(&limits(), -0.25, false), Verdict::Holds);
        assert_eq!(verdict(&limits(), -0.5, false), Verdict::Refuted);
        assert_eq!(verdict(&limits(), 0.0, false), Verdict::Refuted);
    }

    /// A seed that diverged leaves no width at which all seeds have a distance.
    #[test]
    fn a_run_that_diverged_has_no_distance() {
        assert_eq!(verdict(&limits(), -0.25, true), Verdict::Undecided);
    }

    #[test]
    fn a_distance_is_relative_and_of_equal_lengths() {
        let off = distance(&[2.0, 1.0], &[2.2, 1.1]).expect("a distance");
        assert!((off - 0.1).abs() < 1e-12, "{off}");
        assert_eq!(distance(&[1.0], &[1.0]), None, "zero has no logarithm");
        assert_eq!(distance(&[1.0, 2.0], &[1.5]), None);
        assert_eq!(distance(&[1.0], &[f64::NAN]), None);
    }
}
