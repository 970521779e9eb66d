//! Adapters with a planted history.

#[path = "../../src/drawn.rs"]
pub mod drawn;

use std::collections::BTreeMap;
use std::path::Path;

use drawn::Drawn;
use lora_checkpoint::{Adapter, AdapterConfig, Data, TargetModules, Tensor};
use lora_diagnosis::{AdapterDiagnosis, DiagnoseAnswer, DiagnoseRequest, InitLook, TrainingAsked};
use tempfile::tempdir;

/// Makes a tensor with numbers of one kind.
pub type Kind = fn(&[usize], Vec<f32>) -> Tensor;

/// The kinds of 16 bits.
pub const HALVES: [Kind; 2] = [
    |shape, values| Tensor {
        shape: shape.to_owned(),
        data: Data::F16(values.into_iter().map(half::f16::from_f32).collect()),
    },
    |shape, values| Tensor {
        shape: shape.to_owned(),
        data: Data::BF16(values.into_iter().map(half::bf16::from_f32).collect()),
    },
];

/// The rank.
pub const R: usize = 8;
/// The width on both sides.
pub const N: usize = 256;

/// A start of 8 modules, as PEFT or the paper draws it: (A, B) of each.
pub fn start(init: InitLook, seed: u64) -> Vec<(Vec<f32>, Vec<f32>)> {
    let mut drawn = Drawn(seed);
    let mut one = || match init {
        InitLook::B => (vec![0.0; R * N], drawn.normal((R as f64).powf(-0.5), N * R)),
        InitLook::Both => (
            drawn.uniform((N as f64).powf(-0.5), R * N),
            drawn.uniform((R as f64).powf(-0.5), N * R),
        ),
        _ => (drawn.uniform((N as f64).powf(-0.5), R * N), vec![0.0; N * R]),
    };
    (0..8).map(|_| one()).collect()
}

/// A movement of low rank, rows × columns, with this rms: few gradients, as training leaves it.
pub fn moved(drawn: &mut Drawn, factor: &mut [f32], columns: usize, rms: f64) {
    let rows = factor.len() / columns;
    let (u, v) = (drawn.normal(1.0, rows), drawn.normal(1.0, columns));
    for (k, x) in factor.iter_mut().enumerate() {
        *x += (rms * f64::from(u[k / columns] * v[k % columns])) as f32;
    }
}

/// The start with A and B moved by an rms each.
pub fn history(init: InitLook, [of_a, of_b]: [f64; 2]) -> Vec<(Vec<f32>, Vec<f32>)> {
    let (mut all, mut drawn) = (start(init, 3), Drawn(4));
    for (a, b) in &mut all {
        moved(&mut drawn, a, N, of_a);
        moved(&mut drawn, b, R, of_b);
    }
    all
}

/// Leaves an adapter in a folder, with numbers of the kind that `of` makes.
pub fn write(
    dir: &Path,
    factors: &[(Vec<f32>, Vec<f32>)],
    of: impl Fn(&[usize], Vec<f32>) -> Tensor,
) {
    let config = AdapterConfig::new(R, 16.0, TargetModules::Names(vec!["q_proj".to_owned()]));
    let mut tensors = BTreeMap::new();
    for (layer, (a, b)) in factors.iter().enumerate() {
        let name = format!("base_model.model.model.layers.{layer}.self_attn.q_proj");
        tensors.insert(format!("{name}.lora_A.weight"), of(&[R, N], a.clone()));
        tensors.insert(format!("{name}.lora_B.weight"), of(&[N, R], b.clone()));
    }
    Adapter { config, tensors }.write(dir).expect("it is written");
}

/// The diagnosis of an adapter in 32 bits.
pub fn diagnosed(
    factors: &[(Vec<f32>, Vec<f32>)],
    training: Option<TrainingAsked>,
) -> AdapterDiagnosis {
    let dir = tempdir().expect("a folder");
    write(dir.path(), factors, Tensor::f32);
    answer(dir.path(), training).adapters.remove(0)
}

/// The answer to one folder.
pub fn answer(dir: &Path, training: Option<TrainingAsked>) -> DiagnoseAnswer {
    DiagnoseAnswer::to(&DiagnoseRequest { dirs: vec![dir.to_owned()], training })
        .expect("it is read")
}

/// A stated training at one rate with the usual betas.
pub fn adam(lr: f64, steps: u32) -> Option<TrainingAsked> {
    Some(TrainingAsked::new(lr, steps, 1.0, [0.9, 0.999]))
}
