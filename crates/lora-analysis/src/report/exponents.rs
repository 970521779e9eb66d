//! The tables: exponents, and what was measured at each width.

use std::collections::BTreeMap;

use lora_report::{ExponentRow, Value, WidthRow};
use lora_stats::Agreement;
use lora_types::Init;

use crate::draw::exponents as fits;
use crate::summary::{InitSummary, LrSummary, ValueSummary, WidthSummary};

/// Both exponents of every init.
pub fn exponents(inits: &BTreeMap<Init, InitSummary>) -> Vec<ExponentRow> {
    let mut rows = Vec::new();
    for (&init, results) in inits {
        for ((_, fit), (quantity, means)) in fits(results).into_iter().zip(QUANTITIES) {
            rows.push(ExponentRow {
                init,
                quantity: quantity.to_owned(),
                means: means.to_owned(),
                exponent: fit.exponent,
                lower: fit.lower,
                upper: fit.upper,
                predicted: fit.predicted,
                predicted_exact: fit.predicted_exact.clone(),
                agreement: fit.agreement.words().to_owned(),
                within: within(fit.agreement),
            });
        }
    }
    rows
}

/// Whether an interval agrees with its prediction; none where it cannot tell.
fn within(agreement: Agreement) -> Option<bool> {
    match agreement {
        Agreement::Agrees => Some(true),
        Agreement::Excluded => Some(false),
        Agreement::TooWide | Agreement::NoInterval | Agreement::NoPrediction => None,
    }
}

/// In the order of the fits.
const QUANTITIES: [(&str, &str); 2] = [
    ("η_{opt}", "the learning rate with the lowest score"),
    ("η_{stable}", "the largest learning rate that keeps Z_B bounded"),
];

/// Every width of every init.
pub fn widths(inits: &BTreeMap<Init, InitSummary>) -> Vec<WidthRow> {
    let mut rows = Vec::new();
    for (&init, results) in inits {
        rows.extend(results.widths.iter().map(|row| width(init, row)));
    }
    rows
}

fn width(init: Init, row: &WidthSummary) -> WidthRow {
    WidthRow {
        init,
        width: row.width.into(),
        eta_opt: lr(&row.eta_opt),
        basin_lower: row.basin.lower,
        basin_upper: row.basin.upper,
        basin_complete: row.basin.complete,
        loss: at_optimum(row, &row.loss),
        test_loss: at_optimum(row, &row.test_loss),
        za_rms: at_optimum(row, &row.za_rms),
        zb_rms: at_optimum(row, &row.zb_rms),
        eta_stable: lr(&row.eta_stable),
        runs: row.runs,
        diverged: row.diverged_runs,
    }
}

/// A learning rate.
pub fn lr(lr: &LrSummary) -> Value {
    Value { value: lr.value, lower: lr.lower, upper: lr.upper, bound: !lr.bracketed }
}

/// A value measured at the optimum. It is only a bound wherever the optimum is one.
pub fn at_optimum(row: &WidthSummary, measured: &ValueSummary) -> Value {
    let &ValueSummary { value, lower, upper } = measured;
    Value { value, lower, upper, bound: !row.eta_opt.bracketed }
}
