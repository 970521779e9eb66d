//! The coordinate check of a sweep, as `summary.json` holds it.

use crate::answer::records;
use crate::number::Exact;

/// How far from 0 a slope of a flat feature may be unless the document says otherwise.
const FLAT_WITHIN: f64 = lora_analysis::summary::FLAT_WITHIN;

fn usual() -> f64 {
    FLAT_WITHIN
}

/// It takes a reference for `skip_serializing_if`.
fn is_usual(tolerance: &f64) -> bool {
    *tolerance == FLAT_WITHIN
}

records! {
    /// How features go with the width at η = c (n/n_0)^γ, and how far apart loss curves are.
    CoordinateSummary {
        /// c, the learning rate at the smallest width.
        lr: f64,
        /// Its position on the search grid, the same at every width.
        lr_index: i64,
        /// n_0.
        smallest_width: usize,
        /// By init, feature and step.
        features: Vec<FeatureSummary>,
        /// By init and pair of neighbouring widths.
        loss_gaps: Vec<LossGapSummary>,
    }

    /// The slope of ln(rms of a feature) against ln n after one step.
    FeatureSummary {
        /// "A", "B" or "AB".
        init: String,
        /// The column of `Sweep.steps`, such as "za_rms".
        feature: String,
        /// Updates made so far.
        step: usize,
        /// γ.
        gamma: Exact,
        /// The slope; None if fewer than two widths could be used.
        exponent: Option<f64>,
        /// Lower end of its interval; None with a single seed.
        lower: Option<f64>,
        /// Upper end.
        upper: Option<f64>,
        /// Widths in the fit.
        widths_used: Vec<usize>,
        /// The theory's exponent after the last step; None where it has none.
        predicted_exact: Option<Exact>,
        /// Why the theory has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_prediction: Option<String>,
        /// What the interval says about the prediction: "agrees", "excluded", "too_wide", "no_interval" or
        /// "no_prediction".
        agreement: String,
        /// Whether the interval of the slope lies within `flat_within` of 0.
        flat: String,
        /// How far from 0 the slope of a flat feature may be.
        #[serde(default = "usual", skip_serializing_if = "is_usual")]
        flat_within: f64,
        /// Why.
        why: String,
    }

    /// The distance of two loss curves.
    LossGapSummary {
        /// "A", "B" or "AB".
        init: String,
        /// The smaller width.
        #[serde(rename = "from")]
        from_: usize,
        /// The next larger one.
        to: usize,
        /// Root of the mean square over recorded steps of the logarithm of the ratio of both losses, each over its first;
        /// None where a run diverged.
        gap: Option<f64>,
    }
}
