//! A configuration from GGUF metadata.

use std::path::Path;

use super::metadata::Metadata;
use crate::config::{Activation, Config, Family, Positions};
use crate::config_json::{MOST_DEPTH, MOST_HEAD, MOST_ROWS, MOST_WIDTH};
use crate::error::{CheckpointError, one_of};
use crate::rope::{DEFAULT_BASE, Scaling, frequencies};

const ARCHITECTURE: &str = "general.architecture";

/// The family that a file is of.
pub(super) fn family(path: &Path, metadata: &Metadata) -> Result<Family, CheckpointError> {
    if let Some(parts) = metadata.integer("split.count")?.filter(|parts| *parts > 1) {
        let what = format!("is one of {parts} parts; merge them into one file first");
        return Err(CheckpointError::damaged(path, what));
    }
    match metadata.text(ARCHITECTURE)? {
        Some("llama") => Ok(Family::Llama),
        Some("qwen2") => Ok(Family::Qwen2),
        _ => {
            Err(metadata.refuse(ARCHITECTURE, format!("valid is {}", one_of(&["llama", "qwen2"]))))
        }
    }
}

/// Keys that begin with the architecture's name.
struct Keys<'a> {
    metadata: &'a Metadata,
    name: &'static str,
}

impl Keys<'_> {
    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    fn refuse(&self, key: &str, valid: impl Into<String>) -> CheckpointError {
        self.metadata.refuse(&self.key(key), valid)
    }

    fn whole(&self, key: &str, most: usize) -> Result<Option<usize>, CheckpointError> {
        let Some(number) = self.metadata.integer(&self.key(key))? else { return Ok(None) };
        let sound = usize::try_from(number).ok().filter(|number| (1..=most).contains(number));
        sound
            .map(Some)
            .ok_or_else(|| self.refuse(key, format!("valid is a whole number from 1 to {most}")))
    }

    fn size(&self, key: &str, most: usize) -> Result<usize, CheckpointError> {
        self.whole(key, most)?
            .ok_or_else(|| self.refuse(key, format!("valid is a whole number from 1 to {most}")))
    }

    fn positive(&self, key: &str) -> Result<Option<f64>, CheckpointError> {
        let Some(number) = self.metadata.number(&self.key(key))? else { return Ok(None) };
        let sound = Some(number).filter(|number| number.is_finite() && *number > 0.0);
        sound.map(Some).ok_or_else(|| self.refuse(key, "valid is a number above 0"))
    }
}

/// Shapes of tensors by their Hugging Face names.
type Shapes<'a> = dyn Fn(&str) -> Option<&'a [usize]> + 'a;

/// What the metadata says, and what follows from the tensors that are there.
pub(super) fn read<'a>(
    path: &Path,
    metadata: &Metadata,
    family: Family,
    factors: Option<&[f32]>,
    shape: &Shapes<'a>,
) -> Result<Config, CheckpointError> {
    let keys = Keys { metadata, name: if family == Family::Qwen2 { "qwen2" } else { "llama" } };
    if keys.whole("expert_count", usize::MAX).is_ok_and(|experts| experts.is_some()) {
        return Err(keys.refuse("expert_count", "mixtures of experts are not supported"));
    }
    let embedding = "model.embed_tokens.weight";
    let vocabulary = *shape(embedding)
        .and_then(<[_]>::first)
        .ok_or_else(|| CheckpointError::missing(path, embedding))?;
    let width = keys.size("embedding_length", MOST_WIDTH)?;
    let (heads, key_value_heads, head_dim) = heads(&keys, width)?;
    let has = |name: &str| shape(&format!("model.layers.0.{name}")).is_some();
    Ok(Config {
        family,
        vocabulary,
        width,
        depth: keys.size("block_count", MOST_DEPTH)?,
        heads,
        key_value_heads,
        head_dim,
        mlp_width: keys.size("feed_forward_length", MOST_WIDTH)?,
        max_positions: keys.size("context_length", MOST_ROWS)?,
        norm_epsilon: keys.positive("attention.layer_norm_rms_epsilon")?.ok_or_else(|| {
            keys.refuse("attention.layer_norm_rms_epsilon", "valid is a number above 0")
        })?,
        activation: Activation::Silu,
        positions: Positions::Rotary {
            inverse_frequencies: rotary(&keys, path, head_dim, factors)?,
        },
        query_key_value_bias: family == Family::Qwen2 || has("self_attn.q_proj.bias"),
        output_bias: has("self_attn.o_proj.bias"),
        mlp_bias: has("mlp.up_proj.bias"),
        tied_head: shape("lm_head.weight").is_none(),
        labels: None,
    })
}

