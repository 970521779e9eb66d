//! The LoRA layer alone against its plain formulas in f64, and properties that hold exactly.

use lora_conformance::cases::{ADAM, INITS, OPTIMIZERS, model, run, some, training};
use lora_conformance::reference::State;
use lora_conformance::suite;
use lora_conformance::tolerance::{Allowance, unit};
use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_sim::spec::{Activation, Init, Model, Run, Trained, Training};
use lora_sim::{AdapterState, Batch, CpuEngine, Engine, LayerEngine, Outcome, Problem, Record};
use ndarray::Array2;

/// (n, N, r): one sample, more than a line of samples, more than a chunk of neurons; no size is round.
const SIZES: [(usize, usize, usize); 4] = [(1, 1, 1), (37, 23, 3), (333, 1, 4), (130, 50, 16)];
const SEED: u64 = 7;

/// Z and G in f64, and s.
struct Formulas {
    z: Array2<f64>,
    g: Array2<f64>,
    s: f64,
}

impl Formulas {
    /// Z as the engine holds it, G from its addresses.
    fn new(model: &Model, problem: &dyn Problem) -> Self {
        let frozen = problem.frozen().expect("in memory");
        let shape = (frozen.width, model.points);
        let z = Array2::from_shape_fn(shape, |(i, point)| f64::from(frozen.z.row(i)[point]));
        let stream = Stream::new(SEED, frozen.width, Purpose::BackwardSignal);
        let mut g = Array2::<f32>::zeros(shape);
        for (i, mut row) in g.outer_iter_mut().enumerate() {
            fill_row(&stream, i, 1.0, row.as_slice_mut().expect("contiguous"));
        }
        Self { z, g: g.mapv(f64::from), s: model.multiplier }
    }

    /// L = ⟨G, s B A Z⟩/N, which is linear in A and in B.
    fn loss(&self, a: &Array2<f64>, b: &Array2<f64>) -> f64 {
        (&self.g * &b.dot(&a.dot(&self.z))).sum() * self.s / self.z.ncols() as f64
    }

    /// dA = s Bᵀ (G/N) Zᵀ and dB = s (G/N) (A Z)ᵀ.
    fn gradients(&self, a: &Array2<f64>, b: &Array2<f64>) -> [Array2<f64>; 2] {
        let dzb = &self.g / self.z.ncols() as f64;
        [b.t().dot(&dzb).dot(&self.z.t()) * self.s, dzb.dot(&a.dot(&self.z).t()) * self.s]
    }

    /// The same with every factor's absolute value: n·ε of it bounds what rounding may do, since
    /// an entry is a sum of n·N products in f32.
    fn absolute(&self) -> Self {
        Self { z: self.z.mapv(f64::abs), g: self.g.mapv(f64::abs), s: self.s }
    }
}

fn one(problem: &mut dyn Problem, training: &Training, run: Run, start: AdapterState) -> Outcome {
    let (runs, starts) = ([run], [start]);
    let batch = Batch { training, runs: &runs, starts: Some(&starts), keep_states: true };
    problem.train(&batch).expect("a good batch").remove(0)
}

fn rms(m: &Array2<f64>) -> f64 {
    (m.mapv(|v| v * v).sum() / m.len() as f64).sqrt()
}

fn for_each_case(check: impl Fn(&str, &Formulas, &mut dyn Problem, &Training, Run, AdapterState)) {
    let engine = LayerEngine::new();
    for (n, points, rank) in SIZES {
        let model = model(points, 5, rank, Activation::Relu);
        let mut problem = engine.prepare(&model, n, SEED).expect("a small problem");
        let formulas = Formulas::new(&model, problem.as_ref());
        for (optimizer, lr) in OPTIMIZERS {
            for (init, train) in INITS.into_iter().flat_map(|init| Trained::ALL.map(|t| (init, t)))
            {
                let name = format!("{optimizer:?}, {init:?}, {train:?} trained, n {n}, N {points}");
                let run = run(init, lr * (100.0 / n as f64).min(1.0));
                let start = AdapterState::initial(&model, n, &run);
                let training = Training { train, ..training(optimizer, 3) };
                check(&name, &formulas, problem.as_mut(), &training, run, start);
            }
        }
    }
}

