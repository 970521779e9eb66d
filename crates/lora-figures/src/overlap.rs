//! Checks on finished layouts: no text covers another or leaves the page.

use crate::figures::{
    choices, collapse, curves, drift, layers, lora_plus, norms, phases, scaling, traces, verdicts,
};
use crate::rows::kinds::{FigureText, PANELS};
use crate::toolkit::font::plain_width;
use crate::toolkit::scene::{Anchor, Label, Scene, Shape};
use lora_figures::TraceAxis;
use lora_types::{Init, Width};

#[path = "../examples/gallery/sample.rs"]
mod sample;
#[path = "../examples/gallery/suite.rs"]
mod suite;
#[path = "../examples/gallery/traces.rs"]
mod trace_sample;

/// Corners of a text, a little inside its true extent.
fn extent(label: &Label) -> [f64; 4] {
    let wide = plain_width(&label.text, label.kind.size, label.kind.bold);
    let start = match label.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -wide / 2.0,
        Anchor::End => -wide,
    };
    let (up, down) = (0.7 * label.kind.size, 0.1 * label.kind.size);
    let (x, y) = label.at;
    if label.turned {
        [x - up, y - start - wide, x + down, y - start]
    } else {
        [x + start, y - up, x + start + wide, y + down]
    }
}

/// Runs of one text touch by design, so a small overlap is allowed.
fn check(name: &str, scene: &Scene) {
    let texts: Vec<(&Label, [f64; 4])> = scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Text(label) => Some((label, extent(label))),
            _ => None,
        })
        .collect();
    for (index, (label, a)) in texts.iter().enumerate() {
        let on_page = a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= scene.width && a[3] <= scene.height;
        assert!(on_page, "{name}: {:?} leaves the page: {a:?}", label.text);
        for (other, b) in &texts[index + 1..] {
            let before = |a: [f64; 4], b: [f64; 4]| a[2] - 0.3 <= b[0] || a[3] - 0.3 <= b[1];
            let apart = before(*a, *b) || before(*b, *a);
            assert!(apart, "{name}: {:?} on {:?}", label.text, other.text);
        }
    }
}

fn long_text() -> FigureText {
    FigureText {
        title: "A title that goes on and on, ".repeat(6),
        caption: "settings, ".repeat(400),
        badge: Some("quick run: small widths, do not quote ".repeat(4)),
    }
}

#[test]
fn sample_figures_are_legible() {
    check("scaling", &scaling::layout(&sample::scaling_data()).scene);
    check("norms", &norms::layout(&sample::norms_data()).scene);
    let named = ["block", "rms of"].map(str::to_owned);
    let [x_label, y_label] = named;
    let depth = lora_figures::NormsFigure { x_label, y_label, ..sample::norms_data() };
    check("depth", &norms::layout(&depth).scene);
    check("curves", &curves::layout(&sample::curves_data()).scene);
    check("phases", &phases::layout(&sample::phases_data()).scene);
    check("verdicts", &verdicts::layout(&suite::verdicts_data()).scene);
    check("lora_plus", &lora_plus::layout(&suite::lora_plus_data()).scene);
    check("drift", &drift::layout(&suite::drift_data()).scene);
    check("choices", &choices::layout(&suite::choices_data()).scene);
    check("collapse", &collapse::layout(&suite::collapse_data()).scene);
    for over in [TraceAxis::Width, TraceAxis::Step] {
        let mut figure = trace_sample::traces_data(over);
        check("traces", &traces::layout(&figure).scene);
        // Seven rows of long notes, and more steps than there is room to name.
        figure.rows = figure.rows.iter().cycle().take(7).cloned().collect();
        figure.notes.iter_mut().for_each(|note| note.text = "slope and so on ".repeat(20));
        let later = figure.points.clone();
        for (shift, width) in [(20, 1 << 14), (40, 1 << 20)] {
            figure.points.extend(later.iter().map(|p| lora_figures::TracePoint {
                step: p.step + shift,
                width: width.into(),
                ..p.clone()
            }));
        }
        check("traces", &traces::layout(&figure).scene);
    }
    check("layers", &layers::layout(&suite::layers_data()).scene);
}

#[test]
fn any_number_of_widths_that_fall_on_one_curve_is_legible() {
    for count in [0, 1, 30] {
        let mut figure = suite::collapse_data();
        let rows = figure.rows.clone();
        figure.rows = rows.into_iter().cycle().take(5 * count).collect();
        for (index, row) in figure.rows.iter_mut().enumerate() {
            row.width = lora_types::Width::Finite(64 << (index / 5));
            row.y_unit *= [1e-30, 1.0, 1e9][index % 3];
        }
        figure.text = long_text();
        for panel in [&mut figure.raw, &mut figure.scaled] {
            panel.title = "a title that goes on, and on ".repeat(9);
            (panel.x_label, panel.y_label) = ("axis ".repeat(90), "axis ".repeat(90));
        }
        check("collapse", &collapse::layout(&figure).scene);
    }
}

#[test]
fn long_names_over_depth_keep_clear() {
    let mut figure = suite::layers_data();
    figure.text = long_text();
    figure.columns = vec!["adapters/a-name-that-goes-on ".repeat(9); 4];
    figure.panels.iter_mut().for_each(|name| *name = name.repeat(20));
    figure.x_label = "a layer ".repeat(30);
    for row in &mut figure.rows {
        row.panel = row.panel.repeat(20);
        row.series = row.series.repeat(1 + row.layer as usize);
        row.value *= 10f64.powf(row.layer - 6.0);
    }
    check("layers", &layers::layout(&figure).scene);
}

