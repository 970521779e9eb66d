//! The document of `transfer`: a learning rate that was carried.

use crate::answer::records;
use crate::number::Exact;

records! {
    /// A carried learning rate.
    Transfer {
        /// The setting in words.
        setting: String,
        /// Whether the best or the largest stable learning rate is carried.
        carries: String,
        /// η of the first model.
        from_lr: f64,
        /// η of the other; of A where the factors have different ones.
        lr: LrRange,
        /// η_B of the other, where LoRA+'s ratio was given.
        lr_b: Option<LrRange>,
        /// The one over the other.
        factor: LrRange,
        /// Where the factor comes from: "interpolated", "fit", "theory", "given" or "mixed"; "measured" where a run has
        /// the other width.
        method: String,
        /// s of both models, where α is known.
        multiplier: Option<(f64, f64)>,
        /// What changes.
        changes: Vec<SizeChange>,
        /// The learning rate by the fitted powers alone, if every change was measured.
        fit: Option<LrRange>,
        /// By the theory's powers alone.
        theory: Option<LrRange>,
        /// By the paper's exponent of the largest stable learning rate, where only the width changes.
        paper: Option<LrRange>,
        /// That exponent.
        paper_exact: Option<Exact>,
        /// What other laws make of the same change; empty unless a run answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        beside: Vec<Beside>,
        /// What the answer assumes.
        assumptions: Vec<String>,
        /// Reasons for caution.
        warnings: Vec<String>,
    }

    /// A positive number with its interval.
    LrRange {
        /// The number.
        value: f64,
        /// Lower end; equal to `value` for exact exponents.
        lower: f64,
        /// Upper end.
        upper: f64,
    }

    /// How one quantity changes, and what follows for the learning rate.
    SizeChange {
        /// "n", "r", "α" or "η_B/η_A".
        of: String,
        /// From this value …
        #[serde(rename = "from")]
        from_: f64,
        /// … to this.
        to: f64,
        /// Where `factor` comes from.
        method: String,
        /// What the learning rate is multiplied by.
        factor: LrRange,
        /// The theory's exponent; None where it has none.
        theory: Option<f64>,
        /// The same, exact.
        theory_exact: Option<Exact>,
        /// The measured exponent, where the setting was measured.
        measured: Option<MeasuredExponent>,
        /// The smallest and the largest measured size.
        measured_between: Option<(f64, f64)>,
        /// The exponent that was given.
        given: Option<GivenExponent>,
    }

    /// A measured exponent.
    MeasuredExponent {
        /// The claim that it was measured for.
        claim: String,
        /// "η_opt" or "η_stable".
        quantity: String,
        /// The exponent.
        estimate: f64,
        /// Lower end of its 95% interval.
        lower: f64,
        /// Upper end.
        upper: f64,
        /// Smallest width or rank of the fit.
        smallest_used: f64,
        /// Largest.
        largest_used: f64,
        /// Number of widths or ranks.
        points_used: usize,
        /// The verdict on the claimed exponent.
        verdict: String,
        /// Why.
        reason: String,
    }

    /// An exponent of somebody's own, or of a public rule.
    GivenExponent {
        /// The exponent.
        exponent: f64,
        /// The same, exact.
        exact: Exact,
        /// Its interval, if one was given.
        interval: Option<(f64, f64)>,
        /// The public rule that it is of; None for an exponent of your own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    }

    /// The learning rate at the other width by another law, from the same start.
    Beside {
        /// Whose law it is.
        by: String,
        /// Its exponent of n as text; None where it is no power.
        exponent: Option<String>,
        /// The learning rate; None where that law does not reach so far.
        lr: Option<LrRange>,
        /// Its factor on the learning rate.
        factor: Option<LrRange>,
        /// Whether that factor lies outside the range of the answer's.
        outside: bool,
    }
}
