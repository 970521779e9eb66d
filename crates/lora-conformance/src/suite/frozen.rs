//! The frozen student and the initial adapters against their addresses.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_sim::activation::value;
use lora_sim::spec::{Hidden, Model};
use lora_sim::{AlignedMatrix, Batch, Data, Engine, Frozen};
use ndarray::Array2;

use crate::cases::{ACTIVATIONS, ADAM, INITS, model, run, training};

/// Draws W_in, W_h and W_out from their addresses and X and y from the seed, and compares Z, H,
/// W_out and y in every column, padding included, within n·ε of the terms' absolute sum.
pub fn the_frozen_student_is_the_addressed_one(engine: &dyn Engine) {
    for activation in ACTIVATIONS {
        for (hidden, seed) in [(Hidden::Gaussian, 3), (Hidden::Zero, 1 << 40)] {
            let model = Model { hidden, readout_exponent: 0.75, ..model(33, 20, 3, activation) };
            let n = 150;
            let frozen = engine.prepare(&model, n, seed).and_then(|p| p.frozen()).expect("small");
            let data = Data::draw(&model, seed);
            let w_in = addressed(seed, n, Purpose::StudentIn, model.input_dim, 1.0 / 5f64.sqrt());
            let y_in = w_in.dot(&data.x);
            let scale = w_in.mapv(f64::abs).dot(&data.x.mapv(f64::abs)) + 1.0;
            let z = y_in.mapv(|v| value(activation, v));
            compare("Z", &frozen, &frozen.z, &z, &scale);
            let std = match hidden {
                Hidden::Gaussian => 1.0 / (n as f64).sqrt(),
                Hidden::Zero => 0.0,
            };
            let w_h = addressed(seed, n, Purpose::StudentHidden, n, std);
            let scale = scale + w_h.mapv(f64::abs).dot(&z.mapv(f64::abs));
            compare("H", &frozen, &frozen.h, &(y_in + w_h.dot(&z)), &scale);
            let mut w_out = vec![0.0f32; n];
            let stream = Stream::new(seed, n, Purpose::StudentOut);
            fill_row(&stream, 0, (n as f64).powf(-0.75) as f32, &mut w_out);
            let same = |(got, want): (&f32, &f32)| within_an_ulp(f64::from(*got), f64::from(*want));
            assert!(frozen.w_out.iter().zip(&w_out).all(same), "W_out, seed {seed}");
            compare_targets(&frozen, &data);
        }
    }
}

/// A_0 and B_0 are those of the run's own seed, with the paper's variances times the scales.
pub fn initial_adapters_are_the_addressed_ones(engine: &dyn Engine) {
    let (n, r) = (90, 3);
    let model = Model { a_scale: 0.5, b_scale: 2.0, ..model(20, 0, r, ACTIVATIONS[0]) };
    let mut problem = engine.prepare(&model, n, 1).expect("a small problem");
    for init in INITS {
        let run = lora_sim::spec::Run { adapter_seed: 77 << 33, ..run(init, 1e-3) };
        let training = training(ADAM, 0);
        let batch =
            Batch { keep_states: true, ..Batch::new(&training, std::slice::from_ref(&run)) };
        let outcome = problem.train(&batch).expect("a good batch").remove(0);
        let state = outcome.state.expect("asked for");
        let (a_on, b_on) = match init {
            lora_sim::spec::Init::A => (0.5, 0.0),
            lora_sim::spec::Init::B => (0.0, 2.0),
            lora_sim::spec::Init::AB => (0.5, 2.0),
        };
        let a_std = a_on / (n as f64).sqrt();
        let a = addressed(run.adapter_seed, n, Purpose::AdapterA, r, a_std);
        let b_std = b_on / (r as f64).sqrt();
        let b = addressed(run.adapter_seed, n, Purpose::AdapterB, r, b_std);
        let agree = |got: &Array2<f32>, want: ndarray::ArrayView2<f64>| {
            got.dim() == want.dim()
                && got.iter().zip(want).all(|(&got, &want)| within_an_ulp(f64::from(got), want))
        };
        assert!(agree(&state.a, a.t()), "A, {init:?}");
        assert!(agree(&state.b, b.view()), "B, {init:?}");
        assert!(state.m_a.iter().chain(&state.v_b).all(|&m| m == 0.0));
    }
}

/// Whether an f32 is the other or next to it: a device's own logarithm and sine may turn one
/// rounding of a normal.
fn within_an_ulp(got: f64, want: f64) -> bool {
    (got - want).abs() <= f64::from(f32::EPSILON) * want.abs()
}

/// `rows` × `columns` from their addresses, in f64 after the one rounding to f32.
fn addressed(seed: u64, rows: usize, purpose: Purpose, columns: usize, std: f64) -> Array2<f64> {
    let stream = Stream::new(seed, rows, purpose);
    let mut out = Array2::<f32>::zeros((rows, columns));
    for (i, mut row) in out.outer_iter_mut().enumerate() {
        fill_row(&stream, i, std as f32, row.as_slice_mut().expect("rows are contiguous"));
    }
    out.mapv(f64::from)
}

fn compare(
    name: &str,
    frozen: &Frozen,
    got: &AlignedMatrix,
    want: &Array2<f64>,
    scale: &Array2<f64>,
) {
    let unit = frozen.width as f64 * f64::from(f32::EPSILON);
    let mut padding = vec![true; got.stride()];
    for sample in 0..want.ncols() {
        let column = frozen.columns.column(sample);
        padding[column] = false;
        for i in 0..frozen.width {
            let (got, want) = (f64::from(got.row(i)[column]), want[(i, sample)]);
            let bound = unit * scale[(i, sample)];
            assert!((got - want).abs() <= bound, "{name}[{i}, {sample}]: {got}, want {want}");
        }
    }
    for i in 0..frozen.width {
        let row = got.row(i).iter().zip(&padding);
        assert!(row.clone().all(|(&v, &pad)| !pad || v == 0.0), "{name}: padding of row {i}");
    }
}

fn compare_targets(frozen: &Frozen, data: &Data) {
    let mut want = vec![0.0f32; frozen.columns.all()];
    data.y.iter().enumerate().for_each(|(i, &y)| want[frozen.columns.column(i)] = y as f32);
    assert_eq!(frozen.y, want);
}
