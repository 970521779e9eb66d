//! Exponents and phases in plain English.

use std::cmp::Ordering;

use crate::phase::{Mark, Phase, Size};
use crate::{
    Analysis, CriticalPoint, Exponent, Init, InitStd, Rational, Snapshot, TheoryError, Trained,
};

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
        let learning = match (snapshot.output, self.initial_error) {
            (Some(output), Some(error)) if error != Exponent::ONE => {
                format!("the output {}", moves_beside(output, error))
            }
            (Some(output), _) => format!("the output {}", moves(output)),
            (None, _) => format!("the layer {}", moves(snapshot.delta_z_b)),
        };
        Ok(format!(
            "At {} {}{} {learning}, Z_A {}{} and Z_B {}.",
            rates(self.setting.rates_at(gamma)?, gamma),
            under(self.setting.init),
            trained(self.setting.train),
            sized(snapshot.z_a),
            remark(&snapshot),
            sized(snapshot.z_b),
        ))
    }
}

/// One γ where it is that of each factor that trains, else both learning rates.
fn rates(rates: [Exponent; 2], gamma: Rational) -> String {
    let common = |rate: &Exponent| [Exponent::Zero, Exponent::Power(gamma)].contains(rate);
    if rates.iter().all(common) {
        return format!("γ = {gamma}");
    }
    let named = ["η_A", "η_B"].into_iter().zip(rates);
    let trained = named.filter(|(_, rate)| *rate != Exponent::Zero);
    let shown: Vec<String> = trained.map(|(name, rate)| format!("{name} = {rate}")).collect();
    shown.join(", ")
}

fn under(init: InitStd) -> String {
    match init {
        InitStd::Of(Init::A | Init::B) => format!("under {init}"),
        InitStd::Of(Init::AB) | InitStd::Custom { .. } => format!("with {init}"),
    }
}

fn trained(train: Trained) -> String {
    if train == Trained::AB { String::new() } else { format!(", {train} trained,") }
}

fn moves(change: Exponent) -> String {
    match Size::from(change) {
        Size::OrderOne => "learns at order one".to_owned(),
        Size::Vanishing if change == Exponent::Zero => "never moves".to_owned(),
        Size::Vanishing => format!("hardly moves, by {change}"),
        Size::Exploding => format!("explodes like {change}"),
    }
}

/// As [`moves`], where the error to correct is not of order one.
fn moves_beside(change: Exponent, error: Exponent) -> String {
    match change.cmp(&error) {
        Ordering::Equal => format!("learns, moving like its initial error, {change}"),
        Ordering::Less if change == Exponent::Zero => "never moves".to_owned(),
        Ordering::Less => {
            format!("hardly learns, moving like {change} beside an initial error of {error}")
        }
        Ordering::Greater => format!("explodes like {change} beside an initial error of {error}"),
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
