//! The predictions of a plan, looked up by the judge.

use std::collections::BTreeMap;

use lora_theory::Rational;
use lora_types::Quantity;

use crate::prediction::{PlannedPrediction, Predicted};

/// Every planned prediction, by claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predictions {
    by_claim: BTreeMap<String, Vec<PlannedPrediction>>,
}

/// A number that no plan has a prediction for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the plan holds no prediction for claim {claim}{}", place(self))]
pub struct Unplanned {
    /// The claim.
    pub claim: String,
    /// The quantity; none for a regime.
    pub quantity: Option<Quantity>,
    /// (γ_A, γ_B), where learning rates are given.
    pub rates: Option<(Rational, Rational)>,
}

fn place(of: &Unplanned) -> String {
    let quantity = of.quantity.map_or("", Quantity::key);
    let rates = of.rates.map_or_else(String::new, |(a, b)| format!(" at γ_A = {a}, γ_B = {b}"));
    let separator = if quantity.is_empty() { "" } else { ", " };
    format!("{separator}{quantity}{rates}")
}

impl Predictions {
    /// The prediction for one number of a claim: a quantity, or the regime where that is none, at a
    /// pair of rates (γ_A, γ_B) where the study has any.
    ///
    /// # Errors
    /// [`Unplanned`] if the plan has none.
    pub fn get(
        &self,
        claim: &str,
        quantity: Option<Quantity>,
        rates: Option<(Rational, Rational)>,
    ) -> Result<&Predicted, Unplanned> {
        let of_claim = self.by_claim.get(claim).into_iter().flatten();
        let mut same = of_claim.filter(|one| one.quantity == quantity && one.rates() == rates);
        let found = same.next().map(|planned| &planned.predicted);
        found.ok_or_else(|| Unplanned { claim: claim.to_owned(), quantity, rates })
    }

    /// All predictions of a claim, in the order in which it is judged.
    pub fn of_claim(&self, claim: &str) -> &[PlannedPrediction] {
        self.by_claim.get(claim).map_or(&[], Vec::as_slice)
    }
}

impl FromIterator<(String, Vec<PlannedPrediction>)> for Predictions {
    fn from_iter<I: IntoIterator<Item = (String, Vec<PlannedPrediction>)>>(all: I) -> Self {
        Self { by_claim: all.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_is_found_by_quantity_and_rates() {
        let half = Rational::new(-1, 2);
        let planned = |quantity, rates, gamma| {
            PlannedPrediction::new(
                quantity,
                rates,
                Predicted::Exponent(Rational::from_integer(gamma)),
            )
        };
        let rates = Some((half, half));
        let list = vec![
            planned(Some(Quantity::Za), None, 1),
            planned(Some(Quantity::Za), rates, 2),
            planned(Some(Quantity::Zb), rates, 3),
        ];
        let predictions: Predictions = [("claim".to_owned(), list)].into_iter().collect();
        let get = |quantity, rates| predictions.get("claim", Some(quantity), rates);
        let exponent = |found: &Predicted| found.exponent().map(|gamma| gamma.to_integer());
        assert_eq!(get(Quantity::Za, rates).map(exponent), Ok(Some(2)));
        assert_eq!(get(Quantity::Za, None).map(exponent), Ok(Some(1)));
        let missing = get(Quantity::Zb, None).expect_err("not planned");
        assert_eq!(missing.to_string(), "the plan holds no prediction for claim claim, zb");
        assert!(predictions.get("other", Some(Quantity::Za), None).is_err());
    }
}
