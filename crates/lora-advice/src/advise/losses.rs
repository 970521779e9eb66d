//! Which init ends at the lower loss, as it was measured.

use lora_theory::Rational;
use lora_types::Verdict;
use serde::Serialize;

use crate::transfer::LrRange;
use crate::transfer::stored;

/// The loss under Init\[A\] over that under Init\[B\], each at its own best learning rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossRatio {
    /// The claim that it was measured for: that the ratio is below 1.
    pub claim: String,
    /// The ratio with its 95% interval, in the synthetic network.
    pub ratio: LrRange,
    /// Whether the claim holds.
    #[serde(serialize_with = "stored::displayed")]
    pub verdict: Verdict,
}

impl LossRatio {
    /// For a readout exponent; none where it was not measured.
    pub fn at(readout: Rational) -> Option<Self> {
        let row = stored::of_losses(readout)?;
        let [value, lower, upper] =
            [row.log_ratio?, row.log_ratio_lower?, row.log_ratio_upper?].map(f64::exp);
        Some(Self {
            claim: row.claim,
            ratio: LrRange { value, lower, upper },
            verdict: row.verdict,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The README's second finding, read from the committed table.
    #[test]
    fn the_better_init_changes_with_the_readout() {
        let at = |numer, denom| LossRatio::at(Rational::new_raw(numer, denom)).expect("measured");
        let (standard, mup) = (at(1, 2), at(1, 1));
        assert!(standard.verdict == Verdict::Holds && standard.ratio.upper < 1.0, "{standard:?}");
        assert!(mup.verdict == Verdict::Refuted && mup.ratio.lower > 1.0, "{mup:?}");
        assert_eq!(LossRatio::at(Rational::new_raw(1, 3)), None);
    }
}
