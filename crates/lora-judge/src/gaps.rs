//! What a sweep lacks: learning rates beyond its ends, finite losses, and runs of some seeds.

use std::collections::BTreeMap;

use lora_analysis::analysis::{Reading, Readings};
use lora_types::Init;

use crate::sweep::Sweep;

/// Optima at an end of the sampled learning rates, and curves without any, by init and width.
pub(crate) fn edges(readings: &Readings) -> Vec<String> {
    let mut said = Vec::new();
    for (&(init, width), readings) in readings {
        for end in [End::Smallest, End::Largest, End::None] {
            let at = |reading: &&Reading| End::of(reading) == Some(end);
            let seeds: Vec<String> =
                readings.iter().filter(at).map(|reading| reading.seed.to_string()).collect();
            if !seeds.is_empty() {
                let s = if seeds.len() == 1 { "" } else { "s" };
                let seeds = seeds.join(", ");
                said.push(format!("{init}, n = {width}, seed{s} {seeds}: {}", end.words()));
            }
        }
    }
    said
}

/// Where a curve ends too early.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Smallest,
    Largest,
    None,
}

impl End {
    fn of(reading: &Reading) -> Option<Self> {
        let Some(optimum) = &reading.optimum else { return Some(Self::None) };
        if optimum.bracketed {
            return None;
        }
        let least = reading.runs.iter().map(|run| run.lr_index).min();
        Some(if least == Some(optimum.index) { Self::Smallest } else { Self::Largest })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Smallest => {
                "the smallest sampled learning rate is the best, so that the optimum may lie below it"
            }
            Self::Largest => {
                "the largest sampled learning rate is the best, so that the optimum may lie above it"
            }
            Self::None => "every run diverged",
        }
    }
}

/// Seeds that have no runs at some width.
pub(crate) fn missing(sweep: &Sweep, readings: &Readings) -> Vec<String> {
    let mut said = Vec::new();
    for (&init, extent) in &sweep.inits {
        for &width in &extent.widths {
            let there = readings.get(&(init, width)).map_or(&[][..], Vec::as_slice);
            let lacks = |seed: &&u64| there.iter().all(|reading| reading.seed != **seed);
            let seeds: Vec<String> =
                extent.seeds.iter().filter(lacks).map(u64::to_string).collect();
            if !seeds.is_empty() {
                let s = if seeds.len() == 1 { "" } else { "s" };
                said.push(format!(
                    "{init}, n = {width}: there are no runs of seed{s} {}, so that this width is in no fit",
                    seeds.join(", ")
                ));
            }
        }
    }
    said
}

/// Curves whose best score has no logarithm, as an error of 0.
pub(crate) fn not_positive(readings: &Readings) -> Option<String> {
    let optima = readings.values().flatten().filter_map(|reading| reading.optimum.as_ref());
    let count = optima.filter(|optimum| optimum.score <= 0.0).count();
    (count > 0).then(|| {
        format!(
            "the best score is not positive in {count} of the curves, which are read without its logarithm: \
             their optimum is a sampled learning rate, and they have no basin"
        )
    })
}

/// Optima that lie on a sampled learning rate although others lie on both sides, by init: a neighbour diverged, or no
/// parabola goes through the three. Such an optimum is known up to the distance of its neighbours.
pub(crate) fn between_samples(readings: &Readings) -> Vec<String> {
    let mut by_init: BTreeMap<Init, (usize, usize, f64)> = BTreeMap::new();
    for (&(init, _), readings) in readings {
        let (of, on_sample, ratio) = by_init.entry(init).or_default();
        for optimum in readings.iter().filter_map(|reading| reading.optimum.as_ref()) {
            let Some((lower, upper)) = optimum.bracket else { continue };
            *of += 1;
            if !optimum.interpolated {
                *on_sample += 1;
                *ratio = ratio.max(optimum.lr / lower).max(upper / optimum.lr);
            }
        }
    }
    let on_samples = by_init.into_iter().filter(|(_, (_, on_sample, _))| *on_sample > 0);
    let said = on_samples.map(|(init, (of, on_sample, ratio))| {
        format!(
            "{init}: {on_sample} of {of} optima are sampled learning rates and not interpolated, since no parabola \
             goes through their neighbours; the largest ratio of neighbours is {ratio:.3}"
        )
    });
    said.collect()
}
