//! The features of a coordinate check.

use lora_store::rows::StepRow;
use lora_types::Quantity;

/// A feature whose size is checked.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Name in files, that of the column of `trajectories.csv`.
    pub name: &'static str,
    /// Symbol with the figures' marks for subscripts.
    pub symbol: &'static str,
    /// What the theory calls it.
    pub quantity: Quantity,
    /// Its rms entry.
    pub rms: fn(&StepRow) -> f32,
}

/// Z_A, Z_B and the parts of one update's change of Z_B, in the order of figures.
pub const FEATURES: [Feature; 5] = [
    feature("za_rms", "Z_{A}", Quantity::Za, |row| row.za_rms),
    feature("zb_rms", "Z_{B}", Quantity::Zb, |row| row.zb_rms),
    feature("delta1", "δ1", Quantity::Delta1, |row| row.delta1),
    feature("delta2", "δ2", Quantity::Delta2, |row| row.delta2),
    feature("delta3", "δ3", Quantity::Delta3, |row| row.delta3),
];

const fn feature(
    name: &'static str,
    symbol: &'static str,
    quantity: Quantity,
    rms: fn(&StepRow) -> f32,
) -> Feature {
    Feature { name, symbol, quantity, rms }
}
