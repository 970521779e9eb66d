//! Whether B is trained enough, in the paper's sense: whether its motion has a part in the output.

use crate::module::ModuleDiagnosis;
use crate::numbers::{median, shown};
use crate::pooled::Pooled;
use crate::start::InitLook;
use crate::training::TrainingAsked;
use crate::verdict::{ALIKE, BVerdict, Finding, TrainedVerdict};

/// Below this share of B A's start B's motion has hardly a part in it.
const SHARE: f64 = 0.1;
/// Of fewer steps, a steady gradient's η T and the η √T of random signs lie within a factor of about five, which the
/// sizes of the updates may make up.
const LEAST_STEPS: u32 = 30;

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
    let random = training.filter(|training| training.steps >= LEAST_STEPS).map(|_| {
        let own = modules.iter().filter(|module| is_own(module, InitLook::A));
        let allowed = own.filter_map(|module| module.movement?.zero_start.allowed);
        median(allowed.map(|allowed| allowed.of_random))
    });
    let [value, low, high] = pooled.ratio;
    let verdict = if random.is_some_and(|share| share <= 1.0) || high < 1.0 / ALIKE {
        BVerdict::LooksUndertrained
    } else if low >= 1.0 / ALIKE {
        BVerdict::Trained
    } else {
        BVerdict::CannotTell
    };
    let walk = random.map_or(String::new(), |share| {
        format!(
            ". Its entries have moved {} times as far as steps of random sign would take them, η √T; up to 1 that is no \
             farther than a random walk, which converged training also shows, and so do decayed rates",
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

/// Whether a module trained, and shows this init.
fn is_own(module: &ModuleDiagnosis, init: InitLook) -> bool {
    module.start.looks_like == init && !module.start.untrained
}

/// Under Init[B], where the paper's Theorem 2 has δ2 vanish with the width.
///
/// B_0 lies evenly in all r directions, and B's motion need not: ‖B_0 A‖_F ≈ σ √n ‖A‖_F for a start that A does not
/// depend on, while ‖ΔB A‖_F ≤ ‖ΔB‖_F ‖A‖ = δ √(n r) ‖A‖, where δ is the rms of ΔB. So the share is at most
/// (δ/σ) √r ‖A‖/‖A‖_F.
fn from_random(
    modules: &[ModuleDiagnosis],
    pooled: &Pooled,
    training: Option<&TrainingAsked>,
) -> Finding<BVerdict> {
    let own = || modules.iter().filter(|module| is_own(module, InitLook::B));
    let sides: Vec<Sides> = own().filter_map(Sides::of).collect();
    let std = median(sides.iter().map(|side| side.std));
    let most = |rms: &dyn Fn(&Sides) -> f64| {
        sides.iter().map(|side| side.spread * rms(side) / side.std).fold(0.0, f64::max)
    };
    let ratio = training.map_or(1.0, |training| training.lr_ratio);
    let expected = most(&|side| ratio * side.rms_a);
    let [_, low, high] = pooled.random_rms.unwrap_or([0.0, 0.0, f64::INFINITY]);
    let excess = most(&|_| high);
    let bound = training.map(|training| {
        let [_, reach] = training.reach();
        most(&|side| reach.from_start(side.std))
    });
    let verdict = if bound.is_some_and(|bound| bound <= SHARE) {
        BVerdict::Undertrained
    } else if low / std > SHARE {
        BVerdict::Trained
    } else if expected <= SHARE || excess <= SHARE {
        BVerdict::LooksUndertrained
    } else {
        BVerdict::CannotTell
    };
    let by_adam = bound.zip(training).map_or(String::new(), |(bound, training)| {
        let decay = training.decay_in_words();
        format!(", and to at most {} by the stated training {decay}", shown(bound))
    });
    Finding::new(
        verdict,
        format!(
            "by its mean square B has moved by at least {} of its start's standard deviation (rms). Its motion amounts \
             to at most (δ/σ) √r ‖A‖/‖A‖_F of the start's part in B A: to {} by the mean square, if B did not move \
             against its start, to {} if its entries moved as far as those of A at {}{by_adam}; up to {SHARE}, B A is \
             A's motion through the start of B",
            shown(low / std),
            shown(excess),
            shown(expected),
            if ratio == 1.0 {
                "one rate".to_owned()
            } else {
                format!("a rate {} times as high", shown(ratio))
            },
        ),
        "the start of B is not in the file. Both estimates are for the module with the largest share, and take B's \
         start for independent of A. The paper's δ2 is that of single steps and of a width that grows; this is the \
         whole move at one width",
    )
}

/// A module with B's start, as the share sees it.
struct Sides {
    /// σ of B's law.
    std: f64,
    /// √r ‖A‖/‖A‖_F, from 1 if A fills all directions alike to √r if only one.
    spread: f64,
    /// The rms of A, which is its movement.
    rms_a: f64,
}

impl Sides {
    fn of(module: &ModuleDiagnosis) -> Option<Self> {
        let law = module.start.law?;
        let std = module.b.laws.iter().find(|test| test.law == law)?.std;
        let spread = (module.r as f64).sqrt() * module.a.spectral / module.a.sizes.frobenius;
        Some(Self { std, spread, rms_a: module.a.sizes.rms })
    }
}
