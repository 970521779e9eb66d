//! The frozen student against the CPU engine's, which is tested against its law.

use lora_conformance::cases::{ACTIVATIONS, model};
use lora_cuda::CudaEngine;
use lora_sim::spec::{Activation, Hidden, Model};
use lora_sim::{AlignedMatrix, CpuEngine, Engine, Frozen};

fn frozen(engine: &dyn Engine, model: &Model, width: usize) -> Frozen {
    engine.prepare(model, width, 4).and_then(|problem| problem.frozen()).expect("a small problem")
}

/// Largest difference, in units of the largest entry.
fn difference(a: &AlignedMatrix, b: &AlignedMatrix) -> f64 {
    assert_eq!((a.rows(), a.stride()), (b.rows(), b.stride()));
    let largest = a.as_slice().iter().fold(0.0f32, |most, v| most.max(v.abs()));
    let pairs = a.as_slice().iter().zip(b.as_slice());
    let off = pairs.fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
    f64::from(off) / f64::from(largest)
}

/// Products of n terms in f32: roundings add up to at most about √n of them.
fn tolerance(width: usize) -> f64 {
    8.0 * (width as f64).sqrt() * f64::from(f32::EPSILON)
}

#[test]
fn both_engines_draw_the_same_student() {
    lora_cuda_shim::preload_or_skip!();
    let cuda = CudaEngine::new(0).expect("the stand-in is a device");
    for activation in ACTIVATIONS {
        for hidden in [Hidden::Gaussian, Hidden::Zero] {
            let model = Model { hidden, input_dim: 17, ..model(150, 20, 3, activation) };
            let width = 300;
            let (got, want) =
                (frozen(&cuda, &model, width), frozen(&CpuEngine::new(), &model, width));
            assert!(difference(&want.z, &got.z) <= tolerance(17), "{activation:?}");
            assert!(difference(&want.h, &got.h) <= tolerance(width), "{activation:?} {hidden:?}");
            assert_eq!((got.y, got.w_out), (want.y, want.w_out));
        }
    }
}

/// Beyond the width at which W_h is drawn, H follows from an N × N root. Both engines take the same
/// normals, so with the same root they have the same H; the roots differ by the rounding of ZᵀZ, at
/// most 10⁻⁶ here, where eigenvalues lie far apart.
#[test]
fn both_engines_sample_the_same_hidden_layer() {
    lora_cuda_shim::preload_or_skip!();
    let cuda = CudaEngine::new(0).expect("the stand-in is a device");
    let activation = Activation::Relu;
    let model = Model { explicit_hidden_up_to: 0, ..model(60, 7, 3, activation) };
    for width in [40, 500] {
        let (got, want) = (frozen(&cuda, &model, width), frozen(&CpuEngine::new(), &model, width));
        let off = difference(&want.h, &got.h);
        assert!(off <= tolerance(width) + 1e-6, "n {width}: {off}");
    }
}

/// One neuron on one point: where it is off, Z and what is drawn from its law are zero.
#[test]
fn a_student_of_zeros_can_be_drawn() {
    lora_cuda_shim::preload_or_skip!();
    let cuda = CudaEngine::new(0).expect("the stand-in is a device");
    let model = Model { explicit_hidden_up_to: 0, ..model(1, 0, 1, Activation::Relu) };
    let students = (0..8).map(|seed| {
        let problem = cuda.prepare(&model, 1, seed).expect("a small problem");
        problem.frozen().expect("in memory")
    });
    let off = students.filter(|student| student.z.as_slice().iter().all(|&z| z == 0.0)).count();
    assert!((1..8).contains(&off), "{off} of 8");
}
