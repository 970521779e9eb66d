//! What each learning-rate exponent does, at one glance: regimes as bars over γ, with theory and measurement on them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::axis;
use crate::drawn::DrawnRow;
use crate::error::FigureError;
use crate::flags::{self, Flag};
use crate::kinds::{FigureText, Init, Quantity, Regime};
use crate::legend::{self, Item, Key};
use crate::marker::{Marker, init_marker, lying_bar};
use crate::numbers::fixed;
use crate::page::{Files, INNER, Page};
use crate::palette::{GREY_TEXT, GRID, INK, WHITE, init_color, regime_color};
use crate::panel::{BELOW, Panel};
use crate::scale::{Scale, Spacing};
use crate::scene::{Anchor, Scene, Type};
use crate::style::{FIGURE_WIDTH, LABEL, MARGIN, MARKER, PANEL_TITLE, Style, THIN, TICK};
use crate::tables::{CriticalRow, MeasuredRow, PhaseRow};
use crate::text;

/// All of the summary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhasesFigure {
    /// Words around the bars.
    pub text: FigureText,
    /// Bars, in order.
    pub phases: Vec<PhaseRow>,
    /// Theory.
    pub critical: Vec<CriticalRow>,
    /// Measurement; rows of a bar that has no phase are left out.
    pub measured: Vec<MeasuredRow>,
}

const BAR: f64 = 17.0;
const HEAD: f64 = 13.0;
const LANE: f64 = 11.0;
const BETWEEN: f64 = 9.0;

/// Draws a bar of regimes for each init and label, over γ in η = Θ(n^γ).
///
/// # Errors
/// If a file cannot be written.
pub fn phases(figure: &PhasesFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &PhasesFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let top = page.y;
    let mut bars: Vec<(Init, &str)> = Vec::new();
    for row in &figure.phases {
        if !bars.contains(&(row.init, row.bar.as_str())) {
            bars.push((row.init, &row.bar));
        }
    }
    left_out(&mut page, figure, &bars);
    let Some(scale) = range(figure) else {
        let empty = Scale::empty(Spacing::Linear);
        let panel = Panel::new((MARGIN, top), (MARGIN + INNER, top + 60.0), empty, empty);
        panel.no_data(&mut page.scene);
        page.y += 60.0;
        page.finish(&figure.text);
        return page;
    };
    let scale = scale.laid(MARGIN + 10.0, FIGURE_WIDTH - MARGIN - 10.0);
    let blocks: Vec<Block> =
        bars.iter().map(|&(init, bar)| Block::of(figure, scale, init, bar)).collect();
    let bottom = top + blocks.iter().map(Block::height).sum::<f64>() - BETWEEN + 4.0;
    axis(&mut page.scene, scale, top, bottom);
    let mut y = top;
    for block in &blocks {
        block.draw(&mut page, y);
        y += block.height();
    }
    page.y = bottom + BELOW + 3.0;
    page.y += legend::flow(&mut page.scene, (MARGIN, page.y), &items(figure), INNER);
    page.finish(&figure.text);
    page
}

/// Everything shown, a little wider than the outermost mark.
fn range(figure: &PhasesFigure) -> Option<Scale> {
    let ends = figure.phases.iter().flat_map(|p| [p.from, p.to]);
    let ends = ends.filter(|_| !figure.phases.is_empty());
    let critical = figure.critical.iter().map(|c| c.gamma);
    let measured = figure.measured.iter();
    let measured = measured.flat_map(|m| [Some(m.gamma), m.lower, m.upper]).flatten();
    Scale::over(Spacing::Linear, ends.clone(), 0.0)?;
    Scale::over(Spacing::Linear, ends.chain(critical).chain(measured), 0.0)
}

/// Lists rows that belong to no bar.
fn left_out(page: &mut Page, figure: &PhasesFigure, bars: &[(Init, &str)]) {
    let why = "no such bar";
    for row in figure.critical.iter().filter(|c| !bars.contains(&(c.init, c.bar.as_str()))) {
        let drawn = DrawnRow::new(&row.bar, "critical", row.init.name()).at(row.gamma, 0.0);
        page.drawn.push(drawn.label(&row.text).left_out(why));
    }
    for row in figure.measured.iter().filter(|m| !bars.contains(&(m.init, m.bar.as_str()))) {
        let drawn = DrawnRow::new(&row.bar, "measured", row.init.name()).at(row.gamma, 0.0);
        page.drawn.push(drawn.label(row.quantity.key()).left_out(why));
    }
}

