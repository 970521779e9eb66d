//! The symbols of the page, defined before it uses them.

use maud::{Markup, html};

use crate::typeset::typeset;

/// Each symbol with its definition, shapes as rows × columns.
const SYMBOLS: [(&str, &str); 13] = [
    ("n, r, N", "width of the network, rank of the adapter, number of training samples"),
    ("Z", "input of the LoRA layer, n × N"),
    ("A, B", "the two factors of the LoRA adapter, r × n and n × r"),
    ("s", "multiplier of B A in the layer, which PEFT calls scaling; it is alpha/r in LoRA"),
    ("Init[A]", "A starts random, with entries of variance 1/n, and B starts at zero"),
    ("Init[B]", "B starts random, with entries of variance 1/r, and A starts at zero"),
    ("Z_{A}", "A Z, the LoRA features inside the adapter, r × N"),
    ("Z_{B}", "s B Z_{A}, the LoRA features at the output of the adapter, n × N"),
    ("a", "readout exponent, W_{out} ~ N(0, n^{−2a}): 1/2 is the standard readout, 1 is muP’s"),
    ("η, γ", "learning rate, and the exponent in η = Θ(n^γ)"),
    ("η_{opt}", "best learning rate, which is the one with the lowest score"),
    ("η_{stable}", "largest stable learning rate, at which Z_{B} still stays bounded"),
    ("rms", "root of the mean square over the entries of a matrix"),
];

/// The same in a transformer, which has no readout exponent.
const OF_TRANSFORMER: [(&str, &str); 12] = [
    ("n, r", "width of the model (its hidden size), and rank of the adapters"),
    ("Z", "input of an adapted module, with a column for each token"),
    ("A, B", "the two factors of an adapter, r × inputs and outputs × r"),
    ("s", "multiplier of B A in a module, which PEFT calls scaling; it is alpha/r in LoRA"),
    ("Init[A]", "every A starts random, and every B at zero"),
    ("Init[B]", "every B starts random, and every A at zero"),
    ("Z_{A}", "A Z, the LoRA features inside an adapter"),
    ("Z_{B}", "s B Z_{A}, the LoRA features at the output of an adapter"),
    ("η, γ", "learning rate, and the exponent in η = Θ(n^γ)"),
    ("η_{opt}", "best learning rate, which is the one with the lowest score"),
    ("η_{stable}", "largest stable learning rate, at which Z_{B} still stays bounded"),
    ("rms", "root of the mean square, over the entries of a matrix and over adapted modules"),
];

/// The same on a diagnosis, which knows no input.
const OF_ADAPTERS: [(&str, &str); 9] = [
    ("A, B", "the two factors of an adapted module, r × inputs and outputs × r, with the rank r"),
    ("s", "multiplier of B A in a module, which PEFT calls scaling; it is alpha/r in LoRA"),
    ("Init[A]", "A started random, and B at zero"),
    ("Init[B]", "B started random, and A at zero"),
    ("rms", "root of the mean square over the entries of a matrix"),
    ("σ_{1}", "largest singular value of s B A"),
    ("effective rank", "exp of the entropy of σ^2/Σσ^2, over the singular values σ of s B A"),
    ("η", "learning rate of A; the largest one, if it followed a schedule"),
    ("δ1, δ2, δ3", "parts of the output’s change: by A alone, by B alone, and by both together"),
];

/// The box, open until a reader closes it; of the synthetic network or of a transformer.
pub(crate) fn definitions(synthetic: bool) -> Markup {
    defined(if synthetic { &SYMBOLS } else { &OF_TRANSFORMER })
}

/// The box on a diagnosis.
pub(crate) fn of_adapters() -> Markup {
    defined(&OF_ADAPTERS)
}

fn defined(symbols: &[(&str, &str)]) -> Markup {
    html! {
        details.symbols open {
            summary { "Symbols" }
            dl {
                @for (symbol, means) in symbols {
                    div { dt { (typeset(symbol)) } dd { (typeset(means)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_of_the_tables_is_defined() {
        for synthetic in [true, false] {
            let page = definitions(synthetic).into_string();
            for symbol in
                ["Z<sub>A</sub>", "Z<sub>B</sub>", "η<sub>opt</sub>", "η<sub>stable</sub>"]
            {
                assert!(page.contains(&format!("<dt>{symbol}</dt>")), "{symbol}");
            }
            assert_eq!(page.contains("<dt>a</dt>"), synthetic);
        }
        let page = definitions(true).into_string();
        assert!(page.starts_with("<details class=\"symbols\" open>"), "{page}");
    }
}
