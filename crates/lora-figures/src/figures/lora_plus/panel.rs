//! One panel of the map: areas of the theory, measured points, and named places.

use crate::figures::lora_plus::areas::{Area, areas, usable};
use crate::rows::figures::LoraPlusFigure;
use crate::rows::kinds::init_labelled;
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::legend;
use crate::toolkit::page::Page;
use crate::toolkit::palette::{INK, WHITE, init_color};
use crate::toolkit::panel::Panel;
use crate::toolkit::regime_colors::{feature_regime_color, features_hatched, point_color};
use crate::toolkit::scene::{Anchor, Dash, Pt, Scene, Type};
use crate::toolkit::spot::Spot;
use crate::toolkit::style::PANEL_TITLE;
use crate::toolkit::text;

pub(crate) const DIAGONAL: Dash = &[3.2, 2.2];
/// How far an area reaches below its later neighbour, so that no seam shows where they meet.
const UNDERLAP: f64 = 0.4;

/// One panel.
pub(crate) struct MapPanel<'a> {
    pub figure: &'a LoraPlusFigure,
    pub name: &'a str,
    pub panel: &'a Panel,
    /// Names of all marks, whose places number them.
    pub labels: &'a [&'a str],
}

impl MapPanel<'_> {
    pub(crate) fn draw(&self, page: &mut Page) {
        self.title(&mut page.scene);
        if self.is_empty() {
            self.panel.no_data(&mut page.scene);
        }
        self.areas(page);
        if !self.is_empty() {
            self.diagonal(page);
        }
        self.marks(page);
        self.points(page);
    }

    /// Whether nothing of the panel can be drawn.
    fn is_empty(&self) -> bool {
        let figure = self.figure;
        let cells = figure.regions.iter().any(|r| r.panel == self.name && usable(r));
        let takes = |panel: &str, x, y| panel == self.name && self.panel.at(x, y).is_some();
        !cells
            && !figure.points.iter().any(|p| takes(&p.panel, p.gamma_a, p.gamma_b))
            && !figure.marks.iter().any(|m| takes(&m.panel, m.gamma_a, m.gamma_b))
    }

    fn title(&self, scene: &mut Scene) {
        let color = init_labelled(self.name).map_or(INK, init_color);
        let room = self.panel.right - self.panel.left;
        let words = text::fit(self.name, PANEL_TITLE, true, room);
        let at = (self.panel.left, self.panel.top - 5.0);
        scene.text(at, Anchor::Start, &words, Type::new(PANEL_TITLE, color).bold());
    }

    fn areas(&self, page: &mut Page) {
        let own = || self.figure.regions.iter().filter(|r| r.panel == self.name);
        for cell in own().filter(|r| !usable(r)) {
            let row = DrawnRow::new(self.name, "region", cell.regime.key());
            page.drawn.push(row.at(cell.gamma_a, cell.gamma_b).left_out("not finite, or no size"));
        }
        let areas = areas(own().filter(|r| usable(r)));
        for area in &areas {
            let Some((low, high)) = self.corners(area) else { continue };
            let right = if area.goes_on { high.0 + UNDERLAP } else { high.0 };
            let top = (low.1 - UNDERLAP).max(self.panel.top);
            page.scene.rect((low.0, top), (right, high.1), feature_regime_color(area.regime));
            let row = DrawnRow::new(self.name, "region", area.regime.key());
            page.drawn.push(row.at(area.left, area.low).to(area.right, area.high));
        }
        for area in areas.iter().filter(|a| features_hatched(a.regime)) {
            let Some((low, high)) = self.corners(area) else { continue };
            legend::hatch_in_step(
                &mut page.scene,
                low,
                high,
                feature_regime_color(area.regime),
                0.0,
            );
        }
    }

    /// Upper left and lower right on the page.
    fn corners(&self, area: &Area) -> Option<(Pt, Pt)> {
        let low = self.panel.at(area.left, area.high)?;
        Some((low, self.panel.at(area.right, area.low)?))
    }

    fn diagonal(&self, page: &mut Page) {
        let (x, y) = (self.panel.x.ends(), self.panel.y.ends());
        let (low, high) = (x.0.max(y.0), x.1.min(y.1));
        let row = DrawnRow::new(self.name, "diagonal", "").at(low, low).to(high, high);
        if low < high {
            self.panel.line(&mut page.scene, &[(low, low), (high, high)], 0.9, INK, DIAGONAL);
            page.drawn.push(row);
        } else {
            page.drawn.push(row.left_out("outside the panel"));
        }
    }

    fn points(&self, page: &mut Page) {
        for point in self.figure.points.iter().filter(|p| p.panel == self.name) {
            let row = DrawnRow::new(self.name, "point", point.measured.key());
            let row = row.at(point.gamma_a, point.gamma_b);
            let Some(at) = self.panel.at(point.gamma_a, point.gamma_b) else {
                page.drawn.push(row.left_out("not finite"));
                continue;
            };
            let spot = Spot::of(point);
            spot.draw(&mut page.scene, at, point_color(point.measured));
            page.drawn.push(row.note(spot.key()));
        }
    }

    /// A frame around each named place, with its number at a corner clear of the points.
    fn marks(&self, page: &mut Page) {
        let mut taken = Vec::new();
        for mark in self.figure.marks.iter().filter(|m| m.panel == self.name) {
            let row = DrawnRow::new(self.name, "mark", "").label(&mark.label);
            let row = row.at(mark.gamma_a, mark.gamma_b);
            let number = self.labels.iter().position(|l| *l == mark.label).unwrap_or(0) + 1;
            let Some(at) = self.panel.at(mark.gamma_a, mark.gamma_b) else {
                page.drawn.push(row.left_out("not finite"));
                continue;
            };
            framed(&mut page.scene, self.panel, at, (number, &mut taken));
            page.drawn.push(row.note(&format!("number {number}")));
        }
    }
}

/// Half the edge of a mark's frame: a point fits in.
const HALF: f64 = 5.2;

fn framed(scene: &mut Scene, panel: &Panel, (x, y): Pt, (number, taken): (usize, &mut Vec<Pt>)) {
    for (width, color) in [(2.2, WHITE), (1.0, INK)] {
        scene.frame((x - HALF, y - HALF), (x + HALF, y + HALF), width, color);
    }
    let aside = HALF + legend::NUMBER / 2.0;
    let corners = [(1.0, -1.0), (-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    let corners = corners.map(|(right, down)| (x + right * aside, y + down * aside));
    let free = |at: &&Pt| {
        let apart = |other: &Pt| (at.0 - other.0).hypot(at.1 - other.1) > 1.5 * legend::NUMBER;
        let half = legend::NUMBER / 2.0;
        at.0 + half < panel.right && at.1 - half > panel.top && taken.iter().all(apart)
    };
    let at = *corners.iter().find(free).unwrap_or(&corners[0]);
    taken.push(at);
    legend::numbered(scene, at, number);
}