fn axis(scene: &mut Scene, scale: Scale, top: f64, bottom: f64) {
    let flat = Scale::empty(Spacing::Linear);
    let panel = Panel::new((scale.from, top), (scale.to, bottom), scale, flat);
    let ticks = axis::quarter_ticks(&scale);
    for x in ticks.major.iter().filter_map(|(v, _)| scale.at(*v)) {
        scene.line(&[(x, top), (x, bottom)], THIN, GRID);
        scene.line(&[(x, bottom), (x, bottom + 2.6)], THIN, crate::palette::AXIS);
    }
    scene.line(&[(scale.from, bottom), (scale.to, bottom)], 0.7, crate::palette::AXIS);
    panel.x_labels(scene, &ticks, "exponent γ of the learning rate, η = Θ(n^{γ})");
}

fn items(figure: &PhasesFigure) -> Vec<Item> {
    let used = |r: &Regime| figure.phases.iter().any(|p| p.regime == *r);
    let mut items: Vec<Item> = Regime::ALL
        .into_iter()
        .filter(used)
        .map(|r| Item::new(Key::Area { color: regime_color(r), hatched: hatched(r) }, r.name()))
        .collect();
    if !figure.critical.is_empty() {
        items.push(Item::new(Key::Tick { color: INK }, "theory"));
    }
    if !figure.measured.is_empty() {
        // Filled or hollow is told by the text at each mark.
        let key = Key::Point { color: INK, marker: Marker::Circle, hollow: false };
        items.push(Item::new(key, "measured, with interval"));
    }
    items
}

fn hatched(regime: Regime) -> bool {
    regime == Regime::Unstable
}

/// One bar with what stands above and below it.
struct Block<'a> {
    init: Init,
    bar: &'a str,
    scale: Scale,
    phases: Vec<&'a PhaseRow>,
    measured: Vec<&'a MeasuredRow>,
    critical: Vec<&'a CriticalRow>,
    flags: Vec<Flag>,
}

impl<'a> Block<'a> {
    fn of(figure: &'a PhasesFigure, scale: Scale, init: Init, bar: &'a str) -> Self {
        let finite = |c: &&CriticalRow| c.gamma.is_finite();
        let own = figure.critical.iter().filter(|c| c.init == init && c.bar == bar);
        let critical: Vec<&CriticalRow> = own.collect();
        let labels = critical.iter().copied().filter(finite).map(|c| {
            let wide = text::width(&c.text, TICK, true) + 3.0 + text::width(&c.name, TICK, false);
            (scale.at(c.gamma).unwrap_or(scale.from), wide)
        });
        let flags = flags::place(&labels.collect::<Vec<_>>(), (MARGIN, FIGURE_WIDTH - MARGIN));
        Self {
            init,
            bar,
            scale,
            phases: figure.phases.iter().filter(|p| p.init == init && p.bar == bar).collect(),
            measured: figure.measured.iter().filter(|m| m.init == init && m.bar == bar).collect(),
            critical,
            flags,
        }
    }

    fn height(&self) -> f64 {
        let below = flags::lanes(&self.flags) as f64 * LANE + 4.0;
        HEAD + self.measured.len() as f64 * LANE + BAR + below + BETWEEN
    }

    fn draw(&self, page: &mut Page, top: f64) {
        let color = init_color(self.init);
        let base = top + PANEL_TITLE;
        let kind = Type::new(PANEL_TITLE, color).bold();
        // White behind the heading: the grid would cross it.
        let name = text::width(self.init.name(), PANEL_TITLE, true);
        let room = self.scale.to - self.scale.from - name - 8.0;
        let words = text::fit(self.bar, LABEL, false, room);
        let wide = name + 6.0 + text::width(&words, LABEL, false);
        let left = self.scale.from;
        page.scene.rect((left - 1.0, top), (left + wide + 3.0, top + HEAD - 1.0), WHITE);
        page.scene.text((left, base), Anchor::Start, self.init.name(), kind);
        page.scene.text((left + name + 6.0, base), Anchor::Start, &words, Type::new(LABEL, INK));
        let bar = top + HEAD + self.measured.len() as f64 * LANE;
        self.regimes(page, bar);
        self.critical(page, bar);
        self.measured(page, top + HEAD, bar);
    }

    fn regimes(&self, page: &mut Page, top: f64) {
        for phase in &self.phases {
            let row = DrawnRow::new(self.bar, "regime", self.init.name());
            let row = row.at(phase.from, 0.0).to(phase.to, 0.0).label(phase.regime.name());
            let Some((a, b)) = self.scale.at(phase.from).zip(self.scale.at(phase.to)) else {
                page.drawn.push(row.left_out("not finite"));
                continue;
            };
            let (a, b) = (a.min(b), a.max(b));
            let color = regime_color(phase.regime);
            page.scene.rect((a, top), (b, top + BAR), color);
            if hatched(phase.regime) {
                legend::hatch(&mut page.scene, (a, top), (b, top + BAR), color);
            }
            let name = phase.regime.name();
            if text::width(name, TICK, false) + 12.0 < b - a {
                let middle = ((a + b) / 2.0, top + BAR / 2.0);
                let half = text::width(name, TICK, false) / 2.0 + 3.0;
                let (low, high) =
                    ((middle.0 - half, middle.1 - 5.0), (middle.0 + half, middle.1 + 5.0));
                page.scene.rect(low, high, color);
                let at = (middle.0, middle.1 + 0.36 * TICK);
                page.scene.text(at, Anchor::Middle, name, Type::new(TICK, INK));
            }
            page.drawn.push(row);
        }
    }

