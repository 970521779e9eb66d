//! Sizes of features that a table may hold, and what the theory calls them.

use crate::origin::plain;

/// Sizes with a known name, as [`plain`] writes them, and what the theory calls them.
const SIZES: [(&str, &str); 17] = [
    ("za", "Z_A"),
    ("z_a", "Z_A"),
    ("za_rms", "Z_A"),
    ("zb", "Z_B"),
    ("z_b", "Z_B"),
    ("zb_rms", "Z_B"),
    ("delta1", "δ1"),
    ("delta1_rms", "δ1"),
    ("delta2", "δ2"),
    ("delta2_rms", "δ2"),
    ("delta3", "δ3"),
    ("delta3_rms", "δ3"),
    ("delta_zb", "ΔZ_B"),
    ("delta_f", "Δf"),
    ("output_change", "Δf"),
    ("l1", ""),
    ("l2", ""),
];

/// Whether a column has a known name of a size.
pub(crate) fn is_size(column: &str) -> bool {
    SIZES.iter().any(|(size, _)| plain(column) == *size)
}

/// What the theory calls the size of a column; none if it has no such size.
pub(crate) fn symbol_of(column: &str) -> Option<&'static str> {
    let found = SIZES.iter().find(|(size, _)| plain(column) == *size);
    found.map(|(_, symbol)| *symbol).filter(|symbol| !symbol.is_empty())
}
