//! Asks whether training settles at the edge of stability: trains small synthetic networks at η = c n^γ, with γ the
//! critical exponent of each setting, and prints a table in Markdown.
//!
//! `cargo run -p lora-curvature --example edge -- [directory]`
//!
//! With a directory it writes `edge-runs.csv`, a row for each run, and the figure `edge`.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use lora_curvature::{Place, Trace, follow};
use lora_figures::{FigureText, Style, TraceAxis, TracePoint, TraceRow, TracesFigure, Width};
use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Training};
use lora_stats::{DEFAULT_LEVEL, mean_interval};
use lora_theory::{Rational, Setting, analyse, approximate, rational};
use rayon::prelude::*;
use serde::Serialize;

const WIDTHS: [usize; 2] = [64, 128];
const SEEDS: u64 = 5;
const STEPS: usize = 1000;
const EVERY: usize = 25;
/// c, in powers of 4.
const FACTORS: [f64; 5] = [0.0625, 0.25, 1.0, 4.0, 16.0];
const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
/// One run.
#[derive(Clone, Debug, Serialize)]
struct Row {
    optimizer: &'static str,
    activation: Activation,
    readout: String,
    init: Init,
    width: usize,
    c: f64,
    seed: u64,
    lr: f64,
    /// Largest sharpness over the threshold.
    peak: Option<f64>,
    /// Its median over the last quarter of the steps.
    late: Option<f64>,
    /// Last loss over first.
    loss: Option<f64>,
    diverged_at: Option<usize>,
    #[serde(skip)]
    trace: Trace,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut settings = Vec::new();
    for (optimizer, activation) in
        [(ADAM, Activation::Gelu), (ADAM, Activation::Relu), (Optimizer::Sgd, Activation::Gelu)]
    {
        for readout in [rational(1, 2)?, rational(1, 1)?] {
            for init in [Init::A, Init::B] {
                settings.push((optimizer, activation, readout, init));
            }
        }
    }
    let mut rows = Vec::new();
    print_head();
    for setting in settings {
        for width in WIDTHS {
            for c in FACTORS {
                let of_seed = |seed| row(setting, (width, seed), c).map_err(|e| e.to_string());
                let found: Vec<Row> =
                    (0..SEEDS).into_par_iter().map(of_seed).collect::<Result<_, _>>()?;
                print(&found)?;
                rows.extend(found);
            }
        }
    }
    if let Some(dir) = std::env::args().nth(1) {
        let dir = Path::new(&dir);
        std::fs::create_dir_all(dir)?;
        let mut table = csv::Writer::from_writer(Vec::new());
        rows.iter().try_for_each(|row| table.serialize(row))?;
        let bytes = table.into_inner()?;
        atomic_files::write(&dir.join("edge-runs.csv"), |file| file.write_all(&bytes))?;
        lora_figures::traces(&figure(&rows), &dir.join("edge"), &Style::default())?;
    }
    Ok(())
}

fn row(
    (optimizer, activation, readout, init): (Optimizer, Activation, Rational, Init),
    (width, seed): (usize, u64),
    c: f64,
) -> Result<Row, Box<dyn Error>> {
    let model = Model {
        points: 32,
        test_points: 0,
        activation,
        readout_exponent: approximate(readout),
        ..Model::default()
    };
    let training = Training { optimizer, steps: STEPS, record_every: EVERY, ..Training::default() };
    let setting = Setting { optimizer: optimizer.kind(), ..Setting::network(init, readout) };
    let gamma = analyse(&setting)?.critical.optimal.gamma().ok_or("no critical exponent")?;
    let lr = c * (width as f64).powf(approximate(gamma));
    let trace = follow(&model, (width, seed), &training, &Run { init, lr, adapter_seed: seed })?;
    let ends = trace.points.first().zip(trace.points.last());
    Ok(Row {
        optimizer: optimizer.kind().key(),
        activation,
        readout: readout.to_string(),
        init,
        width,
        c,
        seed,
        lr,
        peak: trace.peak(),
        late: trace.late(),
        loss: ends.map(|(first, last)| last.loss / first.loss),
        diverged_at: trace.diverged_at,
        trace,
    })
}

