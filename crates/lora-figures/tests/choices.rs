//! The figure of findings under many choices.

use lora_figures::{ChoiceRow, ChoicesFigure, Style, Verdict, choices, read_drawn};

fn figure() -> ChoicesFigure {
    ChoicesFigure {
        columns: vec!["10".to_owned(), "100".to_owned()],
        findings: vec!["slope".to_owned(), "loss".to_owned()],
        rows: vec![ChoiceRow {
            group: "a = 1/2".to_owned(),
            label: "final loss".to_owned(),
            cells: vec![
                vec![Some(Verdict::Holds), None],
                vec![Some(Verdict::Refuted), Some(Verdict::Undecided)],
                vec![Some(Verdict::Holds), None],
            ],
        }],
        ..ChoicesFigure::default()
    }
}

#[test]
fn the_table_beside_it_lists_every_verdict_and_what_has_no_column() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = choices(&figure(), &dir.path().join("map"), &Style::default()).expect("drawn");
    let drawn = read_drawn(&files.csv).expect("rows");
    let of = |row: &lora_figures::DrawnRow| {
        (row.panel.clone(), row.label.clone(), row.note.clone(), row.drawn)
    };
    let expected = [
        ("10", "slope", "holds", true),
        ("10", "loss", "not measured", true),
        ("100", "slope", "refuted", true),
        ("100", "loss", "undecided", true),
        ("a = 1/2", "", "no such column", false),
    ];
    let expected = expected.map(|(panel, label, note, drawn)| {
        (panel.to_owned(), label.to_owned(), note.to_owned(), drawn)
    });
    assert_eq!(drawn.iter().map(of).collect::<Vec<_>>(), expected);
}

#[test]
fn without_rows_or_columns_it_says_so() {
    let dir = tempfile::tempdir().expect("a directory");
    for empty in [
        ChoicesFigure { rows: Vec::new(), ..figure() },
        ChoicesFigure { columns: Vec::new(), ..figure() },
    ] {
        let files = choices(&empty, &dir.path().join("map"), &Style::default()).expect("drawn");
        assert!(std::fs::read_to_string(files.svg).expect("a picture").contains("no data"));
    }
}
