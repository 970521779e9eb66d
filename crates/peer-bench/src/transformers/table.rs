//! The tables of the book: single runs and sweeps, a line for each case.

use std::fmt::Write;

use super::contestant::{OTHERS, OURS, Peer};
use super::row::Row;
use crate::table::{number, shown};

/// Both tables, as far as there is something in them.
pub fn markdown(rows: &[Row]) -> String {
    let (sweeps, single): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_sweep());
    let tables = [of_runs(&single), of_sweeps(&sweeps)];
    tables.into_iter().filter(|table| !table.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The rows of each case, ours first.
fn cases<'r>(rows: &[&'r Row]) -> Vec<Vec<&'r Row>> {
    let mut cases: Vec<Vec<&Row>> = Vec::new();
    for &row in rows {
        match cases.iter_mut().find(|case| case[0].case == row.case) {
            Some(case) => case.push(row),
            None => cases.push(vec![row]),
        }
    }
    cases
}

/// The others that took part anywhere.
fn present(rows: &[&Row]) -> Vec<Peer> {
    OTHERS.into_iter().filter(|who| rows.iter().any(|row| row.contestant == who.key)).collect()
}

fn of<'r>(case: &[&'r Row], who: Peer) -> Option<&'r Row> {
    case.iter().copied().find(|row| row.contestant == who.key)
}

fn of_runs(rows: &[&Row]) -> String {
    let others = present(rows);
    let mut columns = vec!["model".to_owned(), "n".into(), "length".into(), "tokens a step".into()];
    columns.push("ours, ms per step".into());
    columns.extend(others.iter().map(|who| format!("{}, times ours", who.label)));
    columns.push("our memory, MiB".into());
    columns.extend(others.iter().map(|who| format!("memory of {}, times ours", who.label)));
    table(&columns, cases(rows), |case| {
        let first = case[0];
        let (length, width) = (length(first), first.width.to_string());
        let mut cells = vec![first.model.clone(), width, length, format!("{:.0}", first.tokens)];
        cells.push(of(case, OURS).map_or("–".into(), |row| shown(row.ms())));
        cells.extend(others.iter().map(|&who| times(of(case, who))));
        let memory = |who| of(case, who).and_then(|row| row.beyond_mib);
        cells.push(memory(OURS).map_or("–".into(), number));
        let ratio = |who: &Peer| Some(memory(*who)? / memory(OURS).filter(|&mib| mib > 0.0)?);
        cells.extend(others.iter().map(|who| ratio(who).map_or("–".into(), number)));
        cells
    })
}

fn of_sweeps(rows: &[&Row]) -> String {
    let others = present(rows);
    let mut columns = vec!["model".to_owned(), "data".into(), "tokens a step".into()];
    columns.extend(["padded".into(), "runs × steps".into(), "ours, s".into()]);
    columns.extend(others.iter().map(|who| format!("{}, times ours", who.label)));
    table(&columns, cases(rows), |case| {
        let first = case[0];
        let mut cells = vec![first.model.clone(), first.data.clone()];
        cells.extend([first.tokens, first.padded_tokens].map(|tokens| format!("{tokens:.0}")));
        let steps = first.runs * first.steps;
        cells.push(format!("{} × {}", first.runs, first.steps));
        let seconds = |row: &Row| shown(row.ms().times(steps as f64 / 1000.0));
        cells.push(of(case, OURS).map_or("–".into(), seconds));
        cells.extend(others.iter().map(|&who| times(of(case, who))));
        cells
    })
}

fn length(row: &Row) -> String {
    match row.shortest == row.longest {
        true => row.longest.to_string(),
        false => format!("{} to {}", row.shortest, row.longest),
    }
}

fn times(row: Option<&Row>) -> String {
    row.map_or("–".into(), |row| shown(row.ratio()))
}

/// Nothing if there are no cases.
fn table(
    columns: &[String],
    cases: Vec<Vec<&Row>>,
    cells: impl Fn(&[&Row]) -> Vec<String>,
) -> String {
    let mut text = String::new();
    if cases.is_empty() {
        return text;
    }
    let _ = writeln!(text, "| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()));
    for case in cases {
        let _ = writeln!(text, "| {} |", cells(&case).join(" | "));
    }
    text
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A row with plain numbers.
    pub fn row(case: &str, who: Peer, ms: f64, runs: usize) -> Row {
        Row {
            case: case.to_owned(),
            model: "Llama-like".to_owned(),
            width: 64,
            depth: 4,
            vocabulary: 512,
            data: "random".to_owned(),
            batch: 8,
            shortest: 128,
            longest: 128,
            tokens: 1024.0,
            padded_tokens: 1024.0,
            runs,
            steps: 10,
            contestant: who.key.to_owned(),
            label: who.label.to_owned(),
            rounds: 3,
            ms_per_step: ms,
            ms_least: ms / 2.0,
            ms_most: 2.0 * ms,
            times_ours: ms / 10.0,
            times_ours_least: ms / 10.0,
            times_ours_most: ms / 10.0,
            others: 0.0,
            others_most: 0.0,
            loaded_mib: 100.0,
            beyond_mib: Some(3.0 * ms),
            first_seconds: 1.0,
            difference: 0.0,
        }
    }

    #[test]
    fn a_line_has_our_time_and_how_many_times_it_the_others_take() {
        let rows = [row("a", OURS, 10.0, 1), row("a", OTHERS[0], 25.0, 1), row("b", OURS, 10.0, 1)];
        let text = markdown(&rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(
            lines[2],
            "| Llama-like | 64 | 128 | 1024 | 10.0 [5.00, 20.0] | 2.50 | 30.0 | 2.50 |"
        );
        assert_eq!(lines[3], "| Llama-like | 64 | 128 | 1024 | 10.0 [5.00, 20.0] | – | 30.0 | – |");
    }

    #[test]
    fn a_sweep_is_told_in_seconds() {
        let rows = [row("s", OURS, 10.0, 16), row("s", OTHERS[2], 20.0, 16)];
        let text = markdown(&rows);
        let last = text.lines().last().expect("lines");
        assert_eq!(
            last,
            "| Llama-like | random | 1024 | 1024 | 16 × 10 | 1.60 [0.800, 3.20] | 2.00 |"
        );
        assert!(text.contains("eager, a thread a run, times ours"), "{text}");
    }
}
