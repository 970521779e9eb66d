//! What the theory predicts, as it is written down before anything is trained. Predictions are made
//! here and in [`crate::study::plan`], from what is asked alone; whoever judges reads them back.

pub mod exact;
mod run_plan;

pub use run_plan::{InitPredictions, RunPlan, RunPlanError, setting};
pub(crate) use run_plan::{TRANSFORMER, optimal, stable};

use lora_theory::{Exponent, Largest, Rational, TheoryError};
use lora_types::{FeatureRegime, Quantity};
use serde::{Deserialize, Serialize};

/// One prediction, or why there is none. In JSON an object with one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicted {
    /// The exponent γ of a power of the width n or of the rank r: `{"exponent": "-3/4"}`.
    Exponent(#[serde(with = "exact")] Rational),
    /// The regime of the features: `{"regime": "lazy"}`.
    Regime(FeatureRegime),
    /// A bound that the measured number must lie below, of a claim that compares two numbers:
    /// `{"below": "1/10"}`. It is a ratio of losses, or the exponent of a ratio.
    Below(#[serde(with = "exact")] Rational),
    /// No prediction, and why: `{"none": "no prediction, because …"}`.
    #[serde(rename = "none")]
    Nothing(String),
}

impl Predicted {
    /// No prediction. `reason` is a clause.
    pub fn nothing(reason: impl std::fmt::Display) -> Self {
        Self::Nothing(format!("no prediction, because {reason}"))
    }

    /// The exponent, if one is predicted.
    pub fn exponent(&self) -> Option<Rational> {
        match self {
            Self::Exponent(gamma) => Some(*gamma),
            _ => None,
        }
    }

    /// Why nothing is predicted, if so: "no prediction, because …".
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Nothing(reason) => Some(reason),
            _ => None,
        }
    }

    /// Moves an exponent, as a negative control does.
    pub(crate) fn shifted(self, shift: Rational) -> Self {
        match self {
            Self::Exponent(gamma) => Self::Exponent(gamma + shift),
            other => other,
        }
    }

    /// A critical learning rate; `bounded` is what it keeps bounded.
    pub(crate) fn of_largest(largest: Largest, bounded: &str) -> Self {
        match largest {
            Largest::At(gamma) => Self::Exponent(gamma),
            Largest::Always => {
                Self::nothing(format!("{bounded} stays bounded at every power of the width"))
            }
            Largest::Never => {
                Self::nothing(format!("{bounded} stays bounded at no power of the width"))
            }
        }
    }

    /// The size of a quantity.
    pub fn of_size(exponent: Exponent) -> Self {
        exponent
            .power()
            .map_or_else(|| Self::nothing("the theory says that it is exactly 0"), Self::Exponent)
    }

    /// What came out of the theory, or that it cannot treat what was asked.
    pub(crate) fn or_nothing(found: Result<Self, TheoryError>) -> Self {
        found.unwrap_or_else(|error| Self::nothing(format!("the theory cannot treat it: {error}")))
    }
}

/// One number that a claim tests, with its prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedPrediction {
    /// What is measured; absent for a regime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// γ_A in η_A = c·n^γ_A; absent where learning rates are searched.
    #[serde(default, with = "exact::optional", skip_serializing_if = "Option::is_none")]
    pub gamma_a: Option<Rational>,
    /// γ_B in η_B = c·n^γ_B, likewise.
    #[serde(default, with = "exact::optional", skip_serializing_if = "Option::is_none")]
    pub gamma_b: Option<Rational>,
    /// The prediction.
    #[serde(flatten)]
    pub predicted: Predicted,
}

impl PlannedPrediction {
    /// Of a quantity at a pair of rates (γ_A, γ_B), if there is one.
    pub fn new(
        quantity: Option<Quantity>,
        rates: Option<(Rational, Rational)>,
        predicted: Predicted,
    ) -> Self {
        let (gamma_a, gamma_b) = rates.unzip();
        Self { quantity, gamma_a, gamma_b, predicted }
    }

    /// (γ_A, γ_B), where learning rates are given.
    pub fn rates(&self) -> Option<(Rational, Rational)> {
        self.gamma_a.zip(self.gamma_b)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rationals() -> impl Strategy<Value = Rational> {
        (-1_000_000i64..=1_000_000, 1i64..=1_000_000).prop_map(|(n, d)| Rational::new(n, d))
    }

    fn predictions() -> impl Strategy<Value = Predicted> {
        prop_oneof![
            rationals().prop_map(Predicted::Exponent),
            rationals().prop_map(Predicted::Below),
            prop::sample::select(FeatureRegime::ALL.to_vec()).prop_map(Predicted::Regime),
            "\\PC*".prop_map(Predicted::nothing),
        ]
    }

    proptest! {
        #[test]
        fn a_prediction_is_read_back_exactly(
            quantity in prop::option::of(prop::sample::select(Quantity::ALL.to_vec())),
            rates in prop::option::of((rationals(), rationals())),
            predicted in predictions(),
        ) {
            let planned = PlannedPrediction::new(quantity, rates, predicted);
            let text = serde_json::to_string(&planned).expect("a text");
            let back: PlannedPrediction = serde_json::from_str(&text).expect("a prediction");
            prop_assert_eq!(back, planned);
        }
    }

    #[test]
    fn json_holds_exact_fractions_and_no_empty_keys() {
        let exact = Rational::new(-3, 4);
        let planned = |quantity, rates, predicted| {
            serde_json::to_value(PlannedPrediction::new(quantity, rates, predicted)).expect("JSON")
        };
        let searched = planned(Some(Quantity::EtaOpt), None, Predicted::Exponent(exact));
        assert_eq!(searched, serde_json::json!({"quantity": "eta-opt", "exponent": "-3/4"}));
        let regime = Predicted::Regime(FeatureRegime::Lazy);
        let at = planned(None, Some((exact, exact)), regime);
        let expected = serde_json::json!({"gamma_a": "-3/4", "gamma_b": "-3/4", "regime": "lazy"});
        assert_eq!(at, expected);
        let none = serde_json::json!({"none": "no prediction, because x"});
        assert_eq!(planned(None, None, Predicted::nothing("x")), none);
    }

    #[test]
    fn an_unknown_kind_of_prediction_is_refused() {
        for text in [r#"{"quantity": "za"}"#, r#"{"slope": "1"}"#, r#"{"regime": "wild"}"#] {
            assert!(serde_json::from_str::<PlannedPrediction>(text).is_err(), "{text}");
        }
    }
}
