//! What must hold across crates: the simulated training against the theory's statements, at sizes
//! where it takes a second. The verification proper measures exponents over decades of width.

use lora_sim::spec::{Init, Model, Optimizer, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, Record, Trajectory};
use lora_theory::{Setting, analyse, approximate, rational};

const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-12 };

fn train(init: Init, width: usize, lr: f64, steps: usize, readout: f64) -> Trajectory {
    train_seed(1, init, width, lr, steps, readout)
}

fn train_seed(
    seed: u64,
    init: Init,
    width: usize,
    lr: f64,
    steps: usize,
    readout: f64,
) -> Trajectory {
    let model = Model {
        points: 64,
        test_points: 0,
        readout_exponent: readout,
        explicit_hidden_up_to: 512,
        ..Model::default()
    };
    let training = Training { optimizer: ADAM, steps, ..Training::default() };
    let engine = CpuEngine::new();
    let mut problem = engine.prepare(&model, width, seed).expect("a small problem");
    let run = Run { init, lr, adapter_seed: seed };
    let mut outcomes = problem.train(&Batch::new(&training, &[run])).expect("a good batch");
    outcomes.remove(0).trajectory
}

/// Seeds that an exponent is averaged over, since one draw of n^1/2 random signs is off by much.
const SEEDS: u64 = 6;

/// The measured exponent of a quantity between two widths when η = c·n^γ, from geometric means.
///
/// With muP's readout (a = 1) and a small c the output hardly moves in a few steps at γ ≤ −1/2, so
/// that the backward signal keeps its sign, as the layer calculus has it; at a = 1/2 the output
/// would overshoot at γ = −1/2 and updates would turn back.
fn slope(
    init: Init,
    (c, gamma): (f64, f64),
    [small, large]: [usize; 2],
    steps: usize,
    of: impl Fn(&Record) -> f64,
) -> f64 {
    let value = |width: usize| {
        let lr = c * (width as f64).powf(gamma);
        let value = |seed| {
            let trajectory = train_seed(seed, init, width, lr, steps, 1.0);
            of(trajectory.records.last().expect("the last step is recorded")).ln()
        };
        (0..SEEDS).map(value).sum::<f64>() / SEEDS as f64
    };
    (value(large) - value(small)) / (large as f64 / small as f64).ln()
}

/// After three steps, before the loss bends anything, features scale as the layer calculus says.
///
/// Tolerance 0.15: over a ratio of widths of 32, six seeds that scatter by a factor of 1.5 each make
/// slopes good to 0.07; a term that is smaller by n^1/2 still adds a few hundredths.
#[test]
fn features_scale_as_the_calculus_says_in_the_first_steps() {
    let widths = [1 << 8, 1 << 13];
    for (init, theory) in [(Init::A, lora_theory::Init::A), (Init::B, lora_theory::Init::B)] {
        let analysis = analyse(&Setting::layer(theory)).expect("a good setting");
        for gamma in [rational(-5, 4), rational(-1, 1), rational(-1, 2)] {
            let gamma = gamma.expect("small");
            let at = analysis.at(gamma).expect("in range");
            let measured = slope(init, (0.1, approximate(gamma)), widths, 3, |r| r.zb_rms);
            let predicted = at.z_b.to_f64();
            assert!(
                (measured - predicted).abs() < 0.15,
                "{} γ {gamma}: Z_B {measured:.3}, predicted {predicted}",
                init.label()
            );
        }
    }
}

/// Negative control of the test above: the other init's exponent is far outside its tolerance.
#[test]
fn the_inits_do_not_scale_alike() {
    let of = |init| slope(init, (0.1, -1.0), [1 << 8, 1 << 13], 3, |r| r.zb_rms);
    assert!((of(Init::A) - of(Init::B)).abs() > 0.7);
}

/// Internal instability: at η ~ n^-1/2 Z_A grows as n^1/2 under Init[A] while Z_B stays. After two
/// steps only B has moved the output, by n^-1/2, so a rate of order one times that is safe; it has
/// to be, for A's movement to outweigh A_0 at the smaller width.
#[test]
fn init_a_is_internally_unstable_where_it_is_stable() {
    let widths = [1 << 9, 1 << 14];
    let za = slope(Init::A, (2.0, -0.5), widths, 2, |r| r.za_rms);
    let zb = slope(Init::A, (2.0, -0.5), widths, 2, |r| r.zb_rms);
    assert!((za - 0.5).abs() < 0.15, "Z_A {za}");
    assert!(zb.abs() < 0.15, "Z_B {zb}");
}

/// ΔZ_B = δ1 + δ2 + δ3: the norm of the change cannot exceed the sum of the parts', and in the
/// first step under Init[A] (B_0 = 0, ΔA = 0) δ2 is all of it.
#[test]
fn the_three_parts_make_the_change() {
    for init in [Init::A, Init::B, Init::AB] {
        let records = train(init, 256, 1e-3, 6, 0.5).records;
        for pair in records.windows(2) {
            let change = (pair[1].zb_rms - pair[0].zb_rms).abs();
            let parts = pair[1].delta1 + pair[1].delta2 + pair[1].delta3;
            assert!(change <= parts * (1.0 + 1e-6) + 1e-9, "{init:?} step {}", pair[1].step);
        }
        let first = records[1];
        match init {
            Init::A => assert!(first.delta1 == 0.0 && first.delta3 == 0.0 && first.delta2 > 0.0),
            Init::B => assert!(first.delta2 == 0.0 && first.delta3 == 0.0 && first.delta1 > 0.0),
            Init::AB => assert!(first.delta1 > 0.0 && first.delta2 > 0.0 && first.delta3 > 0.0),
        }
    }
}

/// Under Adam no entry moves further than t·η·C a run of t steps, C = (1 − β1)/√(1 − β2) at worst
/// and 1 in the first step (β1 < √β2).
#[test]
fn adam_moves_no_entry_further_than_its_bound() {
    for init in [Init::A, Init::B, Init::AB] {
        let lr = 1e-2;
        for record in train(init, 128, lr, 12, 0.5).records {
            let bound = record.step as f64 * lr * (0.1 / 0.001f64.sqrt()) * (1.0 + 1e-5);
            assert!(record.a_move <= bound && record.b_move <= bound);
            if record.step == 1 {
                assert!(record.a_move.max(record.b_move) <= lr * (1.0 + 1e-5));
            }
        }
    }
}

/// With W_out ~ N(0, n^-2) gradients shrink, Adam's updates do not: the first step moves B alike.
#[test]
fn the_readout_scale_does_not_change_the_size_of_adams_first_step() {
    let moved = |readout| train(Init::A, 256, 1e-3, 1, readout).records[1].b_move;
    assert!((moved(0.5) / moved(1.0) - 1.0).abs() < 1e-4);
}

/// A wide network trained at its own scale learns: the loss falls to a tenth.
#[test]
fn both_inits_train() {
    for (init, lr) in [(Init::A, 2e-2), (Init::B, 1e-2)] {
        let losses = train(init, 256, lr, 60, 0.5).losses;
        assert!(losses[60] < 0.1 * losses[0], "{init:?}: {} from {}", losses[60], losses[0]);
    }
}
