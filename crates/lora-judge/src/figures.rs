//! The figures of a setting: learning rates against width, and the loss against the learning rate.

use std::path::Path;

use lora_analysis::AnalysisError;
use lora_analysis::draw::{curve_rows, guides_of, scaling_rows};
use lora_figures::{CurvesFigure, FigureText, ScalingFigure, Style};
use lora_types::Init;

use crate::judged::{Judged, JudgedSweep};

/// The names of the figures, with their titles.
pub(crate) const FIGURES: [(&str, &str); 2] = [
    ("scaling", "Learning rates and loss against width"),
    ("curves", "Loss against learning rate"),
];

/// Losses beyond this many times the largest best one are marked at the top edge.
const CEILING: f64 = 1000.0;

/// Draws both figures of a setting to files that begin with `stem`.
pub(crate) fn draw(judged: &Judged, one: &JudgedSweep, stem: &Path) -> Result<(), AnalysisError> {
    let named = |name: &str| {
        let mut path = stem.as_os_str().to_owned();
        path.push(name);
        path
    };
    let style = Style::default();
    let [(scaling, _), (curves, _)] = FIGURES;
    lora_figures::scaling(&scaling_figure(judged, one), Path::new(&named(scaling)), &style)?;
    lora_figures::curves(&curves_figure(judged, one), Path::new(&named(curves)), &style)?;
    Ok(())
}

fn scaling_figure(judged: &Judged, one: &JudgedSweep) -> ScalingFigure {
    let inits: Vec<Init> = one.summary.inits.keys().copied().collect();
    let mut caption = format!("η_{{opt}} minimises {}.", judged.score);
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
        judged.score
    );
    let widths = one.summary.inits.values().flat_map(|init| &init.widths);
    let best = widths.filter_map(|row| row.loss.value).reduce(f64::max);
    let readings = one.sweep.readings((judged.basin, None));
    CurvesFigure {
        text: text(judged, one, FIGURES[1].1, caption),
        loss_name: judged.score.clone(),
        loss_ceiling: best.map(|best| CEILING * best),
        ..curve_rows(one.runs(), &readings, &one.summary.inits)
    }
}

fn text(judged: &Judged, one: &JudgedSweep, title: &str, caption: String) -> FigureText {
    let name = one.sweep.name();
    let of = if name.is_empty() { String::new() } else { format!(" ({name})") };
    let caption = format!("{caption} Table: {}{of}.", judged.table);
    FigureText { title: title.to_owned(), caption, badge: None }
}
