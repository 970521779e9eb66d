//! Bounds on the parts of a module's output for unit inputs, in the paper's terms.
//!
//! Taken as one move from the start (A_0, B_0) to the end (A, B), ΔZ_B = s B A z = δ1 + δ2 + δ3 with
//! δ1 = s B_0 (A − A_0) z, δ2 = s (B − B_0) A_0 z and δ3 = s (B − B_0)(A − A_0) z. Under Init[A] B_0 = 0, so δ1 = 0;
//! under Init[B] A_0 = 0, so δ2 = 0. The other part through the start and δ3 are bounded from the law of the start.

use serde::Serialize;

use crate::factor::Factor;
use crate::start::{InitLook, Start};
use crate::training::{LastUpdate, TrainingAsked};

/// The largest singular value of a Gaussian start, rows × columns with standard deviation σ, is below
/// σ(√rows + √columns + 4) but for once in 3000 draws, e^(−4²/2) (Davidson and Szarek 2001). A uniform start has the
/// same limit σ(√rows + √columns) (Bai and Yin 1993).
const MARGIN: f64 = 4.0;

/// One step's parts under Adam: no gradients make them larger.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LastStep {
    /// ‖s B ΔA‖.
    pub delta1: f64,
    /// ‖s ΔB A‖.
    pub delta2: f64,
    /// ‖s ΔB ΔA‖.
    pub delta3: f64,
}

/// Bounds on the largest norm of each part over inputs z with ‖z‖ = 1, over the whole training as one move.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Deltas {
    /// ‖s B A‖, of all parts together; exact.
    pub total: f64,
    /// The part that is zero, since it needs a factor that started at zero.
    pub zero: &'static str,
    /// The part through the start.
    pub start_part: &'static str,
    /// The rms of its norm over all z with ‖z‖ = 1, if the start were independent of the rest: ‖·‖_F/√fan-in.
    pub start_typical: f64,
    /// Its largest norm is at most this, by the law of the start.
    pub start_at_most: f64,
    /// δ3, through the movement of both factors, has a largest norm of at least this,
    pub delta3_at_least: f64,
    /// and of at most this.
    pub delta3_at_most: f64,
    /// Of the last step, with a stated training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_step: Option<LastStep>,
}

impl Deltas {
    /// None where the random factor's law is not recognised.
    pub(crate) fn of(
        module: &Sides<'_>,
        start: &Start,
        training: Option<&TrainingAsked>,
    ) -> Option<Self> {
        let Sides { a, b, scaling, r, fan_in, fan_out, total } = *module;
        let (moved, random, rows, zero, start_part) = match start.looks_like {
            InitLook::A => (b, a, fan_in, "delta1", "delta2"),
            InitLook::B => (a, b, fan_out, "delta2", "delta1"),
            InitLook::Both | InitLook::Mixed | InitLook::Unknown => return None,
        };
        let std = random.laws.iter().find(|test| Some(test.law) == start.law)?.std;
        let (r, rows) = (r as f64, rows as f64);
        let typical = scaling * std * (rows / fan_in as f64).sqrt() * moved.sizes.frobenius;
        let reach = training.map(|t| t.reach()[usize::from(start.looks_like == InitLook::B)]);
        // A norm is at most the root of the entries times the largest; what decays is the start itself.
        let start_norm = std * (rows.sqrt() + r.sqrt() + MARGIN);
        let by_adam = reach.map(|reach| {
            let random_moved = reach.updates * (r * rows).sqrt() + reach.decay * start_norm;
            scaling * moved.spectral * random_moved
        });
        let most = scaling * start_norm * moved.spectral;
        Some(Self {
            total,
            zero,
            start_part,
            start_typical: typical,
            start_at_most: most,
            delta3_at_least: (total - most).max(0.0),
            delta3_at_most: by_adam.unwrap_or(f64::INFINITY).min(total + most),
            last_step: training
                .map(|t| last_step(module, t, (r * fan_in as f64, r * fan_out as f64))),
        })
    }
}

/// A module as the bounds see it.
#[derive(Clone, Copy)]
pub(crate) struct Sides<'a> {
    pub a: &'a Factor,
    pub b: &'a Factor,
    pub scaling: f64,
    pub r: usize,
    pub fan_in: usize,
    pub fan_out: usize,
    /// ‖s B A‖.
    pub total: f64,
}

