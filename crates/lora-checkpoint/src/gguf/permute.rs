//! Rows of queries and keys. llama.cpp rotates neighbours, Hugging Face rotates halves of a head, so the
//! conversion to GGUF changed the order of rows of Llamas.

use crate::config::{Config, Family};
use crate::tensor::Data;

/// The heads of a tensor whose rows have another order; none if they have not.
pub(super) fn heads(config: &Config, name: &str) -> Option<usize> {
    if config.family != Family::Llama || !name.starts_with("model.layers.") {
        return None;
    }
    let module = name.strip_suffix(".weight").or_else(|| name.strip_suffix(".bias"))?;
    if module.ends_with(".self_attn.q_proj") {
        Some(config.heads)
    } else if module.ends_with(".self_attn.k_proj") {
        Some(config.key_value_heads)
    } else {
        None
    }
}

/// Puts a tensor's rows in Hugging Face's order.
pub(super) fn rows_of_halves(data: Data, rows: usize, head_dim: usize) -> Data {
    match data {
        Data::F32(values) => Data::F32(reordered(&values, rows, head_dim)),
        Data::F16(values) => Data::F16(reordered(&values, rows, head_dim)),
        Data::BF16(values) => Data::BF16(reordered(&values, rows, head_dim)),
    }
}

fn reordered<T: Copy>(values: &[T], rows: usize, head_dim: usize) -> Vec<T> {
    let length = values.len().checked_div(rows).unwrap_or(0);
    let mut all = Vec::with_capacity(values.len());
    for row in 0..rows {
        let (head, within) = (row / head_dim, row % head_dim);
        let (half, pair) = (within / (head_dim / 2), within % (head_dim / 2));
        let from = head * head_dim + 2 * pair + half;
        all.extend_from_slice(&values[from * length..][..length]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_become_halves_of_each_head() {
        // Two heads of size 4: pairs (0, 2) and (1, 3) of a head were put side by side.
        let on_disk = [0, 2, 1, 3, 4, 6, 5, 7];
        assert_eq!(reordered(&on_disk, 8, 4), [0, 1, 2, 3, 4, 5, 6, 7]);
        let wide = [0, 0, 2, 2, 1, 1, 3, 3];
        assert_eq!(reordered(&wide, 4, 4), [0, 0, 1, 1, 2, 2, 3, 3]);
    }
}
