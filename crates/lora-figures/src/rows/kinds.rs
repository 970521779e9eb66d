//! The kinds that rows and figures refer to.

use lora_types::{Init, Quantity};
use serde::{Deserialize, Serialize};

/// The init with that label, such as "Init\[A\]".
pub(crate) fn init_labelled(label: &str) -> Option<Init> {
    Init::ALL.into_iter().find(|init| init.label() == label)
}

/// The panels of a scaling figure without points, in drawing order.
pub(crate) const PANELS: [Quantity; 3] = [Quantity::EtaOpt, Quantity::EtaStable, Quantity::Loss];

/// The title of a quantity's panel, with marks for subscripts.
pub(crate) fn title(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::EtaOpt => "Optimal learning rate η_{opt}",
        Quantity::EtaStable => "Largest stable rate η_{stable}",
        Quantity::Loss => "Loss at the optimum",
        Quantity::Za => "rms of Z_{A} at the optimum",
        Quantity::Zb => "rms of Z_{B} at the optimum",
        Quantity::Delta1 => "Largest rms of δ1",
        Quantity::Delta2 => "Largest rms of δ2",
        Quantity::Delta3 => "Largest rms of δ3",
        Quantity::LossDrop => "Relative drop of the loss",
        Quantity::Distance => "Distance of two losses",
    }
}

/// The symbol of a quantity, with marks for subscripts.
pub(crate) fn symbol(quantity: Quantity) -> String {
    match quantity.symbol().split_once('_') {
        Some((letter, index)) => format!("{letter}_{{{index}}}"),
        None => quantity.symbol().to_owned(),
    }
}

/// Which LoRA feature a norm belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoraFeature {
    /// Z_A = A Z.
    ZA,
    /// Z_B = s B Z_A.
    ZB,
}

impl LoraFeature {
    /// Both, in drawing order.
    pub const ALL: [LoraFeature; 2] = [LoraFeature::ZA, LoraFeature::ZB];

    /// Symbol, with marks for subscripts.
    pub fn symbol(self) -> &'static str {
        match self {
            LoraFeature::ZA => "Z_{A}",
            LoraFeature::ZB => "Z_{B}",
        }
    }

    /// Name in tables.
    pub fn key(self) -> &'static str {
        match self {
            LoraFeature::ZA => "z_a",
            LoraFeature::ZB => "z_b",
        }
    }
}

/// The words around a figure. `^{…}` raises and `_{…}` lowers text, here and in all labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureText {
    /// Bold line at the top; empty for none.
    pub title: String,
    /// Settings, in small grey text at the bottom; wrapped. Line breaks are kept.
    pub caption: String,
    /// A warning that must be seen, such as "quick run: small widths, do not quote".
    pub badge: Option<String>,
}
