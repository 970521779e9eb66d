//! The stages of a training step, in order.

/// A part of a training step, over all runs of a batch and on all threads. A step is all stages in
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Z_A = A Z.
    Features,
    /// The outputs f, one partial sum for each block of neurons. For relu it also stores the mask
    /// relu'(pre) and, for each block, Σ_i relu'(pre_iμ) (w s B)_ik: the block's part of dZ_A/e.
    Forward,
    /// f from its partial sums, the losses, e, the norms of the features, and e ∘ Z_A.
    Measure,
    /// dB and the update of B. For a smooth φ it computes the preactivations again, and each block's
    /// part of dZ_A/e.
    UpdateB,
    /// dZ_A from the blocks' parts.
    FeatureGradient,
    /// dA = dZ_A Zᵀ and the update of A.
    UpdateA,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 6] = [
        Self::Features,
        Self::Forward,
        Self::Measure,
        Self::UpdateB,
        Self::FeatureGradient,
        Self::UpdateA,
    ];

    /// The stages that also follow the last update.
    pub const FORWARD: [Self; 3] = [Self::Features, Self::Forward, Self::Measure];

    /// The stages that update the factors.
    pub const BACKWARD: [Self; 3] = [Self::UpdateB, Self::FeatureGradient, Self::UpdateA];

    /// A name for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Features => "features",
            Self::Forward => "forward",
            Self::Measure => "measure",
            Self::UpdateB => "update_b",
            Self::FeatureGradient => "feature_gradient",
            Self::UpdateA => "update_a",
        }
    }
}
