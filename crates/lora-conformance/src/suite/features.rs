//! The split of ΔZ_B into δ1, δ2 and δ3, and the rank of s B A.

use lora_sim::spec::Training;
use lora_sim::{Batch, Engine, Record};
use ndarray::Array2;

use super::path;
use crate::cases::Case;
use crate::envelope::rms;
use crate::reference::State;
use crate::tolerance::unit;

/// ΔZ_B = δ1 + δ2 + δ3 entry by entry from consecutive states, the recorded δ's are the rms of
/// those, and the recorded Z_B of two steps differ by no more than their sum.
///
/// The states' identity is exact but for f64. The records use Z_A in f32, hence n·ε of |A||Z| for
/// each of its sums; the roots of Gram forms add 10⁻⁷ of the product of absolute values.
pub fn a_step_of_zb_splits_in_three(engine: &dyn Engine, case: &Case) {
    let mut problem = case.prepare(engine);
    let states: Vec<State> = path(problem.as_mut(), case).iter().map(State::from_engine).collect();
    let z = case.reference(problem.as_ref()).z;
    let training = Training { record_every: 1, ..case.training.clone() };
    let runs = [case.run];
    let outcomes = problem.train(&Batch::new(&training, &runs)).expect("a good batch");
    let records = outcomes[0].trajectory.records.windows(2);
    for (pair, records) in states.windows(2).zip(records) {
        let name = format!("{case:?}, step {}", pair[1].step);
        let split = Split::new(case.model.multiplier, &z, &pair[0], &pair[1]);
        split.sums_to_the_whole(&name);
        split.matches(&name, &records[1]);
        let [before, now] = [records[0].zb_rms, records[1].zb_rms];
        let sum = records[1].delta1 + records[1].delta2 + records[1].delta3;
        let bound = sum + split.rounding.iter().sum::<f64>() + 1e-6 * (before + now);
        assert!((now - before).abs() <= bound, "{name}: Z_B from {before} to {now}, δ's {sum}");
    }
}

/// One step's parts, n × N.
struct Split {
    parts: [Array2<f64>; 3],
    whole: Array2<f64>,
    /// s |B||A||Z| of both states: the scale of f64's rounding.
    scale: Array2<f64>,
    /// By how much each recorded rms may be off.
    rounding: [f64; 3],
}

impl Split {
    fn new(s: f64, z: &Array2<f64>, before: &State, now: &State) -> Self {
        let abs = |m: &Array2<f64>| m.mapv(f64::abs);
        let (delta_a, delta_b) = (&now.a - &before.a, &now.b - &before.b);
        let (za, dza) = (before.a.dot(z), delta_a.dot(z));
        let za_scale = abs(&before.a).dot(&abs(z));
        let sizes = &za_scale + &abs(&now.a).dot(&abs(z));
        let off = |b: &Array2<f64>, sum: &Array2<f64>, za: &Array2<f64>| {
            s * rms(&abs(b).dot(&(sum * unit(z.nrows()) + abs(za) * 1e-7)))
        };
        Self {
            whole: (now.b.dot(&now.a.dot(z)) - before.b.dot(&za)) * s,
            scale: (abs(&now.b) + abs(&before.b)).dot(&sizes) * s,
            rounding: [
                off(&before.b, &sizes, &dza),
                off(&delta_b, &za_scale, &za),
                off(&delta_b, &sizes, &dza),
            ],
            parts: [before.b.dot(&dza) * s, delta_b.dot(&za) * s, delta_b.dot(&dza) * s],
        }
    }

    fn sums_to_the_whole(&self, name: &str) {
        let sum = &self.parts[0] + &self.parts[1] + &self.parts[2];
        for ((sum, whole), scale) in sum.iter().zip(&self.whole).zip(&self.scale) {
            // n + r + 8 roundings of f64 at most, n and r at most a few hundred here.
            let bound = 1e-13 * scale;
            assert!((sum - whole).abs() <= bound, "{name}: δ's {sum}, ΔZ_B {whole}");
        }
    }

    fn matches(&self, name: &str, record: &Record) {
        let recorded = [record.delta1, record.delta2, record.delta3];
        for (i, part) in self.parts.iter().enumerate() {
            let (got, want) = (recorded[i], rms(part));
            let bound = self.rounding[i] + 1e-6 * want;
            assert!((got - want).abs() <= bound, "{name}: δ{} {got}, from states {want}", i + 1);
        }
    }
}

/// s B A has rank at most r after every step: of its columns, orthogonalised with the largest
/// remaining first, nothing is left after r but f64's rounding.
pub fn the_adapter_has_rank_r(engine: &dyn Engine, case: &Case) {
    for state in path(case.prepare(engine).as_mut(), case) {
        let state = State::from_engine(&state);
        let product = state.b.dot(&state.a) * case.model.multiplier;
        let size = product.iter().fold(0.0f64, |most, v| most.max(v.abs()));
        let scale = (state.b.mapv(f64::abs).dot(&state.a.mapv(f64::abs)) * case.model.multiplier)
            .iter()
            .fold(size, |most, &v| most.max(v));
        let left = left_after(product, case.model.rank);
        let bound = 1e-12 * scale * case.width as f64;
        assert!(left <= bound, "{case:?}: {left} is left after r columns, bound {bound}");
    }
}

/// Largest column norm after `count` pivots of Gram–Schmidt.
fn left_after(mut m: Array2<f64>, count: usize) -> f64 {
    let norms = |m: &Array2<f64>| -> Vec<f64> {
        m.columns().into_iter().map(|c| c.dot(&c).sqrt()).collect()
    };
    for _ in 0..count {
        let norms = norms(&m);
        let pivot = (0..norms.len()).max_by(|&i, &j| norms[i].total_cmp(&norms[j]));
        let pivot = pivot.expect("at least one neuron");
        if norms[pivot] == 0.0 {
            return 0.0;
        }
        let unit = &m.column(pivot) / norms[pivot];
        for mut column in m.columns_mut() {
            let along = column.dot(&unit);
            column.scaled_add(-along, &unit);
        }
    }
    norms(&m).into_iter().fold(0.0, f64::max)
}
