//! Asks whether the sharpness has a limit as n → ∞: trains networks of growing width at η = c n^γ, with γ the critical
//! exponent of each setting, and fits the power of n with which the sharpness moves.
//!
//! `cargo run -p lora-curvature --example edge_widths -- [directory]`
//!
//! At the critical γ a step changes the output by the order of its error, so that the calculus says n^0. With a directory
//! it writes `edge-widths-runs.csv`, a row for each run and point, and the figure `edge-widths`.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use lora_curvature::{Measured, Trace, follow};
use lora_figures::{FigureText, Style, TraceAxis, TracePoint, TraceRow, TracesFigure, Width};
use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Training};
use lora_stats::{DEFAULT_LEVEL, ExponentFit, exponent_over_seeds};
use lora_theory::{Rational, Setting, analyse, approximate, rational};
use rayon::prelude::*;
use serde::Serialize;

const WIDTHS: [usize; 5] = [64, 128, 256, 512, 1024];
/// A first run, of the seeds 0 to 4, left 20 of 24 powers undecided. These are others, and more.
const SEEDS: std::ops::Range<u64> = 5..25;
const STEPS: usize = 200;
const EVERY: usize = 10;
/// The points of a run that are fitted.
const FITTED: [usize; 3] = [10, 50, 200];
const FACTORS: [f64; 2] = [0.25, 1.0];
const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
/// A power within this of 0 is none. Chosen before any measurement: from one width to a width ten times as large it is
/// a factor of 1.25, the least by which a sharpness above the edge is told from one at it.
const NONE: f64 = 0.1;

/// A width of a setting, with its seeds.
struct Cell {
    readout: Rational,
    init: Init,
    c: f64,
    width: usize,
    traces: Vec<Trace>,
}

/// A point of a run.
#[derive(Serialize)]
struct Row {
    readout: String,
    init: Init,
    c: f64,
    width: usize,
    seed: u64,
    step: usize,
    /// In units of the threshold of stability.
    sharpness: f64,
    loss: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut cells = Vec::new();
    println!(
        "| a | init | c | step | sharpness at the widest | power of n | says |\n|---|---|---|---|---|---|---|"
    );
    for readout in [rational(1, 2)?, rational(1, 1)?] {
        for init in [Init::A, Init::B] {
            for c in FACTORS {
                let first = cells.len();
                for width in WIDTHS {
                    cells.push(cell((readout, init), c, width)?);
                }
                print(&cells[first..])?;
            }
        }
    }
    if let Some(dir) = std::env::args().nth(1) {
        let dir = Path::new(&dir);
        std::fs::create_dir_all(dir)?;
        let mut table = csv::Writer::from_writer(Vec::new());
        cells.iter().flat_map(rows).try_for_each(|row| table.serialize(row))?;
        let bytes = table.into_inner()?;
        atomic_files::write(&dir.join("edge-widths-runs.csv"), |file| file.write_all(&bytes))?;
        lora_figures::traces(&figure(&cells), &dir.join("edge-widths"), &Style::default())?;
    }
    Ok(())
}

/// Trains all seeds of a width.
fn cell((readout, init): (Rational, Init), c: f64, width: usize) -> Result<Cell, Box<dyn Error>> {
    let model = Model {
        points: 32,
        test_points: 0,
        activation: Activation::Gelu,
        readout_exponent: approximate(readout),
        ..Model::default()
    };
    let training =
        Training { optimizer: ADAM, steps: STEPS, record_every: EVERY, ..Training::default() };
    let found = analyse(&Setting::network(init, readout))?;
    let gamma = found.critical.optimal.gamma().ok_or("no critical exponent")?;
    let lr = c * (width as f64).powf(approximate(gamma));
    let of_seed = |seed| {
        follow(&model, (width, seed), &training, &Run { init, lr, adapter_seed: seed })
            .map_err(|error| error.to_string())
    };
    let traces = SEEDS.into_par_iter().map(of_seed).collect::<Result<_, _>>()?;
    Ok(Cell { readout, init, c, width, traces })
}