/// Each step starts from the state of the formulas, so that errors do not add up; 1 n·ε is allowed.
#[test]
fn every_step_agrees_with_the_formulas() {
    for_each_case(|name, formulas, problem, training, run, start| {
        let mut state = State::from_engine(&start);
        for step in 0..training.steps {
            let start = state.to_engine();
            state = State::from_engine(&start);
            let [a, b] = &formulas.gradients(&state.a, &state.b);
            // L is linear in each factor, so its derivative along the factor is L itself.
            let loss = formulas.loss(&state.a, &state.b);
            assert!(((a * &state.a).sum() - loss).abs() < 1e-9 * (1.0 + loss.abs()), "{name}");
            assert!(((b * &state.b).sum() - loss).abs() < 1e-9 * (1.0 + loss.abs()), "{name}");
            let next = state.updated([a, b], training, run.lr);
            let one_step = Training { steps: 1, ..training.clone() };
            let got = one(problem, &one_step, run, start).state.expect("asked for");
            let scales =
                formulas.absolute().gradients(&state.a.mapv(f64::abs), &state.b.mapv(f64::abs));
            let [a_allowed, b_allowed] = scales.map(|scale| scale * unit(formulas.z.nrows()));
            let allowed = Allowance { a: a_allowed, b: b_allowed };
            let name = format!("{name}, step {step}");
            let states = [&state, &next, &State::from_engine(&got)];
            suite::update_agrees(&name, states, [a, b], &allowed, training, run.lr);
            state = next;
        }
    });
}

/// Compares the records with the formulas at the engine's own states. A thousandth is allowed: the
/// precision of a difference of two nearly equal f32 parameters.
#[test]
fn records_and_losses_agree_with_the_formulas() {
    for_each_case(|name, formulas, problem, training, run, start| {
        let got = one(problem, training, run, start.clone()).trajectory;
        let first = State::from_engine(&start);
        let (mut before, mut now) = (first.clone(), first.clone());
        let mut least = [f64::INFINITY; 2];
        for (step, record) in got.records.iter().enumerate() {
            let gradients = formulas.gradients(&now.a, &now.b).map(|g| rms(&g));
            let trained = [training.train.a() && step < 3, training.train.b() && step < 3];
            for i in (0..2).filter(|&i| trained[i] && gradients[i] > 0.0) {
                least[i] = least[i].min(gradients[i]);
            }
            let want = Record {
                train_loss: record.train_loss,
                ..suite::features(&formulas.z, [&first, &before, &now], formulas.s)
            };
            suite::record_agrees(&format!("{name}, step {step}"), record, &want);
            let scale = formulas.absolute().loss(&now.a.mapv(f64::abs), &now.b.mapv(f64::abs));
            let error = (record.train_loss - formulas.loss(&now.a, &now.b)).abs();
            assert!(error <= unit(formulas.z.nrows()) * scale, "{name}, step {step}: L {error}");
            assert_eq!(record.train_loss, got.losses[step]);
            let shorter = Training { steps: step + 1, ..training.clone() };
            let next = one(problem, &shorter, run, start.clone()).state.expect("asked for");
            before = std::mem::replace(&mut now, State::from_engine(&next));
        }
        assert_eq!((got.records.len(), got.diverged_at), (4, None), "{name}");
        assert_eq!(got.peak_zb, got.records.iter().fold(0.0, |peak, r| r.zb_rms.max(peak)));
        for (got, want) in [got.least_gradient_a, got.least_gradient_b].into_iter().zip(least) {
            assert!(got == want || (got / want - 1.0).abs() < 1e-3, "{name}: {got}, {want}");
        }
    });
}

