//! Learning rates and loss against width, with fitted and predicted exponents.

mod asymptote;
pub(crate) mod panel;

use std::path::Path;

use crate::error::FigureError;
use crate::figures::scaling::panel::{
    OTHER, PLOT_HEIGHT, PREDICTED, Part, guide_start, key_height,
};
use crate::rows::figures::ScalingFigure;
use crate::rows::kinds::PANELS;
use crate::rows::sweep::ScalingRow;
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::marker::Marker;
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{GUIDE, INK};
use crate::toolkit::panel::BELOW;
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::style::{MARGIN, Style};
use lora_types::Quantity;

/// Draws η_opt, η_stable and the loss against width; a panel without rows is left away.
///
/// In the loss panel the marks of different inits stand side by side at each width; the table holds the true width.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn scaling(figure: &ScalingFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &ScalingFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let present = |q: &Quantity| figure.points.iter().any(|p| p.quantity == *q);
    let mut shown: Vec<Quantity> = Quantity::ALL.into_iter().filter(present).collect();
    if shown.is_empty() {
        shown = PANELS.to_vec();
    }
    let keys = shown.iter().map(|&q| key_height(figure, q)).fold(0.0, f64::max);
    let top = page.y + 12.0 + keys;
    let column = (INNER + 10.0) / shown.len() as f64;
    for (index, &quantity) in shown.iter().enumerate() {
        let left = MARGIN + index as f64 * column;
        let part = Part { figure, quantity, shared: shared_y(figure, quantity), keys };
        part.draw(&mut page, (left, top), column);
    }
    for quantity in Quantity::ALL.into_iter().filter(|q| !shown.contains(q)) {
        Part { figure, quantity, shared: None, keys }.no_lines(&mut page);
    }
    page.y = top + PLOT_HEIGHT + BELOW;
    page.y += legend_below(&mut page, figure);
    page.finish(&figure.text);
    page
}

/// Explains the guides and hollow marks, as far as there are any.
fn legend_below(page: &mut Page, figure: &ScalingFigure) -> f64 {
    let mut items = Vec::new();
    let line = |color, dash| Key::Line { color, dash, marker: None };
    let predicted = |several: bool| {
        figure.guides.iter().any(|g| !g.predicted.is_empty() && (g.predicted.len() > 1) == several)
    };
    if predicted(false) || predicted(true) {
        let words = match (predicted(false), predicted(true)) {
            (_, false) => "predicted, in the init’s colour",
            (false, true) => "predicted, the same for all inits shown",
            (true, true) => "predicted, in the init’s colour; black where inits share it",
        };
        items.push(Item::new(line(INK, PREDICTED), words));
    }
    if figure.guides.iter().any(|g| g.predicted.is_empty()) {
        items.push(Item::new(
            line(GUIDE, OTHER),
            if predicted(false) || predicted(true) {
                "the paper’s exponents, where another is predicted"
            } else {
                "the paper’s exponents, of one layer with LoRA"
            },
        ));
    }
    if !figure.asymptotes.is_empty() {
        let words = "the limit: c n^{γ}, with c and its interval at n = ∞";
        items.push(Item::new(line(INK, asymptote::DASH), words));
    }
    if figure.points.iter().any(|p| !p.bracketed) {
        let key = Key::Point { color: INK, marker: Marker::Circle, hollow: true };
        items.push(Item::new(key, "hollow: not bracketed, not fitted"));
    }
    if items.is_empty() {
        return 0.0;
    }
    let at = (MARGIN, page.y + 2.0);
    legend::flow(&mut page.scene, at, &items, INNER) + 2.0
}

/// Both learning rates share one range, so that their heights compare.
fn shared_y(figure: &ScalingFigure, quantity: Quantity) -> Option<Scale> {
    let same = |p: &&ScalingRow| (p.quantity == Quantity::Loss) == (quantity == Quantity::Loss);
    let rows = figure.points.iter().filter(same);
    let values = rows.flat_map(|p| [Some(p.value), p.lower, p.upper]).flatten();
    let starts = Quantity::ALL.into_iter().filter_map(|q| guide_start(figure, q));
    let starts = starts.filter(|_| quantity != Quantity::Loss).map(|(_, y)| y);
    let limits = Quantity::ALL.into_iter().flat_map(|q| asymptote::ends(figure, q));
    let limits = limits.filter(|_| quantity != Quantity::Loss);
    Scale::over(Spacing::Log10, values.chain(starts).chain(limits), 0.06)
}
