//! The limit itself, its next order, and limits with a term left out.

use std::fmt;

use lora_theory::Exponent;

use crate::class::{Class, Dynamics};
use crate::error::LimitError;

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
    /// The width of whose leading correction the solution keeps account; `None` for the limit.
    ///
    /// A mean field then reads Z_A = U + n^-x u⁰, where n^x is U's size beside u⁰, from the first step
    /// on, and has the frozen output n^(1/2 − a) f⁰ and the targets in their sizes at this width. A
    /// decoder with h in φ gets B's own motion, which is its leading correction at a = 1/2.
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
    /// [`LimitError::Unsupported`] for a next order that the solver does not know.
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
        // A decoder without h leads by n^(1/4) over its masks with h, which no other term replaces.
        let known = match class.dynamics() {
            Dynamics::MeanField { .. } => terms.inner.has_updates(),
            Dynamics::Decoder { homogeneous, .. } => !homogeneous,
        };
        if !known {
            return Err(LimitError::Unsupported { what: "this next order" });
        }
        let (n, scales) = (width as f64, &terms.scales);
        // An exact zero, of exponent −∞, has weight 0.
        let beside = |small: Exponent, large: Exponent| n.powf(small.to_f64() - large.to_f64());
        Ok(Weights {
            initial: beside(scales.initial_z_a, scales.moved_z_a),
            moved: 1.0,
            frozen: n.powf(readout.min(0.0)),
            targets: n.powf(-readout.max(0.0)),
            motion: beside(terms.products[1][1], scales.error),
        })
    }
}
