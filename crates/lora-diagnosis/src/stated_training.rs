//! Whether the stated training can have made an adapter.

use crate::module::ModuleDiagnosis;
use crate::numbers::shown;
use crate::training::TrainingAsked;
use crate::verdict::{Finding, StatedVerdict};

/// What the largest movement over its bound says.
pub(crate) fn stated(
    modules: &[ModuleDiagnosis],
    training: &TrainingAsked,
) -> Finding<StatedVerdict> {
    let (mut largest, mut worst): (Option<f64>, &str) = (None, "");
    for module in modules {
        for of in shares(module, training) {
            if largest.is_none_or(|share| of > share) {
                (largest, worst) = (Some(of), &module.module);
            }
        }
    }
    // A file of bf16 may hold a number rounded up by a share of 2^-8.
    let (verdict, found) = match largest {
        None => (
            StatedVerdict::CannotTell,
            "no movement is known that could be compared with that".to_owned(),
        ),
        Some(share) if share > 1.0 + 2f64.powi(-7) => (
            StatedVerdict::Contradicted,
            format!(
                "an entry has moved by {} of that, in `{worst}`, so the rate, the steps, the betas{} or the optimiser were \
                 others",
                shown(share),
                if training.weight_decay == 0.0 { "" } else { ", the weight decay" }
            ),
        ),
        Some(share) => (
            StatedVerdict::Possible,
            format!(
                "an entry has moved by {} of that, in `{worst}`, so nothing contradicts the statement",
                shown(share)
            ),
        ),
    };
    Finding::new(
        verdict,
        format!("{}; {found}", allowed(training)),
        "the bound is for gradients of any kind, and training uses a small part of it: one that is far too high is not \
         noticed. What weight decay takes from the random factor beside that is not seen here. The bound does \
         not hold for optimisers that round their moments, such as those of 8 bits, nor for SGD or Adafactor",
    )
}

/// What the stated training allows, in words.
fn allowed(training: &TrainingAsked) -> String {
    let TrainingAsked { lr, steps, lr_ratio, betas: [beta1, beta2], weight_decay, .. } = training;
    let [a, b] = training.reach();
    let by = match *weight_decay {
        0.0 => "η Σ C_t without weight decay".to_owned(),
        decay => format!("η Σ C_t (1 − ηλ)^(T−t) by its updates, with a weight decay λ of {decay}"),
    };
    let lost = match *weight_decay {
        0.0 => String::new(),
        _ => format!(
            "; the decay takes at most {} of its start from an entry of A and {} from one of B",
            shown(a.decay),
            shown(b.decay)
        ),
    };
    format!(
        "{steps} steps of Adam at {} with betas ({beta1}, {beta2}) and a ratio of {lr_ratio} move no entry by more than \
         {by}, {} in A and {} in B{lost}",
        shown(*lr),
        shown(a.updates),
        shown(b.updates),
    )
}

/// Movements over their bounds: of the factor that started at zero, and the certain one of the other. That one takes the
/// law of the start for right, and a decayed factor may look as if it came from a smaller law: with weight decay it is
/// left out.
fn shares(module: &ModuleDiagnosis, training: &TrainingAsked) -> impl Iterator<Item = f64> {
    let movement = module.movement.as_ref();
    let zero =
        movement.and_then(|movement| movement.zero_start.allowed).map(|allowed| allowed.share);
    let random = movement.and_then(|movement| movement.random_start);
    let random = random.filter(|_| training.weight_decay == 0.0);
    let random = random.and_then(|random| Some(random.largest_at_least? / random.most?));
    zero.into_iter().chain(random)
}
