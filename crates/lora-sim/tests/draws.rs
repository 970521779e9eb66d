//! The distribution and independence of all random draws, and the teacher against its formula.

use approx::assert_abs_diff_eq;
use lora_random::normal::{box_muller, fill_row};
use lora_random::philox::{Purpose, Stream};
use lora_sim::spec::{Init, Model, Run, Teacher};
use lora_sim::{AdapterState, Data};
use ndarray::{Array2, ArrayView1};
use rand_distr::{Distribution, StandardNormal};

/// Mean of the products of two equally long samples, in units of its standard error under
/// independence and unit variances.
fn correlation(x: &[f32], y: &[f32]) -> f64 {
    let sum: f64 = x.iter().zip(y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
    sum / (x.len() as f64).sqrt()
}

fn row(stream: Stream, row: usize) -> Vec<f32> {
    let mut out = vec![0.0; 40_000];
    fill_row(&stream, row, 1.0, &mut out);
    out
}

/// Streams whose addresses differ in one part are independent, within five standard errors.
#[test]
fn every_part_of_the_address_selects_another_stream() {
    let base = row(Stream::new(5, 128, Purpose::StudentIn), 0);
    let others = [
        ("seed", row(Stream::new(6, 128, Purpose::StudentIn), 0)),
        ("high half of the seed", row(Stream::new(5 | 1 << 40, 128, Purpose::StudentIn), 0)),
        ("width", row(Stream::new(5, 256, Purpose::StudentIn), 0)),
        ("purpose", row(Stream::new(5, 128, Purpose::AdapterA), 0)),
        ("row", row(Stream::new(5, 128, Purpose::StudentIn), 1)),
    ];
    for (part, other) in others {
        assert!(correlation(&base, &other).abs() < 5.0, "{part}");
    }
}

/// The four normals of a block, and their squares, are uncorrelated within five standard errors.
#[test]
fn the_normals_of_a_block_are_independent() {
    let stream = Stream::new(1, 64, Purpose::StudentHidden);
    let blocks: Vec<[f32; 4]> = (0..40_000).map(|b| box_muller(stream.block(0, b))).collect();
    let lane = |l: usize| blocks.iter().map(|b| b[l]).collect::<Vec<f32>>();
    let square = |l: usize| {
        // (z² − 1)/√2 has mean 0 and variance 1.
        blocks.iter().map(|b| (b[l] * b[l] - 1.0) / 2f32.sqrt()).collect::<Vec<f32>>()
    };
    for k in 0..4 {
        for l in 0..k {
            assert!(correlation(&lane(k), &lane(l)).abs() < 5.0, "{k} {l}");
            assert!(correlation(&square(k), &square(l)).abs() < 5.0, "squares of {k} {l}");
        }
    }
}

/// The variances are 1/n and 1/r times the squared scales, within five standard errors √(2/count).
#[test]
fn initial_adapters_have_the_stated_variances() {
    let (n, r) = (4000, 5);
    let model = Model { rank: r, a_scale: 0.5, b_scale: 3.0, ..Model::default() };
    let run = Run { init: Init::AB, lr: 1.0, adapter_seed: 8 };
    let state = AdapterState::initial(&model, n, &run);
    let variance = |m: &Array2<f32>| m.mapv(|v| f64::from(v).powi(2)).mean().expect("not empty");
    let tolerance = 5.0 * (2.0 / (n * r) as f64).sqrt();
    assert_abs_diff_eq!(variance(&state.a) * n as f64 / 0.25, 1.0, epsilon = tolerance);
    assert_abs_diff_eq!(variance(&state.b) * r as f64 / 9.0, 1.0, epsilon = tolerance);
    let unit = |m: &Array2<f32>| m.iter().map(|v| v / m.std(0.0)).collect::<Vec<f32>>();
    let (a, b) = (unit(&state.a.t().to_owned()), unit(&state.b));
    assert!(correlation(&a, &b).abs() < 5.0);
}

/// y = W_out φ(Y + B A φ(Y)), entry by entry from the same streams.
#[test]
fn the_teacher_is_its_formula() {
    let teacher = Teacher { width: 40, rank: 3 };
    let model = Model { points: 6, test_points: 2, teacher, ..Model::default() };
    let seed = 12;
    let data = Data::draw(&model, seed);
    let numbers = |purpose, count: usize| -> Vec<f64> {
        let mut rng = Stream::new(seed, 0, purpose).rng();
        (0..count).map(|_| StandardNormal.sample(&mut rng)).collect()
    };
    let (n, r, d) = (40, 3, 5);
    let w_in = numbers(Purpose::TeacherIn, n * d);
    let w_out = numbers(Purpose::TeacherOut, n);
    let a = numbers(Purpose::TeacherA, r * n);
    let b = numbers(Purpose::TeacherB, n * r);
    let relu = |v: f64| v.max(0.0);
    let output = |x: ArrayView1<f64>| {
        let y: Vec<f64> = (0..n)
            .map(|i| (0..d).map(|j| w_in[i * d + j] * x[j]).sum::<f64>() / (d as f64).sqrt())
            .collect();
        let features: Vec<f64> = (0..r)
            .map(|k| (0..n).map(|i| a[k * n + i] * relu(y[i])).sum::<f64>() / (n as f64).sqrt())
            .collect();
        let hidden = |i: usize| {
            let lora: f64 = (0..r).map(|k| b[i * r + k] * features[k]).sum();
            y[i] + lora / (r as f64).sqrt()
        };
        (0..n).map(|i| w_out[i] * relu(hidden(i))).sum::<f64>() / (n as f64).sqrt()
    };
    for (point, &y) in data.y.iter().enumerate() {
        assert_abs_diff_eq!(y, output(data.x.column(point)), epsilon = 1e-12);
    }
}

/// A scale multiplies the targets and nothing else.
#[test]
fn the_teachers_scale_is_a_factor_of_its_outputs() {
    let plain = Model { points: 6, test_points: 2, ..Model::default() };
    let scaled = Model { teacher_scale: 3.0, ..plain.clone() };
    let [plain, scaled] = [plain, scaled].map(|model| Data::draw(&model, 5));
    assert_eq!(scaled.y, plain.y * 3.0);
    assert_eq!(scaled.x, plain.x);
}

/// The training samples do not depend on the held-out ones.
#[test]
fn held_out_samples_do_not_change_the_training_samples() {
    let with = Data::draw(&Model { points: 30, test_points: 9, ..Model::default() }, 4);
    let without = Data::draw(&Model { points: 30, test_points: 0, ..Model::default() }, 4);
    assert_eq!(with.x.slice(ndarray::s![.., ..30]), without.x);
}