#[test]
fn long_names_of_choices_keep_clear() {
    let mut figure = suite::choices_data();
    figure.text = long_text();
    figure.columns_name = "a name of columns that goes on and on, and on".to_owned();
    figure.columns.iter_mut().for_each(|name| *name = name.repeat(20));
    figure.findings.iter_mut().for_each(|name| *name = name.repeat(3));
    figure.rows.iter_mut().for_each(|row| row.label = row.label.repeat(9));
    check("choices", &choices::layout(&figure).scene);
}

#[test]
fn any_number_of_claims_is_legible() {
    for count in [1, 5, 60] {
        let mut figure = suite::verdicts_data();
        let rows = figure.rows.clone();
        figure.rows = rows.into_iter().cycle().take(count).collect();
        for (index, row) in figure.rows.iter_mut().enumerate() {
            row.group = format!("a heading that goes on, {}", "and on ".repeat(index % 40));
            row.label = format!("claim {index}, {}", "η_{stable} and ".repeat(index % 14));
            row.predicted *= [1.0, 1e3, 1e-5][index % 3];
            row.lower = row.lower.map(|v| if index % 5 == 0 { -1e30 } else { v });
        }
        check("verdicts", &verdicts::layout(&figure).scene);
    }
}

#[test]
fn many_marks_on_the_map_are_legible() {
    let mut figure = suite::lora_plus_data();
    let template = figure.marks[0].clone();
    for index in 0..6 {
        let mut mark = template.clone();
        (mark.gamma_a, mark.gamma_b) = (-1.5 + 0.25 * f64::from(index), -1.5);
        mark.label = format!(
            "a place of its own, number {index}, {}",
            "far off ".repeat(index as usize * 4)
        );
        figure.marks.push(mark);
    }
    figure.marks.push(figure.marks[1].clone());
    figure.marks[2].label = "another name".to_owned();
    check("lora_plus", &lora_plus::layout(&figure).scene);
}

#[test]
fn any_number_of_quantities_is_legible() {
    for count in 0..=6 {
        let mut figure = suite::drift_data();
        let kept: Vec<String> = figure.lines.iter().step_by(2).map(|l| l.panel.clone()).collect();
        figure.rows.retain(|r| kept[..count].contains(&r.panel));
        figure.lines.retain(|r| kept[..count].contains(&r.panel));
        for (index, line) in figure.lines.iter_mut().enumerate() {
            line.predicted = [-0.51, -0.513, 3.25, -0.75][index % 4];
        }
        figure.text = long_text();
        check("drift", &drift::layout(&figure).scene);
    }
}

#[test]
fn long_words_keep_clear() {
    let mut figure = sample::scaling_data();
    figure.text = long_text();
    check("scaling", &scaling::layout(&figure).scene);
    let mut figure = sample::phases_data();
    figure.text = long_text();
    check("phases", &phases::layout(&figure).scene);
}

#[test]
fn any_set_of_widths_is_legible() {
    for widths in [vec![128], vec![100, 1000], (1..=20).map(|k| 1 << k).collect::<Vec<usize>>()] {
        let mut figure = sample::scaling_data();
        let template = figure.points.clone();
        figure.points.clear();
        for row in template.iter().filter(|r| r.width == Width::Finite(128)) {
            figure.points.extend(widths.iter().map(|&width| {
                let mut row = row.clone();
                row.width = width.into();
                row
            }));
        }
        check(&format!("{widths:?}"), &scaling::layout(&figure).scene);
    }
}

#[test]
fn every_choice_of_panels_is_legible() {
    for kept in [&PANELS[..1], &PANELS[1..], &[]] {
        let mut figure = sample::scaling_data();
        figure.points.retain(|p| kept.contains(&p.quantity));
        check(&format!("{kept:?}"), &scaling::layout(&figure).scene);
    }
    let mut figure = sample::curves_data();
    let third: Vec<_> = figure.runs.iter().filter(|r| r.init == Init::A).cloned().collect();
    figure.runs.extend(third.into_iter().map(|mut r| {
        r.init = Init::AB;
        r
    }));
    check("three inits", &curves::layout(&figure).scene);
}

#[test]
fn many_columns_of_norms_are_legible() {
    let mut figure = sample::norms_data();
    let last = 8192;
    figure
        .rows
        .iter_mut()
        .filter(|r| r.width == Width::Finite(last))
        .for_each(|r| r.width = Width::Finite(1 << 20));
    figure
        .notes
        .iter_mut()
        .filter(|n| n.width == Width::Finite(last))
        .for_each(|n| n.width = Width::Finite(1 << 20));
    for width in [256, 512, 1024] {
        let more: Vec<_> =
            figure.rows.iter().filter(|r| r.width == Width::Finite(128)).cloned().collect();
        figure.rows.extend(more.into_iter().map(|mut r| {
            r.width = Width::Finite(width);
            r
        }));
        let mut note = figure.notes[0].clone();
        (note.width, note.learning_rate) = (Width::Finite(width), 1.2e-10);
        figure.notes.push(note);
        check("norms", &norms::layout(&figure).scene);
    }
    check("norms", &norms::layout(&figure).scene);
}
