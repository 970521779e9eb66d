//! The Hessian's products and the sharpness against dense matrices at tiny sizes.

use lora_conformance::reference::{Reference, State};
use lora_curvature::{Descent, Factors, Network, follow};
use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Teacher, Trained, Training};
use lora_sim::{AdapterState, Frozen, Isa};
use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::Array1;

const WIDTH: usize = 6;
const SEED: u64 = 3;
const LR: f64 = 0.05;

fn model(activation: Activation) -> Model {
    Model {
        rank: 2,
        points: 5,
        test_points: 0,
        activation,
        explicit_hidden_up_to: WIDTH,
        multiplier: 1.5,
        teacher: Teacher { width: 20, rank: 2 },
        ..Model::default()
    }
}

fn training(optimizer: Optimizer, steps: usize) -> Training {
    Training { optimizer, steps, record_every: steps.max(1), ..Training::default() }
}

const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

fn start(model: &Model) -> Factors {
    let run = Run { init: Init::AB, lr: LR, adapter_seed: SEED };
    Factors::of_state(&AdapterState::initial(model, WIDTH, &run))
}

/// The Hessian by central differences of the gradient.
fn dense(network: &Network, at: &Factors) -> DMatrix<f64> {
    let (vector, h) = (at.to_vector(), 1e-5);
    let gradient = |i: usize, h: f64| {
        let mut moved = vector.clone();
        moved[i] += h;
        network.at(&at.with_entries(&moved)).gradient.to_vector()
    };
    let columns: Vec<Array1<f64>> =
        (0..vector.len()).map(|i| (gradient(i, h) - gradient(i, -h)) / (2.0 * h)).collect();
    DMatrix::from_fn(vector.len(), vector.len(), |i, j| columns[j][i])
}

#[test]
fn the_gradient_is_that_of_the_reference() {
    for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
        let model = model(activation);
        let frozen = Frozen::draw(&model, WIDTH, SEED, Isa::best()).unwrap();
        let at = start(&model);
        let expected = Reference::new(&model, &frozen).pass(&at.a, &at.b);
        let found = Network::draw(&model, WIDTH, SEED).unwrap();
        let found = found.at(&at);
        assert!((found.loss - expected.loss).abs() < 1e-13 * expected.loss);
        for (one, other) in
            [(&found.gradient.a, &expected.grad_a), (&found.gradient.b, &expected.grad_b)]
        {
            let apart = (one - other).mapv(f64::abs).sum();
            assert!(apart < 1e-12 * other.mapv(f64::abs).sum(), "{activation:?}: {apart}");
        }
    }
}

#[test]
fn products_are_those_of_the_dense_hessian() {
    for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
        let model = model(activation);
        let network = Network::draw(&model, WIDTH, SEED).unwrap();
        let at = start(&model);
        let (hessian, dense) = (network.at(&at), dense(&network, &at));
        let size = dense.abs().max();
        for j in 0..dense.ncols() {
            let mut unit = Array1::zeros(dense.ncols());
            unit[j] = 1.0;
            let product = hessian.times(&at.with_entries(&unit)).to_vector();
            for i in 0..dense.nrows() {
                let (found, expected) = (product[i], dense[(i, j)]);
                assert!((found - expected).abs() < 1e-7 * size, "{activation:?} {i} {j}");
            }
        }
    }
}