fn at(trace: &Trace, step: usize) -> Option<&Measured> {
    trace.points.iter().find(|point| point.step == step)
}

/// The powers of one setting over its widths.
fn print(cells: &[Cell]) -> Result<(), Box<dyn Error>> {
    let widths: Vec<f64> = cells.iter().map(|cell| cell.width as f64).collect();
    let Some(widest) = cells.last() else { return Ok(()) };
    for step in FITTED {
        let of = |trace: &Trace| at(trace, step).map(|point| point.at_edge);
        let of_seed = |seed: usize| cells.iter().map(|cell| of(&cell.traces[seed])).collect();
        let by_seed: Vec<Vec<Option<f64>>> = (0..widest.traces.len()).map(of_seed).collect();
        let fit = exponent_over_seeds(&widths, &by_seed, DEFAULT_LEVEL)?;
        let last: Vec<f64> = widest.traces.iter().filter_map(of).collect();
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        println!(
            "| {} | {} | {} | {step} | {mean:.2} | {} |",
            widest.readout,
            widest.init,
            widest.c,
            said(&fit)
        );
    }
    Ok(())
}

/// A power with its interval, and what it says of a limit.
fn said(fit: &ExponentFit) -> String {
    let Some((low, high)) = fit.lower.zip(fit.upper) else { return "– | –".to_owned() };
    let word = match (low, high) {
        (low, high) if low > -NONE && high < NONE => "none",
        (low, high) if low > 0.0 || high < 0.0 => "moves",
        _ => "undecided",
    };
    format!("{:.2} [{low:.2}, {high:.2}] | {word}", fit.exponent)
}

fn rows(cell: &Cell) -> impl Iterator<Item = Row> + '_ {
    let of_trace = move |(seed, trace): (usize, &Trace)| {
        let row = |point: &Measured| Row {
            readout: cell.readout.to_string(),
            init: cell.init,
            c: cell.c,
            width: cell.width,
            seed: SEEDS.start + seed as u64,
            step: point.step,
            sharpness: point.at_edge,
            loss: point.loss,
        };
        trace.points.iter().map(row).collect::<Vec<_>>()
    };
    cell.traces.iter().enumerate().flat_map(of_trace)
}

/// Means over seeds at c = 1: a row of panels for each readout, a line for each width.
fn figure(cells: &[Cell]) -> TracesFigure {
    let key = |readout: Rational| format!("a-{}", readout.to_string().replace('/', "-"));
    let mut points = Vec::new();
    let mut names: Vec<TraceRow> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.c == 1.0) {
        let row = key(cell.readout);
        if !names.iter().any(|known| known.key == row) {
            names.push(TraceRow { key: row.clone(), name: format!("a = {}", cell.readout) });
        }
        let lengths = cell.traces.iter().map(|trace| trace.points.len());
        for i in 0..lengths.min().unwrap_or_default() {
            let sum: f64 = cell.traces.iter().map(|trace| trace.points[i].at_edge).sum();
            points.push(TracePoint {
                row: row.clone(),
                init: cell.init,
                width: Width::Finite(cell.width),
                step: cell.traces[0].points[i].step as u64,
                value: sum / cell.traces.len() as f64,
            });
        }
    }
    TracesFigure {
        text: FigureText {
            title: "Sharpness over the threshold of stability as the width grows".to_owned(),
            caption: format!(
                "Largest eigenvalue of η P^-1/2 H P^-1/2 over (2 + 2 β₁)/(1 − β₁) = 38: 1 is the edge. Adam at η = n^γ with \
                 the critical γ, GELU, N = 32, means over {} seeds, every {EVERY} steps; lines are widths.",
                SEEDS.count()
            ),
            badge: None,
        },
        over: TraceAxis::Step,
        rows: names,
        points,
        notes: Vec::new(),
    }
}
