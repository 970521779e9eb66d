//! The page on a setting, as `report` makes it of our own sweeps.

use lora_analysis::AnalysisError;
use lora_analysis::draw::curve_rows;
use lora_analysis::minus::minus_signs;
use lora_analysis::report::{exponents, optima, scaling};
use lora_figures::CurvesFigure;
use lora_report::{Explorer, Fact, MeanRow, Named, PageRun, Picture, Report, ShellStep};
use lora_types::Verdict;

use crate::fit_test::FitTest;
use crate::judged::{Judged, JudgedSweep};

/// The page holds only the means of sweeps with more runs, so that it stays small enough to mail.
const MOST_RUNS: usize = 6000;

/// The page of a setting with its figures; `typed` is the line that makes it again.
pub(crate) fn page(
    judged: &Judged,
    one: &JudgedSweep,
    pictures: Vec<Picture>,
    typed: &str,
) -> Result<String, AnalysisError> {
    let summary = &one.summary;
    let mut warnings = judged.notes.clone();
    warnings.extend(summary.warnings.iter().map(|warning| minus_signs(warning)));
    let report = Report {
        name: "judge".to_owned(),
        title: format!("{}: {}", judged.table, summary.title),
        conclusion: one.conclusion(),
        about: about(judged, one),
        exponents: exponents::exponents(&summary.inits),
        unpredicted: unpredicted(one),
        widths: exponents::widths(&summary.inits),
        warnings,
        explorer: explorer(judged, one),
        pictures,
        provenance: facts(judged),
        commands: vec![ShellStep { does: "Judge the table again:".into(), line: typed.to_owned() }],
        ..Report::default()
    };
    Ok(lora_report::render(&report))
}

/// What the table of exponents says of predictions.
fn unpredicted(one: &JudgedSweep) -> String {
    let predicted = |fit: &lora_analysis::summary::ExponentSummary| fit.predicted.is_some();
    let mut inits = one.summary.inits.values();
    match inits.any(|init| predicted(&init.eta_opt) || predicted(&init.eta_stable)) {
        true => {
            ", its 95% interval over seeds, and what the theory predicts for the stated setting."
        }
        false => {
            " and its 95% interval over seeds. Nothing is predicted, since no setting was stated."
        }
    }
    .to_owned()
}

/// What was judged, and every verdict with its reason, a paragraph each.
fn about(judged: &Judged, one: &JudgedSweep) -> Vec<String> {
    let counts = &judged.counts;
    let runs = one.runs();
    let diverged = runs.iter().filter(|run| run.diverged_at.is_some()).count();
    let mut about = vec![format!(
        "A table of {} rows was judged as our own sweeps are. This page is about {} of its {} runs, of which \
         {diverged} diverged. η_{{opt}} is the learning rate with the lowest {}.",
        counts.rows,
        runs.len(),
        counts.runs,
        judged.score
    )];
    for (init, tests) in &one.tests {
        let all = [("η_{opt}", Some(&tests.eta_opt)), ("η_{stable}", tests.eta_stable.as_ref())];
        for (name, test) in all.into_iter().filter_map(|(name, test)| Some((name, test?))) {
            about.push(minus_signs(&format!("{name} under {init}: {}.", verdict(test))));
        }
    }
    about
}

/// A verdict with its reason.
fn verdict(test: &FitTest) -> String {
    match test.verdict {
        Some(verdict @ (Verdict::Holds | Verdict::Refuted | Verdict::Undecided)) => {
            format!("the prediction {} ({})", said(verdict), test.reason)
        }
        Some(Verdict::NotAPowerLaw) | None => test.reason.clone(),
    }
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Refuted => "is refuted",
        Verdict::Undecided => "is undecided",
        Verdict::NotAPowerLaw => "meets no power law",
    }
}

fn explorer(judged: &Judged, one: &JudgedSweep) -> Explorer {
    let inits = &one.summary.inits;
    let readings = one.sweep.readings((judged.basin, None));
    let CurvesFigure { means, .. } = curve_rows(one.runs(), &readings, inits);
    let mut widths: Vec<usize> =
        inits.values().flat_map(|init| &init.widths).map(|row| row.width).collect();
    widths.sort_unstable();
    widths.dedup();
    let many = one.runs().len() > MOST_RUNS;
    let note = format!("The explorer holds means over seeds only, of {} runs.", one.runs().len());
    let mean = |mean: lora_figures::CurveMeanRow| MeanRow {
        init: mean.init,
        n: mean.width,
        lr: mean.learning_rate,
        values: vec![Some(mean.loss)],
    };
    Explorer {
        inits: inits.keys().copied().collect(),
        widths: widths.into_iter().map(Into::into).collect(),
        run_quantities: vec![Named { key: "score".into(), name: judged.score.clone() }],
        runs: if many { Vec::new() } else { one.runs().iter().map(run).collect() },
        means: means.into_iter().map(mean).collect(),
        optima: optima(inits),
        scaling_quantities: scaling::quantities(inits),
        scaling: scaling::points(inits),
        lines: scaling::lines(inits),
        notes: if many { vec![note] } else { Vec::new() },
        ..Explorer::default()
    }
}

fn run(run: &lora_store::rows::RunRow) -> PageRun {
    PageRun {
        init: run.init,
        n: run.width.into(),
        seed: run.seed,
        lr: run.lr,
        diverged: run.diverged_at,
        values: vec![run.score],
    }
}

fn facts(judged: &Judged) -> Vec<Fact> {
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
    let columns: Vec<String> =
        judged.columns.iter().map(|read| format!("{} = {}", read.holds, read.column)).collect();
    vec![
        fact("Table", judged.table.clone()),
        fact("Rows", judged.counts.rows.to_string()),
        fact("Runs", judged.counts.runs.to_string()),
        fact("Columns", columns.join(", ")),
    ]
}
