//! What is measured against the width or the rank.

use std::fmt;

use crate::named::named;

named! {
    /// A measured quantity whose growth with the width or the rank is compared with the theory.
    enum Quantity, "quantity" {
        /// η_opt, the learning rate that trains best.
        EtaOpt = "eta-opt" | "eta_opt" | "η_opt",
        /// η_stable, the largest learning rate that keeps the rms of Z_B under a bound.
        EtaStable = "eta-stable" | "eta_stable" | "η_stable",
        /// rms of the inner features Z_A = A Z.
        Za = "za" | "Z_A",
        /// rms of the LoRA features Z_B = s B Z_A.
        Zb = "zb" | "Z_B",
        /// Largest rms over the steps of δ1 = s B ΔZ_A.
        Delta1 = "delta1" | "δ1",
        /// Largest rms over the steps of δ2 = s ΔB Z_A.
        Delta2 = "delta2" | "δ2",
        /// Largest rms over the steps of δ3 = s ΔB ΔZ_A.
        Delta3 = "delta3" | "δ3",
        /// (first loss − last loss)/first loss.
        LossDrop = "loss-drop" | "loss_drop" | "loss drop",
        /// The score of the best run, or of the run at a given learning rate.
        Loss = "loss",
        /// Relative rms distance of the loss trajectories of two studies, run by run.
        Distance = "distance",
    }
}

impl Quantity {
    /// The name in tables, where columns and panels have underscores: the key with `_` for `-`.
    pub const fn column(self) -> &'static str {
        match self {
            Self::EtaOpt => "eta_opt",
            Self::EtaStable => "eta_stable",
            Self::LossDrop => "loss_drop",
            other => other.key(),
        }
    }

    /// The symbol that the paper uses, as plain text.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::EtaOpt => "η_opt",
            Self::EtaStable => "η_stable",
            Self::Za => "Z_A",
            Self::Zb => "Z_B",
            Self::Delta1 => "δ1",
            Self::Delta2 => "δ2",
            Self::Delta3 => "δ3",
            Self::LossDrop => "loss drop",
            Self::Loss => "loss",
            Self::Distance => "distance",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.symbol())
    }
}
