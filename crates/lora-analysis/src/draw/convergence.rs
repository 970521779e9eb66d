//! Loss against training step, a line for each width, at one c in η = c (n/n_0)^γ.

use lora_figures::{TraceAxis, TraceNote, TracePoint, TraceRow, TracesFigure};
use lora_sim::spec::Init;

use crate::coordinates::Checked;
use crate::draw::Sources;
use crate::draw::coordinates::rates;
use crate::summary::CoordinateSummary;

/// The figure's title.
pub const TITLE: &str = "Convergence of loss curves as the width grows";

/// The only row of panels.
const ROW: &str = "train_loss";

pub fn figure(sources: &Sources, check: &CoordinateSummary) -> TracesFigure {
    let checked = Checked::of(sources.results, check.lr_index);
    let inits = &sources.experiment.training.inits;
    let caption = format!(
        "Train loss over the train loss before training, at {}; geometric means over seeds. The gap of two widths is \
         the root of the mean square over the recorded steps of the logarithm of the ratio of their curves.",
        rates(sources.experiment, check),
    );
    TracesFigure {
        text: sources.text(TITLE, caption),
        over: TraceAxis::Step,
        rows: vec![TraceRow {
            key: ROW.to_owned(),
            name: "train loss / first train loss".to_owned(),
        }],
        points: inits.iter().flat_map(|&init| points(sources, &checked, init)).collect(),
        notes: inits.iter().filter_map(|&init| note(check, init)).collect(),
    }
}

fn points(sources: &Sources, checked: &Checked, init: Init) -> Vec<TracePoint> {
    let mut points = Vec::new();
    for &width in &sources.experiment.model.widths {
        for (step, loss) in checked.losses(sources.experiment, init, width) {
            let Some(value) = loss else { continue };
            let (row, width, step) = (ROW.to_owned(), width.into(), step as u64);
            points.push(TracePoint { row, init, width, step, value });
        }
    }
    points
}

/// The gaps of the narrowest and of the widest pair.
fn note(check: &CoordinateSummary, init: Init) -> Option<TraceNote> {
    let mut gaps = check.loss_gaps.iter().filter(|gap| gap.init == init);
    let (first, last) = (gaps.next()?, gaps.next_back()?);
    let told = |gap: Option<f64>| gap.map_or("none".to_owned(), |gap| format!("{gap:.3}"));
    let text = format!(
        "gaps: {} ({}–{}) … {} ({}–{})",
        told(first.gap),
        first.from,
        first.to,
        told(last.gap),
        last.from,
        last.to
    );
    Some(TraceNote { row: ROW.to_owned(), init, text })
}
