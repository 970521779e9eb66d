//! How factors start.

use lora_sim::normal::box_muller;
use lora_sim::philox::{Purpose, Stream};
use lora_types::{Factor, Init};

use super::LoraSpec;
use crate::adapter::Adapter;
use crate::error::TransformerError;
use crate::net::{Net, SiteInfo};

/// The distribution of a random factor's entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InitLaw {
    /// N(0, 1/fan-in): 1/n for A, 1/r for B, as in the paper.
    FanIn,
    /// PEFT's default (`init_lora_weights = true`): uniform on ±1/√fan-in, with variance 1/(3 fan-in).
    Kaiming,
    /// PEFT's `gaussian`: a standard deviation of 1/r for either factor.
    Gaussian,
    /// Normal with this standard deviation.
    Std(f64),
}

impl InitLaw {
    /// Fills row-major entries, each of which depends on its place alone.
    fn fill(self, stream: &Stream, (fan_in, rank): (usize, usize), cols: usize, out: &mut [f32]) {
        let root = (fan_in as f64).sqrt();
        let (uniform, scale) = match self {
            Self::Kaiming => (true, 1.0 / root),
            Self::FanIn => (false, 1.0 / root),
            Self::Gaussian => (false, 1.0 / rank as f64),
            Self::Std(std) => (false, std),
        };
        for (row, values) in out.chunks_mut(cols).enumerate() {
            for (block, values) in values.chunks_mut(4).enumerate() {
                let words = stream.block(row as u32, block as u32);
                let normals = box_muller(words);
                for ((value, normal), word) in values.iter_mut().zip(normals).zip(words) {
                    // (w + 1/2) 2^-31 - 1 lies strictly between -1 and 1.
                    let flat = (f64::from(word) + 0.5) / 2_147_483_648.0 - 1.0;
                    let unit = if uniform { flat } else { f64::from(normal) };
                    *value = (scale * unit) as f32;
                }
            }
        }
    }
}

/// The adapter of every site of a model, at the start of a run.
///
/// Embeddings start as in PEFT whatever the init says: A = 0 and the entries of B are N(0, 1).
///
/// # Errors
/// As [`LoraSpec::check`] and [`super::Targets::sites`].
pub fn adapters(net: &Net, spec: &LoraSpec) -> Result<Vec<Option<Adapter>>, TransformerError> {
    spec.check()?;
    let mut adapters = vec![None; net.sites.len()];
    for site in spec.targets.sites(net)? {
        adapters[site.0] = Some(adapter(&net.sites[site.0], site.0, spec));
    }
    Ok(adapters)
}

fn adapter(info: &SiteInfo, index: usize, spec: &LoraSpec) -> Adapter {
    let rank = spec.rank;
    let (init, law) =
        if info.embedding { (Init::B, InitLaw::Std(1.0)) } else { (spec.init, spec.law) };
    let draw = |factor: Factor, purpose, fan_in: usize, [rows, cols]: [usize; 2]| {
        let mut values = vec![0.0; rows * cols];
        if is_random(init, factor) {
            let stream = Stream::new(spec.seed, index, purpose);
            law.fill(&stream, (fan_in, rank), cols, &mut values);
        }
        values
    };
    Adapter {
        a: draw(Factor::A, Purpose::AdapterA, info.inputs, [rank, info.inputs]),
        b: draw(Factor::B, Purpose::AdapterB, rank, [info.outputs, rank]),
        rank,
        scaling: spec.scaling() as f32,
    }
}

fn is_random(init: Init, factor: Factor) -> bool {
    match init {
        Init::A => factor == Factor::A,
        Init::B => factor == Factor::B,
        Init::AB => true,
    }
}
