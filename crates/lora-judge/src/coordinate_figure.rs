//! The figure of a coordinate check: the exponent of every size against the step.

use std::path::Path;

use lora_analysis::AnalysisError;
use lora_figures::{DriftFigure, DriftRow, FigureText, Style};

use crate::coordinate::{CoordinateCheck, CoordinateRow};

/// More panels are not legible.
const MOST_PANELS: usize = 12;

/// What is said below the panels.
const CAPTION: &str = "γ in size = Θ(n^{γ}) after so many updates. Bars: 95% intervals over seeds. Step 0 has no place \
    on the axis.";

/// Draws a panel for each size, init and setting; nothing if no size was fitted after an update. Whether there is a
/// figure.
///
/// # Errors
/// [`AnalysisError`] for a figure that cannot be written.
pub(crate) fn draw(check: &CoordinateCheck, stem: &Path) -> Result<bool, AnalysisError> {
    let figure = figure(check);
    if figure.rows.is_empty() {
        return Ok(false);
    }
    lora_figures::drift(&figure, stem, &Style::default())?;
    Ok(true)
}

fn figure(check: &CoordinateCheck) -> DriftFigure {
    let mut panels: Vec<String> = Vec::new();
    for row in check.rows.iter().filter(|row| measured(row).is_some()) {
        let panel = panel(row);
        if !panels.contains(&panel) {
            panels.push(panel);
        }
    }
    let left_out = panels.len().saturating_sub(MOST_PANELS);
    panels.truncate(MOST_PANELS);
    let shown = check.rows.iter().filter(|row| panels.contains(&panel(row)));
    let rows = shown.flat_map(|row| measured(row).into_iter().chain(predicted(row)));
    let more = match left_out {
        0 => String::new(),
        count => format!(" {count} more are in the table."),
    };
    DriftFigure {
        text: FigureText {
            title: "Sizes against width, step by step".to_owned(),
            caption: format!("{CAPTION}{more} Table: {}.", check.table),
            badge: None,
        },
        x_label: "updates".to_owned(),
        y_label: "exponent γ".to_owned(),
        rows: rows.collect(),
        lines: Vec::new(),
    }
}

/// The size with what sets it apart.
fn panel(row: &CoordinateRow) -> String {
    let setting = row.setting.iter().map(|(column, value)| format!(", {column} {value}"));
    format!("{}, {}{}", row.size, row.init.label(), setting.collect::<String>())
}

/// The fitted exponent after an update.
fn measured(row: &CoordinateRow) -> Option<DriftRow> {
    let step = row.step.filter(|&step| step > 0)?;
    Some(DriftRow {
        panel: panel(row),
        series: "measured".to_owned(),
        width: step as f64,
        slope: row.fit.exponent?,
        lower: row.fit.lower,
        upper: row.fit.upper,
    })
}

/// The theory's exponent at the same step.
fn predicted(row: &CoordinateRow) -> Option<DriftRow> {
    let slope = row.fit.predicted?;
    measured(row).map(|of| DriftRow {
        series: "predicted".to_owned(),
        slope,
        lower: None,
        upper: None,
        ..of
    })
}

#[cfg(test)]
mod tests {
    use lora_analysis::summary::ExponentSummary;
    use lora_types::Init;

    use super::*;
    use crate::fit_test::FitTest;

    fn row(size: &str, step: Option<u64>, exponent: Option<f64>) -> CoordinateRow {
        let by_seed = [vec![None, None]];
        CoordinateRow {
            setting: [("rank".to_owned(), "8".to_owned())].into(),
            init: Init::B,
            size: size.to_owned(),
            step,
            fit: ExponentSummary { exponent, predicted: Some(-0.5), ..ExponentSummary::default() },
            test: FitTest::of(&[64, 128], &by_seed, None),
        }
    }

    fn check(rows: Vec<CoordinateRow>) -> CoordinateCheck {
        let table = "sizes.csv".to_owned();
        CoordinateCheck { schema: 1, table, columns: Vec::new(), notes: Vec::new(), rows }
    }

    #[test]
    fn every_fitted_size_after_an_update_stands_beside_its_prediction() {
        let rows = vec![
            row("za", Some(0), Some(0.1)),
            row("za", Some(1), Some(-0.4)),
            row("za", Some(2), None),
            row("zb", None, Some(0.2)),
        ];
        let figure = figure(&check(rows));
        let of = |row: &DriftRow| (row.panel.clone(), row.series.clone(), row.width, row.slope);
        let panel = "za, Init[B], rank 8".to_owned();
        let expected = [("measured", -0.4), ("predicted", -0.5)]
            .map(|(series, slope)| (panel.clone(), series.to_owned(), 1.0, slope));
        assert_eq!(figure.rows.iter().map(of).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_table_without_steps_has_no_figure_and_too_many_panels_are_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let nothing = check(vec![row("za", None, Some(0.2))]);
        assert!(!draw(&nothing, &dir.path().join("none")).expect("no figure"));
        assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 0);
        let many = (0..15).map(|k| row(&format!("size{k}"), Some(1), Some(0.0))).collect();
        let figure = figure(&check(many));
        assert_eq!(figure.rows.len(), 2 * MOST_PANELS);
        assert!(figure.text.caption.contains(" 3 more are in the table."));
    }
}
