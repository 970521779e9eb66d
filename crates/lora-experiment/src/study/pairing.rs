//! Whether two studies can be compared seed by seed.

use super::definition::Study;
use crate::error::ClaimProblem;

/// Why two studies cannot be compared seed by seed, if so. A seed addresses every random draw: data,
/// teacher, student and adapter. Two studies share what their settings leave alike, so that most of
/// a seed's luck cancels in the ratio, if the seeds themselves are shared.
pub fn unpaired(own: &Study, other: &Study) -> Option<ClaimProblem> {
    let seeds = |study: &Study| study.experiment.training.seeds.clone();
    let (own_seeds, other_seeds) = (seeds(own), seeds(other));
    let shared = own_seeds.iter().filter(|seed| other_seeds.contains(seed)).count();
    let least = own_seeds.len().min(other_seeds.len());
    if shared < least {
        return Some(ClaimProblem::OtherSeeds {
            own: (own.id.clone(), numbers(&own_seeds)),
            other: (other.id.clone(), numbers(&other_seeds)),
        });
    }
    if own.axis != other.axis || !own.at.iter().any(|x| other.at.contains(x)) {
        let (own, other) = (own.id.clone(), other.id.clone());
        return Some(ClaimProblem::NoCommonPoint { own, other });
    }
    None
}

/// Why the trajectories of two studies cannot be compared step by step, if so.
pub fn out_of_step(own: &Study, other: &Study) -> Option<ClaimProblem> {
    let pairs = |study: &Study| (0..).map_while(|pair| study.pair(pair)).collect::<Vec<_>>();
    let steps = |study: &Study| {
        let training = &study.experiment.training;
        (pairs(study), training.steps, training.record_every)
    };
    let (own_id, other_id) = (own.id.clone(), other.id.clone());
    (steps(own) != steps(other))
        .then_some(ClaimProblem::OtherSteps { own: own_id, other: other_id })
}

/// "0 to 11": a study numbers them without a gap.
pub fn numbers(seeds: &[u64]) -> String {
    match seeds {
        [first, .., last] => format!("{first} to {last}"),
        [only] => only.to_string(),
        [] => "none".to_owned(),
    }
}
