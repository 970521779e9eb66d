//! The γ line cut into regimes: open intervals between exact critical points.
//!
//! Regimes and sizes measure the output's change Δf by e⁰, the error before the first step: Θ(1)
//! with a readout exponent a ≥ 1/2, but n^(1/2 − a) below, where the frozen output must be cancelled
//! first. An output that moves by Θ(1), or stays bounded, is one with Δf = Θ(e⁰) or O(e⁰).

use std::fmt;

use lora_types::Regime;
use serde::Serialize;

use crate::rational::{midpoint, within_limit};
use crate::{
    Analysis, Exponent, GammaRange, Largest, Rational, Setting, Snapshot, TheoryError, analyse,
};

/// Size of a quantity as n grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// o(1).
    Vanishing,
    /// Θ(1).
    OrderOne,
    /// Unbounded.
    Exploding,
}

impl From<Exponent> for Size {
    fn from(exponent: Exponent) -> Self {
        match exponent.cmp(&Exponent::ONE) {
            std::cmp::Ordering::Less => Self::Vanishing,
            std::cmp::Ordering::Equal => Self::OrderOne,
            std::cmp::Ordering::Greater => Self::Exploding,
        }
    }
}

/// Sizes of the quantities that a regime is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct RegimeSizes {
    /// Z_A.
    pub z_a: Size,
    /// Z_B.
    pub z_b: Size,
    /// ΔZ_B, the movement of the features.
    pub delta_z_b: Size,
    /// Δf/e⁰, the movement of the output beside its error at the start; `None` for the layer alone.
    pub output: Option<Size>,
}

impl From<&Snapshot> for RegimeSizes {
    fn from(snapshot: &Snapshot) -> Self {
        Self {
            z_a: snapshot.z_a.into(),
            z_b: snapshot.z_b.into(),
            delta_z_b: snapshot.delta_z_b.into(),
            output: snapshot.relative_output.map(Size::from),
        }
    }
}

/// An open interval of γ on which nothing changes its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// Lower end, not included.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub from: Rational,
    /// Upper end, not included.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub to: Rational,
    /// The regime between the ends.
    pub regime: Regime,
    /// What it is made of.
    pub sizes: RegimeSizes,
}

/// Why a point of the γ line is special.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Z_A explodes above.
    LargestInternallyStable,
    /// The output's change outgrows its error e⁰ above; there it is Θ(e⁰).
    LargestBoundedOutput,
    /// Z_B explodes above.
    LargestStable,
    /// ΔZ_B = Θ(1) here, or from or up to here.
    FeatureLearning,
    /// δ1 and δ2 are both Θ(1) here, or from or up to here.
    Efficient,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::LargestInternallyStable => "Z_A explodes above",
            Self::LargestBoundedOutput => "output learns, explodes above",
            Self::LargestStable => "Z_B explodes above",
            Self::FeatureLearning => "features learn",
            Self::Efficient => "both factors move the features",
        })
    }
}

/// A point of the γ line at which something changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CriticalPoint {
    /// Every reason why it is special.
    pub marks: Vec<Mark>,
    /// The exponents there.
    pub snapshot: Snapshot,
}

/// The γ line between two ends: open phases, and the critical points that bound or mark them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhaseLine {
    /// Open intervals in ascending order; each begins where the one before ends.
    pub phases: Vec<Phase>,
    /// Critical points in ascending order, ends included.
    pub points: Vec<CriticalPoint>,
}

/// The phase line of a setting between two learning-rate exponents.
///
/// Learning at order one usually happens at a single γ, which is a point and not a phase.
///
/// # Errors
/// [`TheoryError`] for a bad setting or range, or if an exact value does not fit 64 bits.
pub fn phases(setting: &Setting, from: Rational, to: Rational) -> Result<PhaseLine, TheoryError> {
    analyse(setting)?.phases(from, to)
}

impl Analysis {
    /// The phase line between two learning-rate exponents; see [`phases`].
    ///
    /// # Errors
    /// [`TheoryError`] for a bad range, or if an exact value does not fit 64 bits.
    pub fn phases(&self, from: Rational, to: Rational) -> Result<PhaseLine, TheoryError> {
        let (from, to) = (within_limit("γ", from)?, within_limit("γ", to)?);
        if from >= to {
            return Err(TheoryError::EmptyRange { from: from.to_string(), to: to.to_string() });
        }
        let mut cuts = self.critical_gammas()?;
        cuts.retain(|gamma| (from..=to).contains(gamma));
        let points = cuts.iter().map(|gamma| self.point(*gamma)).collect::<Result<_, _>>()?;
        cuts.extend([from, to]);
        cuts.sort_unstable();
        cuts.dedup();
        let phase = |pair: &[Rational]| self.phase(pair[0], pair[1]);
        let phases = cuts.windows(2).map(phase).collect::<Result<_, _>>()?;
        Ok(PhaseLine { phases, points })
    }

    fn phase(&self, from: Rational, to: Rational) -> Result<Phase, TheoryError> {
        // No growth crosses zero between two neighbouring cuts: any point inside will do.
        let inside = self.snapshot(midpoint(from, to)?)?;
        Ok(Phase { from, to, regime: inside.regime, sizes: RegimeSizes::from(&inside) })
    }

    fn point(&self, gamma: Rational) -> Result<CriticalPoint, TheoryError> {
        let marks = self.marked().into_iter().filter(|(_, at)| at.contains(&gamma));
        let mut marks: Vec<Mark> = marks.map(|(mark, _)| mark).collect();
        marks.sort_unstable();
        Ok(CriticalPoint { marks, snapshot: self.snapshot(gamma)? })
    }

    /// Every γ with a mark, and every other γ at which a size changes, ascending.
    fn critical_gammas(&self) -> Result<Vec<Rational>, TheoryError> {
        let mut gammas: Vec<Rational> = self.marked().into_iter().flat_map(|(_, at)| at).collect();
        let relative = self.relative_output.as_ref();
        let sized = [Some(&self.z_a), Some(&self.z_b), Some(&self.delta_z_b), relative];
        for growth in sized.into_iter().flatten() {
            gammas.extend(growth.order_one()?.iter().flat_map(GammaRange::ends));
        }
        gammas.sort_unstable();
        gammas.dedup();
        Ok(gammas)
    }

    fn marked(&self) -> Vec<(Mark, Vec<Rational>)> {
        let critical = &self.critical;
        let at = |largest: Largest| largest.gamma().into_iter().collect();
        let ends = |all: &[GammaRange]| all.iter().flat_map(GammaRange::ends).collect();
        vec![
            (Mark::LargestInternallyStable, at(critical.internally_stable)),
            (Mark::LargestBoundedOutput, critical.bounded_output.map(at).unwrap_or_default()),
            (Mark::LargestStable, at(critical.stable)),
            (Mark::FeatureLearning, ends(&critical.feature_learning)),
            (Mark::Efficient, ends(&critical.efficient)),
        ]
    }
}
