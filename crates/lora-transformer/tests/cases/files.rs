//! The files of a case.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// Tensors by name: shape, and entries in f64.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f64>)>;

pub fn read_json(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn read_tensors(path: &Path) -> Tensors {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let one = |(name, tensor): (String, safetensors::tensor::TensorView)| {
        let data = tensor.data();
        let values = match tensor.dtype() {
            Dtype::F32 => data
                .chunks_exact(4)
                .map(|four| f64::from(f32::from_le_bytes(four.try_into().expect("four bytes"))))
                .collect(),
            Dtype::F64 => data
                .chunks_exact(8)
                .map(|eight| f64::from_le_bytes(eight.try_into().expect("eight bytes")))
                .collect(),
            other => panic!("{name}: {other:?}"),
        };
        (name, (tensor.shape().to_vec(), values))
    };
    file.tensors().into_iter().map(one).collect()
}