    fn critical(&self, page: &mut Page, bar: f64) {
        let mut flags = self.flags.iter();
        for critical in &self.critical {
            let words = format!("{} {}", critical.text, critical.name);
            let row = DrawnRow::new(self.bar, "critical", self.init.name());
            let row = row.at(critical.gamma, 0.0).label(&words);
            let Some((flag, x)) =
                self.scale.at(critical.gamma).and_then(|x| Some((flags.next()?, x)))
            else {
                page.drawn.push(row.left_out("not finite"));
                continue;
            };
            let base = bar + BAR + 3.0 + (flag.lane as f64 + 1.0) * LANE - 3.2;
            page.scene.line(&[(x, bar - 2.0), (x, bar + BAR + 2.0)], 1.3, INK);
            page.scene.line(&[(x, bar + BAR), (x, base + 1.0)], THIN, INK);
            page.scene.rect((flag.left - 1.0, base - 6.8), (flag.right() + 1.0, base + 2.6), WHITE);
            let used = page.scene.text(
                (flag.left, base),
                Anchor::Start,
                &critical.text,
                Type::new(TICK, INK).bold(),
            );
            let at = (flag.left + used + 3.0, base);
            page.scene.text(at, Anchor::Start, &critical.name, Type::new(TICK, GREY_TEXT));
            page.drawn.push(row);
        }
    }

    /// A lane above the bar for each measured exponent, with a thin line down to the bar.
    fn measured(&self, page: &mut Page, top: f64, bar: f64) {
        let color = init_color(self.init);
        for (lane, measured) in self.measured.iter().enumerate() {
            if let Some(x) = self.scale.at(measured.gamma) {
                let y = top + (lane as f64 + 0.5) * LANE;
                page.scene.dashed(&[(x, y), (x, bar + BAR)], 0.8, color, &[1.6, 1.4]);
            }
        }
        for (lane, measured) in self.measured.iter().enumerate() {
            let row = DrawnRow::new(self.bar, "measured", self.init.name());
            let row = row.label(measured.quantity.key()).at(measured.gamma, 0.0);
            let Some(x) = self.scale.at(measured.gamma) else {
                page.drawn.push(row.left_out("not finite"));
                continue;
            };
            let y = top + (lane as f64 + 0.5) * LANE;
            let mut ends = (x, x);
            if let (Some(low), Some(high)) = (measured.lower, measured.upper) {
                let interval = DrawnRow::new(self.bar, "interval", self.init.name());
                let interval = interval.label(measured.quantity.key()).at(low, 0.0).to(high, 0.0);
                match self.scale.at(low).zip(self.scale.at(high)) {
                    Some((a, b)) => {
                        ends = (a.min(x), b.max(x));
                        lying_bar(&mut page.scene, y, (a, b), color);
                        page.drawn.push(interval);
                    }
                    None => page.drawn.push(interval.left_out("not finite")),
                }
            }
            let hollow = measured.quantity != Quantity::EtaOpt;
            init_marker(self.init).draw(&mut page.scene, (x, y), MARKER, color, hollow);
            self.measured_text(&mut page.scene, measured, ends, y);
            page.drawn.push(row);
        }
    }

    fn measured_text(&self, scene: &mut Scene, measured: &MeasuredRow, ends: (f64, f64), y: f64) {
        let symbol = match measured.quantity {
            Quantity::EtaOpt => "η_{opt}",
            Quantity::EtaStable => "η_{stable}",
            Quantity::Loss => "loss",
        };
        let range = match (measured.lower, measured.upper) {
            (Some(low), Some(high)) => format!(" [{}, {}]", fixed(low, 2), fixed(high, 2)),
            _ => String::new(),
        };
        let words = format!("{symbol}: {}{range}", fixed(measured.gamma, 2));
        let wide = text::width(&words, TICK, false);
        let right = ends.1.max(ends.0) + 6.0;
        let start = if right + wide <= FIGURE_WIDTH - MARGIN { right } else { ends.0 - 6.0 - wide };
        scene.rect((start - 1.5, y - 4.6), (start + wide + 1.5, y + 4.6), WHITE);
        scene.text((start, y + 0.36 * TICK), Anchor::Start, &words, Type::new(TICK, INK));
    }
}
