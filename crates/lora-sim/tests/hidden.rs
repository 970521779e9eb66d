//! H = W_in X + W_h Z: the explicit path against the plain formula, the sampled path in distribution.

use lora_random::normal;
use lora_random::philox::{Purpose, Stream};
use lora_sim::spec::{Hidden, Init, Model, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, Frozen};
use ndarray::Array2;

fn frozen(model: &Model, width: usize, seed: u64) -> Frozen {
    CpuEngine::new().prepare(model, width, seed).and_then(|p| p.frozen()).expect("a small problem")
}

fn wide(matrix: &lora_sim::AlignedMatrix) -> Array2<f64> {
    Array2::from_shape_fn((matrix.rows(), matrix.stride()), |(i, j)| f64::from(matrix.row(i)[j]))
}

#[test]
fn the_explicit_path_is_the_plain_n_by_n_formula() {
    let (n, seed) = (150, 9);
    let model = Model { points: 40, test_points: 7, ..Model::default() };
    let with = frozen(&model, n, seed);
    let without = frozen(&Model { hidden: Hidden::Zero, ..model }, n, seed);
    let mut w_h = Array2::<f32>::zeros((n, n));
    let stream = Stream::new(seed, n, Purpose::StudentHidden);
    for (i, mut row) in w_h.outer_iter_mut().enumerate() {
        let row = row.as_slice_mut().expect("contiguous");
        normal::fill_row(&stream, i, (1.0 / n as f64).sqrt() as f32, row);
    }
    let (w_h, z) = (w_h.mapv(f64::from), wide(&with.z));
    assert_eq!(z, wide(&without.z));
    let want = wide(&without.h) + w_h.dot(&z);
    let scale = wide(&without.h).mapv(f64::abs) + w_h.mapv(f64::abs).dot(&z.mapv(f64::abs));
    let bound = scale * (n as f64 * f64::from(f32::EPSILON));
    for ((got, want), bound) in wide(&with.h).iter().zip(&want).zip(&bound) {
        assert!((got - want).abs() <= *bound, "{got} {want}");
    }
}

#[test]
fn padding_columns_are_exactly_zero() {
    let model = Model { points: 40, test_points: 7, ..Model::default() };
    for explicit_hidden_up_to in [0, 8192] {
        let frozen = frozen(&Model { explicit_hidden_up_to, ..model.clone() }, 100, 1);
        for i in 0..100 {
            let (z, h) = (frozen.z.row(i), frozen.h.row(i));
            assert!(
                (40..48).chain(55..64).all(|c| z[c] == 0.0 && h[c] == 0.0 && frozen.y[c] == 0.0)
            );
        }
    }
}

/// Rows of W_h Z given Z are independent N(0, ZᵀZ/n) on both paths: entries of their second moment
/// over many rows are within five standard errors of it.
#[test]
fn both_paths_have_the_covariance_of_the_theory() {
    for (n, points) in [(600, 24), (2000, 24)] {
        let model = Model { points, test_points: 8, ..Model::default() };
        let base = frozen(&Model { hidden: Hidden::Zero, ..model.clone() }, n, 2);
        for explicit_hidden_up_to in [0, 8192] {
            let model = Model { explicit_hidden_up_to, ..model.clone() };
            let (z, h) = (wide(&base.z), wide(&frozen(&model, n, 2).h));
            let added = h - wide(&base.h);
            let want = z.t().dot(&z) / n as f64;
            let got = added.t().dot(&added) / n as f64;
            for ((k, l), want_kl) in want.indexed_iter() {
                // Var of x_k x_l for a Gaussian pair.
                let variance = want[(k, k)] * want[(l, l)] + want_kl * want_kl;
                let error = (got[(k, l)] - want_kl).abs();
                assert!(
                    error <= 5.0 * (variance / n as f64).sqrt(),
                    "n {n}, explicit up to {explicit_hidden_up_to}, ({k}, {l}): {error}"
                );
            }
        }
    }
}

/// Training does not distinguish the paths: the means of final losses over seeds differ by less than
/// five standard errors.
#[test]
fn training_sees_the_same_law_on_both_paths() {
    let training = Training { steps: 30, ..Training::default() };
    let run = Run { init: Init::A, lr: 3e-3, adapter_seed: 0 };
    let engine = CpuEngine::new();
    let moments = |explicit_hidden_up_to| {
        let model = Model { points: 60, test_points: 0, explicit_hidden_up_to, ..Model::default() };
        let losses: Vec<f64> = (0..60)
            .map(|seed| {
                let mut problem = engine.prepare(&model, 96, seed).expect("a small problem");
                let out = problem.train(&Batch::new(&training, &[run])).expect("a good batch");
                out[0].trajectory.losses[30].ln()
            })
            .collect();
        let mean = losses.iter().sum::<f64>() / 60.0;
        (mean, losses.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / 59.0 / 60.0)
    };
    let ((explicit, se1), (sampled, se2)) = (moments(8192), moments(0));
    assert!((explicit - sampled).abs() <= 5.0 * (se1 + se2).sqrt(), "{explicit} {sampled}");
}
