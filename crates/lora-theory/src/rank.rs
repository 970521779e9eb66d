//! Powers of the rank, of the multiplier (PEFT's `scaling`) and of LoRA+'s ratio: how a critical
//! learning rate scales with r, with s and with η_B/η_A at a given width.

use serde::Serialize;

use crate::rational::{div, sub};
use crate::{Analysis, Largest, Rational, Setting, TheoryError, analyse};

/// Exponents x of a quantity v, the rank r, the multiplier s or the ratio η_B/η_A, in
/// η = Θ(n^γ v^x); `None` where there is no critical learning rate, or where it is no power of v.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Powers {
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

const NEAR: Rational = Rational::new_raw(1, 256);
const FAR: Rational = Rational::new_raw(1, 128);

/// The derivatives dγ/dρ from above of the critical exponents, with r = n^ρ: powers of ranks that
/// are small powers of n.
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
pub fn rank_exponents(setting: &Setting) -> Result<Powers, TheoryError> {
    powers(setting, &[NEAR, FAR], Setting::with_more_rank)
}

/// The derivatives dγ/dσ of the critical exponents, with s = n^σ r^-τ: powers of the multiplier at
/// a given width and rank. \[D\]
///
/// Under Init\[A\] η_stable and η_opt are Θ(s^-1/2): A and B trade their scales against s. Under
/// Init\[B\] with a ≤ 1/2 both are Θ(s^-1), as long as B's own motion does not lead.
///
/// A critical γ is piecewise linear in σ. A derivative is given only if it is the same on both
/// sides of σ.
///
/// # Errors
/// [`TheoryError`] for a bad setting, or if an exact value does not fit 64 bits.
pub fn multiplier_exponents(setting: &Setting) -> Result<Powers, TheoryError> {
    let below = Rational::new_raw(-1, 256);
    powers(setting, &[below, NEAR, FAR], Setting::with_larger_multiplier)
}

/// The derivatives dγ/dλ of the critical exponents, with η_A = n^γ and η_B = n^λ η_A: powers of
/// LoRA+'s ratio η_B/η_A in η_A at a given width and rank. \[D\]
///
/// Under Init\[A\] η_A = Θ((η_B/η_A)^-1/2): Z_B and the output depend on η_A η_B. Under Init\[B\]
/// with a ≤ 1/2 η_A is free of the ratio, as long as B's own motion does not lead.
///
/// A critical γ is piecewise linear in λ. A derivative is given only if it is the same on both
/// sides of the setting's λ.
///
/// # Errors
/// [`TheoryError`] for a bad setting, or if an exact value does not fit 64 bits.
pub fn ratio_exponents(setting: &Setting) -> Result<Powers, TheoryError> {
    let below = Rational::new_raw(-1, 256);
    powers(setting, &[below, NEAR, FAR], Setting::with_faster_b)
}

/// Slopes of the critical exponents over `steps` of an exponent, where all steps agree on them.
fn powers(
    setting: &Setting,
    steps: &[Rational],
    moved: impl Fn(&Setting, Rational) -> Result<Setting, TheoryError>,
) -> Result<Powers, TheoryError> {
    let here = analyse(setting)?;
    let there: Vec<(Rational, Analysis)> = steps
        .iter()
        .map(|&step| Ok((step, analyse(&moved(&here.setting, step)?)?)))
        .collect::<Result<_, TheoryError>>()?;
    let slope = |critical: fn(&Analysis) -> Largest| -> Result<_, TheoryError> {
        let Some(start) = critical(&here).gamma() else { return Ok(None) };
        let slopes: Vec<Option<Rational>> = there
            .iter()
            .map(|(step, analysis)| {
                critical(analysis).gamma().map(|gamma| div(sub(gamma, start)?, *step)).transpose()
            })
            .collect::<Result<_, _>>()?;
        Ok(slopes
            .first()
            .copied()
            .flatten()
            .filter(|first| slopes.iter().all(|slope| *slope == Some(*first))))
    };
    Ok(Powers {
        stable: slope(|analysis| analysis.critical.stable)?,
        optimal: slope(|analysis| analysis.critical.optimal)?,
        internally_stable: slope(|analysis| analysis.critical.internally_stable)?,
    })
}
