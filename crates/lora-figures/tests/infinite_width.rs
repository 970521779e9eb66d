//! An infinite width stands right of all others, with a tick of its own and no line to it.

use crate::common::{QUICK, sample};
use lora_figures::{
    AsymptoteRow, DrawnRow, FigureError, Init, Quantity, ScalingFigure, Width, read_drawn, scaling,
};

/// The rows of a scaling figure as they are drawn, and its SVG.
fn drawn(figure: &ScalingFigure) -> Result<(Vec<DrawnRow>, String), FigureError> {
    let dir = tempfile::tempdir().unwrap();
    let files = scaling(figure, &dir.path().join("scaling"), &QUICK)?;
    Ok((read_drawn(&files.csv)?, std::fs::read_to_string(&files.svg).unwrap()))
}

fn with_infinity() -> ScalingFigure {
    let mut figure = sample::scaling_data();
    let widest = Width::Finite(8192);
    let last = figure.points.iter().filter(|p| p.width == widest).cloned();
    let last: Vec<_> =
        last.map(|p| lora_figures::ScalingRow { width: Width::Infinite, ..p }).collect();
    figure.points.extend(last);
    figure
}

#[test]
fn every_point_at_infinity_is_drawn_and_has_a_tick() -> Result<(), FigureError> {
    let figure = with_infinity();
    let (rows, svg) = drawn(&figure)?;
    let at_infinity = |layer: &str| {
        let all = rows.iter().filter(|r| r.layer == layer && r.width == Some(Width::Infinite));
        all.inspect(|r| assert!(r.drawn && r.x == Some(f64::INFINITY), "{r:?}")).count()
    };
    let given = figure.points.iter().filter(|p| p.width == Width::Infinite).count();
    assert!(given > 0);
    assert_eq!((at_infinity("point"), at_infinity("interval")), (given, given));
    let ticks = svg.lines().filter(|line| line.trim() == "∞" || line.contains(">∞<")).count();
    assert_eq!(ticks, 3, "one in each panel");
    assert!(!drawn(&sample::scaling_data())?.1.contains('∞'));
    Ok(())
}

#[test]
fn no_line_leads_to_infinity() -> Result<(), FigureError> {
    let (rows, _) = drawn(&with_infinity())?;
    let lines: Vec<_> =
        rows.iter().filter(|r| ["fit", "guide", "predicted"].contains(&r.layer.as_str())).collect();
    assert!(lines.len() > 6);
    for line in lines {
        assert!(line.x_to.is_some_and(|end| end <= 8192.0 * (1.0 + 1e-12)), "{line:?}");
    }
    Ok(())
}

#[test]
fn infinity_alone_is_a_figure_too() -> Result<(), FigureError> {
    let mut figure = with_infinity();
    figure.points.retain(|p| p.width == Width::Infinite);
    let (rows, svg) = drawn(&figure)?;
    assert!(svg.contains('∞'));
    assert!(rows.iter().filter(|r| r.layer == "point").all(|r| r.drawn));
    assert!(rows.iter().filter(|r| r.layer == "fit").all(|r| !r.drawn));
    Ok(())
}

/// The line of a limit leads to the place of the infinite width, where its constant has a mark and an interval.
#[test]
fn a_power_law_of_the_limit_is_drawn_with_its_constant_at_infinity() -> Result<(), FigureError> {
    let mut figure = sample::scaling_data();
    let law = |quantity, constant, lower, upper| AsymptoteRow {
        quantity,
        init: Init::A,
        constant,
        lower,
        upper,
        exponent: -0.5,
        bracketed: true,
    };
    figure.asymptotes = vec![
        law(Quantity::EtaOpt, 0.4, Some(0.3), Some(0.5)),
        law(Quantity::EtaStable, 2.0, None, None),
    ];
    let (rows, svg) = drawn(&figure)?;
    assert!(svg.contains('∞') && svg.contains("the limit: c n"));
    let of = |layer: &str, column: &str| -> Vec<&DrawnRow> {
        rows.iter().filter(|r| r.layer == layer && r.panel == column).collect()
    };
    for (quantity, intervals, c) in [(Quantity::EtaOpt, 1, 0.4), (Quantity::EtaStable, 0, 2.0)] {
        let column = quantity.column();
        let [line] = of("limit", column)[..] else { panic!("one line of {column}") };
        let y = |n: Option<f64>| c * n.expect("an end").powf(-0.5);
        assert!(line.drawn && line.x_to > Some(8192.0), "{line:?}");
        assert!((line.y.expect("a start") / y(line.x) - 1.0).abs() < 1e-9, "{line:?}");
        assert!((line.y_to.expect("a tip") / y(line.x_to) - 1.0).abs() < 1e-9, "{line:?}");
        let [mark] = of("limit point", column)[..] else { panic!("one mark of {column}") };
        assert_eq!((mark.drawn, mark.width, mark.y), (true, Some(Width::Infinite), Some(c)));
        assert_eq!(of("limit interval", column).len(), intervals);
    }
    Ok(())
}
