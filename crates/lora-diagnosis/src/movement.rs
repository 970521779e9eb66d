//! How far the factors of a module have moved.

use serde::Serialize;

use crate::factor::Factor;
use crate::law::{Law, LawKind};
use crate::normal::upper;
use crate::reach::Reach;
use crate::start::{InitLook, Start};
use crate::training::TrainingAsked;

/// The movement of the factor that started at zero, which is the factor itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Known {
    /// The Frobenius norm.
    pub frobenius: f64,
    /// The root of the mean square of an entry's movement.
    pub rms: f64,
    /// The mean of an entry's movement.
    pub mean_abs: f64,
    /// The largest movement of an entry.
    pub largest: f64,
    /// Beside what the stated training allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
}

/// A movement beside the stated training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Allowed {
    /// η Σ C_t (1 − ηλ)^{T−t}: no entry can have moved farther under Adam.
    pub most: f64,
    /// The largest movement over that. Above 1 the training was another than the stated one.
    pub share: f64,
    /// The rms over η T, the movement of an entry whose gradient keeps its size and sign.
    pub of_steady: f64,
    /// The rms over η √T, the movement of an entry whose every update has the sign of a coin.
    pub of_random: f64,
}

impl Allowed {
    fn of(sizes: &crate::sizes::Sizes, lr: f64, steps: u32, most: f64) -> Self {
        let steps = f64::from(steps);
        Self {
            most,
            share: sizes.largest / most,
            of_steady: sizes.rms / (lr * steps),
            of_random: sizes.rms / (lr * steps.sqrt()),
        }
    }
}

/// What can be said of the movement of the factor that started random, whose start is not known. All of it
/// takes the law for right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimated {
    /// The rms of an entry's movement, were it uncorrelated with the start, and its range, from the mean square in
    /// excess of the law's. The lower end is the difference of both rms, less than which no movement makes. The upper
    /// end is an estimate: it takes it that the movement does not go against the start, and only the sum of both rms
    /// is certain. Absent where the mean square is below the law's by more than chance: then the law is another, or
    /// the factor shrank.
    pub rms: Option<[f64; 3]>,
    /// The mean movement of an entry, were it independent of the start, with its 95% range, from the entries beyond a
    /// uniform law's edge. The lower end has room for a movement along the start, which shows four times as much. The upper end
    /// is an estimate: a movement against the start does not show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_abs: Option<[f64; 3]>,
    /// The largest movement of an entry is at least this, for certain: its distance from the edge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_at_least: Option<f64>,
    /// The Frobenius norm of the movement is at least this, for certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frobenius_at_least: Option<f64>,
    /// Under Adam, with the stated training, no entry can have moved farther: by its updates, and by the weight decay of
    /// the largest start that the law has, or that can have ended in this factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<f64>,
}

/// The movement of both factors, where the start is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Movement {
    /// Of the factor that started at zero.
    pub zero_start: Known,
    /// Of the factor that started random, where its law is recognised.
    pub random_start: Option<Estimated>,
}

impl Movement {
    /// None where it is not known which factor started at zero.
    pub(crate) fn of(
        start: &Start,
        a: &Factor,
        b: &Factor,
        training: Option<&TrainingAsked>,
    ) -> Option<Self> {
        let (zero, random, of_zero) = match start.looks_like {
            InitLook::A => (b, a, 1),
            InitLook::B => (a, b, 0),
            InitLook::Both | InitLook::Mixed | InitLook::Unknown => return None,
        };
        let reach = |of: usize| training.map(|training| training.reach()[of]);
        let allowed = training.zip(reach(of_zero)).map(|(training, reach)| {
            Allowed::of(&zero.sizes, training.rates()[of_zero], training.steps, reach.updates)
        });
        let crate::sizes::Sizes { frobenius, rms, mean_abs, largest, .. } = zero.sizes;
        Some(Self {
            zero_start: Known { frobenius, rms, mean_abs, largest, allowed },
            random_start: start.law.and_then(|law| Estimated::of(random, law, reach(1 - of_zero))),
        })
    }
}

impl Estimated {
    fn of(factor: &Factor, kind: LawKind, reach: Option<Reach>) -> Option<Self> {
        let test = factor.laws.iter().find(|test| test.law == kind)?;
        let law = Law { kind, std: test.std };
        let variance = law.std * law.std;
        let deviation = variance * ((law.kurtosis() - 1.0) / factor.sizes.entries as f64).sqrt();
        let square = factor.sizes.rms * factor.sizes.rms;
        let uniform = law.edge();
        let most = |reach: Reach| {
            let begun = reach.start_of(factor.sizes.largest);
            reach.from_start(uniform.map_or(begun, |edge| edge.min(begun)))
        };
        Some(Self {
            rms: excess_movement(square, variance, upper(0.025) * deviation),
            mean_abs: test.edge_movement(factor.sizes.entries),
            largest_at_least: test.certain(factor.sizes.largest),
            frobenius_at_least: uniform.and(factor.beyond_edge),
            // Where nothing of a normal start is left, it has no bound.
            most: reach.map(most).filter(|most| most.is_finite()),
        })
    }
}

/// The rms of a movement that is uncorrelated with a start, and its range, from the mean square of the end, the
/// variance of the start's law, and the noise of a start's own mean square.
///
/// The mean squares are x² = σ² + 2ρσd + d², where ρ is the correlation of movement and start: |x − σ| ≤ d ≤ x + σ for
/// any ρ, and d² ≤ x² − σ² for ρ ≥ 0. None if x² + noise is below σ².
pub(crate) fn excess_movement(square: f64, variance: f64, noise: f64) -> Option<[f64; 3]> {
    let excess = square - variance;
    let root = |value: f64| value.max(0.0).sqrt();
    let least = root(square) - root(variance + noise);
    (excess + noise >= 0.0).then(|| [root(excess), least.max(0.0), root(excess + noise)])
}
