//! The figure: seconds per step against width and against length, with slopes.

use lora_stats::{Spread, fit_line};
use lora_store::folder::Folder;
use width_sweep::error::CommandError;

use super::contestant::{OTHERS, OURS, Peer};
use super::row::Row;
use crate::panel::{self, Line, MOST_LINES, Panel};

// Everyone has a colour.
const _: () = assert!(OTHERS.len() < MOST_LINES);

/// From this width on, products of n × n matrices take most of the time.
const WIDE: f64 = 512.0;

/// Writes peers.png and peers.svg, if any model was measured at two widths or at two lengths.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write(
    folder: &Folder,
    rows: &[Row],
    machine: &str,
    threads: usize,
) -> Result<(), CommandError> {
    let panels: Vec<Panel> =
        [against_width(rows), against_length(rows)].into_iter().flatten().collect();
    if panels.is_empty() {
        return Ok(());
    }
    let title =
        format!("Time of one LoRA step of a Llama-like model: {machine}, {threads} threads");
    panel::write(folder, &title, &panels)
}

/// The Llama-like models that differ in one size only.
fn family(rows: &[Row], fixed: fn(&Row) -> usize, size: fn(&Row) -> usize) -> Vec<&Row> {
    let models = || rows.iter().filter(|row| row.model == "Llama-like" && !row.is_sweep());
    let sizes = |value: usize| {
        let own = models().filter(|row| fixed(row) == value && row.contestant == OURS.key);
        own.map(size).collect::<std::collections::BTreeSet<_>>().len()
    };
    let Some(most) =
        models().map(fixed).max_by_key(|&value| (sizes(value), std::cmp::Reverse(value)))
    else {
        return Vec::new();
    };
    match sizes(most) {
        0..=1 => Vec::new(),
        _ => models().filter(|row| fixed(row) == most).collect(),
    }
}

fn against_width(rows: &[Row]) -> Option<Panel> {
    let rows = family(rows, |row| row.longest, |row| row.width);
    let first = rows.first()?;
    let along = format!("n ({} sequences of {} tokens)", first.batch, first.longest);
    Some(panel(along, &rows, |row| row.width as f64, ("n", WIDE)))
}

fn against_length(rows: &[Row]) -> Option<Panel> {
    let rows = family(rows, |row| row.width, |row| row.longest);
    let first = rows.first()?;
    let along = format!("tokens of each of {} sequences (n = {})", first.batch, first.width);
    Some(panel(along, &rows, |row| row.longest as f64, ("L", 0.0)))
}

fn panel(along: String, rows: &[&Row], size: fn(&Row) -> f64, power: (&str, f64)) -> Panel {
    let line = |(place, who): (usize, Peer)| {
        let own = rows.iter().filter(|row| row.contestant == who.key);
        let mut points: Vec<(f64, Spread)> =
            own.map(|row| (size(row), row.ms().times(1e-3))).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let slope = slope(&points, power).map_or(String::new(), |slope| format!(", {slope}"));
        Line { label: format!("{}{slope}", who.label), place, points }
    };
    let everyone = std::iter::once(OURS).chain(OTHERS).enumerate();
    let lines = everyone.map(line).filter(|line| !line.points.is_empty()).collect();
    Panel { along, up: "seconds per step".to_owned(), lines }
}

/// The power of the size with which the time grows, by a line through the logarithms.
fn slope(points: &[(f64, Spread)], (symbol, from): (&str, f64)) -> Option<String> {
    let kept: Vec<_> = points.iter().filter(|(size, _)| *size >= from).collect();
    let sizes: Vec<f64> = kept.iter().map(|(size, _)| size.ln()).collect();
    let times: Vec<f64> = kept.iter().map(|(_, time)| time.median.ln()).collect();
    let slope = fit_line(&sizes, &times).ok()?.slope;
    let range = if from > 0.0 { format!(" from {from}") } else { String::new() };
    Some(format!("{symbol}^{slope:.2}{range}"))
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::row;
    use super::*;

    fn at(width: usize, length: usize, who: Peer, ms: f64) -> Row {
        Row { width, shortest: length, longest: length, ..row("", who, ms, 1) }
    }

    #[test]
    fn slopes_are_those_of_the_wide_end_and_of_all_lengths() {
        let square = |n: usize| (n * n) as f64 / 1000.0;
        let mut rows: Vec<Row> = [256, 512, 1024].map(|n| at(n, 128, OURS, square(n))).to_vec();
        rows[0].ms_per_step *= 3.0;
        rows.extend([64, 512].map(|length| at(256, length, OURS, length as f64)));
        let width = against_width(&rows).expect("three widths");
        assert_eq!(width.lines[0].label, "lora-limits, n^2.00 from 512");
        let length = against_length(&rows).expect("three lengths");
        assert_eq!(length.lines.len(), 1);
        assert_eq!(length.lines[0].points.len(), 3);
        assert!(length.lines[0].label.starts_with("lora-limits, L^"), "{:?}", length.lines[0]);
    }

    #[test]
    fn one_size_is_no_panel() {
        let rows = [at(64, 128, OURS, 1.0), at(64, 128, OTHERS[0], 2.0)];
        assert!(against_width(&rows).is_none() && against_length(&rows).is_none());
    }
}
