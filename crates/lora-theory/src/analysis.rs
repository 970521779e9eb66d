//! The exponents of a setting, and the learning-rate exponents at which something changes.

use std::fmt;

use serde::Serialize;

use crate::rational::{neg, within_limit};
use crate::regime::regime;
use crate::setting::{Scope, Setting};
use crate::step::run;
use crate::{Exponent, GammaRange, Growth, Rational, Regime, TheoryError};

/// The largest γ at which something stays O(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Largest {
    /// No γ keeps it bounded.
    Never,
    /// This γ and all smaller ones do.
    At(#[serde(serialize_with = "crate::serial::serialize")] Rational),
    /// Every γ does.
    Always,
}

impl Largest {
    fn of(growth: &Growth) -> Result<Self, TheoryError> {
        Ok(match growth.bounded()? {
            None => Self::Never,
            Some(GammaRange { hi: None, .. }) => Self::Always,
            Some(GammaRange { hi: Some(gamma), .. }) => Self::At(gamma),
        })
    }

    /// The critical γ, if there is one.
    pub fn gamma(self) -> Option<Rational> {
        match self {
            Self::At(gamma) => Some(gamma),
            Self::Never | Self::Always => None,
        }
    }
}

impl fmt::Display for Largest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.pad("none"),
            Self::At(gamma) => Exponent::Power(*gamma).fmt(f),
            Self::Always => f.pad("any"),
        }
    }
}

/// The learning-rate exponents that matter, all exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Critical {
    /// η_stable: the largest γ with Z_B = O(1) at every step. \[P\]
    pub stable: Largest,
    /// The largest γ with Δf = O(e⁰), a change of the output no larger than the error that it
    /// starts from; `None` for the layer alone. \[D\]
    pub bounded_output: Option<Largest>,
    /// The largest γ with Z_A = O(1) at every step, whatever Z_B does. \[P\]
    pub internally_stable: Largest,
    /// The γ with feature learning, ΔZ_B = Θ(1). \[P\]
    pub feature_learning: Vec<GammaRange>,
    /// The γ at which δ1 and δ2 are both Θ(1) and Z_B is stable \[P\]; the output may explode.
    pub efficient: Vec<GammaRange>,
    /// η_opt: the largest γ with Δf = O(e⁰) \[D\], or for the layer alone η_stable.
    ///
    /// With a < 1/2 the frozen output n^(1/2 − a) must be cancelled before a target of Θ(1) can be
    /// met, so that an optimum has Δf = Θ(n^(1/2 − a)).
    pub optimal: Largest,
}

/// Growth of every quantity as a function of γ: the largest over the symbolic steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Analysis {
    /// What was analysed.
    pub setting: Setting,
    /// Z_A = A Z.
    pub z_a: Growth,
    /// Z_B = s B Z_A.
    pub z_b: Growth,
    /// δ1 = s B ΔZ_A, learning through A.
    pub delta1: Growth,
    /// δ2 = s ΔB Z_A, learning through B.
    pub delta2: Growth,
    /// δ3 = s ΔB ΔZ_A, the joint term.
    pub delta3: Growth,
    /// ΔZ_B = δ1 + δ2 + δ3.
    pub delta_z_b: Growth,
    /// Δf = W_out·ΔZ_B; `None` for the layer alone, which has no output.
    pub output: Option<Growth>,
    /// e⁰ = f⁰ − t, the output's error before the first step, whatever γ: n^max(0, 1/2 − a) for
    /// Init\[A\] and Init\[B\]; `None` for the layer alone. \[D\]
    pub initial_error: Option<Exponent>,
    /// Δf/e⁰; `None` for the layer alone.
    pub relative_output: Option<Growth>,
    /// The critical learning-rate exponents.
    pub critical: Critical,
}

/// Every exponent at one learning rate η = n^γ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The learning rate's exponent.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub gamma: Rational,
    /// Z_A.
    pub z_a: Exponent,
    /// Z_B.
    pub z_b: Exponent,
    /// δ1.
    pub delta1: Exponent,
    /// δ2.
    pub delta2: Exponent,
    /// δ3.
    pub delta3: Exponent,
    /// ΔZ_B.
    pub delta_z_b: Exponent,
    /// Δf; `None` for the layer alone.
    pub output: Option<Exponent>,
    /// Δf/e⁰, with e⁰ the output's error before the first step; `None` for the layer alone.
    pub relative_output: Option<Exponent>,
    /// What training looks like there.
    pub regime: Regime,
}

