//! Planted faults of negative controls.

use serde::{Deserialize, Serialize};

/// What a negative control gets wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The gradient of B has the wrong sign.
    SignOfB,
    /// The gradient of A has the wrong sign.
    SignOfA,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 2] = [Self::SignOfB, Self::SignOfA];
}
