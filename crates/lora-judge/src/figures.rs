//! The figures of a setting: learning rates against width, and the loss against the learning rate.

use lora_analysis::draw::{curve_rows, guides_of, scaling_rows};
use lora_figures::{CurvesFigure, Drawable, Drawing, FigureText, ScalingFigure, literal};
use lora_types::Init;

use crate::judged::{Judged, JudgedSweep};

/// The names of the figures, with their titles.
pub(crate) const FIGURES: [(&str, &str); 2] = [
    ("scaling", "Learning rates and loss against width"),
    ("curves", "Loss against learning rate"),
];

/// Losses beyond this many times the largest best one are marked at the top edge.
const CEILING: f64 = 1000.0;

/// Both figures of a setting, with names that begin with `stem`.
pub(crate) fn drawings_of(judged: &Judged, one: &JudgedSweep, stem: &str) -> [Drawing; 2] {
    let [(scaling, _), (curves, _)] = FIGURES;
    [
        scaling_figure(judged, one).named(format!("{stem}{scaling}")),
        curves_figure(judged, one).named(format!("{stem}{curves}")),
    ]
}

fn scaling_figure(judged: &Judged, one: &JudgedSweep) -> ScalingFigure {
    let inits: Vec<Init> = one.summary.inits.keys().copied().collect();
    let mut caption = format!("η_{{opt}} minimises {}.", literal(&judged.score));
    if one.has_stable() {
        caption += &format!(
            " η_{{stable}} is the largest η whose rms of Z_{{B}} stays under {}.",
            judged.bound
        );
    }
    caption += " Bars and brackets: 95% intervals over seeds; points: geometric means.";
    ScalingFigure {
        guides: guides_of(&one.summary.inits, &inits, &[]),
        text: text(judged, one, FIGURES[0].1, caption),
        ..scaling_rows(&one.summary.inits)
    }
}

fn curves_figure(judged: &Judged, one: &JudgedSweep) -> CurvesFigure {
    let caption = format!(
        "Dots: {}, one a seed and sampled η; lines: geometric means where every seed was sampled; marked: \
         η_{{opt}} and the best score, geometric means over seeds.",
        literal(&judged.score)
    );
    let widths = one.summary.inits.values().flat_map(|init| &init.widths);
    let best = widths.filter_map(|row| row.loss.value).reduce(f64::max);
    let readings = one.sweep.readings((judged.basin, None));
    CurvesFigure {
        text: text(judged, one, FIGURES[1].1, caption),
        loss_name: literal(&judged.score).into_owned(),
        loss_ceiling: best.map(|best| CEILING * best),
        ..curve_rows(one.runs(), &readings, &one.summary.inits)
    }
}

fn text(judged: &Judged, one: &JudgedSweep, title: &str, caption: String) -> FigureText {
    let name = one.sweep.name();
    let of = if name.is_empty() { String::new() } else { format!(" ({})", literal(&name)) };
    let caption = format!("{caption} Table: {}{of}.", literal(&judged.table));
    FigureText { title: title.to_owned(), caption, badge: None }
}
