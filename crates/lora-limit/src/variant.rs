//! The limit itself, its next order, and limits with a term left out.

use std::fmt;

use lora_theory::{Exponent, approximate, curvature_correction};
use lora_types::Activation;

use crate::class::{Class, Dynamics};
use crate::error::{LimitError, require};

/// A term of the limit that a control leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omitted {
    /// The kink term D of a decoder whose B moves.
    Kink,
    /// B's first two gradients under Init\[A\], made of u⁰, stay in Adam's moments.
    LowerOrderOfFirstGradients,
    /// h in V before A has moved, where h drops out afterwards: φ' is taken at 0.
    FirstSlopes,
}

impl Omitted {
    /// Every control.
    pub const ALL: [Self; 3] = [Self::Kink, Self::LowerOrderOfFirstGradients, Self::FirstSlopes];
}

impl fmt::Display for Omitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kink => "without the kink term D",
            Self::LowerOrderOfFirstGradients => "with B's first gradients kept in the moments",
            Self::FirstSlopes => "with V at U = 0 taken without h",
        })
    }
}

/// Which equations are solved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Variant {
    /// The width whose corrections the solution keeps as far as they are known; `None` for the limit.
    ///
    /// A mean field then reads Z_A = U + n^-x u⁰, where n^x is U's size beside u⁰, from the first step
    /// on. It has the frozen output n^(1/2 − a) f⁰ and the targets in their sizes at this width. A
    /// decoder with h in φ gets B's own motion. For a mean field at a = 1 and a decoder at a = 1/2 these
    /// are the known parts of the n^-1/2 correction; sampling adds another part. A mean field with φ
    /// linear has no next order where the curvature of φ outgrows u⁰ and sampling. It is Z_B behind a
    /// kink and Z_B² with a smooth φ, and outgrows u⁰ for a > 2/3 with relu and for a > 4/5 else.
    pub next_order: Option<usize>,
    /// A term that is left out on purpose.
    pub omit: Option<Omitted>,
}

/// The coefficients of a mean field's parts, in the limit's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weights {
    /// Of u⁰ in Z_A.
    pub initial: f64,
    /// Of U in Z_A.
    pub moved: f64,
    /// Of f⁰ in f.
    pub frozen: f64,
    /// Of t in e = f − t.
    pub targets: f64,
    /// Of what B's motion adds to a decoder's output.
    pub motion: f64,
}

impl Variant {
    /// The coefficients for a class.
    ///
    /// # Errors
    /// [`LimitError::Unsupported`] for a next order that the solver does not know, and
    /// [`LimitError::Invalid`] for a width of zero.
    pub(crate) fn weights(&self, class: &Class) -> Result<Weights, LimitError> {
        let terms = class.terms();
        let unit = |present| if present { 1.0 } else { 0.0 };
        let readout = 0.5 - Exponent::Power(class.setting().readout).to_f64();
        let Some(width) = self.next_order else {
            let moving = matches!(class.dynamics(), Dynamics::Decoder { moving: true, .. });
            return Ok(Weights {
                initial: unit(terms.inner.has_initial()),
                moved: unit(terms.inner.has_updates()),
                frozen: unit(readout >= 0.0),
                targets: unit(readout <= 0.0),
                motion: unit(moving),
            });
        };
        require(width > 0, "next_order", width, "at least 1")?;
        let (n, scales) = (width as f64, &terms.scales);
        let apart = |small: Exponent, large: Exponent| small.to_f64() - large.to_f64();
        match class.dynamics() {
            Dynamics::MeanField { full } => {
                if !terms.inner.has_updates() {
                    return Err(LimitError::Unsupported { what: "this next order" });
                }
                let kept = apart(scales.initial_z_a, scales.moved_z_a).max(-0.5);
                if !full && curvature(class)? > kept + 1e-9 {
                    let what = match class.activation() {
                        Activation::Relu => "a next order in which the kink of φ outgrows u⁰",
                        _ => "a next order in which the curvature of φ outgrows u⁰",
                    };
                    return Err(LimitError::Unsupported { what });
                }
            }
            // Its leading correction, of n^-1/4, is h in the masks of V. No other term stands for it.
            Dynamics::Decoder { homogeneous: true, .. } => {
                return Err(LimitError::Unsupported { what: "this next order" });
            }
            Dynamics::Decoder { homogeneous: false, .. } => {}
        }
        // An exact zero, of exponent −∞, has weight 0.
        let beside = |small, large| n.powf(apart(small, large));
        Ok(Weights {
            initial: beside(scales.initial_z_a, scales.moved_z_a),
            moved: 1.0,
            frozen: n.powf(readout.min(0.0)),
            targets: n.powf(-readout.max(0.0)),
            motion: beside(terms.products[1][1], scales.error),
        })
    }
}

/// x in the relative size n^x of φ's curvature, which a mean field with φ linear leaves out; −∞ where φ is
/// in full.
fn curvature(class: &Class) -> Result<f64, LimitError> {
    let found = curvature_correction(class.setting(), class.terms(), class.activation())?;
    Ok(found.map_or(f64::NEG_INFINITY, approximate))
}
