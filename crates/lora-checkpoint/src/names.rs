//! The names that tensors have on disk, and the one by which each is known here.

use std::borrow::Cow;

use crate::config::Family;

/// What the body's names begin with where a bare model was saved, without its prefix.
fn roots(family: Family) -> &'static [&'static str] {
    match family {
        Family::Bert | Family::Roberta => &["embeddings.", "encoder.", "pooler."],
        Family::DistilBert => &["embeddings.", "transformer."],
        Family::Llama | Family::Qwen2 => &["embed_tokens.", "layers.", "norm."],
    }
}

/// The name that the task's model gives a tensor: with the body's prefix, and with `weight` and `bias`
/// of LayerNorm, which old checkpoints call `gamma` and `beta`.
pub(crate) fn canonical(family: Family, on_disk: &str) -> String {
    let bare = roots(family).iter().any(|root| on_disk.starts_with(root));
    let prefix = if bare { family.prefix() } else { "" };
    format!("{prefix}{}", modern(on_disk))
}

fn modern(name: &str) -> Cow<'_, str> {
    let old = [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")];
    for (old, new) in old {
        if let Some(before) = name.strip_suffix(old) {
            return Cow::Owned(format!("{before}{new}"));
        }
    }
    Cow::Borrowed(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_the_prefix_of_the_task_model() {
        use Family::{Bert, DistilBert, Llama, Qwen2, Roberta};
        let cases = [
            (
                Bert,
                "encoder.layer.0.output.LayerNorm.gamma",
                "bert.encoder.layer.0.output.LayerNorm.weight",
            ),
            (Bert, "bert.embeddings.LayerNorm.beta", "bert.embeddings.LayerNorm.bias"),
            (Bert, "classifier.weight", "classifier.weight"),
            (
                Roberta,
                "embeddings.word_embeddings.weight",
                "roberta.embeddings.word_embeddings.weight",
            ),
            (
                Roberta,
                "roberta.encoder.layer.0.output.dense.bias",
                "roberta.encoder.layer.0.output.dense.bias",
            ),
            (
                DistilBert,
                "transformer.layer.0.ffn.lin1.bias",
                "distilbert.transformer.layer.0.ffn.lin1.bias",
            ),
            (DistilBert, "pre_classifier.bias", "pre_classifier.bias"),
            (Llama, "layers.0.mlp.up_proj.weight", "model.layers.0.mlp.up_proj.weight"),
            (Qwen2, "norm.weight", "model.norm.weight"),
            (Llama, "lm_head.weight", "lm_head.weight"),
        ];
        for (family, on_disk, known) in cases {
            assert_eq!(canonical(family, on_disk), known);
        }
    }
}
