//! Where a module stands in its model, by its name.

use serde::Serialize;

/// A module's kind and its layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// What stands behind the layer's number, with `*` for numbers in it: `self_attn.q_proj`, or
    /// `mlp.experts.*.up_proj`. The whole name outside of the layers.
    pub kind: String,
    /// The number of the layer: the first number in the name.
    pub layer: Option<usize>,
}

impl Place {
    /// Reads a name such as `model.layers.0.self_attn.q_proj`.
    pub(crate) fn of(name: &str) -> Self {
        let words: Vec<&str> = name.split('.').collect();
        let number = |word: &&str| word.parse::<usize>().ok();
        let layer = words.iter().position(|word| number(word).is_some());
        // A number at the end is no layer's: nothing stands behind it.
        let Some(at) = layer.filter(|at| at + 1 < words.len()) else {
            return Self { kind: name.to_owned(), layer: None };
        };
        let starred =
            words[at + 1..].iter().map(|word| if number(word).is_some() { "*" } else { word });
        Self { kind: starred.collect::<Vec<_>>().join("."), layer: number(&words[at]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_layers_of_names() {
        for (name, kind, layer) in [
            ("model.layers.12.self_attn.q_proj", "self_attn.q_proj", Some(12)),
            ("model.layers.3.mlp.experts.5.up_proj", "mlp.experts.*.up_proj", Some(3)),
            ("lm_head", "lm_head", None),
            ("model.decoder.project.0", "model.decoder.project.0", None),
            ("", "", None),
        ] {
            assert_eq!(Place::of(name), Place { kind: kind.to_owned(), layer }, "{name}");
        }
    }
}
