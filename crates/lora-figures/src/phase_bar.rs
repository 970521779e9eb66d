//! One bar of the summary: regimes, with measured exponents above and exponents of the theory below.

use crate::bar::LYING;
use crate::drawn::DrawnRow;
use crate::flags::{self, Flag};
use crate::kinds::{Init, Quantity, Regime};
use crate::legend;
use crate::marker::init_marker;
use crate::numbers::fixed;
use crate::page::Page;
use crate::palette::{GREY_TEXT, INK, LEARNS, WHITE, init_color, regime_color};
use crate::phases::PhasesFigure;
use crate::scale::Scale;
use crate::scene::{Anchor, Scene, Type};
use crate::style::{FIGURE_WIDTH, LABEL, MARGIN, MARKER, PANEL_TITLE, THIN, TICK};
use crate::tables::{CriticalRow, MeasuredRow, PhaseRow};
use crate::text;

const BAR: f64 = 17.0;
const HEAD: f64 = 13.0;
const LANE: f64 = 11.0;
/// Room below the last label of a bar.
pub(crate) const BETWEEN: f64 = 9.0;

/// Regimes that are hatched, to differ from their neighbour in greyscale.
pub(crate) fn hatched(regime: Regime) -> bool {
    regime == Regime::Unstable
}

/// What is written on a stretch of a bar.
fn words(phase: &PhaseRow) -> &str {
    if phase.words.is_empty() { phase.regime.name() } else { &phase.words }
}

/// One bar with what stands above and below it.
pub(crate) struct Block<'a> {
    init: Init,
    bar: &'a str,
    scale: Scale,
    phases: Vec<&'a PhaseRow>,
    measured: Vec<&'a MeasuredRow>,
    critical: Vec<&'a CriticalRow>,
    flags: Vec<Flag>,
}

impl<'a> Block<'a> {
    pub(crate) fn of(figure: &'a PhasesFigure, scale: Scale, init: Init, bar: &'a str) -> Self {
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

    pub(crate) fn height(&self) -> f64 {
        let below = flags::lanes(&self.flags) as f64 * LANE + 4.0;
        HEAD + self.measured.len() as f64 * LANE + BAR + below + BETWEEN
    }

    pub(crate) fn draw(&self, page: &mut Page, top: f64) {
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
            let row = row.at(phase.from, 0.0).to(phase.to, 0.0).label(words(phase));
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
            self.regime_name(&mut page.scene, phase, (a, b), top);
            page.drawn.push(row);
        }
    }

    /// The phase's words in the widest stretch that no mark crosses, if it fits there.
    fn regime_name(&self, scene: &mut Scene, phase: &PhaseRow, (a, b): (f64, f64), top: f64) {
        let critical = self.critical.iter().map(|c| c.gamma);
        let marks = critical.chain(self.measured.iter().map(|m| m.gamma));
        let mut stops: Vec<f64> = marks.filter_map(|gamma| self.scale.at(gamma)).collect();
        stops.retain(|x| *x > a && *x < b);
        stops.extend([a, b]);
        stops.sort_by(f64::total_cmp);
        let gaps = stops.windows(2).map(|pair| (pair[0], pair[1]));
        let Some((a, b)) = gaps.max_by(|p, q| (p.1 - p.0).total_cmp(&(q.1 - q.0))) else { return };
        let half = text::width(words(phase), TICK, false) / 2.0 + 3.0;
        if 2.0 * half + 4.0 > b - a {
            return;
        }
        let (x, y) = ((a + b) / 2.0, top + BAR / 2.0);
        scene.rect((x - half, y - 5.0), (x + half, y + 5.0), regime_color(phase.regime));
        let at = (x, y + 0.36 * TICK);
        scene.text(at, Anchor::Middle, words(phase), Type::new(TICK, INK));
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
            if critical.learns {
                page.scene.rect((x - 2.6, bar), (x + 2.6, bar + BAR), LEARNS);
            }
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
                        LYING.draw(&mut page.scene, y, (a, b), color);
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
