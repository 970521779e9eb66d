//! What a verification writes: `verdicts.json` and the rows of its tables.

use lora_figures::cell;
use lora_stats::{Needed, Verdict};
use lora_theory::approximate;
use serde::Serialize;

use crate::verdict::rows::{ClaimRow, SlopeRow, TestRow};
use crate::verdict::table;
use crate::verdict::tested::{All, Judged, Tested};
use lora_experiment::study::claim::Claim;
use lora_experiment::study::words;

/// Everything, for scripts. A stable schema.
#[derive(Serialize)]
pub struct VerdictsFile<'a> {
    schema: u32,
    quick: bool,
    summary: String,
    claims: Vec<ClaimVerdict<'a>>,
}

#[derive(Serialize)]
struct ClaimVerdict<'a> {
    #[serde(flatten)]
    claim: &'a Claim,
    statement: String,
    verdict: Verdict,
    why: String,
    changed: &'a [String],
    needed: Option<Needed>,
    tests: Vec<TestRow>,
}

/// A row of `values.csv`: one run that was trained. A table cannot hold a [`RunSummary`] inside a
/// row, so its fields stand here again.
///
/// [`RunSummary`]: crate::verdict::run_summary::RunSummary
#[derive(Serialize)]
pub struct ValueRow {
    study: String,
    x: usize,
    seed: u64,
    init: &'static str,
    lr_index: i64,
    lr_a: f64,
    lr_b: f64,
    score: Option<f64>,
    first_loss: f64,
    last_loss: f64,
    za: f64,
    zb: f64,
    peak_za: f64,
    peak_zb: Option<f64>,
    peak_delta1: f64,
    peak_delta2: f64,
    peak_delta3: f64,
    least_gradient: Option<f64>,
    diverged_at: Option<usize>,
}

/// The content of `verdicts.json`.
pub fn verdicts<'a>(judged: &'a [Judged], quick: bool) -> VerdictsFile<'a> {
    let claim = |judged: &'a Judged| ClaimVerdict {
        claim: judged.claim,
        statement: words::statement(judged.claim, table::named(judged)),
        verdict: judged.verdict,
        why: table::why(judged),
        changed: &judged.claim.changed,
        needed: table::needed(judged),
        tests: judged.tested.iter().map(|tested| test_row(judged, tested)).collect(),
    };
    let claims = judged.iter().map(claim).collect();
    VerdictsFile { schema: 1, quick, summary: table::count(judged), claims }
}

/// The rows of `claims.csv`: claims as in the table, then the controls.
pub fn claim_rows(judged: &[Judged]) -> Vec<ClaimRow> {
    let row = |judged: &Judged| {
        let [predicted, measured] = table::numbers(judged);
        let claim = judged.claim;
        ClaimRow {
            claim: cell(&claim.id),
            control: cell(claim.control.as_deref().unwrap_or_default()),
            topic: cell(&claim.topic),
            statement: cell(&words::statement(claim, table::named(judged))),
            source: cell(&claim.source),
            study: cell(&claim.study),
            init: claim.measured_init(),
            verdict: judged.verdict,
            predicted,
            measured,
            tolerance: claim.test.is_exponent().then_some(claim.tolerance),
            tolerance_reason: cell(&claim.reason),
            why: cell(&table::why(judged)),
            changed: cell(&claim.changed.join("; ")),
        }
    };
    table::ordered(judged).chain(table::controls(judged)).map(row).collect()
}

/// The rows of `tests.csv`.
pub fn test_rows(judged: &[Judged]) -> Vec<TestRow> {
    let rows = |judged: &Judged| {
        judged.tested.iter().map(|tested| test_row(judged, tested)).collect::<Vec<_>>()
    };
    let safe = |row: TestRow| TestRow {
        claim: cell(&row.claim),
        study: cell(&row.study),
        reason: cell(&row.reason),
        ..row
    };
    judged.iter().flat_map(rows).map(safe).collect()
}

