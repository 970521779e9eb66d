//! What one step does to the features Z_B, whatever the readout makes of it.

use serde::{Deserialize, Serialize};

use crate::{Size, Snapshot};

/// Regimes of the LoRA features under a learning rate for each factor. \[P\]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureRegime {
    /// No part of ΔZ_B is of order one.
    Lazy,
    /// Some part is of order one, but not both δ1 and δ2.
    Learning,
    /// δ1 and δ2 are both of order one.
    Efficient,
    /// Z_B grows with width.
    Unstable,
}

impl FeatureRegime {
    /// From the sizes of Z_B and of δ1, δ2, δ3.
    pub fn of(z_b: Size, [delta1, delta2, delta3]: [Size; 3]) -> Self {
        let deltas = [delta1, delta2, delta3];
        if z_b == Size::Exploding || deltas.contains(&Size::Exploding) {
            Self::Unstable
        } else if delta1 == Size::OrderOne && delta2 == Size::OrderOne {
            Self::Efficient
        } else if deltas.contains(&Size::OrderOne) {
            Self::Learning
        } else {
            Self::Lazy
        }
    }
}

impl From<&Snapshot> for FeatureRegime {
    fn from(snapshot: &Snapshot) -> Self {
        let deltas = [snapshot.delta1, snapshot.delta2, snapshot.delta3].map(Size::from);
        Self::of(snapshot.z_b.into(), deltas)
    }
}
