//! The rows of `laws.csv`.

use serde::{Deserialize, Serialize};

use crate::law::Law;

/// A quantity of a run under an init. Ends are those of 95% intervals over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LawRow {
    /// What the run is called.
    pub run: String,
    /// "synthetic" or "transformer".
    pub model: String,
    /// Whether the run has the quick sizes.
    pub quick: bool,
    /// "A", "B" or "AB", or "A/B" for the ratio of the two.
    pub init: String,
    /// "readout", "eta_opt", "eta_stable", "za_rms", "zb_rms", "a_move" or "b_move".
    pub quantity: String,
    /// The kind of module, such as "q_proj"; empty for all modules together.
    pub module: Option<String>,
    /// γ in n^γ; of a readout a.
    pub exponent: Option<f64>,
    /// Lower end.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Seeds.
    pub seeds: usize,
    /// Widths in the fit, with spaces between.
    pub widths: String,
    /// Widths at which some seed has no value.
    pub excluded_widths: String,
    /// a, given or measured.
    pub readout: Option<f64>,
    /// Lower end of a.
    pub readout_lower: Option<f64>,
    /// Upper end of a.
    pub readout_upper: Option<f64>,
    /// What the calculus says at this a.
    pub predicted: Option<f64>,
    /// The smallest prediction for an a between the ends.
    pub predicted_lower: Option<f64>,
    /// The largest one.
    pub predicted_upper: Option<f64>,
    /// "agrees", "excluded", "too wide to tell", "no interval" or "no prediction".
    pub agreement: String,
    /// Why there is no exponent; empty where there is one.
    pub not_a_power_law: String,
}

impl LawRow {
    /// The row of a law.
    pub fn of(law: &Law) -> Self {
        let words =
            |widths: &[usize]| widths.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        let fit = &law.fit;
        Self {
            run: law.run.clone(),
            model: if law.is_transformer { "transformer" } else { "synthetic" }.to_owned(),
            quick: law.quick,
            init: law.arm.key().to_owned(),
            quantity: law.quantity.name().to_owned(),
            module: law.module.clone(),
            exponent: fit.exponent,
            lower: fit.lower,
            upper: fit.upper,
            seeds: fit.seeds,
            widths: words(&fit.widths_used),
            excluded_widths: words(&fit.excluded_widths),
            readout: law.readout.map(|a| a.value),
            readout_lower: law.readout.map(|a| a.lower),
            readout_upper: law.readout.map(|a| a.upper),
            predicted: law.predicted.map(|of| of.value),
            predicted_lower: law.predicted.map(|of| of.lower),
            predicted_upper: law.predicted.map(|of| of.upper),
            agreement: law.agreement.words().to_owned(),
            not_a_power_law: fit.not_a_power_law.clone().unwrap_or_default(),
        }
    }
}
