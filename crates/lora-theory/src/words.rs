//! Exponents and phases in plain English.

use crate::phase::{Mark, Phase, Size};
use crate::{Analysis, CriticalPoint, Exponent, Rational, Snapshot, TheoryError};

impl Analysis {
    /// One sentence on training at η = n^γ.
    ///
    /// ```
    /// use lora_theory::{Init, Setting, analyse, rational};
    /// let network = analyse(&Setting::network(Init::A, rational(1, 2)?))?;
    /// assert_eq!(
    ///     network.describe(rational(-3, 4)?)?,
    ///     "At γ = -3/4 under Init[A] the output learns at order one, Z_A grows like n^1/4 \
    ///      (internally unstable) and Z_B shrinks like n^-1/2."
    /// );
    /// # Ok::<(), lora_theory::TheoryError>(())
    /// ```
    ///
    /// # Errors
    /// [`TheoryError`] for a γ out of range, or if an exact value does not fit 64 bits.
    pub fn describe(&self, gamma: Rational) -> Result<String, TheoryError> {
        let snapshot = self.at(gamma)?;
        let learning = match snapshot.output {
            Some(output) => format!("the output {}", moves(output)),
            None => format!("the layer {}", moves(snapshot.delta_z_b)),
        };
        Ok(format!(
            "At γ = {} under {} {learning}, Z_A {}{} and Z_B {}.",
            snapshot.gamma,
            self.setting.init,
            sized(snapshot.z_a),
            remark(&snapshot),
            sized(snapshot.z_b),
        ))
    }
}

fn moves(change: Exponent) -> String {
    match Size::from(change) {
        Size::OrderOne => "learns at order one".to_owned(),
        Size::Vanishing if change == Exponent::Zero => "never moves".to_owned(),
        Size::Vanishing => format!("hardly moves, by {change}"),
        Size::Exploding => format!("explodes like {change}"),
    }
}

fn sized(exponent: Exponent) -> String {
    match Size::from(exponent) {
        Size::OrderOne => "stays at order one".to_owned(),
        Size::Vanishing if exponent == Exponent::Zero => "is exactly zero".to_owned(),
        Size::Vanishing => format!("shrinks like {exponent}"),
        Size::Exploding => format!("grows like {exponent}"),
    }
}

fn remark(snapshot: &Snapshot) -> &'static str {
    if snapshot.z_a.is_bounded() { "" } else { " (internally unstable)" }
}

impl Phase {
    /// The regime on an open interval of γ and, where it is unstable, what explodes: a label.
    pub fn describe(&self) -> String {
        let explodes = |size: Option<Size>| size == Some(Size::Exploding);
        let why = match (explodes(self.sizes.output), explodes(Some(self.sizes.z_b))) {
            (true, true) => ": output and Z_B explode",
            (true, false) => ": output explodes",
            (false, true) => ": Z_B explodes",
            (false, false) => "",
        };
        format!("{}{why}", self.regime)
    }
}

impl CriticalPoint {
    /// A few words on a critical point, such as a label needs.
    pub fn describe(&self) -> String {
        let marks: Vec<String> = self.marks.iter().map(Mark::to_string).collect();
        format!("γ = {}: {}", self.snapshot.gamma, marks.join("; "))
    }
}