/// The update's norm is at most √entries η C_T, and A = (1 − ηλ) A_before − update. So ‖A_before‖ is at most
/// (‖A‖ + √entries η C_T)/(1 − ηλ), and ‖ΔA‖ at most √entries η C_T + ηλ ‖A_before‖.
fn last_step(module: &Sides<'_>, training: &TrainingAsked, (of_a, of_b): (f64, f64)) -> LastStep {
    let of = |factor: &Factor, LastUpdate { most, lost }: LastUpdate, entries: f64| {
        let update = entries.sqrt() * most;
        let before = (factor.spectral + update) / (1.0 - lost);
        (before, update + lost * before)
    };
    let [last_a, last_b] = training.last();
    let ((a, step_a), (b, step_b)) = (of(module.a, last_a, of_a), of(module.b, last_b, of_b));
    let s = module.scaling;
    LastStep { delta1: s * b * step_a, delta2: s * a * step_b, delta3: s * step_a * step_b }
}

#[cfg(test)]
mod tests {
    use lora_checkpoint::Tensor;
    use nalgebra::DMatrix;

    use super::*;
    use crate::drawn::Drawn;
    use crate::law::{Law, LawKind};
    use crate::spectrum::{Thin, product};

    /// Both laws stay below the stated margin, and come near it.
    #[test]
    fn starts_have_the_stated_largest_singular_value() {
        let (r, n) = (8, 128);
        let mut drawn = Drawn(2);
        for _ in 0..300 {
            for start in [drawn.normal(1.0, r * n), drawn.uniform(3f64.sqrt(), r * n)] {
                let values = Thin::of_a(&start, r, n).singular_values().expect("found");
                let limit = (r as f64).sqrt() + (n as f64).sqrt();
                assert!((0.8 * limit..limit + MARGIN).contains(&values[0]), "{}", values[0]);
            }
        }
    }

    /// The stated rms over all directions is that of independent factors, and below the bound of any direction.
    #[test]
    fn the_typical_part_is_that_of_independent_factors() {
        let mut drawn = Drawn(4);
        for (fan_in, fan_out) in [(512, 128), (128, 512), (256, 256)] {
            for looks_like in [InitLook::A, InitLook::B] {
                let mut few = |rows: usize, columns: usize| {
                    let [u, v] = [drawn.normal(0.1, rows * 2), drawn.normal(0.1, 2 * columns)];
                    let entry = |at: usize| {
                        let (row, column) = (at / columns, at % columns);
                        u[2 * row] * v[column] + u[2 * row + 1] * v[columns + column]
                    };
                    (0..rows * columns).map(entry).collect::<Vec<f32>>()
                };
                let (mut a, mut b) = (few(R, fan_in), few(fan_out, R));
                match looks_like {
                    InitLook::A => a = drawn.normal((fan_in as f64).powf(-0.5), R * fan_in),
                    _ => b = drawn.normal((R as f64).powf(-0.5), fan_out * R),
                }
                let found = of(looks_like, &a, &b, [fan_in, fan_out]);
                let whole = |rows, columns, values: &[f32]| {
                    DMatrix::from_row_iterator(rows, columns, values.iter().map(|x| f64::from(*x)))
                };
                let whole = whole(fan_out, R, &b) * whole(R, fan_in, &a) * SCALING;
                let share = found.start_typical * (fan_in as f64).sqrt() / whole.norm();
                assert!((share - 1.0).abs() < 0.15, "{looks_like:?} {fan_in} {fan_out}: {share}");
                assert!(found.start_typical <= found.start_at_most);
            }
        }
    }

    const R: usize = 8;
    const SCALING: f64 = 2.0;

    fn of(looks_like: InitLook, a: &[f32], b: &[f32], [fan_in, fan_out]: [usize; 2]) -> Deltas {
        let (thin_a, thin_b) = (Thin::of_a(a, R, fan_in), Thin::of_b(b, fan_out, R));
        let tensor = |shape: [usize; 2], values: &[f32]| Tensor::f32(&shape, values.to_vec());
        let a = tensor([R, fan_in], a);
        let a = Factor::of(&a, &thin_a, &Law::of_a(R, fan_in), [R, fan_in], 1e-3);
        let b = tensor([fan_out, R], b);
        let b = Factor::of(&b, &thin_b, &Law::of_b(R), [R, fan_out], 1e-3);
        let start = Start {
            looks_like,
            untrained: false,
            law: Some(LawKind::Paper),
            unmoved: true,
            because: String::new(),
        };
        let total = product(SCALING, &thin_b, &thin_a).expect("found").spectral;
        let (a, b) = (&a.expect("found"), &b.expect("found"));
        let sides = Sides { a, b, scaling: SCALING, r: R, fan_in, fan_out, total };
        Deltas::of(&sides, &start, None).expect("a law")
    }
}