/// ΔZ_B = s(B ΔZ_A + ΔB Z_A + ΔB ΔZ_A) entry by entry, and its rms is at most the sum of the recorded
/// parts, apart from rounding: Z_A before and after are each off by n·ε of |A||Z|.
#[test]
fn the_three_parts_make_the_change() {
    for_each_case(|name, formulas, problem, training, run, start| {
        let end = one(problem, training, run, start.clone());
        let last = end.trajectory.records[3];
        let shorter = Training { steps: 2, ..training.clone() };
        let before = State::from_engine(&one(problem, &shorter, run, start).state.expect("asked"));
        let now = State::from_engine(&end.state.expect("asked for"));
        let (delta_a, delta_b) = (&now.a - &before.a, &now.b - &before.b);
        let (za, delta_za) = (before.a.dot(&formulas.z), delta_a.dot(&formulas.z));
        let parts = [before.b.dot(&delta_za), delta_b.dot(&za), delta_b.dot(&delta_za)]
            .map(|m| m * formulas.s);
        let zb = |state: &State| state.b.dot(&state.a.dot(&formulas.z)) * formulas.s;
        let (sum, change) = (&parts[0] + &parts[1] + &parts[2], zb(&now) - zb(&before));
        assert!(rms(&(sum - &change)) <= 1e-12 * (1.0 + last.zb_rms), "{name}");
        let recorded = last.delta1 + last.delta2 + last.delta3;
        let size = now.b.mapv(f64::abs).dot(&now.a.mapv(f64::abs).dot(&formulas.absolute().z));
        let rounding = 2.0 * unit(now.a.ncols()) * formulas.s * rms(&size);
        assert!(rms(&change) <= recorded * (1.0 + 1e-6) + rounding, "{name}");
    });
}

/// A sum of 2^18 terms of one sign is good to 1e-6, 16 roundings; a running sum in f32 is not.
#[test]
fn sums_over_many_neurons_lose_no_precision() {
    let (n, model) = (1 << 18, model(1, 0, 2, Activation::Relu));
    let engine = LayerEngine::new();
    let mut problem = engine.prepare(&model, n, SEED).expect("a problem of a few megabytes");
    let formulas = Formulas::new(&model, problem.as_ref());
    let run = run(Init::A, 1e-3);
    let mut start = AdapterState::initial(&model, n, &run);
    start.a.mapv_inplace(f32::abs);
    let want = rms(&start.a.mapv(f64::from).dot(&formulas.z));
    let running =
        start.a.row(0).iter().zip(&formulas.z).fold(0.0f32, |sum, (a, &z)| sum + a * z as f32);
    let exact = start.a.row(0).mapv(f64::from).dot(&formulas.z.column(0));
    assert!((f64::from(running) / exact - 1.0).abs() > 1e-6, "the control");
    let got = one(problem.as_mut(), &training(ADAM, 0), run, start).trajectory.records[0].za_rms;
    assert!((got / want - 1.0).abs() < 1e-6, "{got}, exactly {want}");
}

/// The checks of the conformance suite that do not use the network's loss.
#[test]
fn the_layer_passes_the_checks_of_every_engine() {
    let engine = LayerEngine::new();
    suite::a_zero_factor_starts_from_the_frozen_model(&engine);
    suite::the_factor_without_gradient_does_not_move_at_first(&engine);
    suite::recording_less_changes_nothing_else(&engine);
    suite::initial_adapters_are_the_addressed_ones(&engine);
    suite::a_run_continued_from_its_state_is_the_same_run(&engine);
    suite::adams_bound_survives_underflow(&engine);
    suite::nothing_hides_a_nan(&engine);
    suite::bad_requests_are_errors(&engine);
    suite::a_factor_that_is_not_trained_keeps_its_bits(&engine);
    for case in some() {
        suite::a_step_of_one_factor_is_its_part_of_a_step_of_both(&engine, &case);
    }
}

/// Z has the bytes of the network's Z, for any number of held-out samples; L starts at exactly 0.
#[test]
fn the_layer_has_the_networks_features_and_starts_at_zero() {
    let model = model(21, 13, 3, Activation::Gelu);
    let (layer, network) = (LayerEngine::new(), CpuEngine::new());
    let mut problem = layer.prepare(&model, 90, 4).expect("a small problem");
    let ours = problem.frozen().expect("in memory");
    let theirs = network.prepare(&model, 90, 4).and_then(|p| p.frozen()).expect("in memory");
    (0..90).for_each(|i| assert_eq!(ours.z.row(i)[..21], theirs.z.row(i)[..21]));
    assert!(ours.h.as_slice().iter().chain(&ours.w_out).chain(&ours.y).all(|&v| v == 0.0));
    let runs = [run(Init::A, 0.1), run(Init::B, 0.1)];
    for outcome in problem.train(&Batch::new(&training(ADAM, 1), &runs)).expect("a good batch") {
        assert_eq!(
            (outcome.trajectory.losses[0], outcome.trajectory.records[0].zb_rms),
            (0.0, 0.0)
        );
        assert!(outcome.trajectory.losses[1] < 0.0);
    }
}

