//! What a sweep lacks: learning rates beyond its ends, finite losses, and runs of some seeds.

use lora_analysis::analysis::{Reading, Readings};

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
