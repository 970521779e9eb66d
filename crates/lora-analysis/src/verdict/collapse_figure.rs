//! The figure of Z_B at several learning rates η = c n^γ, where every c has its claim: raw, and in units in
//! which all widths share one curve if these claims hold.

use lora_figures::{CollapseFigure, CollapsePanel, CollapseRow, FigureText, Width};
use lora_stats::{DEFAULT_LEVEL, Interval, seed_interval};
use lora_theory::{Rational, approximate};

use crate::verdict::tested::{All, Judged};
use crate::verdict::values::Values;
use lora_experiment::study::claim::{Quantity, Test};
use lora_experiment::study::definition::{Axis, Rates, Study};
use lora_experiment::study::words::exact;

/// Fewer values of c make no curve.
const LEAST: usize = 3;

/// A claim on Z_B at η = c n^γ.
struct AtRate<'a> {
    judged: &'a Judged<'a>,
    study: &'a Study,
    gamma: Rational,
    predicted: Rational,
}

impl AtRate<'_> {
    /// Whether both are points of one curve: c alone differs.
    fn shares_curve(&self, other: &Self) -> bool {
        let of = |one: &Self| (one.gamma, one.predicted, one.judged.claim.measured_init());
        let (own, others) = (&self.study.experiment, &other.study.experiment);
        of(self) == of(other)
            && own.model == others.model
            && own.training.steps == others.training.steps
            && own.training.lr_ratio == others.training.lr_ratio
            && own.training.optimizer == others.training.optimizer
    }
}

/// The first curve that the claims have enough points of.
pub fn figure(
    all: &All,
    judged: &[Judged],
    text: &dyn Fn(&str, &str) -> FigureText,
) -> Option<CollapseFigure> {
    let claims: Vec<AtRate> = judged.iter().filter_map(|judged| at_rate(all, judged)).collect();
    let curve = |first: &AtRate| -> Vec<usize> {
        (0..claims.len()).filter(|&i| claims[i].shares_curve(first)).collect()
    };
    let curve = claims.iter().map(curve).find(|curve| curve.len() >= LEAST)?;
    let first = &claims[curve[0]];
    let rows = curve.iter().flat_map(|&i| rows(all, &claims[i])).collect();
    let (gamma, size) = (exact(-first.gamma), exact(-first.predicted));
    let caption = format!(
        "{}: geometric means of the largest rms of Z_{{B}} over the steps, with 95% intervals over seeds. If \
         all widths share the right curve, Z_{{B}} n^{{{size}}} is a function of η n^{{{gamma}}} alone.",
        first.judged.claim.measured_init().label()
    );
    let panel = |title: &str, x_label: String, y_label: String| CollapsePanel {
        title: title.to_owned(),
        x_label,
        y_label,
    };
    Some(CollapseFigure {
        text: text("Peak of Z_{B} against the learning rate", &caption),
        raw: panel("as measured", "learning rate η".to_owned(), "peak of Z_{B}".to_owned()),
        scaled: panel(
            "in the units of the limit",
            format!("η n^{{{gamma}}}"),
            format!("peak of Z_{{B}} n^{{{size}}}"),
        ),
        rows,
    })
}

fn at_rate<'a>(all: &'a All, judged: &'a Judged) -> Option<AtRate<'a>> {
    let claim = judged.claim;
    let study = all.get(&claim.study)?.study;
    let plain = claim.control.is_none() && study.axis == Axis::Width && study.limit.is_none();
    let Rates::Powers { pairs, constants: [of_a, of_b] } = &study.rates else { return None };
    let [(gamma, gamma_b)] = pairs[..] else { return None };
    let predicted = judged.tested.first()?.predicted?;
    let of_curve = claim.test == Test::Collapse && gamma == gamma_b && of_a == of_b;
    (of_curve && plain).then_some(AtRate { judged, study, gamma, predicted })
}

/// A value for each width.
fn rows(all: &All, of: &AtRate) -> Vec<CollapseRow> {
    let Some(measured) = all.get(&of.study.id) else { return Vec::new() };
    let values = measured.values(of.judged.claim.measured_init(), Some(0), Quantity::Zb);
    let row = |(place, &n): (usize, &usize)| {
        let Interval { estimate, lower, upper, .. } = mean_log(&values, place)?;
        let unit = |exponent: Rational| (n as f64).powf(-approximate(exponent));
        Some(CollapseRow {
            width: Width::Finite(n),
            x: of.study.rate(0, n)?.0,
            x_unit: unit(of.gamma),
            y: estimate.exp(),
            lower: lower.map(f64::exp),
            upper: upper.map(f64::exp),
            y_unit: unit(of.predicted),
        })
    };
    of.study.at.iter().enumerate().filter_map(row).collect()
}

/// The mean of the logarithms of a point's values, if every seed has one.
fn mean_log(values: &Values, place: usize) -> Option<Interval> {
    let logs: Option<Vec<f64>> = values.iter().map(|row| Some(row[place]?.ln())).collect();
    let logs = logs?;
    let mean = |seeds: &[usize]| {
        Some(seeds.iter().map(|&seed| logs[seed]).sum::<f64>() / seeds.len() as f64)
    };
    seed_interval(logs.len(), DEFAULT_LEVEL, mean).ok()
}
