//! The figure: milliseconds per LR-step against width, a panel for each N and rank; at a single
//! width against rank, a panel for each N.

use lora_figures::{FONT_FAMILY, Rgb, SERIES_COLORS, encode_png, register_font};
use lora_store::folder::Folder;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use width_sweep::error::CommandError;

use crate::case::TimedCase;
use crate::contestant::{Contestant, OTHERS, OURS};
use crate::table::Row;

/// Units of the drawing; pictures in pixels have as many.
const WIDTH: u32 = 1600;
const PANEL: u32 = 900;

// Everyone has a colour.
const _: () = assert!(OTHERS.len() < SERIES_COLORS.len());

type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Writes peers.png and peers.svg.
pub fn write(
    folder: &Folder,
    rows: &[Row],
    machine: &str,
    threads: usize,
) -> Result<(), CommandError> {
    register_font().map_err(CommandError::failed)?;
    let title = format!("Time of one step of one run: {machine}, {threads} threads");
    let size = (WIDTH, PANEL * Along::of(rows).panels(rows).len().max(1) as u32);
    let failed = |error: Box<dyn std::error::Error>| CommandError::failed(error);
    let mut pixels = vec![0; (3 * size.0 * size.1) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
    draw(&area, rows, &title).map_err(failed)?;
    drop(area);
    folder.write("peers.png", &encode_png(&pixels, size).map_err(CommandError::failed)?)?;
    let mut svg = String::new();
    draw(&SVGBackend::with_string(&mut svg, size).into_drawing_area(), rows, &title)
        .map_err(failed)?;
    Ok(folder.write("peers.svg", svg.as_bytes())?)
}

/// What the horizontal axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Along {
    Width,
    Rank,
}

/// N, and whichever of n and r is not along the axis.
type Panel = (usize, usize);

impl Along {
    /// Rank where it alone varies.
    fn of(rows: &[Row]) -> Self {
        let varies = |size: fn(&TimedCase) -> usize| {
            rows.iter().any(|row| size(&row.case) != size(&rows[0].case))
        };
        if varies(|case| case.rank) && !varies(|case| case.width) {
            Self::Rank
        } else {
            Self::Width
        }
    }

    fn at(self, row: &Row) -> f64 {
        match self {
            Self::Width => row.case.width as f64,
            Self::Rank => row.case.rank as f64,
        }
    }

    fn panel_of(self, row: &Row) -> Panel {
        match self {
            Self::Width => (row.case.points, row.case.rank),
            Self::Rank => (row.case.points, row.case.width),
        }
    }

    fn panels(self, rows: &[Row]) -> Vec<Panel> {
        let mut panels: Vec<Panel> = rows.iter().map(|row| self.panel_of(row)).collect();
        panels.dedup();
        panels
    }

    fn name(self, (points, other): Panel) -> String {
        match self {
            Self::Width => format!("n (N = {points}, r = {other})"),
            Self::Rank => format!("r (N = {points}, n = {other})"),
        }
    }
}

/// All contestants with their colours, ours black.
fn everyone() -> impl Iterator<Item = (Contestant, RGBColor)> {
    let colors = SERIES_COLORS.map(|Rgb(red, green, blue)| RGBColor(red, green, blue));
    std::iter::once(OURS).chain(OTHERS).zip(colors)
}

fn draw<B: DrawingBackend>(area: &DrawingArea<B, Shift>, rows: &[Row], title: &str) -> Drawn
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE)?;
    let inner = area.margin(24, 0, 0, 0).titled(title, (FONT_FAMILY, 34))?;
    let along = Along::of(rows);
    let panels = along.panels(rows);
    for (area, panel) in inner.split_evenly((panels.len(), 1)).iter().zip(&panels) {
        let shown: Vec<&Row> = rows.iter().filter(|row| along.panel_of(row) == *panel).collect();
        draw_panel(area, &shown, along, *panel)?;
    }
    Ok(area.present()?)
}

fn draw_panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    rows: &[&Row],
    along: Along,
    panel: Panel,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let sizes = bounds(rows.iter().map(|row| along.at(row)), 1.15);
    let times = bounds(rows.iter().flat_map(|row| [row.ms.least, row.ms.most]), 1.5);
    let mut chart = ChartBuilder::on(area)
        .margin(20)
        .margin_right(560)
        .x_label_area_size(80)
        .y_label_area_size(130)
        .build_cartesian_2d(
            (sizes.0..sizes.1).log_scale().base(2.0),
            (times.0..times.1).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc(along.name(panel))
        .y_desc("ms per LR-step")
        .label_style((FONT_FAMILY, 26))
        .axis_desc_style((FONT_FAMILY, 30))
        .x_label_formatter(&|size| format!("{size:.0}"))
        .y_label_formatter(&|ms| tick(*ms))
        .light_line_style(WHITE)
        .draw()?;
    for (index, (who, color)) in everyone().enumerate() {
        let own: Vec<&Row> = rows.iter().copied().filter(|row| row.who == who).collect();
        let width = if index == 0 { 5 } else { 3 };
        let style = color.stroke_width(width);
        let at = |row: &Row| (along.at(row), row.ms.median);
        chart.draw_series(LineSeries::new(own.iter().map(|row| at(row)), style))?;
        chart.draw_series(own.iter().map(|row| Circle::new(at(row), 8, color.filled())))?;
        chart.draw_series(own.iter().map(|row| {
            let x = along.at(row);
            PathElement::new(vec![(x, row.ms.least), (x, row.ms.most)], style)
        }))?;
    }
    key(area, rows)
}

/// The names, to the right of the chart, the slowest at the largest size first.
fn key<B: DrawingBackend>(area: &DrawingArea<B, Shift>, rows: &[&Row]) -> Drawn
where
    B::ErrorType: 'static,
{
    let last = |who| rows.iter().rfind(|row| row.who == who).map(|row| row.ms.median);
    let mut present: Vec<_> =
        everyone().filter_map(|(who, color)| Some((last(who)?, who, color))).collect();
    present.sort_by(|a, b| b.0.total_cmp(&a.0));
    let middle = Pos::new(HPos::Left, VPos::Center);
    let name = (FONT_FAMILY, 26).into_font().into_text_style(area).pos(middle);
    let left = area.dim_in_pixel().0 as i32 - 545;
    for (line, (_, who, color)) in present.into_iter().enumerate() {
        let y = 60 + 48 * line as i32;
        area.draw(&PathElement::new(vec![(left, y), (left + 40, y)], color.stroke_width(5)))?;
        area.draw(&Circle::new((left + 20, y), 8, color.filled()))?;
        area.draw(&Text::new(who.label, (left + 54, y), name.clone()))?;
    }
    Ok(())
}

/// Ticks come as products of powers, which round.
fn tick(ms: f64) -> String {
    format!("{}", (1e6 * ms).round() / 1e6)
}

/// The values' range, widened by a factor at both ends.
fn bounds(values: impl Iterator<Item = f64>, by: f64) -> (f64, f64) {
    let (least, most) =
        values.fold((f64::INFINITY, 0.0), |(a, b), value| (f64::min(a, value), f64::max(b, value)));
    (least / by, most * by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        let texts = [0.1 + 0.2, 0.7000000000000001, 10.0, 0.01].map(tick);
        assert_eq!(texts, ["0.3", "0.7", "10", "0.01"]);
    }
}
