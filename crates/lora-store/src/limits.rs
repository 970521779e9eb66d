//! The limit n → ∞ of an experiment beside its runs, in `runs.csv`.

use std::collections::BTreeMap;

use lora_types::{Init, Width};
use serde::Serialize;

pub use crate::limit_row::LimitRow;
use crate::rows::{Results, RunRow};

/// A row of `runs.csv` where the limit is one of the widths: a run, with its c beside its learning rate, or a run of
/// the limit, which has a c and no learning rate.
#[derive(Serialize)]
pub(crate) struct TableRow {
    init: Init,
    width: Width,
    seed: u64,
    lr_index: i64,
    lr: Option<f64>,
    c: Option<f64>,
    gamma: Option<f64>,
    score: Option<f64>,
    first_loss: Option<f64>,
    train_loss: Option<f64>,
    test_loss: Option<f64>,
    peak_zb: Option<f64>,
    za_rms: Option<f64>,
    zb_rms: Option<f64>,
    za_norm: Option<f64>,
    zb_norm: Option<f64>,
    a_move: Option<f64>,
    b_move: Option<f64>,
    least_gradient_a: Option<f64>,
    least_gradient_b: Option<f64>,
    diverged_at: Option<usize>,
}

/// A feature of n = ∞, where it is of order one.
fn of_order_one(value: f64, power: Option<f64>) -> Option<f64> {
    (power == Some(0.0)).then_some(value)
}

/// c in η = c n^γ.
pub fn c_of(lr: f64, width: usize, gamma: f64) -> f64 {
    lr * (width as f64).powf(-gamma)
}

/// γ of each init that has a limit.
pub fn gammas(limits: &[LimitRow]) -> BTreeMap<Init, f64> {
    limits.iter().map(|row| (row.init, row.gamma)).collect()
}

/// The runs that a search of c saw: those over more neurons are of the lowest loss alone.
pub fn searched(limits: &[LimitRow]) -> impl Iterator<Item = &LimitRow> {
    let neurons = limits.iter().map(|row| row.neurons).min();
    limits.iter().filter(move |row| Some(row.neurons) == neurons)
}

/// The runs of an experiment and those of its limit, in the order of the file.
pub(crate) fn table(results: &Results) -> Vec<TableRow> {
    let gammas = gammas(&results.limits);
    let finite = results.runs.iter().map(|run| of_run(run, gammas.get(&run.init).copied()));
    let mut rows: Vec<TableRow> = finite.chain(searched(&results.limits).map(of_limit)).collect();
    rows.sort_by_key(|row| (row.init, row.width, row.seed, row.lr_index));
    rows
}

fn of_run(run: &RunRow, gamma: Option<f64>) -> TableRow {
    TableRow {
        init: run.init,
        width: run.width.into(),
        seed: run.seed,
        lr_index: run.lr_index,
        lr: Some(run.lr),
        c: gamma.map(|gamma| c_of(run.lr, run.width, gamma)),
        gamma,
        score: run.score,
        first_loss: Some(run.first_loss),
        train_loss: Some(run.train_loss),
        test_loss: Some(run.test_loss),
        peak_zb: run.peak_zb,
        za_rms: Some(run.za_rms),
        zb_rms: Some(run.zb_rms),
        za_norm: Some(run.za_norm),
        zb_norm: Some(run.zb_norm),
        a_move: Some(run.a_move),
        b_move: Some(run.b_move),
        least_gradient_a: run.least_gradient_a,
        least_gradient_b: run.least_gradient_b,
        diverged_at: run.diverged_at,
    }
}

/// What the limit does not have stays empty, and so do features that grow or vanish with n.
fn of_limit(row: &LimitRow) -> TableRow {
    let peak = row.peak_z_b.and_then(|peak| of_order_one(peak, row.z_b_power));
    TableRow {
        init: row.init,
        width: Width::Infinite,
        seed: row.seed,
        lr_index: row.c_index,
        lr: None,
        c: Some(row.c),
        gamma: Some(row.gamma),
        score: row.score,
        first_loss: None,
        train_loss: None,
        test_loss: None,
        peak_zb: peak,
        za_rms: of_order_one(row.z_a, row.z_a_power),
        zb_rms: of_order_one(row.z_b, row.z_b_power),
        za_norm: None,
        zb_norm: None,
        a_move: None,
        b_move: None,
        least_gradient_a: None,
        least_gradient_b: None,
        diverged_at: row.diverged_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_of_a_width_is_c_times_a_power_of_it() {
        for (gamma, width, c) in [(-0.75, 4096, 1.18), (-1.0, 128, 3.5), (-0.5, 2, 0.1)] {
            let lr = c * (width as f64).powf(gamma);
            assert!((c_of(lr, width, gamma) / c - 1.0).abs() < 1e-12, "{gamma} {width}");
        }
    }
}
