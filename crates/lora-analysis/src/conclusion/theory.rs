//! What a run says of the theory, in a sentence.

use lora_stats::Agreement;
use lora_types::Init;

use super::list;
use crate::minus::minus_signs;
use crate::summary::{ExponentSummary, InitSummary, Summary};

/// What is said of a fitted exponent, in the order of the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Agrees,
    Excluded,
    TooWide,
    NoPowerLaw,
    NoExponent,
    NoInterval,
    NoPrediction,
}

const FINDINGS: [Finding; 7] = [
    Finding::Agrees,
    Finding::Excluded,
    Finding::TooWide,
    Finding::NoPowerLaw,
    Finding::NoExponent,
    Finding::NoInterval,
    Finding::NoPrediction,
];

type OfInit = fn(&InitSummary) -> &ExponentSummary;

const QUANTITIES: [(&str, OfInit); 2] = [
    ("the best learning rate", |init| &init.eta_opt),
    ("the largest stable learning rate", |init| &init.eta_stable),
];

/// The sentence: every fitted exponent of the summary is named once.
pub(super) fn compared(summary: &Summary) -> String {
    if let Some(reason) = one_reason(summary) {
        return format!("There is nothing to compare this with: {reason}.");
    }
    let clauses: Vec<String> =
        FINDINGS.iter().filter_map(|&finding| clause(summary, finding)).collect();
    format!("The measurement {}.", clauses.join("; it "))
}

/// Why nothing at all is predicted, if the reason is one and the same.
fn one_reason(summary: &Summary) -> Option<&str> {
    let of = |init| QUANTITIES.map(|(_, of): (&str, OfInit)| of(init).no_prediction.as_deref());
    let mut reasons = summary.inits.values().flat_map(of);
    let first = reasons.next()??;
    reasons.all(|other| other == Some(first)).then_some(first)
}

fn clause(summary: &Summary, finding: Finding) -> Option<String> {
    let found: Vec<String> =
        QUANTITIES.iter().filter_map(|quantity| found(summary, finding, quantity)).collect();
    (!found.is_empty()).then(|| format!("{} {}", finding.words(), found.join(" and for ")))
}

/// The inits of one quantity with this finding: "the best learning rate under Init[A] (−3/4)".
fn found(summary: &Summary, finding: Finding, (name, of): &(&str, OfInit)) -> Option<String> {
    let with = |(init, results): (&Init, &InitSummary)| {
        let fit = of(results);
        (Finding::of(fit) == finding).then(|| format!("{init}{}", finding.numbers(fit)))
    };
    let inits: Vec<String> = summary.inits.iter().filter_map(with).collect();
    (!inits.is_empty()).then(|| format!("{name} under {}", list(&inits)))
}

impl Finding {
    fn of(fit: &ExponentSummary) -> Self {
        if fit.predicted_exact.is_none() {
            return Self::NoPrediction;
        }
        if fit.exponent.is_none() {
            return Self::NoExponent;
        }
        if fit.not_a_power_law.is_some() {
            return Self::NoPowerLaw;
        }
        match fit.agreement {
            Agreement::Agrees => Self::Agrees,
            Agreement::Excluded => Self::Excluded,
            Agreement::TooWide => Self::TooWide,
            Agreement::NoInterval => Self::NoInterval,
            Agreement::NoPrediction => Self::NoPrediction,
        }
    }

    /// What the measurement does, up to the names.
    fn words(self) -> &'static str {
        match self {
            Self::Agrees => "agrees with the theory for",
            Self::Excluded => "excludes the predicted exponent for",
            Self::TooWide => "is too uncertain to tell for",
            Self::NoPowerLaw => "shows no power law, and so no exponent to compare, for",
            Self::NoExponent => "brackets too few widths to fit an exponent for",
            Self::NoInterval => "has one seed, and so no interval to compare, for",
            Self::NoPrediction => "meets no prediction for",
        }
    }

    /// The exponents that belong to it.
    fn numbers(self, fit: &ExponentSummary) -> String {
        let predicted = fit.predicted_exact.as_deref().map(minus_signs).unwrap_or_default();
        match (self, fit.exponent) {
            (Self::NoPrediction, _) => String::new(),
            (Self::Excluded, Some(measured)) => {
                let measured = minus_signs(&format!("{measured:.2}"));
                format!(" (predicted {predicted}, measured {measured})")
            }
            _ => format!(" (predicted {predicted})"),
        }
    }
}
