//! The theory over a grid of settings, each curve kept once.

use serde::Serialize;

/// Exponents of all quantities over a grid of settings and of γ in η = n^γ.
///
/// A setting is one value on every axis. Settings that behave alike share a row, rows share curves,
/// and a curve is one list of numbers over the γ: whole numbers, in units of 1/`denominator`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PhaseTable {
    /// The axes; of the settings, the last moves fastest.
    pub axes: Vec<Axis>,
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
    pub rows: Vec<Row>,
    /// For each setting its row.
    pub settings: Vec<usize>,
    /// Regimes, in the order of their digits.
    pub regimes: Vec<RegimeName>,
    /// Regimes of the features alone, in the order of their digits.
    pub features: Vec<RegimeName>,
    /// What the run measured, to be shown on the map.
    pub own: Vec<Own>,
}

/// The distinct curves.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Curves {
    /// Exponents over γ; null for an exact zero.
    pub exponents: Vec<Vec<Option<i64>>>,
    /// Regimes over γ, a digit each.
    pub regimes: Vec<String>,
}

/// One or more settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Row {
    /// For each quantity its curve; null where there is none, as of the output of the layer alone.
    pub curves: Vec<Option<usize>>,
    /// Regimes over γ.
    pub regime: usize,
    /// Regimes of the features.
    pub features: usize,
    /// The largest γ with a bounded output: `n^-3/4`, "none" or "any".
    pub optimal: String,
    /// With a bounded Z_B.
    pub stable: String,
    /// With a bounded Z_A.
    pub internally_stable: String,
}

/// One thing that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct Axis {
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
pub struct Own {
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
