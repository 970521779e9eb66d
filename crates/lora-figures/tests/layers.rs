//! The figure of sizes over depth.

use lora_figures::{DrawnRow, LayerRow, LayersFigure, Style, layers, read_drawn};

fn row(column: usize, panel: &str, layer: f64, value: f64) -> LayerRow {
    LayerRow { column, panel: panel.to_owned(), series: "q_proj".to_owned(), layer, value }
}

fn figure(rows: Vec<LayerRow>) -> LayersFigure {
    LayersFigure {
        columns: ["one", "two"].map(str::to_owned).to_vec(),
        panels: vec!["rms of B".to_owned()],
        rows,
        ..LayersFigure::default()
    }
}

fn drawn(figure: &LayersFigure) -> (Vec<DrawnRow>, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let files = layers(figure, &dir.path().join("depth"), &Style::default()).expect("drawn");
    let svg = std::fs::read_to_string(files.svg).expect("a picture");
    (read_drawn(&files.csv).expect("rows"), svg)
}

#[test]
fn the_table_lists_every_point_and_why_one_is_left_out() {
    let rows = vec![
        row(0, "rms of B", 1.0, 0.5),
        row(0, "rms of B", 0.0, 0.25),
        row(1, "rms of B", 0.0, 0.0),
        row(1, "rms of B", f64::NAN, 1.0),
        row(2, "rms of B", 0.0, 1.0),
        row(0, "rms of C", 0.0, 1.0),
    ];
    let (drawn, svg) = drawn(&figure(rows));
    let of = |row: &DrawnRow| (row.label.clone(), row.y, row.drawn, row.note.clone());
    let expected = [
        ("one", Some(0.25), true, ""),
        ("one", Some(0.5), true, ""),
        ("two", Some(0.0), false, "not positive on a log axis"),
        ("two", Some(1.0), false, "no layer"),
        ("", Some(1.0), false, "no such panel"),
        ("", Some(1.0), false, "no such panel"),
    ];
    let expected =
        expected.map(|(label, y, drawn, note)| (label.to_owned(), y, drawn, note.to_owned()));
    assert_eq!(drawn.iter().map(of).collect::<Vec<_>>(), expected);
    assert!(svg.contains("no data"), "the second column shows nothing");
}

/// Names of modules and folders are anybody's, and underscores are common in them.
#[test]
fn names_show_as_they_stand() {
    let named = |series: &str| {
        let mut figure =
            figure(vec![LayerRow { series: series.to_owned(), ..row(0, "rms of B", 0.0, 1.0) }]);
        figure.columns = vec!["runs/lr_{1}^{2}".to_owned(), "two".to_owned()];
        drawn(&figure)
    };
    for series in ["q_proj", "h.0.attn.c_attn", "w_{in}^{T}"] {
        let (rows, svg) = named(series);
        let shows = |name: &str| svg.lines().any(|line| line.ends_with(&format!(">{name}</text>")));
        assert!(shows(series) && shows("runs/lr_{1}^{2}"), "{svg}");
        assert!(!svg.contains('\u{2060}'), "what breaks a mark is not drawn");
        assert_eq!(rows[0].series, series);
    }
}

#[test]
fn poor_figures_are_drawn_as_well_as_can_be() {
    for poor in [
        LayersFigure::default(),
        figure(Vec::new()),
        figure(vec![row(0, "rms of B", 1e300, f64::MAX), row(0, "rms of B", -3.0, 5e-324)]),
        figure(vec![row(0, "rms of B", 7.0, 1.0), row(0, "rms of B", 7.0, 1.0)]),
    ] {
        let (_, svg) = drawn(&poor);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn lines_beyond_the_legend_are_told() {
    let many =
        (0..30).map(|k| LayerRow { series: format!("kind {k}"), ..row(0, "rms of B", 0.0, 1.0) });
    let (drawn, svg) = drawn(&figure(many.collect()));
    assert_eq!(drawn.iter().filter(|row| row.note == "too many lines").count(), 6);
    assert!(svg.contains("6 more lines are in the table."));
}
