//! η_opt, η_stable and the loss at the optimum against width.

use lora_figures::{FitRow, GuideRow, Quantity, ScalingFigure, ScalingRow};

use super::{Sources, exponents, init, typographic};
use crate::summary::{LrSummary, ValueSummary, WidthSummary};

/// Slopes of the grey guides, the paper's two exponents.
const GUIDES: [(f64, &str); 2] = [(-1.0, "n^{−1}"), (-0.5, "n^{−1/2}")];

pub fn figure(sources: &Sources) -> ScalingFigure {
    let mut figure = ScalingFigure::default();
    for (label, results) in &sources.summary.inits {
        for row in &results.widths {
            figure.points.extend(points(init(label), row));
        }
        for (quantity, fit) in exponents(results) {
            let (Some(exponent), Some(prefactor)) = (fit.exponent, fit.prefactor) else { continue };
            figure.fits.push(FitRow {
                quantity,
                init: init(label),
                exponent,
                lower: fit.lower,
                upper: fit.upper,
                predicted: fit.predicted_exact.as_deref().map(typographic),
                prefactor,
            });
        }
    }
    for quantity in [Quantity::EtaOpt, Quantity::EtaStable] {
        for (exponent, text) in GUIDES {
            figure.guides.push(GuideRow { quantity, exponent, text: text.to_owned() });
        }
    }
    let caption = format!(
        "η_{{opt}} minimises the {}; η_{{stable}} is the largest η whose rms of Z_{{B}} stays under {} \
         at every step. Bars and brackets: 95% intervals over seeds; points: geometric means.",
        sources.score_words(),
        sources.experiment.search.stability_bound,
    );
    figure.text = sources.text("Learning rates and loss against width", caption);
    figure
}

fn points(init: lora_figures::Init, row: &WidthSummary) -> Vec<ScalingRow> {
    let lr = |quantity, lr: &LrSummary| {
        point(quantity, init, row, lr.value, lr.lower, lr.upper, lr.bracketed)
    };
    let ValueSummary { value, lower, upper } = row.loss;
    let loss = point(Quantity::Loss, init, row, value, lower, upper, row.eta_opt.bracketed);
    [lr(Quantity::EtaOpt, &row.eta_opt), lr(Quantity::EtaStable, &row.eta_stable), loss]
        .into_iter()
        .flatten()
        .collect()
}

fn point(
    quantity: Quantity,
    init: lora_figures::Init,
    row: &WidthSummary,
    value: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    bracketed: bool,
) -> Option<ScalingRow> {
    let width = row.width as u64;
    Some(ScalingRow { quantity, init, width, value: value?, lower, upper, bracketed })
}