fn print_head() {
    println!(
        "| rule | φ | a | init | n | c | diverged | sharpness at first | late | where | loss, last/first |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    );
}

/// Means over the seeds that did not diverge.
fn print(rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let one = &rows[0];
    let diverged = rows.iter().filter(|row| row.diverged_at.is_some()).count();
    let mean = |of: &dyn Fn(&Row) -> Option<f64>| -> Result<_, Box<dyn Error>> {
        let values: Vec<f64> = rows.iter().filter_map(of).collect();
        let found = (!values.is_empty()).then(|| mean_interval(&values, DEFAULT_LEVEL));
        Ok(found.transpose()?)
    };
    let first = mean(&|row| row.trace.points.first().map(|point| point.at_edge))?;
    let late = mean(&|row| row.late)?;
    let loss = mean(&|row| row.late.and(row.loss))?;
    let ends = late.and_then(|late| Some([late.lower?, late.upper?]));
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), |x| format!("{x:.2}"));
    let interval = ends.map_or(String::new(), |[low, high]| format!(" [{low:.2}, {high:.2}]"));
    println!(
        "| {} | {} | {} | {} | {} | {} | {diverged} of {} | {} | {}{interval} | {} | {} |",
        one.optimizer,
        one.activation.key(),
        one.readout,
        one.init,
        one.width,
        one.c,
        rows.len(),
        shown(first.map(|first| first.estimate)),
        shown(late.map(|late| late.estimate)),
        ends.map_or("–".to_owned(), |ends| Place::of(ends).to_string()),
        loss.map_or("–".to_owned(), |loss| format!("{:.1e}", loss.estimate))
    );
    Ok(())
}

/// Adam with GELU and the standard readout: means over seeds at each step, a row of panels for each c.
fn figure(rows: &[Row]) -> TracesFigure {
    let shown = |row: &&Row| {
        let of = (row.optimizer, row.activation, row.readout.as_str());
        of == ("adam", Activation::Gelu, "1/2") && row.diverged_at.is_none()
    };
    let mut points = Vec::new();
    for c in [0.25, 1.0, 4.0] {
        for init in [Init::A, Init::B] {
            for width in WIDTHS {
                let own = |row: &&Row| (row.c, row.init, row.width) == (c, init, width);
                let traces: Vec<&Trace> =
                    rows.iter().filter(shown).filter(own).map(|row| &row.trace).collect();
                points.extend(means(&traces).map(|(step, value)| TracePoint {
                    row: key(c),
                    init,
                    width: Width::Finite(width),
                    step,
                    value,
                }));
            }
        }
    }
    TracesFigure {
        text: FigureText {
            title: "Sharpness over the threshold of stability, Adam at η = c n^γ".to_owned(),
            caption: format!(
                "Largest eigenvalue of η P^-1/2 H P^-1/2 over (2 + 2 β₁)/(1 − β₁) = 38: 1 is the edge. GELU, \
                 a = 1/2, N = 32, means over {SEEDS} seeds, every {EVERY} steps; lines are widths."
            ),
            badge: None,
        },
        over: TraceAxis::Step,
        rows: [0.25, 1.0, 4.0].map(|c| TraceRow { key: key(c), name: format!("c = {c}") }).to_vec(),
        points,
        notes: Vec::new(),
    }
}

fn key(c: f64) -> String {
    format!("c-{c}")
}

/// The mean over traces at each step; nothing without traces.
fn means(traces: &[&Trace]) -> impl Iterator<Item = (u64, f64)> {
    let steps = traces.first().map_or(0, |trace| trace.points.len());
    (0..steps).map(|i| {
        let sum: f64 = traces.iter().map(|trace| trace.points[i].at_edge).sum();
        (traces[0].points[i].step as u64, sum / traces.len() as f64)
    })
}
