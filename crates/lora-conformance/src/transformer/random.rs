//! Random tensors, addressed by seed and name.

use lora_checkpoint::Config;
use lora_random::normal::box_muller;
use lora_random::philox::philox4x32;
use ndarray::Array2;

use super::inputs::{Adapter, Weights};
use super::names::LM_HEAD;
use super::tensors::{Kind, Tensor, tensors};

/// Random base tensors of the whole model, with every head whose size `config` knows.
///
/// Linear weights have the variance 1/in and embeddings 1/4, so that features are of order one and
/// attention is far from uniform. Biases have the standard deviation 0.1, and gains lie so close to one.
/// Every entry is a f32.
pub fn random_weights(config: &Config, seed: u64) -> Weights {
    let draw = |tensor: Tensor| {
        let name = tensor.name();
        let (mean, deviation) = match tensor.kind {
            Kind::Linear => (0.0, 1.0 / (tensor.shape[1] as f64).sqrt()),
            Kind::Embedding => (0.0, 0.5),
            Kind::Gain => (1.0, 0.1),
            Kind::Bias => (0.0, 0.1),
        };
        let values = normals(&name, seed, tensor.shape);
        (name, values.mapv(|z| f64::from((mean + deviation * z) as f32)))
    };
    tensors(config).into_iter().map(draw).collect()
}

/// Random adapters of rank `rank` on every linear module and every embedding. Neither A nor B is zero, and
/// s B A has about a third of the weight's size. Every entry is a f32.
pub fn random_adapters(config: &Config, rank: usize, scaling: f64, seed: u64) -> Vec<Adapter> {
    let mut modules: Vec<(String, [usize; 2], f64)> = Vec::new();
    for Tensor { module, kind, shape: [rows, columns] } in tensors(config) {
        match kind {
            Kind::Linear => modules.push((module, [rows, columns], 1.0 / (columns as f64).sqrt())),
            Kind::Embedding => modules.push((module, [columns, rows], 0.5)),
            Kind::Gain | Kind::Bias => {}
        }
    }
    if config.family.is_causal() && config.tied_head {
        let deviation = 1.0 / (config.width as f64).sqrt();
        modules.push((LM_HEAD.into(), [config.vocabulary, config.width], deviation));
    }
    let draw = |(module, [outputs, inputs], deviation): (String, [usize; 2], f64)| {
        let root = (deviation / (3.0 * scaling.abs() * (rank as f64).sqrt())).sqrt();
        let factor = |name: &str, shape| {
            normals(&format!("{module}.{name}"), seed, shape).mapv(|z| f64::from((root * z) as f32))
        };
        let (a, b) = (factor("lora_A", [rank, inputs]), factor("lora_B", [outputs, rank]));
        Adapter { module, a, b, scaling }
    };
    modules.into_iter().map(draw).collect()
}

/// Standard normals; entry (row, column) depends on seed, name, row and column alone.
pub fn normals(name: &str, seed: u64, [rows, columns]: [usize; 2]) -> Array2<f64> {
    let hash = fnv(name);
    let key = [seed as u32, (seed >> 32) as u32];
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        // The name's hash stands where a stream of `lora-sim` has width and purpose.
        let counter = [column as u32 / 4, row as u32, hash as u32, (hash >> 32) as u32];
        f64::from(box_muller(philox4x32(counter, key))[column % 4])
    })
}

/// The hash FNV-1a of 64 bits.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_smaller_matrix_is_a_corner_of_a_larger_one() {
        let (small, large) = (normals("w", 7, [3, 5]), normals("w", 7, [6, 9]));
        assert_eq!(small, large.slice(ndarray::s![..3, ..5]));
        assert_ne!(small, normals("v", 7, [3, 5]));
        assert_ne!(small, normals("w", 8, [3, 5]));
    }

    #[test]
    fn entries_are_standard_normals() {
        let values = normals("moments", 1, [100, 100]);
        let mean = values.mean().expect("not empty");
        // Five standard errors.
        assert!(mean.abs() < 0.05, "{mean}");
        assert!((values.mapv(|v| v * v).sum() / 1e4 - 1.0).abs() < 5.0 * 2f64.sqrt() / 100.0);
    }
}
