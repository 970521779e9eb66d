//! Which learning rate is carried, and how the multiplier goes with the rank.

/// Which learning rate is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarriedLr {
    /// The LR that trains best, η_opt.
    Optimal,
    /// The largest LR at which Z_B stays O(1), η_stable.
    Stable,
}

/// s as a function of the rank, all else equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiplier {
    /// s stays.
    Constant,
    /// s = α/√r with α fixed, as rsLoRA has it.
    Sqrt,
    /// s = α/r with α fixed, as LoRA has it.
    Inverse,
}
