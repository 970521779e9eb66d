//! The summary of a sweep.

use lora_analysis::compared::EXPLANATION;
use lora_analysis::minus::minus_signs;
use lora_analysis::summary::{
    ExponentSummary, InitSummary, LrSummary, Summary, ValueSummary, WidthSummary,
};
use lora_types::Init;

use crate::limit;
use crate::plain::{add, table};

/// Where the reader of the table finds its symbols.
const SYMBOLS: &str = "\
η_opt is the best LR and η_stable the largest LR at which Z_B stays bounded; README.md defines every
symbol under Symbols, and so does the head of the page that `report` writes.";

/// The exponents, then each width.
pub fn render(summary: &Summary) -> String {
    let mut out = String::new();
    out += &format!("{}\n\n{SYMBOLS}\n\n{}\n", heading(summary), exponents(summary));
    let predicted = |init: &InitSummary| {
        [&init.eta_opt, &init.eta_stable].iter().any(|fit| fit.predicted_exact.is_some())
    };
    if summary.inits.values().any(predicted) {
        out += &format!("\n{EXPLANATION}\n");
    }
    for (init, results) in &summary.inits {
        let limit = summary.limit.as_ref().and_then(|limit| limit::row(limit, *init));
        out += &format!("\n{init}\n{}\n", widths(results, limit));
    }
    out += "\nMeans over seeds are geometric. Basin: LRs whose score is within the tolerance of the\n\
            best. A ? marks an LR that is not bracketed: it is only a bound and in no fit.\n";
    out += &limit::words(summary);
    for line in unpredicted(summary) {
        out += &format!("{line}\n");
    }
    for warning in &summary.warnings {
        out += &format!("warning: {}\n", minus_signs(warning));
    }
    out
}

/// Why an exponent has no prediction beside it: a line for each quantity and reason, with the inits that
/// it is about.
fn unpredicted(summary: &Summary) -> Vec<String> {
    let mut reasons: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for (name, of) in [("η_opt", eta_opt as OfInit), ("η_stable", eta_stable)] {
        for (init, results) in &summary.inits {
            let Some(why) = of(results).no_prediction.as_deref() else { continue };
            match reasons.iter_mut().find(|(of, reason, _)| (*of, *reason) == (name, why)) {
                Some((.., inits)) => inits.push(init.to_string()),
                None => reasons.push((name, why, vec![init.to_string()])),
            }
        }
    }
    let line = |(name, why, inits): (&str, &str, Vec<String>)| {
        format!("{name} under {}: {why}", inits.join(" and "))
    };
    reasons.into_iter().map(line).collect()
}

type OfInit = fn(&InitSummary) -> &ExponentSummary;

fn eta_opt(init: &InitSummary) -> &ExponentSummary {
    &init.eta_opt
}

fn eta_stable(init: &InitSummary) -> &ExponentSummary {
    &init.eta_stable
}

fn heading(summary: &Summary) -> String {
    let quick = if summary.quick { " (quick: small sizes, do not quote)" } else { "" };
    format!("{}: {}{quick}", summary.experiment, summary.title)
}

fn exponents(summary: &Summary) -> String {
    let mut out =
        table(&["init", "quantity", "exponent", "95% interval", "predicted", "agreement"]);
    for (init, results) in &summary.inits {
        for (name, fit) in [("η_opt", &results.eta_opt), ("η_stable", &results.eta_stable)] {
            add(&mut out, exponent_row(*init, name, fit));
        }
    }
    out.trim_fmt()
}

fn exponent_row(init: Init, name: &str, fit: &ExponentSummary) -> Vec<String> {
    let interval = match (fit.lower, fit.upper) {
        (Some(lower), Some(upper)) => format!("[{lower:.3}, {upper:.3}]"),
        _ => "–".into(),
    };
    vec![
        init.to_string(),
        name.into(),
        fit.exponent.map_or("–".into(), |gamma| format!("{gamma:.3}")),
        interval,
        fit.predicted_exact.clone().unwrap_or_else(|| "–".into()),
        fit.agreement.words().into(),
    ]
}

fn widths(results: &InitSummary, limit: Option<Vec<String>>) -> String {
    let mut out = table(&[
        "n",
        "η_opt",
        "slope",
        "basin",
        "loss",
        "test loss",
        "rms Z_A",
        "rms Z_B",
        "η_stable",
        "slope",
    ]);
    for row in &results.widths {
        add(&mut out, width_row(row, results));
    }
    if let Some(row) = limit {
        add(&mut out, row);
    }
    out.trim_fmt()
}

fn width_row(row: &WidthSummary, results: &InitSummary) -> Vec<String> {
    let slope = |fit: &ExponentSummary| {
        let local = fit.local_slopes.iter().find(|slope| slope.to == row.width);
        local.map_or(String::new(), |slope| format!("{:.2}", slope.slope))
    };
    let basin = match (row.basin.lower, row.basin.upper) {
        (Some(lower), Some(upper)) => {
            let open = if row.basin.complete { "" } else { "?" };
            format!("{lower:.1e}…{upper:.1e}{open}")
        }
        _ => "–".into(),
    };
    vec![
        row.width.to_string(),
        lr(&row.eta_opt),
        slope(&results.eta_opt),
        basin,
        value(&row.loss),
        value(&row.test_loss),
        value(&row.za_rms),
        value(&row.zb_rms),
        lr(&row.eta_stable),
        slope(&results.eta_stable),
    ]
}

fn lr(lr: &LrSummary) -> String {
    let mark = if lr.bracketed { "" } else { "?" };
    lr.value.map_or("–".into(), |value| format!("{value:.2e}{mark}"))
}

fn value(value: &ValueSummary) -> String {
    value.value.map_or("–".into(), |value| format!("{value:.3e}"))
}
