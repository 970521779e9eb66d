//! What a bound on Z_B means where n → ∞.
//!
//! A finite width has η_stable, the largest learning rate at which the rms of Z_B stays under a bound κ at
//! every step. In the limit Z_B = n^x z, where z depends on c alone:
//!
//! - x = 0: c_stable is where z crosses κ.
//! - x > 0: z crosses κ n^-x, which tends to zero. At a stated width n that is a number. H has dropped out
//!   of this limit, so that it stands for a κ well above the rms of h.
//! - x < 0: Z_B tends to zero at every c, and no c reaches κ.

use lora_limit::Class;
use lora_theory::{Exponent, TheoryError, analyse, approximate};

use crate::digits::digits;

/// The bound of a limit's own units.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Z_B = Θ(1): the bound as it is.
    Plain(f64),
    /// Z_B grows: the bound at one width.
    Scaled {
        /// κ.
        kappa: f64,
        /// κ n^-x.
        at_width: f64,
        /// n.
        width: usize,
        /// n^x.
        growth: String,
    },
    /// Z_B → 0: no c reaches any bound.
    Never {
        /// Why, and what η_stable does instead.
        reason: String,
    },
}

impl Bound {
    /// The bound κ on the rms of Z_B in a limit, at width n where it has to be scaled.
    ///
    /// # Errors
    /// [`TheoryError`] for a setting outside the calculus.
    pub fn of(class: &Class, kappa: f64, width: usize) -> Result<Self, TheoryError> {
        let z_b = class.terms().scales.z_b;
        Ok(match z_b.power() {
            Some(x) if z_b == Exponent::ONE || approximate(x) == 0.0 => Self::Plain(kappa),
            Some(x) if approximate(x) > 0.0 => Self::Scaled {
                kappa,
                at_width: kappa * (width as f64).powf(-approximate(x)),
                width,
                growth: z_b.to_string(),
            },
            _ => Self::Never { reason: never(class, kappa)? },
        })
    }

    /// The number that z is compared with.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Plain(value) | Self::Scaled { at_width: value, .. } => Some(*value),
            Self::Never { .. } => None,
        }
    }

    /// What has to be said of c_stable, given the rms of h; nothing of a plain bound.
    pub fn remark(&self, rms_h: f64) -> Option<String> {
        match self {
            Self::Plain(_) => None,
            Self::Scaled { kappa, at_width, width, growth } => Some(format!(
                "Z_B grows like {growth}, so that c_stable depends on the width; it stands for n = \
                 {width}, where the bound is {} in units of {growth}. {}",
                digits(*at_width),
                above(*kappa, rms_h)
            )),
            Self::Never { reason } => Some(reason.clone()),
        }
    }
}

/// A bound of fewer rms of h than this leaves h a part in φ at the crossing.
const WELL_ABOVE: f64 = 4.0;

/// Whether a bound is one that the limit's c_stable holds for.
fn above(kappa: f64, rms_h: f64) -> String {
    let h = digits(rms_h);
    if kappa >= WELL_ABOVE * rms_h {
        format!("It holds for a bound well above the rms of h, which is {h}")
    } else {
        format!(
            "Do not rely on it: it holds for a bound well above the rms of h, which is {h}, and the bound is \
             {kappa}"
        )
    }
}

/// Why no c reaches a bound.
fn never(class: &Class, kappa: f64) -> Result<String, TheoryError> {
    let (z_b, gamma) = (class.terms().scales.z_b, class.terms().gamma);
    let stable = analyse(class.setting())?.critical.stable.gamma();
    let instead = stable.filter(|stable| *stable != gamma).map_or(String::new(), |stable| {
        format!("; η_stable falls like n^{stable}, and not like n^{gamma}")
    });
    Ok(format!("Z_B tends to zero like {z_b} at every c and never reaches {kappa}{instead}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_bound_says_what_it_holds_for() {
        let said = |kappa: f64, width: usize| {
            let at_width = kappa * (width as f64).powf(-0.5);
            let bound = Bound::Scaled { kappa, at_width, width, growth: "n^1/2".into() };
            bound.remark(1.2247).expect("a remark")
        };
        // Three digits where three decimals would be one.
        assert_eq!(
            said(5.0, 1 << 20),
            "Z_B grows like n^1/2, so that c_stable depends on the width; it stands for n = 1048576, where the \
             bound is 0.00488 in units of n^1/2. It holds for a bound well above the rms of h, which is 1.22"
        );
        let low = said(2.0, 64);
        assert!(
            low.ends_with(
                ". Do not rely on it: it holds for a bound well above the rms of h, which is 1.22, and the \
                 bound is 2"
            ),
            "{low}"
        );
        assert_eq!(Bound::Plain(1.0).remark(1.2247), None);
    }
}
