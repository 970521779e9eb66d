//! The drawing of times against a size: panels one below the other, with a line for each contestant.

use lora_figures::{FONT_FAMILY, Rgb, SERIES_COLORS, encode_png, register_font};
use lora_stats::Spread;
use lora_store::folder::Folder;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use width_sweep::error::CommandError;

/// Units of the drawing; pictures in pixels have as many.
const WIDTH: u32 = 1600;
const PANEL: u32 = 900;

/// The most lines of a panel that differ in colour.
pub const MOST_LINES: usize = SERIES_COLORS.len();

type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Times of a contestant, by size.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name in the key.
    pub label: String,
    /// Its place among the contestants, which decides its colour; 0 is ours, black and thick.
    pub place: usize,
    /// Sizes with times, sizes ascending.
    pub points: Vec<(f64, Spread)>,
}

impl Line {
    fn style(&self) -> ShapeStyle {
        self.color().stroke_width(if self.place == 0 { 5 } else { 3 })
    }

    fn color(&self) -> RGBColor {
        let Rgb(red, green, blue) = SERIES_COLORS[self.place % MOST_LINES];
        RGBColor(red, green, blue)
    }
}

/// Times against a size.
#[derive(Clone, Debug)]
pub struct Panel {
    /// The name of the size.
    pub along: String,
    /// The name of the times.
    pub up: String,
    /// The contestants.
    pub lines: Vec<Line>,
}

/// Writes peers.png and peers.svg.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write(folder: &Folder, title: &str, panels: &[Panel]) -> Result<(), CommandError> {
    register_font().map_err(CommandError::failed)?;
    let size = (WIDTH, PANEL * panels.len().max(1) as u32);
    let failed = |error: Box<dyn std::error::Error>| CommandError::failed(error);
    let mut pixels = vec![0; (3 * size.0 * size.1) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
    draw(&area, title, panels).map_err(failed)?;
    drop(area);
    folder.write("peers.png", &encode_png(&pixels, size).map_err(CommandError::failed)?)?;
    let mut svg = String::new();
    draw(&SVGBackend::with_string(&mut svg, size).into_drawing_area(), title, panels)
        .map_err(failed)?;
    Ok(folder.write("peers.svg", svg.as_bytes())?)
}

fn draw<B: DrawingBackend>(area: &DrawingArea<B, Shift>, title: &str, panels: &[Panel]) -> Drawn
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE)?;
    let inner = area.margin(24, 0, 0, 0).titled(title, (FONT_FAMILY, 34))?;
    for (area, panel) in inner.split_evenly((panels.len().max(1), 1)).iter().zip(panels) {
        draw_panel(area, panel)?;
    }
    Ok(area.present()?)
}

fn draw_panel<B: DrawingBackend>(area: &DrawingArea<B, Shift>, panel: &Panel) -> Drawn
where
    B::ErrorType: 'static,
{
    let points = || panel.lines.iter().flat_map(|line| &line.points);
    let sizes = bounds(points().map(|(size, _)| *size), 1.15);
    let times = bounds(points().flat_map(|(_, time)| [time.least, time.most]), 1.5);
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
        .x_desc(&panel.along)
        .y_desc(&panel.up)
        .label_style((FONT_FAMILY, 26))
        .axis_desc_style((FONT_FAMILY, 30))
        .x_label_formatter(&|size| format!("{size:.0}"))
        .y_label_formatter(&|time| tick(*time))
        .light_line_style(WHITE)
        .draw()?;
    for line in &panel.lines {
        let (style, color) = (line.style(), line.color());
        let medians = || line.points.iter().map(|(size, time)| (*size, time.median));
        chart.draw_series(LineSeries::new(medians(), style))?;
        chart.draw_series(medians().map(|at| Circle::new(at, 8, color.filled())))?;
        chart.draw_series(line.points.iter().map(|&(size, time)| {
            PathElement::new(vec![(size, time.least), (size, time.most)], style)
        }))?;
    }
    key(area, panel)
}

/// The names, to the right of the chart, the slowest at the largest size first.
fn key<B: DrawingBackend>(area: &DrawingArea<B, Shift>, panel: &Panel) -> Drawn
where
    B::ErrorType: 'static,
{
    let last = |line: &Line| line.points.last().map(|(_, time)| time.median);
    let mut present: Vec<_> =
        panel.lines.iter().filter_map(|line| Some((last(line)?, line))).collect();
    present.sort_by(|a, b| b.0.total_cmp(&a.0));
    let middle = Pos::new(HPos::Left, VPos::Center);
    let name = (FONT_FAMILY, 26).into_font().into_text_style(area).pos(middle);
    let left = area.dim_in_pixel().0 as i32 - 545;
    for (row, (_, line)) in present.into_iter().enumerate() {
        let (y, color) = (60 + 48 * row as i32, line.color());
        area.draw(&PathElement::new(vec![(left, y), (left + 40, y)], color.stroke_width(5)))?;
        area.draw(&Circle::new((left + 20, y), 8, color.filled()))?;
        area.draw(&Text::new(line.label.as_str(), (left + 54, y), name.clone()))?;
    }
    Ok(())
}

/// Ticks come as products of powers, which round.
fn tick(time: f64) -> String {
    format!("{}", (1e6 * time).round() / 1e6)
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
