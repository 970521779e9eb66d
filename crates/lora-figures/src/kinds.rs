//! The kinds that rows refer to. The rows themselves stand beside the figure that draws them.

use serde::{Deserialize, Serialize};

/// Which LoRA factor starts random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Init {
    /// A random, B zero.
    #[serde(rename = "Init[A]")]
    A,
    /// B random, A zero.
    #[serde(rename = "Init[B]")]
    B,
    /// Both random.
    #[serde(rename = "Init[AB]")]
    Ab,
}

impl Init {
    /// All, in drawing order.
    pub const ALL: [Init; 3] = [Init::A, Init::B, Init::Ab];

    /// The init of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|init| init.name() == name)
    }

    /// "Init\[A\]" and so on.
    pub fn name(self) -> &'static str {
        match self {
            Init::A => "Init[A]",
            Init::B => "Init[B]",
            Init::Ab => "Init[AB]",
        }
    }
}

/// What a panel of the scaling figure shows against width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The learning rate with the lowest loss.
    EtaOpt,
    /// The largest learning rate at which the LoRA features stay bounded.
    EtaStable,
    /// The loss at the optimal learning rate.
    Loss,
}

impl Quantity {
    /// All, in drawing order.
    pub const ALL: [Quantity; 3] = [Quantity::EtaOpt, Quantity::EtaStable, Quantity::Loss];

    /// Panel title, with marks for subscripts.
    pub fn title(self) -> &'static str {
        match self {
            Quantity::EtaOpt => "Optimal learning rate η_{opt}",
            Quantity::EtaStable => "Largest stable rate η_{stable}",
            Quantity::Loss => "Loss at the optimum",
        }
    }

    /// Name in tables.
    pub fn key(self) -> &'static str {
        match self {
            Quantity::EtaOpt => "eta_opt",
            Quantity::EtaStable => "eta_stable",
            Quantity::Loss => "loss",
        }
    }
}

/// Which LoRA feature a norm belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Z_A = A Z.
    ZA,
    /// Z_B = s B Z_A.
    ZB,
}

impl Feature {
    /// Both, in drawing order.
    pub const ALL: [Feature; 2] = [Feature::ZA, Feature::ZB];

    /// Symbol, with marks for subscripts.
    pub fn symbol(self) -> &'static str {
        match self {
            Feature::ZA => "Z_{A}",
            Feature::ZB => "Z_{B}",
        }
    }

    /// Name in tables.
    pub fn key(self) -> &'static str {
        match self {
            Feature::ZA => "z_a",
            Feature::ZB => "z_b",
        }
    }
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// The measurement agrees within the tolerance.
    Holds,
    /// The measurement excludes it.
    Refuted,
    /// The measurement follows no power law.
    NotAPowerLaw,
    /// The measurement cannot tell.
    Undecided,
}

impl VerdictKind {
    /// All of them, from the best to the worst for a claim, in the order of keys and counts.
    pub const ALL: [VerdictKind; 4] = [
        VerdictKind::Holds,
        VerdictKind::Undecided,
        VerdictKind::NotAPowerLaw,
        VerdictKind::Refuted,
    ];

    /// The word beside the row.
    pub fn name(self) -> &'static str {
        match self {
            VerdictKind::Holds => "holds",
            VerdictKind::Refuted => "refuted",
            VerdictKind::NotAPowerLaw => "not a power law",
            VerdictKind::Undecided => "undecided",
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
