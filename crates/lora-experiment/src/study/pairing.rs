//! Whether two studies can be compared seed by seed.

use lora_types::Init;

use super::definition::{Axis, Rates, Study};
use crate::error::ClaimProblem;
use crate::experiment::Experiment;

/// How the second study of a distance differs from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The network is linearised at H.
    Linearisation,
    /// It has the limits that are coupled to the runs of the first.
    Limit,
    /// It has another ratio of the learning rates, with the same product.
    Ratio,
}

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

/// How the second study of a distance differs from the first, of which `init` is compared.
///
/// # Errors
/// If it differs by more than one thing, or by something else than a [`Difference`].
pub fn difference(own: &Study, other: &Study, init: Init) -> Result<Difference, ClaimProblem> {
    let linearised = |study: &Study| study.experiment.model.linearised;
    let is_run = |study: &Study| study.limit.is_none();
    let (own_id, other_id) = (own.id.clone(), other.id.clone());
    if !is_run(own) || !is_run(other) {
        let coupled = is_run(own) && own.rates == other.rates && same_training(own, other);
        let problem = ClaimProblem::NotItsLimit { own: own_id, other: other_id };
        return coupled.then_some(Difference::Limit).ok_or(problem);
    }
    if linearised(own) == linearised(other) && own.rates != other.rates {
        let one_limit = init == Init::A && same_product(own, other) && same_training(own, other);
        let problem = ClaimProblem::NoCommonLimit { own: own_id, other: other_id };
        return one_limit.then_some(Difference::Ratio).ok_or(problem);
    }
    let mut full = own.clone();
    full.experiment.model.linearised = true;
    let alike = !linearised(own) && own.rates == other.rates && same_training(&full, other);
    let problem = ClaimProblem::NotItsLinearised { own: own_id, other: other_id };
    alike.then_some(Difference::Linearisation).ok_or(problem)
}

/// Why the distances of runs to two limits cannot be compared, if so.
pub fn not_two_limits(own: &Study, limits: [&Study; 2], init: Init) -> Option<ClaimProblem> {
    let [near, far] = limits;
    if near.id == far.id {
        return Some(ClaimProblem::SameLimit { study: near.id.clone() });
    }
    limits.into_iter().find_map(|limit| {
        let problem = || match difference(own, limit, init) {
            Ok(Difference::Limit) => None,
            _ => Some(ClaimProblem::NotItsLimit { own: own.id.clone(), other: limit.id.clone() }),
        };
        unpaired(own, limit).or_else(problem)
    })
}

/// Whether two studies train the same networks, but for their learning rates. Seeds, inits and widths are
/// compared where both have them.
fn same_training(own: &Study, other: &Study) -> bool {
    let mut wanted: Experiment = own.experiment.clone();
    wanted.title.clone_from(&other.experiment.title);
    wanted.training.seeds.clone_from(&other.experiment.training.seeds);
    wanted.training.inits.clone_from(&other.experiment.training.inits);
    wanted.model.widths.clone_from(&other.experiment.model.widths);
    let kind = |study: &Study| {
        (study.scope, study.axis, study.fault, study.multiplier_width, study.multiplier_rank)
    };
    kind(own) == kind(other) && wanted == other.experiment
}

/// Whether η_A η_B is the same at every pair of rates, over widths.
fn same_product(own: &Study, other: &Study) -> bool {
    let product = |study: &Study| match &study.rates {
        Rates::Powers { constants: [of_a, of_b], pairs } => Some((of_a * of_b, pairs.clone())),
        Rates::Search(_) => None,
    };
    match (product(own), product(other)) {
        (Some((own_c, own_pairs)), Some((other_c, other_pairs))) => {
            own.axis == Axis::Width
                && own_pairs == other_pairs
                && (own_c / other_c - 1.0).abs() < 1e-12
        }
        _ => false,
    }
}

/// "0 to 11": a study numbers them without a gap.
pub fn numbers(seeds: &[u64]) -> String {
    match seeds {
        [first, .., last] => format!("{first} to {last}"),
        [only] => only.to_string(),
        [] => "none".to_owned(),
    }
}
