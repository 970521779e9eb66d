//! Why η_stable is where it is: the largest Z_B and the movement of B at every learning rate, width by width.

use lora_analysis::draw::curves_of;
use lora_analysis::readings::{Reading, Readings};
use lora_figures::{CurvesFigure, FigureText, LevelRow, OptimumRow};
use lora_stats::geometric_mean;
use lora_store::rows::RunRow;

use crate::run::MeasuredRun;

const PEAK_CAPTION: &str = concat!(
    "Dots: the largest rms of Z_{B} over a training, one a seed and sampled η; lines: geometric means where every seed ",
    "was sampled. η_{stable} of a seed is where its curve passes the bound for the first time; marked is the geometric ",
    "mean over the seeds, where each has one. Where curves are flat near the bound, η_{stable} says little."
);

const MOVES_CAPTION: &str = concat!(
    "Dots: the rms movement of B over a training, divided by the learning rate of A, one a seed and sampled η; lines: ",
    "geometric means where every seed was sampled. Marked: the geometric mean over the seeds of the largest sampled η ",
    "below η_{stable}, where each has one."
);

/// The figures of a run: [`peaks`] and [`moves`].
pub(crate) fn figures(run: &MeasuredRun) -> [CurvesFigure; 2] {
    let readings = run.readings();
    [peaks(run, &readings), moves(run, &readings)]
}

/// Largest rms of Z_B against η, with the bound and η_stable.
fn peaks(run: &MeasuredRun, readings: &Readings) -> CurvesFigure {
    let bound = run.bound();
    let mut figure = curves_of(run.rows(), readings, |row| row.peak_zb);
    figure.text = text(run, "Largest Z_{B} against learning rate", PEAK_CAPTION);
    let steps = if run.is_transformer() { "recorded" } else { "all" };
    figure.loss_name = format!("largest rms of Z_{{B}} over {steps} steps");
    figure.marked = "η_{stable}".into();
    figure.level = Some(LevelRow { value: bound, name: format!("the bound of {bound}") });
    figure.optima = marks(readings, |reading| Some((reading.crossing.as_ref()?.lr?, bound)));
    figure
}

/// Movement of B in units of η against η, marked just below η_stable.
fn moves(run: &MeasuredRun, readings: &Readings) -> CurvesFigure {
    let mut figure = curves_of(run.rows(), readings, moved);
    figure.text = text(run, "Movement of B against learning rate", MOVES_CAPTION);
    figure.loss_name = "rms of (B_{T} − B_{0}) / η".into();
    figure.marked = "the largest sampled η below η_{stable}".into();
    figure.optima = marks(readings, |reading| {
        let below =
            reading.crossing.as_ref().filter(|crossing| crossing.lr.is_some())?.last_stable?;
        let row = reading.runs.iter().find(|row| row.lr == below)?;
        Some((below, moved(row)?))
    });
    figure
}

fn moved(row: &RunRow) -> Option<f64> {
    Some(row.b_move / row.lr).filter(|moved| moved.is_finite() && *moved > 0.0)
}

fn text(run: &MeasuredRun, title: &str, caption: &str) -> FigureText {
    FigureText {
        title: format!("{title}: {}", lora_figures::literal(&run.label)),
        caption: caption.to_owned(),
        badge: run.quick.then(|| "quick run: small sizes, do not quote".to_owned()),
    }
}

/// The geometric mean over the seeds of a place on each curve; none where a seed has none.
fn marks(readings: &Readings, place: impl Fn(&Reading) -> Option<(f64, f64)>) -> Vec<OptimumRow> {
    let mark = |(&(init, width), readings): (&(_, usize), &Vec<Reading>)| {
        let places: Vec<(f64, f64)> = readings.iter().map(&place).collect::<Option<_>>()?;
        let (rates, values): (Vec<f64>, Vec<f64>) = places.into_iter().unzip();
        Some(OptimumRow {
            init,
            width: width.into(),
            learning_rate: geometric_mean(&rates),
            loss: geometric_mean(&values),
            bracketed: true,
        })
    };
    readings.iter().filter_map(mark).collect()
}
