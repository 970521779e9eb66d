//! The laws from which a random factor may have been drawn.

use serde::Serialize;

/// A law of independent entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LawKind {
    /// Uniform between −1/√fan and 1/√fan, as PEFT draws with a = √5: variance 1/(3 fan).
    KaimingUniform,
    /// Normal with standard deviation 1/r, as PEFT draws with `"gaussian"`.
    Gaussian,
    /// Normal with variance 1/fan, as the paper draws.
    Paper,
}

/// A law with its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Which one.
    pub kind: LawKind,
    /// The standard deviation of an entry.
    pub std: f64,
}

impl Law {
    /// Those that A may have, r × n.
    pub(crate) fn of_a(r: usize, n: usize) -> Vec<Self> {
        let (r, n) = (r as f64, n as f64);
        vec![
            Self { kind: LawKind::KaimingUniform, std: (3.0 * n).sqrt().recip() },
            Self { kind: LawKind::Gaussian, std: r.recip() },
            Self { kind: LawKind::Paper, std: n.sqrt().recip() },
        ]
    }

    /// Those that B may have, n × r: its fan-in is r.
    pub(crate) fn of_b(r: usize) -> Vec<Self> {
        let r = r as f64;
        vec![
            Self { kind: LawKind::Paper, std: r.sqrt().recip() },
            Self { kind: LawKind::KaimingUniform, std: (3.0 * r).sqrt().recip() },
        ]
    }

    /// The largest absolute value of an entry, if there is one.
    pub(crate) fn edge(&self) -> Option<f64> {
        (self.kind == LawKind::KaimingUniform).then(|| self.std * 3f64.sqrt())
    }

    /// E x⁴/(E x²)²: 9/5 if uniform, 3 if normal.
    pub(crate) fn kurtosis(&self) -> f64 {
        if self.kind == LawKind::KaimingUniform { 1.8 } else { 3.0 }
    }

    /// E|x|/√(E x²), Geary's ratio: √3/2 if uniform, √(2/π) if normal.
    pub(crate) fn geary(&self) -> f64 {
        match self.kind {
            LawKind::KaimingUniform => 0.75f64.sqrt(),
            _ => (2.0 / std::f64::consts::PI).sqrt(),
        }
    }

    /// The variance of the measured Geary's ratio times the number of entries.
    ///
    /// With μ = E|x|, ν = E|x|³ and E x² = 1 it is 1 − μ² − μ(ν − μ) + μ²(κ − 1)/4 by the delta method: 1/40
    /// if uniform, where ν = 3√3/4, and 1 − 3/π if normal, where ν = 2μ.
    pub(crate) fn geary_variance(&self) -> f64 {
        match self.kind {
            LawKind::KaimingUniform => 0.025,
            _ => 1.0 - 3.0 / std::f64::consts::PI,
        }
    }
}
