//! One bar of the summary: regimes, with measured exponents above and exponents of the theory below.

use std::borrow::Cow;

use crate::figures::phases::measured::{LABEL_ROW, MeasuredMark};
use crate::rows::figures::PhasesFigure;
use crate::rows::sweep::{CriticalRow, PhaseRow};
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::flags::{self, Flag};
use crate::toolkit::legend;
use crate::toolkit::page::Page;
use crate::toolkit::palette::{GREY_TEXT, INK, WHITE, init_color};
use crate::toolkit::regime_colors::{hatched, regime_color};
use crate::toolkit::scale::Scale;
use crate::toolkit::scene::{Anchor, Scene, Type};
use crate::toolkit::style::{FIGURE_WIDTH, LABEL, MARGIN, PANEL_TITLE, THIN, TICK};
use crate::toolkit::text;
use lora_types::Init;

const BAR: f64 = 17.0;
const HEAD: f64 = 13.0;
/// Room below the last label of a bar.
pub(crate) const BETWEEN: f64 = 9.0;

/// Half the width of a regime that holds at one exponent alone.
const HALF_POINT: f64 = 3.0;

/// What is written on a part of a bar where there is room, longest first.
fn words(phase: &PhaseRow) -> [Cow<'_, str>; 2] {
    let name = Cow::from(phase.regime.to_string());
    if phase.words.is_empty() { [name.clone(), name] } else { [Cow::from(&phase.words), name] }
}

/// Whether a regime holds at an exponent and on neither side of it.
pub(crate) fn holds_here_alone(figure: &PhasesFigure, critical: &CriticalRow) -> bool {
    let around = figure.phases.iter().filter(|p| {
        (p.init, &p.bar) == (critical.init, &critical.bar)
            && (p.from..=p.to).contains(&critical.gamma)
    });
    critical.gamma.is_finite() && around.into_iter().all(|p| p.regime != critical.regime)
}

/// One bar with what stands above and below it.
pub(crate) struct Block<'a> {
    init: Init,
    bar: &'a str,
    scale: Scale,
    phases: Vec<&'a PhaseRow>,
    measured: Vec<MeasuredMark<'a>>,
    critical: Vec<&'a CriticalRow>,
    /// Whether the regime at an exponent of `critical` is drawn there.
    alone: Vec<bool>,
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
            measured: figure
                .measured
                .iter()
                .filter(|m| m.init == init && m.bar == bar)
                .map(|row| MeasuredMark::of(row, scale))
                .collect(),
            alone: critical.iter().map(|c| holds_here_alone(figure, c)).collect(),
            critical,
            flags,
        }
    }

    pub(crate) fn height(&self) -> f64 {
        let below = flags::rows(&self.flags) as f64 * LABEL_ROW + 4.0;
        self.head() + BAR + below + BETWEEN
    }

    /// Height above the bar.
    fn head(&self) -> f64 {
        HEAD + self.measured.iter().map(MeasuredMark::height).sum::<f64>()
    }

    pub(crate) fn draw(&self, page: &mut Page, top: f64) {
        let color = init_color(self.init);
        let base = top + PANEL_TITLE;
        let kind = Type::new(PANEL_TITLE, color).bold();
        // White behind the heading: the grid would cross it.
        let name = text::width(self.init.label(), PANEL_TITLE, true);
        let room = self.scale.to - self.scale.from - name - 8.0;
        let words = text::fit(self.bar, LABEL, false, room);
        let wide = name + 6.0 + text::width(&words, LABEL, false);
        let left = self.scale.from;
        page.scene.rect((left - 1.0, top), (left + wide + 3.0, top + HEAD - 1.0), WHITE);
        page.scene.text((left, base), Anchor::Start, self.init.label(), kind);
        page.scene.text((left + name + 6.0, base), Anchor::Start, &words, Type::new(LABEL, INK));
        let bar = top + self.head();
        self.regimes(page, bar);
        self.critical(page, bar);
        let mut y = top + HEAD;
        for mark in &self.measured {
            mark.leader(&mut page.scene, y, bar + BAR);
            y += mark.height();
        }
        let mut y = top + HEAD;
        for mark in &self.measured {
            mark.draw(page, y);
            y += mark.height();
        }
    }

    fn regimes(&self, page: &mut Page, top: f64) {
        for phase in &self.phases {
            let row = DrawnRow::new(self.bar, "regime", self.init.label());
            let row = row.at(phase.from, 0.0).to(phase.to, 0.0).label(&words(phase)[0]);
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

    /// The phase's words in the widest part that no mark crosses, if it fits there.
    fn regime_name(&self, scene: &mut Scene, phase: &PhaseRow, (a, b): (f64, f64), top: f64) {
        let critical = self.critical.iter().map(|c| c.gamma);
        let marks = critical.chain(self.measured.iter().map(|mark| mark.row.gamma));
        let mut stops: Vec<f64> = marks.filter_map(|gamma| self.scale.at(gamma)).collect();
        stops.retain(|x| *x > a && *x < b);
        stops.extend([a, b]);
        stops.sort_by(f64::total_cmp);
        let gaps = stops.windows(2).map(|pair| (pair[0], pair[1]));
        let Some((a, b)) = gaps.max_by(|p, q| (p.1 - p.0).total_cmp(&(q.1 - q.0))) else { return };
        let room = b - a - 10.0;
        let fits = |words: &&Cow<'_, str>| text::width(words, TICK, false) <= room;
        let words = words(phase);
        let Some(words) = words.iter().find(fits) else { return };
        let half = text::width(words, TICK, false) / 2.0 + 3.0;
        let (x, y) = ((a + b) / 2.0, top + BAR / 2.0);
        scene.rect((x - half, y - 5.0), (x + half, y + 5.0), regime_color(phase.regime));
        scene.text((x, y + 0.36 * TICK), Anchor::Middle, words, Type::new(TICK, INK));
    }

    fn critical(&self, page: &mut Page, bar: f64) {
        let mut flags = self.flags.iter();
        for (critical, alone) in self.critical.iter().zip(&self.alone) {
            let words = format!("{} {}", critical.text, critical.name);
            let row = DrawnRow::new(self.bar, "critical", self.init.label());
            let row = row.at(critical.gamma, 0.0).label(&words).note(&critical.regime.to_string());
            let Some((flag, x)) =
                self.scale.at(critical.gamma).and_then(|x| Some((flags.next()?, x)))
            else {
                page.drawn.push(row.left_out("not finite"));
                continue;
            };
            let base = bar + BAR + 3.0 + (flag.row as f64 + 1.0) * LABEL_ROW - 3.2;
            if *alone {
                let color = regime_color(critical.regime);
                page.scene.rect((x - HALF_POINT, bar), (x + HALF_POINT, bar + BAR), color);
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
}