/// Runs the symbolic steps of a setting and solves for its critical exponents.
///
/// # Errors
/// [`TheoryError`] for a bad setting, or if an exact exponent does not fit 64 bits.
pub fn analyse(setting: &Setting) -> Result<Analysis, TheoryError> {
    let setting = setting.validated()?;
    let trace = run(&setting)?;
    let delta_z_b = trace.delta1.plus(&trace.delta2)?.plus(&trace.delta3)?;
    let has_output = setting.scope == Scope::Network;
    let initial_error = trace.initial_error.at(Rational::new_raw(0, 1))?;
    let relative_output = relative(&trace.output, initial_error)?;

    let stable = Largest::of(&trace.z_b)?;
    let bounded_output = has_output.then(|| Largest::of(&relative_output)).transpose()?;
    let learned_by_both =
        GammaRange::intersect_all(&trace.delta1.order_one()?, &trace.delta2.order_one()?);
    let where_stable: Vec<GammaRange> = trace.z_b.bounded()?.into_iter().collect();
    let critical = Critical {
        stable,
        bounded_output,
        internally_stable: Largest::of(&trace.z_a)?,
        feature_learning: delta_z_b.order_one()?,
        efficient: GammaRange::intersect_all(&learned_by_both, &where_stable),
        optimal: bounded_output.unwrap_or(stable),
    };
    Ok(Analysis {
        z_a: trace.z_a,
        z_b: trace.z_b,
        delta1: trace.delta1,
        delta2: trace.delta2,
        delta3: trace.delta3,
        delta_z_b,
        output: has_output.then_some(trace.output),
        initial_error: has_output.then_some(initial_error),
        relative_output: has_output.then_some(relative_output),
        critical,
        setting,
    })
}

/// Δf/e⁰. No learning rate enters e⁰, and it is no zero: the targets are part of it.
fn relative(output: &Growth, initial_error: Exponent) -> Result<Growth, TheoryError> {
    match initial_error {
        Exponent::Zero => Ok(output.clone()),
        Exponent::Power(error) => output.times_power(neg(error)?),
    }
}

impl Snapshot {
    /// Whether the features move by Θ(1) or the output by Θ(e⁰), stable or not.
    pub fn learns(&self) -> bool {
        self.delta_z_b == Exponent::ONE || self.relative_output == Some(Exponent::ONE)
    }
}

impl Analysis {
    /// Every exponent at η = n^γ.
    ///
    /// # Errors
    /// [`TheoryError`] for a γ out of range, or if an exact value does not fit 64 bits.
    pub fn at(&self, gamma: Rational) -> Result<Snapshot, TheoryError> {
        self.snapshot(within_limit("the learning-rate exponent γ", gamma)?)
    }

    /// As [`at`](Self::at), for a γ of any size that was computed here.
    pub(crate) fn snapshot(&self, gamma: Rational) -> Result<Snapshot, TheoryError> {
        let (z_a, z_b) = (self.z_a.at(gamma)?, self.z_b.at(gamma)?);
        let delta_z_b = self.delta_z_b.at(gamma)?;
        let at = |growth: &Option<Growth>| growth.as_ref().map(|f| f.at(gamma)).transpose();
        let relative_output = at(&self.relative_output)?;
        Ok(Snapshot {
            gamma,
            z_a,
            z_b,
            delta1: self.delta1.at(gamma)?,
            delta2: self.delta2.at(gamma)?,
            delta3: self.delta3.at(gamma)?,
            delta_z_b,
            output: at(&self.output)?,
            relative_output,
            regime: regime(z_a, z_b, delta_z_b, relative_output),
        })
    }

    /// The exponents at η_opt; `None` if no single γ is largest.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if an exact value does not fit 64 bits.
    pub fn at_optimal(&self) -> Result<Option<Snapshot>, TheoryError> {
        self.critical.optimal.gamma().map(|gamma| self.snapshot(gamma)).transpose()
    }

    /// The exponents at η_stable; `None` if no single γ is largest.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if an exact value does not fit 64 bits.
    pub fn at_stable(&self) -> Result<Option<Snapshot>, TheoryError> {
        self.critical.stable.gamma().map(|gamma| self.snapshot(gamma)).transpose()
    }

    /// The growths with their names, in the order of the tables.
    pub fn quantities(&self) -> Vec<(&'static str, &Growth)> {
        let mut named = vec![
            ("Z_A", &self.z_a),
            ("Z_B", &self.z_b),
            ("δ1", &self.delta1),
            ("δ2", &self.delta2),
            ("δ3", &self.delta3),
            ("ΔZ_B", &self.delta_z_b),
        ];
        named.extend(self.output.as_ref().map(|output| ("Δf", output)));
        named
    }
}
