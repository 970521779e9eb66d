//! The readout exponent of a transformer, from the gradients of its first step.

use std::collections::{BTreeMap, BTreeSet};

use lora_analysis::summary::ExponentSummary;
use lora_store::rows::ModuleRow;
use lora_types::Init;

use crate::fitted::fitted;
use crate::run::{MeasuredRun, Table};

/// a of a whole transformer under an init; none of the synthetic network, and none where no first gradients are kept.
///
/// Squares of gradients are added up over all modules before anything is fitted.
pub(crate) fn readout(run: &MeasuredRun, init: Init) -> Option<ExponentSummary> {
    of_rows(run, init, |_| true)
}

/// The same for each kind of module by its name, such as `q_proj`, in alphabetical order.
pub(crate) fn of_modules(run: &MeasuredRun, init: Init) -> Vec<(String, ExponentSummary)> {
    let kinds: BTreeSet<&str> =
        run.first_gradients(init).map(|(row, _)| kind(&row.module)).collect();
    let one = |of: &str| Some((of.to_owned(), of_rows(run, init, |row| kind(&row.module) == of)?));
    kinds.into_iter().filter_map(one).collect()
}

/// The last part of a module's name.
fn kind(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

fn of_rows(
    run: &MeasuredRun,
    init: Init,
    keep: impl Fn(&ModuleRow) -> bool,
) -> Option<ExponentSummary> {
    let mut squares: BTreeMap<(u64, usize), f64> = BTreeMap::new();
    for (row, norm) in run.first_gradients(init).filter(|(row, _)| keep(row)) {
        *squares.entry((row.seed, row.width)).or_default() += f64::from(norm).powi(2);
    }
    if squares.is_empty() {
        return None;
    }
    // What grows like n^a: see the crate's table of norms.
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
    Some(fitted(run, &by_seed))
}