/// Query heads, heads of keys and values, and the size of a head.
fn heads(keys: &Keys<'_>, width: usize) -> Result<(usize, usize, usize), CheckpointError> {
    let heads = keys.size("attention.head_count", MOST_WIDTH)?;
    let key_value_heads = keys.whole("attention.head_count_kv", MOST_WIDTH)?.unwrap_or(heads);
    if heads % key_value_heads != 0 {
        let valid = format!(
            "valid is a divisor of `{}`, which is {heads}",
            keys.key("attention.head_count")
        );
        return Err(keys.refuse("attention.head_count_kv", valid));
    }
    let given = keys.whole("attention.key_length", MOST_HEAD)?;
    if given.is_none() && !width.is_multiple_of(heads) {
        let valid = format!(
            "valid is a multiple of `{}`, which is {heads}",
            keys.key("attention.head_count")
        );
        return Err(keys.refuse("embedding_length", valid));
    }
    let head_dim = given.unwrap_or(width / heads);
    if head_dim % 2 != 0 || head_dim > MOST_HEAD {
        let valid =
            format!("heads have the size {head_dim}, which must be even and at most {MOST_HEAD}");
        return Err(keys.refuse("embedding_length", valid));
    }
    for key in ["attention.value_length", "rope.dimension_count"] {
        if keys.whole(key, MOST_HEAD)?.is_some_and(|given| given != head_dim) {
            return Err(keys.refuse(key, format!("valid is {head_dim}, the size of a head")));
        }
    }
    Ok((heads, key_value_heads, head_dim))
}

fn rotary(
    keys: &Keys<'_>,
    path: &Path,
    head_dim: usize,
    factors: Option<&[f32]>,
) -> Result<Vec<f64>, CheckpointError> {
    let base = keys.positive("rope.freq_base")?.unwrap_or(DEFAULT_BASE);
    let mut all = frequencies(head_dim, base, scaling(keys)?);
    let Some(factors) = factors else { return Ok(all) };
    let name = super::names::ROPE_FACTORS;
    if factors.len() != all.len() {
        return Err(CheckpointError::shape(path, name, &[factors.len()], &[all.len()]));
    }
    for (frequency, factor) in all.iter_mut().zip(factors) {
        if !(factor.is_finite() && *factor > 0.0) {
            return Err(CheckpointError::tensor(
                path,
                name,
                format!("has the factor {factor}; valid is above 0"),
            ));
        }
        *frequency /= f64::from(*factor);
    }
    Ok(all)
}

fn scaling(keys: &Keys<'_>) -> Result<Scaling, CheckpointError> {
    let linear = |factor| if factor == 1.0 { Scaling::None } else { Scaling::Linear { factor } };
    match keys.metadata.text(&keys.key("rope.scaling.type"))? {
        Some("none") => Ok(Scaling::None),
        Some("linear") => {
            let factor = keys.positive("rope.scaling.factor")?;
            factor
                .map(linear)
                .ok_or_else(|| keys.refuse("rope.scaling.factor", "valid is a number above 0"))
        }
        // Files from before there were types give a linear scaling alone.
        None => Ok(keys.positive("rope.scale_linear")?.map_or(Scaling::None, linear)),
        Some(_) => {
            Err(keys
                .refuse("rope.scaling.type", format!("valid is {}", one_of(&["none", "linear"]))))
        }
    }
}
