//! Rotary positions in `config.json`: `rope_theta` and `rope_scaling`, or `rope_parameters`, which newer
//! versions of transformers write instead.

use std::path::Path;

use serde_json::Value;

use super::fields::Fields;
use crate::error::{CheckpointError, one_of};
use crate::rope::{DEFAULT_BASE, Scaling, frequencies};

/// The inverse frequencies that a configuration asks for.
pub(super) fn read(
    fields: &Fields<'_>,
    file: &Path,
    head_dim: usize,
) -> Result<Vec<f64>, CheckpointError> {
    whole_head(fields)?;
    let top = fields.positive("rope_theta")?;
    let key = ["rope_parameters", "rope_scaling"].into_iter().find(|key| fields.get(key).is_some());
    let Some(key) = key else {
        return Ok(frequencies(head_dim, top.unwrap_or(DEFAULT_BASE), Scaling::None));
    };
    let inner = fields.get(key).and_then(Value::as_object);
    let inner = inner.ok_or_else(|| fields.refuse(key, "valid is an object with `rope_type`"))?;
    let before = format!("{key}.");
    let inner = Fields::new(file, &before, inner);
    whole_head(&inner)?;
    let base = inner.positive("rope_theta")?.or(top).unwrap_or(DEFAULT_BASE);
    Ok(frequencies(head_dim, base, scaling(&inner)?))
}

/// Refuses rotations that leave a part of each head alone.
fn whole_head(fields: &Fields<'_>) -> Result<(), CheckpointError> {
    match fields.positive("partial_rotary_factor")? {
        Some(part) if part != 1.0 => Err(fields.refuse("partial_rotary_factor", "valid is 1")),
        _ => Ok(()),
    }
}

fn scaling(fields: &Fields<'_>) -> Result<Scaling, CheckpointError> {
    // Older files say `type`.
    let key = if fields.get("rope_type").is_some() { "rope_type" } else { "type" };
    let number = |key: &str| {
        fields.positive(key)?.ok_or_else(|| fields.refuse(key, "valid is a number above 0"))
    };
    let found = match fields.text(key)? {
        None | Some("default") => Scaling::None,
        Some("linear") => Scaling::Linear { factor: number("factor")? },
        Some("llama3") => Scaling::Llama3 {
            factor: number("factor")?,
            low: number("low_freq_factor")?,
            high: number("high_freq_factor")?,
            original: number("original_max_position_embeddings")?,
        },
        Some(_) => {
            let valid = one_of(&["default", "linear", "llama3"]);
            return Err(fields.refuse(key, format!("valid is {valid}")));
        }
    };
    if found.is_sound() {
        Ok(found)
    } else {
        Err(fields.refuse("high_freq_factor", "valid is more than `low_freq_factor`"))
    }
}
