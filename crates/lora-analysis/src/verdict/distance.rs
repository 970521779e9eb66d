//! The distance between the trajectories of two studies: of runs and of the limits that are coupled to
//! them, or of runs that have the same limit.

use lora_sim::spec::Init;

use crate::AnalysisError;
use crate::verdict::run_summary::{RunSummary, Steps};
use crate::verdict::tested::{All, Tested, exponent, missing, planned};
use crate::verdict::values::{Measurements, Values};
use lora_experiment::study::claim::{Claim, Quantity};
use lora_experiment::study::predictions::Predictions;

/// The exponent of each quantity's distance, at every given rate.
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
    let mut tested = Vec::new();
    for rate in measured.study.pair_numbers() {
        let rates = rate.and_then(|rate| measured.study.pair(rate));
        for &quantity in &claim.quantities {
            let predicted = planned(predictions, claim, Some(quantity), rates)?;
            let values = values([measured, other], (claim.measured_init(), rate), quantity);
            tested.push(exponent(claim, measured, (quantity, rate), predicted, &values));
        }
    }
    Ok(tested)
}

/// |x − y|/|x| over the steps, x of the first study and y of the second, for the seeds that both have,
/// at the points of the first.
fn values(
    [own, other]: [&Measurements; 2],
    (init, rate): (Init, Option<usize>),
    quantity: Quantity,
) -> Values {
    let other_seeds = &other.study.experiment.training.seeds;
    let shared = own.study.experiment.training.seeds.iter().filter(|s| other_seeds.contains(s));
    let steps = |measured: &Measurements, x: usize, seed: u64| -> Option<Vec<f64>> {
        let runs = measured.cells.get(&(x, seed))?;
        let lr_index = rate.unwrap_or(0) as i64;
        let of_pair = |run: &&RunSummary| run.init == init && run.lr_index == lr_index;
        let run = runs.iter().find(of_pair).filter(|run| run.diverged_at.is_none())?;
        let Steps { losses, za, zb } = run.steps.as_ref()?;
        match quantity {
            Quantity::Loss => Some(losses.clone()),
            Quantity::Za => Some(za.clone()),
            Quantity::Zb => Some(zb.clone()),
            _ => None,
        }
    };
    let at = |x, seed| relative(&steps(own, x, seed)?, &steps(other, x, seed)?);
    shared.map(|&seed| own.study.at.iter().map(|&x| at(x, seed)).collect()).collect()
}

/// |x − y|/|x|; none of trajectories of different lengths, and where it is no positive number, which has
/// no logarithm.
fn relative(x: &[f64], y: &[f64]) -> Option<f64> {
    let gap: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
    let distance = (gap / x.iter().map(|x| x * x).sum::<f64>()).sqrt();
    (x.len() == y.len() && distance > 0.0 && distance.is_finite()).then_some(distance)
}

#[cfg(test)]
mod tests {
    use lora_stats::Verdict;

    use super::*;
    use crate::verdict::judge::judge;
    use crate::verdict::planted::{measured, noise, run};
    use lora_experiment::study::plan::plan;
    use lora_experiment::study::suite::Suite;

    /// The limit's seeds stand at other places than those of the runs.
    fn topic(test: &str) -> String {
        let study = |id: &str, first_seed: u64, seeds: u64, more: &str| {
            format!(
                "[[study]]\nid = \"{id}\"\nabout = \"x\"\nat = \"2^7..2^13\"\nseeds = {seeds}\n\
                 first_seed = {first_seed}\ninits = [\"A\"]\ngammas = [\"-3/4\"]\n{more}\
                 set = [\"training.steps=4\", \"training.record_every=2\"]\n"
            )
        };
        let runs = study("runs", 2, 8, "");
        let limits = study("limits", 0, 12, "limit = \"whole\"\n");
        format!(
            "title = \"x\"\nalternatives = {{ step = \"1/4\" }}\nreason = \"planted\"\n{runs}{limits}\
             [[claim]]\nid = \"near\"\nsays = \"x\"\nsource = \"planted\"\nstudy = \"runs\"\n\
             against = \"limits\"\ninit = \"A\"\n{test}\n"
        )
    }

    /// The verdict where the distance of both quantities is n^x under noise, with a run of one seed that
    /// may have diverged.
    fn verdict(x: f64, test: &str, diverged: bool) -> (Verdict, Vec<Option<f64>>) {
        let text = topic(test);
        let suite = Suite::of(&[("planted", &text)], false).expect("a good topic");
        assert!(suite.studies.iter().all(|study| study.step_by_step));
        let predictions = plan(&suite, false).predictions();
        let all = measured(&suite, |study, width, seed| {
            let distance = ((width as f64).ln() * x + noise(width, seed, 0.2)).exp();
            let size = if study == "limits" { 1.0 + distance } else { 1.0 };
            let steps = |count| vec![3.0 * size; count];
            let steps = Steps { losses: steps(5), za: steps(3), zb: steps(3) };
            let diverged_at = (diverged && seed == 4 && study == "runs").then_some(2);
            vec![RunSummary { steps: Some(steps), diverged_at, ..run(Init::A, 0, 1.0) }]
        });
        let judged = judge(&suite.claims[0], &all, &predictions).expect("measured");
        let of = |tested: &Tested| tested.fit.as_ref().map(|fit| fit.chosen.exponent);
        (judged.verdict, judged.tested.iter().map(of).collect())
    }

    const LOSS: &str = "test = \"distance\"\nquantity = \"loss\"";

    /// Under Init[A] with the standard readout u⁰ is n^-1/4 beside what the limit keeps.
    #[test]
    fn the_power_of_the_distance_decides() {
        let (holds, fitted) = verdict(-0.25, LOSS, false);
        assert_eq!(holds, Verdict::Holds);
        assert!((fitted[0].expect("a fit") + 0.25).abs() < 0.05, "{fitted:?}");
        for x in [0.0, -0.5] {
            assert_eq!(verdict(x, LOSS, false).0, Verdict::Refuted, "{x}");
        }
        let both = "test = \"distance\"\nquantities = [\"loss\", \"za\", \"zb\"]";
        let (holds, fitted) = verdict(-0.25, both, false);
        assert_eq!((holds, fitted.len()), (Verdict::Holds, 3));
    }

    /// A seed that diverged leaves no width where all seeds have a distance.
    #[test]
    fn a_run_that_diverged_has_no_distance() {
        assert_eq!(verdict(-0.25, LOSS, true), (Verdict::Undecided, vec![None]));
    }

    #[test]
    fn a_distance_is_relative_to_the_run() {
        assert_eq!(relative(&[3.0, 4.0], &[3.0, 5.0]), Some(0.2));
        assert_eq!(relative(&[3.0, 4.0], &[3.0, 4.0]), None);
        assert_eq!(relative(&[3.0, 4.0], &[3.0]), None);
        assert_eq!(relative(&[3.0, f64::NAN], &[3.0, 4.0]), None);
    }
}