#[test]
fn neither_threads_nor_batch_mates_change_a_byte() {
    let model = model(19, 0, 4, Activation::Relu);
    let runs: Vec<Run> = (0..7)
        .map(|i| Run { adapter_seed: i as u64, ..run(INITS[i % 3], 1e-3 * 30f64.powi(i as i32)) })
        .collect();
    let train = |threads, runs: &[Run]| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let engine = LayerEngine::new();
            let mut problem = engine.prepare(&model, 1100, 3).expect("a small problem");
            let (training, starts) = (training(ADAM, 5), None);
            let batch = Batch { training: &training, runs, starts, keep_states: true };
            problem.train(&batch).expect("a good batch")
        })
    };
    let together = train(1, &runs);
    for threads in [2, 5] {
        assert_eq!(train(threads, &runs), together, "{threads} threads");
    }
    for (run, in_company) in runs.iter().zip(&together) {
        assert_eq!(train(2, &[*run])[0], *in_company, "{run:?}");
    }
}

/// Least-squares slope of ln(rms), averaged over seeds, against ln n over widths 2^8 … 2^16.
fn slope(init: Init, gamma: f64, of: impl Fn(&Record) -> f64) -> f64 {
    let model = Model { points: 1, test_points: 0, ..Model::default() };
    let training = Training { steps: 4, ..Training::default() };
    let engine = LayerEngine::new();
    let value = |width: usize, seed| {
        let mut problem = engine.prepare(&model, width, seed).expect("a small problem");
        let run = Run { init, lr: (width as f64).powf(gamma), adapter_seed: seed };
        let outcomes = problem.train(&Batch::new(&training, &[run])).expect("a good batch");
        of(&outcomes[0].trajectory.records[4]).ln()
    };
    let points = [8, 10, 12, 14, 16].map(|log2| {
        let width = 1usize << log2;
        ((width as f64).ln(), (0..6).map(|seed| value(width, seed)).sum::<f64>() / 6.0)
    });
    let mean = points.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / 5.0, m.1 + p.1 / 5.0));
    let products = |f: fn(f64, f64) -> f64| -> f64 {
        points.iter().map(|p| f(p.0 - mean.0, p.1 - mean.1)).sum()
    };
    products(|x, y| x * y) / products(|x, _| x * x)
}

/// Theorem 1 at η = n^-1/2: Z_A grows like n^1/2 and Z_B does not grow. The initial Z_A, of order one,
/// changes the slope by a few hundredths, and six seeds scatter by less; the tolerance is 0.1.
#[test]
fn init_a_is_stable_and_internally_unstable_at_its_critical_rate() {
    let za = slope(Init::A, -0.5, |r| r.za_rms);
    let zb = slope(Init::A, -0.5, |r| r.zb_rms);
    assert!((za - 0.5).abs() < 0.1, "Z_A {za}");
    assert!(zb.abs() < 0.1, "Z_B {zb}");
}

/// Theorem 2: at the learning rate where Init\[A\] is stable, Init\[B\] explodes like n^1/2; at n^-1 it
/// is stable and δ2 shrinks like n^-1. The tolerance is that of the test above.
#[test]
fn init_b_is_stable_only_at_the_smaller_rate() {
    let at_a = slope(Init::B, -0.5, |r| r.zb_rms);
    assert!((at_a - 0.5).abs() < 0.1, "Z_B at n^-1/2: {at_a}");
    for (name, expected, measured) in [
        ("Z_A", 0.0, slope(Init::B, -1.0, |r| r.za_rms)),
        ("Z_B", 0.0, slope(Init::B, -1.0, |r| r.zb_rms)),
        ("δ2", -1.0, slope(Init::B, -1.0, |r| r.delta2)),
    ] {
        assert!((measured - expected).abs() < 0.1, "{name} at n^-1: {measured}");
    }
}
