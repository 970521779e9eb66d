//! Exponents of the rank: how a critical learning rate scales with r at a given width.

use serde::Serialize;

use crate::rational::{div, sub};
use crate::{Analysis, Largest, Rational, Setting, TheoryError, analyse};

/// Exponents x of the rank in η = Θ(n^γ r^x), for ranks that are small powers of n; `None` where
/// there is no critical learning rate, or where it is no power of the rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RankExponents {
    /// For η_stable.
    #[serde(serialize_with = "crate::serial::optional::serialize")]
    pub stable: Option<Rational>,
    /// For η_opt.
    #[serde(serialize_with = "crate::serial::optional::serialize")]
    pub optimal: Option<Rational>,
    /// For the largest internally stable learning rate.
    #[serde(serialize_with = "crate::serial::optional::serialize")]
    pub internally_stable: Option<Rational>,
}

/// The derivatives dγ/dρ from above of the critical exponents, with r = n^ρ.
///
/// With s = 1, Init\[A\] gives η_stable = Θ((n r s)^-1/2), and Init\[B\] an η_stable free of the rank
/// but an η_opt = Θ(r^-1/2) at its width: W_outᵀ B0 B0ᵀ W_out adds up over the rank, although no
/// entry of Z_B notices it. \[D\]
///
/// A critical γ is piecewise linear in ρ. It is solved exactly at ρ and at two ranks close above;
/// a derivative is given only if the three lie on one line.
///
/// # Errors
/// [`TheoryError`] for a bad setting, ρ = 1 included, or if an exact value does not fit 64 bits.
pub fn rank_exponents(setting: &Setting) -> Result<RankExponents, TheoryError> {
    let (near, far) = (Rational::new_raw(1, 256), Rational::new_raw(1, 128));
    let here = analyse(setting)?;
    let near = (near, analyse(&here.setting.with_more_rank(near)?)?);
    let far = (far, analyse(&here.setting.with_more_rank(far)?)?);
    let derivative = |critical: fn(&Analysis) -> Largest| -> Result<_, TheoryError> {
        let Some(start) = critical(&here).gamma() else { return Ok(None) };
        let slope = |(step, analysis): &(Rational, Analysis)| {
            critical(analysis).gamma().map(|gamma| div(sub(gamma, start)?, *step)).transpose()
        };
        let (near, far) = (slope(&near)?, slope(&far)?);
        Ok(near.filter(|_| near == far))
    };
    Ok(RankExponents {
        stable: derivative(|analysis| analysis.critical.stable)?,
        optimal: derivative(|analysis| analysis.critical.optimal)?,
        internally_stable: derivative(|analysis| analysis.critical.internally_stable)?,
    })
}
