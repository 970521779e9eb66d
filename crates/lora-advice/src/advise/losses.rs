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
    /// The smallest and the largest width that it was measured at, in the synthetic network.
    pub widths: [u32; 2],
    /// The ratio of train losses with its 95% interval.
    pub ratio: LrRange,
    /// Whether the claim holds.
    #[serde(serialize_with = "stored::displayed")]
    pub verdict: Verdict,
}

/// The three widest of the studies of `verify` that measure the best learning rate.
const WIDTHS: [u32; 2] = [1 << 14, 1 << 16];

impl LossRatio {
    /// For a readout exponent; none where it was not measured.
    pub fn at(readout: Rational) -> Option<Self> {
        let row = stored::of_losses(readout)?;
        let [value, lower, upper] =
            [row.log_ratio?, row.log_ratio_lower?, row.log_ratio_upper?].map(f64::exp);
        Some(Self {
            claim: row.claim,
            widths: WIDTHS,
            ratio: LrRange { value, lower, upper },
            verdict: row.verdict,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The claims are of the three widest, and the widths of their studies are those that are told.
    #[test]
    fn the_widths_are_those_of_the_studies() {
        let topic = include_str!("../../../../experiments/verify/network.toml");
        for (claim, study) in [("0", "0"), ("0.5", "0.5"), ("0.75", "0.75"), ("1", "1")] {
            let table = |of: &str, id: String| {
                let start = topic.find(&format!("[[{of}]]\nid = \"{id}\"\n"));
                start.map(|start| topic[start..].split("\n\n").next().expect("a table"))
            };
            let Some(claim) = table("claim", format!("lower-{claim}")) else { continue };
            assert!(claim.contains("over the three widest"), "{claim}");
            let study = table("study", format!("network-{study}")).expect("a study");
            assert!(study.contains("\nat = \"2^7..2^16\"\n"), "{study}");
        }
    }

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