/// D^1/2 H D^1/2 written out, after some steps; under Init[A] the first step leaves A where it is.
#[test]
fn the_sharpness_is_the_largest_eigenvalue_of_the_dense_matrix() {
    for (optimizer, steps) in [(ADAM, 4), (Optimizer::Sgd, 4), (ADAM, 0)] {
        for init in [Init::A, Init::B] {
            let (model, training) = (model(Activation::Gelu), training(optimizer, steps));
            let run = Run { init, lr: LR, adapter_seed: SEED };
            let trace = follow(&model, (WIDTH, SEED), &training, &run).unwrap();
            let found = trace.points.last().unwrap();
            let network = Network::draw(&model, WIDTH, SEED).unwrap();
            let start = Factors::of_state(&AdapterState::initial(&model, WIDTH, &run));
            let mut descent = Descent::new(&training, LR, start).unwrap();
            for step in 0..=steps {
                descent.note(&network.at(&descent.factors).gradient);
                if step < steps {
                    descent.advance();
                }
            }
            let root = descent.scale().map(f64::sqrt).to_vector();
            let hessian = dense(&network, &descent.factors);
            let scaled = DMatrix::from_fn(root.len(), root.len(), |i, j| {
                root[i] * hessian[(i, j)] * root[j]
            });
            let expected =
                SymmetricEigen::new((&scaled + scaled.transpose()) / 2.0).eigenvalues.max();
            let off = (found.sharpness.value - expected).abs();
            assert!(off < 1e-5 * expected.abs(), "{optimizer:?} {init}: {found:?}, {expected}");
            assert_eq!(found.step, steps);
            assert_eq!(found.at_edge, found.sharpness.value / descent.threshold());
        }
    }
}

/// The descent is that of the reference, over the steps in which Adam's moments fill.
#[test]
fn the_descent_is_that_of_the_reference() {
    for optimizer in [ADAM, Optimizer::Sgd] {
        for train in [Trained::AB, Trained::B] {
            let model = model(Activation::Tanh);
            let training = Training { train, lr_ratio: 2.0, ..training(optimizer, 12) };
            let frozen = Frozen::draw(&model, WIDTH, SEED, Isa::best()).unwrap();
            let reference = Reference::new(&model, &frozen);
            let run = Run { init: Init::A, lr: LR, adapter_seed: SEED };
            let state = AdapterState::initial(&model, WIDTH, &run);
            let network = Network::draw(&model, WIDTH, SEED).unwrap();
            let mut descent = Descent::new(&training, LR, Factors::of_state(&state)).unwrap();
            let mut expected = State::from_engine(&state);
            for step in 0..12 {
                let at = network.at(&descent.factors);
                let pass = reference.pass(&expected.a, &expected.b);
                let apart = (at.loss - pass.loss).abs();
                assert!(apart < 1e-11 * pass.loss, "{optimizer:?} {step}: {apart}");
                descent.note(&at.gradient);
                descent.advance();
                expected = expected.updated(pass.gradients(), &training, LR);
            }
        }
    }
}

/// With B fixed and no kink crossed the loss is a quadratic in A. Its Hessian has the eigenvalues of the N × N matrix
/// 2/N (V_i · V_j)(z_i · z_j), where V_i = ∂f_i/∂U_i.
#[test]
fn a_quadratic_has_the_eigenvalue_of_its_gram_matrix() {
    let model = model(Activation::Relu);
    let training = Training { train: Trained::A, ..training(Optimizer::Sgd, 0) };
    let run = Run { init: Init::AB, lr: LR, adapter_seed: SEED };
    let trace = follow(&model, (WIDTH, SEED), &training, &run).unwrap();
    let frozen = Frozen::draw(&model, WIDTH, SEED, Isa::best()).unwrap();
    let reference = Reference::new(&model, &frozen);
    let at = start(&model);
    let pass = reference.pass(&at.a, &at.b);
    let n = reference.y.len();
    // V = s Bᵀ (W_out φ'), r × N.
    let mut slopes = pass.slopes.clone();
    lora_conformance::reference::scale_rows(&mut slopes, reference.w_out.view());
    let v = at.b.t().dot(&slopes) * model.multiplier;
    let (vv, zz) = (v.t().dot(&v), reference.z.t().dot(&reference.z));
    let gram = DMatrix::from_fn(n, n, |i, j| 2.0 / n as f64 * vv[(i, j)] * zz[(i, j)]);
    let expected = LR * SymmetricEigen::new(gram).eigenvalues.max();
    let found = trace.points[0].sharpness.value;
    assert!((found - expected).abs() < 1e-6 * expected, "{found}, {expected}");
}

/// Lanczos' vectors are addressed, and nothing depends on the threads.
#[test]
fn two_traces_have_the_same_bits() {
    let model = model(Activation::Gelu);
    let run = Run { init: Init::B, lr: LR, adapter_seed: SEED };
    let once = || follow(&model, (WIDTH, SEED), &training(ADAM, 6), &run).unwrap();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(alone.install(once), once());
}
