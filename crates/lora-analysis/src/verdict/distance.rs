//! How far a network's losses are from those of the same network linearised at H: the exponent of
//!
//! ```text
//! D = (Σ_t (L_t − L'_t)² / Σ_t L_t²)^1/2
//! ```
//!
//! over all steps t, run by run, where L' is the loss of the linearised network with the same seed.

use lora_sim::spec::Init;
use lora_stats::relative_distance;

use crate::AnalysisError;
use crate::verdict::tested::{All, Tested, exponent, missing, planned};
use crate::verdict::values::{Measurements, Values};
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
        let values = distances_at([measured, other], init, rate.unwrap_or_default());
        Ok(exponent(claim, measured, (quantity, rate), predicted, &values))
    };
    measured.study.pair_numbers().into_iter().map(test).collect()
}

/// D by seed and point of the first study; none where a run is missing or has diverged.
fn distances_at([own, other]: [&Measurements; 2], init: Init, rate: usize) -> Values {
    own.each(|x, seed| {
        let cell = (x, seed);
        relative_distance(own.losses(cell, init, rate)?, other.losses(cell, init, rate)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::planted::{claim, noise, run, verdict_by_study};
    use crate::verdict::run_summary::RunSummary;
    use lora_types::Verdict;

    /// The verdict where the linearised losses are off by a share n^`power` of each loss.
    fn verdict(power: f64) -> Verdict {
        let study = |id: &str, set: &str| {
            let rates = "at = \"2^7..2^13\"\nseeds = 8\ninits = [\"A\"]\ngammas = [\"-3/4\"]";
            format!("[[study]]\nid = \"{id}\"\nabout = \"x\"\n{rates}\nset = [{set}]\n\n")
        };
        let rest = "study = \"full\"\ntest = \"distance\"\ninit = \"A\"\nagainst = \"linear\"";
        let studies = study("full", "") + &study("linear", "\"model.linearised=true\"");
        verdict_by_study(&(studies + &claim("lazy", rest)), |id, x, seed| {
            let luck = noise(x, seed, 0.05).exp();
            let off = if id == "linear" { luck * (x as f64).powf(power) } else { 0.0 };
            let losses = [2.0, 1.0, 0.5].map(|loss| loss * (1.0 + off)).to_vec();
            vec![RunSummary { losses, ..run(Init::A, 0, 1.0) }]
        })
    }

    #[test]
    fn a_planted_power_of_the_distance_is_told_from_its_neighbours() {
        assert_eq!(verdict(-0.5), Verdict::Holds);
        assert_eq!(verdict(-0.25), Verdict::Refuted);
        assert_eq!(verdict(-0.75), Verdict::Refuted);
    }
}
