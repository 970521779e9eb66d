//! The readout exponent of a transformer, from the gradients of its first step.

use std::collections::BTreeMap;

use lora_analysis::summary::ExponentSummary;
use lora_types::Init;

use crate::fitted::fitted;
use crate::run::{MeasuredRun, Table};

/// a of a transformer under an init.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Readout {
    /// Of all modules together: squares of gradients are added up before anything is fitted.
    pub whole: ExponentSummary,
    /// The same for each kind of module by its name, such as `q_proj`, in alphabetical order.
    pub modules: BTreeMap<String, ExponentSummary>,
}

/// Sums of squares by seed and width.
type Squares = BTreeMap<(u64, usize), f64>;

/// None of the synthetic network, and none where no first gradients are kept.
pub(crate) fn readout(run: &MeasuredRun, init: Init) -> Option<Readout> {
    let (mut whole, mut modules) = (Squares::new(), BTreeMap::<&str, Squares>::new());
    for (row, norm) in run.first_gradients(init) {
        let (cell, square) = ((row.seed, row.width), f64::from(norm).powi(2));
        *whole.entry(cell).or_default() += square;
        *modules.entry(kind(&row.module)).or_default().entry(cell).or_default() += square;
    }
    let fit = |squares: &Squares| of_squares(run, init, squares);
    let modules = modules.iter().map(|(&of, squares)| (of.to_owned(), fit(squares))).collect();
    (!whole.is_empty()).then(|| Readout { whole: fit(&whole), modules })
}

/// The last part of a module's name.
fn kind(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

/// The exponent of what grows like n^a: see the crate's table of norms.
fn of_squares(run: &MeasuredRun, init: Init, squares: &Squares) -> ExponentSummary {
    let power = if init == Init::A { 0.5 } else { 1.0 };
    let value = |seed: u64, width: usize| {
        let norm = squares.get(&(seed, width))?.sqrt();
        Some((width as f64).powf(power) / norm).filter(|value| value.is_finite())
    };
    let by_seed: Table = run
        .seeds()
        .into_iter()
        .map(|seed| run.widths().iter().map(|&width| value(seed, width)).collect())
        .collect();
    fitted(run, &by_seed)
}
