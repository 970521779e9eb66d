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

/// Why the other study is not the same one with the network linearised, if so.
pub fn not_linearised(own: &Study, other: &Study) -> Option<ClaimProblem> {
    let mut wanted = own.experiment.clone();
    wanted.model.linearised = true;
    wanted.title.clone_from(&other.experiment.title);
    wanted.training.seeds.clone_from(&other.experiment.training.seeds);
    wanted.training.inits.clone_from(&other.experiment.training.inits);
    wanted.model.widths.clone_from(&other.experiment.model.widths);
    let multipliers = |study: &Study| (study.multiplier_width, study.multiplier_rank);
    let alike = own.rates == other.rates
        && own.scope == other.scope
        && multipliers(own) == multipliers(other)
        && wanted == other.experiment;
    let both = !own.experiment.model.linearised && alike;
    let names = || (own.id.clone(), other.id.clone());
    (!both).then(names).map(|(own, other)| ClaimProblem::NotItsLinearised { own, other })
}

/// "0 to 11": a study numbers them without a gap.
pub fn numbers(seeds: &[u64]) -> String {
    match seeds {
        [first, .., last] => format!("{first} to {last}"),
        [only] => only.to_string(),
        [] => "none".to_owned(),
    }
}
