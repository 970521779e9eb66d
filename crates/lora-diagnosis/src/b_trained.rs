//! Whether B is trained enough, in the paper's sense: whether its motion has a part in the output.

use crate::adam::TrainingAsked;
use crate::module::ModuleDiagnosis;
use crate::numbers::{median, shown};
use crate::pooled::{By, Pooled};
use crate::start::InitLook;
use crate::verdict::{ALIKE, BVerdict, Finding, TrainedVerdict};

/// Below this share of its start B's motion makes at most a tenth of B A.
const SHARE: f64 = 0.1;

pub(crate) fn b_trained(
    modules: &[ModuleDiagnosis],
    start: InitLook,
    trained: TrainedVerdict,
    pooled: Option<&Pooled>,
    training: Option<&TrainingAsked>,
) -> Finding<BVerdict> {
    match (trained, start, pooled) {
        (TrainedVerdict::Untrained, ..) => Finding::new(
            BVerdict::Undertrained,
            "s B A is exactly zero, so nothing was learned",
            "",
        ),
        (_, InitLook::A, Some(pooled)) => from_zero(modules, pooled, training),
        (_, InitLook::B, Some(pooled)) => from_random(modules, pooled, training),
        _ => Finding::new(
            BVerdict::CannotTell,
            "it is not known which factor started at zero, and which law the other one had",
            "",
        ),
    }
}

/// Under Init[A], where B is its own motion.
fn from_zero(
    modules: &[ModuleDiagnosis],
    pooled: &Pooled,
    training: Option<&TrainingAsked>,
) -> Finding<BVerdict> {
    let allowed = modules.iter().filter_map(|module| module.movement?.zero_start.allowed);
    let random = training.map(|_| median(allowed.map(|allowed| allowed.of_random)));
    let [value, low, high] = pooled.ratio;
    let verdict = if random.is_some_and(|share| share <= 1.0) {
        BVerdict::Undertrained
    } else if high < 1.0 / ALIKE {
        BVerdict::LooksUndertrained
    } else if low >= 1.0 / ALIKE {
        BVerdict::Trained
    } else {
        BVerdict::CannotTell
    };
    let walk = random.map_or(String::new(), |share| {
        format!(
            ". Its entries have moved {} times as far as steps of random sign would take them, η √T; up to 1, the \
             gradients of B agreed in no direction",
            shown(share)
        )
    });
    Finding::new(
        verdict,
        format!(
            "B started at zero and moved {} times as far as A, at least {}; below 1/{ALIKE} its motion is the smaller \
             part, while at one rate both would move alike{walk}",
            shown(value),
            shown(low)
        ),
        "with B = 0 at the start δ1 has no part in the whole move. Whether B could have moved farther, only the \
         gradients tell",
    )
}

/// Under Init[B], where the paper's Theorem 2 has δ2 vanish with the width.
fn from_random(
    modules: &[ModuleDiagnosis],
    pooled: &Pooled,
    training: Option<&TrainingAsked>,
) -> Finding<BVerdict> {
    let own = modules.iter().filter(|module| module.start.looks_like == InitLook::B);
    let std = median(own.filter_map(|module| {
        let law = module.start.law?;
        Some(module.b.laws.iter().find(|test| test.law == law)?.std)
    }));
    let ratio = training.map_or(1.0, |training| training.lr_ratio);
    let expected = ratio * pooled.zero_start / std;
    let reach = training.map(|training| training.reach().1 / std);
    let [_, low, high] = pooled.random_start.map(|movement| movement / std);
    let most = reach.map_or(high, |reach| reach.min(high));
    let verdict = if most <= SHARE {
        BVerdict::Undertrained
    } else if low > SHARE {
        BVerdict::Trained
    } else if expected <= SHARE {
        BVerdict::LooksUndertrained
    } else {
        BVerdict::CannotTell
    };
    let size = if pooled.by == By::Edge { "mean" } else { "rms" };
    Finding::new(
        verdict,
        format!(
            "by its entries B has moved between {} and {} of its start's standard deviation ({size}), and by {} if its \
             entries moved as far as those of A at {}; up to {SHARE}, at most a tenth of B A comes from B's motion, and \
             the rest is A's motion through the start of B",
            shown(low),
            shown(most),
            shown(expected),
            if ratio == 1.0 {
                "one rate".to_owned()
            } else {
                format!("a rate {} times as high", shown(ratio))
            },
        ),
        "the start of B is not in the file. The paper's δ2 is that of single steps and of a width that grows; this is \
         the whole move at one width",
    )
}
