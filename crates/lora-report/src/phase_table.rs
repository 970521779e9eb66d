//! The theory over a grid of settings, with each distinct curve stored once.

use serde::{Serialize, Serializer};

/// Exponents of all quantities over a grid of settings and of γ in η = n^γ.
///
/// A setting is one value on every axis. Settings that behave alike share a row, rows share curves,
/// and a curve is one list of whole numbers over the γ, in units of 1/`denominator`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PhaseTable {
    /// The axes; of the settings, the last moves fastest.
    pub axes: Vec<MapAxis>,
    /// γ, ascending.
    pub gammas: Vec<Tick>,
    /// Index of the γ to begin with.
    pub start: usize,
    /// Names of the quantities, in the order of a row's curves, subscripts in braces.
    pub quantities: Vec<String>,
    /// Exponents are in units of one over this.
    pub denominator: i64,
    /// The curves.
    pub curves: Curves,
    /// The rows.
    pub rows: Vec<TheoryRow>,
    /// For each setting its row.
    pub settings: Vec<usize>,
    /// Regimes, in the order of their digits.
    pub regimes: Vec<RegimeName>,
    /// Regimes of the features alone, in the order of their digits.
    pub features: Vec<RegimeName>,
    /// What the run measured, to be shown on the map.
    pub own: Vec<MeasuredExponent>,
}

/// The distinct curves.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Curves {
    /// Exponents over γ: the first, then how often which step follows (step, times, step, times);
    /// null for an exact zero.
    pub exponents: Vec<Option<Vec<i64>>>,
    /// Regimes over γ, a digit each.
    pub regimes: Vec<String>,
}

/// What holds at one or more settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TheoryRow {
    /// For each quantity its curve; null where there is none, as of the output of the layer alone.
    pub curves: Vec<Option<usize>>,
    /// Regimes over γ.
    pub regime: usize,
    /// Regimes of the features.
    pub features: usize,
    /// The largest γ at which the output's change does not outgrow its error before training:
    /// `n^-3/4`, "none" or "any".
    pub optimal: String,
    /// With a bounded Z_B.
    pub stable: String,
    /// With a bounded Z_A.
    pub internally_stable: String,
}

/// As a list without names, since there are thousands: the scripts name its parts.
impl Serialize for TheoryRow {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let critical = [&self.optimal, &self.stable, &self.internally_stable];
        (&self.curves, self.regime, self.features, critical).serialize(to)
    }
}

impl Curves {
    /// A list of exponents, packed.
    pub fn packed(exponents: &[i64]) -> Vec<i64> {
        let mut packed: Vec<i64> = exponents.first().copied().into_iter().collect();
        for pair in exponents.windows(2) {
            let step = pair[1] - pair[0];
            match packed.as_mut_slice() {
                [_, .., last, times] if *last == step => *times += 1,
                _ => packed.extend([step, 1]),
            }
        }
        packed
    }
}

/// One choice of the reader.
#[derive(Clone, Debug, Serialize)]
pub struct MapAxis {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it means.
    pub means: String,
    /// Its values.
    pub ticks: Vec<Tick>,
    /// The one to begin with: the run's.
    pub start: usize,
}

/// A value on an axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tick {
    /// As text: an exact fraction, or a name.
    pub text: String,
    /// As a number, where it is one.
    pub at: Option<f64>,
}

/// A regime.
#[derive(Clone, Debug, Serialize)]
pub struct RegimeName {
    /// Its key, of which the colour is made.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it means.
    pub means: String,
}

/// An exponent that the run measured.
#[derive(Clone, Debug, Serialize)]
pub struct MeasuredExponent {
    /// Index on the axis of inits.
    pub init: usize,
    /// Its name, subscripts in braces.
    pub name: String,
    /// γ.
    pub gamma: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_packed_by_its_steps() {
        assert_eq!(Curves::packed(&[-3, -2, -1, -1, -1, 1, 3]), [-3, 1, 2, 0, 2, 2, 2]);
        assert_eq!(Curves::packed(&[0, 2, 2]), [0, 2, 1, 0, 1]);
        assert_eq!(Curves::packed(&[5]), [5]);
        assert_eq!(Curves::packed(&[]), [0i64; 0]);
    }
}
