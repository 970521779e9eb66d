//! The CSV files hold exactly what is drawn.

use crate::common;
use crate::common::{All, QUICK};
use lora_figures::{DrawnRow, Init, Quantity, TraceAxis, read_drawn, scaling, traces};

fn tables() -> Vec<Vec<DrawnRow>> {
    let dir = tempfile::tempdir().unwrap();
    let files = All::sample().draw(dir.path()).unwrap();
    files.iter().map(|f| read_drawn(&f.csv).unwrap()).collect()
}

fn layer<'a>(rows: &'a [DrawnRow], name: &str) -> Vec<&'a DrawnRow> {
    rows.iter().filter(|r| r.layer == name && r.drawn).collect()
}

#[test]
fn scaling_rows_are_all_there() {
    let rows = &tables()[0];
    let figure = common::sample::scaling_data();
    assert_eq!(layer(rows, "point").len(), figure.points.len());
    assert_eq!(layer(rows, "interval").len(), figure.points.len());
    assert_eq!(layer(rows, "fit").len(), figure.fits.len());
    let predicted = figure.guides.iter().filter(|g| !g.predicted.is_empty()).count();
    assert_eq!(layer(rows, "predicted").len(), predicted);
    assert_eq!(layer(rows, "guide").len(), figure.guides.len() - predicted);
    let own = |init: Init| layer(rows, "predicted").into_iter().find(|r| r.series == init.label());
    assert_eq!(own(Init::A).map(|r| r.label.as_str()), Some("n^{−3/4}"));
    for point in &figure.points {
        let same = layer(rows, "point").into_iter().filter(|r| {
            r.panel == point.quantity.column()
                && r.series == point.init.label()
                && r.width == Some(point.width)
                && r.y == Some(point.value)
                && (r.note == "hollow") != point.bracketed
        });
        assert_eq!(same.count(), 1, "{point:?}");
    }
    let fit = figure.fits[0].clone();
    let line = layer(rows, "fit")[0];
    for (value, n) in [(line.y, 128_f64), (line.y_to, 8192_f64)] {
        let expected = fit.prefactor * n.powf(fit.exponent);
        assert!((value.unwrap() / expected - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_other_tables_are_complete() {
    let tables = tables();
    let norms = common::sample::norms_data();
    let zeros = norms.rows.iter().filter(|r| r.norm <= 0.0).count();
    assert!(zeros > 0, "the sample starts at zero, which a log axis cannot show");
    assert_eq!(layer(&tables[1], "line").len(), norms.rows.len() - zeros);
    assert_eq!(tables[1].iter().filter(|r| !r.drawn).count(), zeros);
    assert_eq!(layer(&tables[1], "mean").len(), norms.means.len());

    let curves = common::sample::curves_data();
    let diverged = curves.runs.iter().filter(|r| r.diverged).count();
    assert_eq!(layer(&tables[2], "seed").len(), curves.runs.len() - diverged);
    assert_eq!(layer(&tables[2], "mean").len(), curves.means.len());
    assert_eq!(layer(&tables[2], "optimum").len(), curves.optima.len());
    assert_eq!(layer(&tables[2], "diverged").len(), 2);

    let phases = common::sample::phases_data();
    assert_eq!(layer(&tables[3], "regime").len(), phases.phases.len());
    assert_eq!(layer(&tables[3], "critical").len(), phases.critical.len());
    assert_eq!(layer(&tables[3], "measured").len(), phases.measured.len());
    assert_eq!(layer(&tables[3], "interval").len(), phases.measured.len());
}

#[test]
fn suite_tables_are_complete() {
    let tables = tables();
    let verdicts = common::suite::verdicts_data();
    let rows = &tables[4];
    let count = verdicts.rows.len();
    for layer_name in ["verdict", "tolerance", "predicted"] {
        assert_eq!(layer(rows, layer_name).len(), count, "{layer_name}");
    }
    assert_eq!(layer(rows, "estimate").len(), count - 1);
    assert_eq!(layer(rows, "interval").len(), count - 1);
    let corrected = verdicts.rows.iter().filter(|r| r.corrected.is_some()).count();
    assert_eq!(layer(rows, "corrected").len(), corrected);
    let missing: Vec<_> = rows.iter().filter(|r| !r.drawn).collect();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].note, "no measurement");
    for (index, claim) in verdicts.rows.iter().enumerate().filter(|c| c.1.estimate.is_some()) {
        let number = Some(index as f64 + 1.0);
        let at = |name| layer(rows, name).into_iter().find(|r| r.y == number).unwrap();
        assert_eq!(at("estimate").x, claim.estimate);
        assert_eq!((at("interval").x, at("interval").x_to), (claim.lower, claim.upper));
        assert_eq!(at("predicted").x, Some(claim.predicted));
        assert_eq!(at("verdict").series, claim.verdict.name());
        assert_eq!(at("verdict").label, claim.label);
    }

    let drift = common::suite::drift_data();
    for layer_name in ["slope", "interval"] {
        assert_eq!(layer(&tables[6], layer_name).len(), drift.rows.len());
    }
    for layer_name in ["predicted", "tolerance"] {
        assert_eq!(layer(&tables[6], layer_name).len(), drift.lines.len());
    }
    for row in &drift.rows {
        let same = layer(&tables[6], "slope").into_iter().filter(|r| {
            r.panel == row.panel
                && r.series == row.series
                && (r.x, r.y) == (Some(row.width), Some(row.slope))
        });
        assert_eq!(same.count(), 1, "{row:?}");
    }
}

/// Each value is drawn in both panels, once as it is and once in scaled units.
#[test]
fn every_value_of_a_collapse_is_in_both_panels() {
    let rows = &tables()[7];
    let figure = common::suite::collapse_data();
    for layer_name in ["mean", "interval"] {
        assert_eq!(layer(rows, layer_name).len(), 2 * figure.rows.len());
    }
    for row in &figure.rows {
        let at = |panel: &str, x: f64, y: f64| {
            let same = layer(rows, "mean").into_iter().filter(|r| {
                r.panel == panel && r.width == Some(row.width) && (r.x, r.y) == (Some(x), Some(y))
            });
            same.count()
        };
        assert_eq!(at("raw", row.x, row.y), 1, "{row:?}");
        assert_eq!(at("scaled", row.x * row.x_unit, row.y * row.y_unit), 1, "{row:?}");
    }
}

#[test]
fn every_trace_is_listed_with_its_width_and_step() {
    let rows = &tables()[8];
    let figure = common::traces::traces_data(TraceAxis::Width);
    let zeros = figure.points.iter().filter(|p| p.value <= 0.0).count();
    assert!(zeros > 0, "the sample starts at zero, which a log axis cannot show");
    assert_eq!(rows.iter().filter(|r| !r.drawn).count(), zeros);
    assert_eq!(layer(rows, "note").len(), figure.notes.len());
    for point in figure.points.iter().filter(|p| p.value > 0.0) {
        let same = layer(rows, "mean").into_iter().filter(|r| {
            r.panel == point.row
                && r.series == point.init.label()
                && r.width == Some(point.width)
                && r.x == Some(point.width.as_f64())
                && r.label == format!("step {}", point.step)
                && r.y == Some(point.value)
        });
        assert_eq!(same.count(), 1, "{point:?}");
    }
}

#[test]
fn over_steps_a_trace_has_them_as_its_places() {
    let dir = tempfile::tempdir().unwrap();
    let figure = common::traces::traces_data(TraceAxis::Step);
    let files = traces(&figure, &dir.path().join("f"), &QUICK).unwrap();
    let rows = read_drawn(&files.csv).unwrap();
    for row in rows.iter().filter(|r| r.layer == "mean") {
        assert_eq!(row.label, format!("step {}", row.x.unwrap()));
    }
    let svg = std::fs::read_to_string(files.svg).unwrap();
    assert!(svg.contains("training step") && svg.contains("width n"));
}

#[test]
fn rectangles_of_the_map_cover_the_cells() {
    let rows = &tables()[5];
    let map = common::suite::lora_plus_data();
    for cell in &map.regions {
        let holds = |r: &&&DrawnRow| {
            let inside =
                |low: Option<f64>, high: Option<f64>, v: f64| low.unwrap() < v && v < high.unwrap();
            r.panel == cell.panel
                && inside(r.x, r.x_to, cell.gamma_a)
                && inside(r.y, r.y_to, cell.gamma_b)
        };
        let regions = layer(rows, "region");
        let over: Vec<_> = regions.iter().filter(holds).collect();
        assert_eq!(over.len(), 1, "{cell:?}");
        assert_eq!(over[0].series, cell.regime.key());
    }
    let area = |r: &&DrawnRow| (r.x_to.unwrap() - r.x.unwrap()) * (r.y_to.unwrap() - r.y.unwrap());
    let drawn: f64 = layer(rows, "region").iter().map(area).sum();
    let given: f64 = map.regions.iter().map(|r| r.size * r.size).sum();
    assert!((drawn / given - 1.0).abs() < 1e-9);
    assert!(layer(rows, "region").len() < map.regions.len() / 4, "cells of a row are joined");
    assert_eq!(layer(rows, "point").len(), map.points.len());
    assert_eq!(layer(rows, "mark").len(), map.marks.len());
    assert_eq!(layer(rows, "diagonal").len(), 2);
    let notes = |note: &str| layer(rows, "point").iter().filter(|r| r.note == note).count();
    let undecided = map.points.iter().filter(|p| !p.decided).count();
    let agree = map.points.iter().filter(|p| p.decided && p.agrees).count();
    assert_eq!((notes("undecided"), notes("agrees")), (undecided, agree));
}

#[test]
fn band_starts_at_the_smallest_diverged_rate() {
    let rows = &tables()[2];
    let curves = common::sample::curves_data();
    for init in [Init::A, Init::B] {
        let own = curves.runs.iter().filter(|r| r.init == init && r.diverged);
        let first = own.map(|r| r.learning_rate).reduce(f64::min);
        let band = rows.iter().find(|r| r.layer == "diverged" && r.panel == init.label());
        assert_eq!(band.unwrap().x, first);
    }
}

#[test]
fn rows_survive_a_second_trip() {
    let dir = tempfile::tempdir().unwrap();
    for (index, rows) in tables().iter().enumerate() {
        let path = dir.path().join(format!("{index}.csv"));
        let mut writer = csv::Writer::from_path(&path).unwrap();
        rows.iter().for_each(|row| writer.serialize(row).unwrap());
        writer.flush().unwrap();
        assert_eq!(&read_drawn(&path).unwrap(), rows);
    }
}

#[test]
fn what_cannot_be_drawn_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut figure = common::sample::scaling_data();
    for (index, bad) in [f64::NAN, f64::INFINITY, 0.0, -1.0].into_iter().enumerate() {
        figure.points[index].value = bad;
        figure.points[index].lower = None;
        figure.points[index].upper = None;
    }
    figure.points[4].lower = None;
    figure.fits[0].prefactor = f64::NAN;
    let files = scaling(&figure, &dir.path().join("f"), &QUICK).unwrap();
    let rows = read_drawn(&files.csv).unwrap();
    let missing: Vec<_> = rows.iter().filter(|r| !r.drawn).collect();
    assert_eq!(missing.len(), 6, "{missing:?}");
    assert!(missing.iter().all(|r| !r.note.is_empty()));
    assert_eq!(layer(&rows, "point").len(), figure.points.len() - 4);
    assert!(missing.iter().all(|r| r.panel == Quantity::EtaOpt.column()));
}

#[test]
fn an_empty_table_still_has_its_header() {
    let dir = tempfile::tempdir().unwrap();
    for files in All::empty().draw(dir.path()).unwrap() {
        let text = std::fs::read_to_string(&files.csv).unwrap();
        assert!(text.starts_with("panel,layer,series,width,seed,x,y,x_to,y_to,label,drawn,note"));
        assert!(read_drawn(&files.csv).unwrap().is_empty());
    }
}

#[test]
fn no_row_is_lost_without_points() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = All::sample();
    all.scaling.points.retain(|p| p.quantity == Quantity::EtaOpt && p.init == Init::A);
    all.phases.phases.iter_mut().for_each(|p| p.from = f64::NAN);
    all.phases.phases.iter_mut().for_each(|p| p.to = f64::INFINITY);
    let files = all.draw(dir.path()).unwrap();
    let scaling = read_drawn(&files[0].csv).unwrap();
    let lines = |layer: &str| scaling.iter().filter(|r| r.layer == layer).count();
    assert_eq!((lines("fit"), layer(&scaling, "fit").len()), (all.scaling.fits.len(), 1));
    let guides = (lines("guide") + lines("predicted"), layer(&scaling, "predicted").len());
    assert_eq!(guides, (all.scaling.guides.len(), 2));
    let phases = read_drawn(&files[3].csv).unwrap();
    let given = all.phases.phases.len() + all.phases.critical.len() + all.phases.measured.len();
    assert_eq!(phases.len(), given);
    assert!(phases.iter().all(|r| !r.drawn));
}