fn test_row(judged: &Judged, tested: &Tested) -> TestRow {
    let fit = tested.fit.as_ref();
    let chosen = fit.map(|fit| &fit.chosen);
    let all = fit.map(|fit| &fit.all);
    let corrected = fit.and_then(|fit| fit.corrected.as_ref()).map(|c| &c.exponent);
    let interval = tested.interval.as_ref();
    let heading = tested.decision.heading;
    TestRow {
        claim: judged.claim.id.clone(),
        study: tested.study.clone(),
        init: tested.init,
        quantity: tested.quantity,
        gamma_a: tested.rates.map(|rates| rates.0),
        gamma_b: tested.rates.map(|rates| rates.1),
        predicted: tested.predicted.map(approximate),
        predicted_exact: tested.predicted,
        estimate: chosen.map(|fit| fit.exponent),
        lower: chosen.and_then(|fit| fit.lower),
        upper: chosen.and_then(|fit| fit.upper),
        smallest_used: fit.map(|fit| fit.smallest),
        largest_used: chosen.and_then(|fit| fit.widths_used.last().copied()),
        points_used: chosen.map(|fit| fit.widths_used.len()),
        all_widths: all.map(|fit| fit.exponent),
        all_lower: all.and_then(|fit| fit.lower),
        all_upper: all.and_then(|fit| fit.upper),
        corrected: corrected.map(|interval| interval.estimate),
        corrected_lower: corrected.and_then(|interval| interval.lower),
        corrected_upper: corrected.and_then(|interval| interval.upper),
        log_ratio: interval.map(|interval| interval.estimate),
        log_ratio_lower: interval.and_then(|interval| interval.lower),
        log_ratio_upper: interval.and_then(|interval| interval.upper),
        seeds: chosen.map(|fit| fit.seeds_used).or(interval.map(|interval| interval.seeds)),
        heading: heading.map(|heading| heading.slope),
        heading_lower: heading.map(|heading| heading.lower),
        heading_upper: heading.map(|heading| heading.upper),
        verdict: tested.decision.verdict,
        reason: tested.decision.reason.clone(),
    }
}

/// The rows of `slopes.csv`.
pub fn slope_rows(judged: &[Judged]) -> Vec<SlopeRow> {
    let mut rows = Vec::new();
    for judged in judged {
        for tested in &judged.tested {
            let Some(fit) = &tested.fit else { continue };
            rows.extend(fit.all.local_slopes.iter().map(|local| SlopeRow {
                claim: cell(&judged.claim.id),
                init: tested.init,
                quantity: tested.quantity,
                gamma_a: tested.rates.map(|rates| rates.0),
                gamma_b: tested.rates.map(|rates| rates.1),
                predicted: tested.predicted.map(approximate),
                from: local.from,
                to: local.to,
                slope: local.slope,
                lower: local.lower,
                upper: local.upper,
            }));
        }
    }
    rows
}

/// The rows of `values.csv`.
pub fn value_rows(all: &All) -> Vec<ValueRow> {
    let mut rows = Vec::new();
    for (study, measurements) in all {
        for (&(x, seed), runs) in &measurements.cells {
            rows.extend(runs.iter().map(|run| ValueRow {
                study: cell(study),
                x,
                seed,
                init: run.init.key(),
                lr_index: run.lr_index,
                lr_a: run.lr_a,
                lr_b: run.lr_b,
                score: run.score,
                first_loss: run.first_loss,
                last_loss: run.last_loss,
                za: run.za,
                zb: run.zb,
                peak_za: run.peak_za,
                peak_zb: run.peak_zb,
                peak_delta1: run.peak_delta1,
                peak_delta2: run.peak_delta2,
                peak_delta3: run.peak_delta3,
                least_gradient: run.least_gradient,
                diverged_at: run.diverged_at,
            }));
        }
    }
    rows
}
