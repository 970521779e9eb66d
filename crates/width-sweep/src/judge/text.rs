//! A judgement as text.

use lora_analysis::minus::minus_signs;
use lora_judge::{CoordinateCheck, CoordinateRow, Counts, FitTest, Judged, JudgedSweep, ReadAs};
use lora_tables::plain::{add, table, wrapped};

/// How the table was understood, and then each setting as our own sweeps print it, with its verdicts.
pub fn judgement(judged: &Judged) -> String {
    let mut out = columns(&judged.columns);
    out += &counts(&judged.counts);
    out += &notes(&judged.notes);
    for one in &judged.sweeps {
        out += &format!("\n{}\n\n", wrapped(&one.conclusion()));
        out += &lora_tables::summary::render(&one.summary);
        out += &lora_tables::statements::render(&one.summary);
        out += &verdicts(one);
    }
    out
}

fn columns(read: &[ReadAs]) -> String {
    let part = |read: &ReadAs| match read.holds == read.column {
        true => read.column.clone(),
        false => format!("{} = {}", read.holds, read.column),
    };
    let all: Vec<String> = read.iter().map(part).collect();
    format!("{}\n", wrapped(&format!("Columns: {}.", all.join(", "))))
}

fn counts(counts: &Counts) -> String {
    let Counts { rows, runs, diverged, .. } = counts;
    format!("{rows} rows hold {runs} runs, of which {diverged} diverged.\n")
}

fn notes(notes: &[String]) -> String {
    notes.iter().map(|note| format!("{}\n", wrapped(&format!("note: {note}")))).collect()
}

/// The verdict on every exponent, with its reason.
fn verdicts(one: &JudgedSweep) -> String {
    let mut out = String::new();
    for (init, tests) in &one.tests {
        let all = [("η_opt", Some(&tests.eta_opt)), ("η_stable", tests.eta_stable.as_ref())];
        for (name, test) in all.into_iter().filter_map(|(name, test)| Some((name, test?))) {
            let line = format!("{init} {name}: {}", verdict(test));
            out += &format!("{}\n", wrapped(&minus_signs(&line)));
        }
    }
    out
}

fn verdict(test: &FitTest) -> String {
    let needed = test.needed.and_then(|needed| needed.seeds);
    let seeds = needed.map_or(String::new(), |seeds| {
        format!("; {seeds} seeds would decide if the estimate stayed where it is")
    });
    match test.verdict {
        Some(verdict) => format!("{verdict}: {}{seeds}", test.reason),
        None => test.reason.clone(),
    }
}

/// The exponents of sizes at every step.
pub fn check(checked: &CoordinateCheck) -> String {
    let mut out = columns(&checked.columns);
    out += &notes(&checked.notes);
    let mut rows = checked.rows.as_slice();
    while let Some(first) = rows.first() {
        let same = |row: &&CoordinateRow| row.setting == first.setting && row.init == first.init;
        let (group, rest) = rows.split_at(rows.iter().take_while(same).count());
        let setting = first.setting.iter().map(|(column, value)| format!(", {column} {value}"));
        out += &format!("\n{}{}\n", first.init, setting.collect::<String>());
        out += &format!("{}\n", sizes(group));
        rows = rest;
    }
    out += "\nThe exponent is γ in size = Θ(n^γ), with its 95% interval over seeds.\n";
    if checked.rows.iter().any(|row| row.fit.predicted_exact.is_some()) {
        out += &format!("{}\n", lora_analysis::compared::EXPLANATION);
    }
    out
}

fn sizes(rows: &[CoordinateRow]) -> String {
    let mut out =
        table(&["size", "step", "exponent", "95% interval", "predicted", "agreement", "verdict"]);
    let dash = || "–".to_owned();
    for CoordinateRow { size, step, fit, test, .. } in rows {
        let interval = fit.lower.zip(fit.upper);
        let verdict = test.verdict.map_or_else(dash, |verdict| verdict.name().to_owned());
        let cells = vec![
            size.clone(),
            step.map_or_else(dash, |step| step.to_string()),
            fit.exponent.map_or_else(dash, |gamma| format!("{gamma:.3}")),
            interval.map_or_else(dash, |(lower, upper)| format!("[{lower:.3}, {upper:.3}]")),
            fit.predicted_exact.clone().unwrap_or_else(dash),
            fit.agreement.words().to_owned(),
            verdict,
        ];
        add(&mut out, cells);
    }
    out.trim_fmt()
}
