//! Several findings under many choices: a cell for each pair of choices, with a square for each finding in the
//! colour of its verdict.

use std::path::Path;

use crate::error::FigureError;
use crate::rows::figures::ChoicesFigure;
use crate::rows::suite::ChoiceRow;
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{GREY_TEXT, GRID, INK, Rgb, WHITE, verdict_color};
use crate::toolkit::scene::{Anchor, Pt, Scene, Type};
use crate::toolkit::style::{LABEL, MARGIN, Style, THIN, TICK};
use crate::toolkit::text;
use lora_types::Verdict;

/// Room for the names of rows.
const NAMES: f64 = 130.0;
/// Height of a row, and of a heading above rows.
const ROW: f64 = 17.0;
const HEADING: f64 = 15.0;
/// Edge of a finding's square, and the gap between two of them.
const SQUARE: f64 = 7.0;
const GAP: f64 = 1.2;

/// Draws a table of cells; the height grows with the rows.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn choices(figure: &ChoicesFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &ChoicesFigure) -> Page {
    let mut page = Page::start(&figure.text);
    if figure.rows.is_empty() || figure.columns.is_empty() {
        let at = (MARGIN + INNER / 2.0, page.y + 30.0);
        page.scene.text(at, Anchor::Middle, "no data", Type::new(LABEL, GREY_TEXT));
        page.y += 60.0;
        page.finish(&figure.text);
        return page;
    }
    names_of_columns(&mut page, figure);
    let mut group = "";
    for (index, row) in figure.rows.iter().enumerate() {
        if row.group != group {
            group = &row.group;
            heading(&mut page, group);
        }
        one_row(&mut page, figure, (index, row));
    }
    page.y += 6.0;
    page.y += legend::flow(&mut page.scene, (MARGIN, page.y), &items(figure), INNER);
    page.finish(&figure.text);
    page
}

/// The middle of a column.
fn middle(figure: &ChoicesFigure, column: usize) -> f64 {
    let room = (INNER - NAMES) / figure.columns.len() as f64;
    MARGIN + NAMES + (column as f64 + 0.5) * room
}

fn names_of_columns(page: &mut Page, figure: &ChoicesFigure) {
    let room = (INNER - NAMES) / figure.columns.len() as f64 - 4.0;
    page.y += LABEL + 3.0;
    let name = text::fit(&figure.columns_name, LABEL, true, NAMES - 6.0);
    page.scene.text((MARGIN, page.y), Anchor::Start, &name, Type::new(LABEL, INK).bold());
    for (column, name) in figure.columns.iter().enumerate() {
        let name = text::fit(name, LABEL, false, room);
        let at = (middle(figure, column), page.y);
        page.scene.text(at, Anchor::Middle, &name, Type::new(LABEL, INK));
    }
    page.y += 4.0;
}

fn heading(page: &mut Page, group: &str) {
    page.y += HEADING;
    let words = text::fit(group, LABEL, true, INNER);
    let at = (MARGIN, page.y - 4.0);
    page.scene.text(at, Anchor::Start, &words, Type::new(LABEL, INK).bold());
}

fn one_row(page: &mut Page, figure: &ChoicesFigure, (index, row): (usize, &ChoiceRow)) {
    page.scene.line(&[(MARGIN, page.y), (MARGIN + INNER, page.y)], THIN, GRID);
    let center = page.y + ROW / 2.0;
    let name = text::fit(&row.label, TICK, false, NAMES - 6.0);
    let at = (MARGIN, center + 0.36 * TICK);
    page.scene.text(at, Anchor::Start, &name, Type::new(TICK, INK));
    for (column, verdicts) in row.cells.iter().enumerate() {
        let place = DrawnRow::new(&row.group, "cell", &row.label).at(column as f64, index as f64);
        let Some(column_name) = figure.columns.get(column) else {
            page.drawn.push(place.left_out("no such column"));
            continue;
        };
        draw(&mut page.scene, (middle(figure, column), center), verdicts);
        for (finding, verdict) in verdicts.iter().enumerate() {
            let of = figure.findings.get(finding).map_or("", String::as_str);
            let drawn = place.clone().label(of).note(verdict.map_or("not measured", Verdict::name));
            page.drawn.push(DrawnRow { panel: column_name.clone(), ..drawn });
        }
    }
    page.y += ROW;
}

/// The findings of a cell side by side.
fn draw(scene: &mut Scene, (x, y): Pt, verdicts: &[Option<Verdict>]) {
    let count = verdicts.len() as f64;
    let left = x - (count * SQUARE + (count - 1.0) * GAP) / 2.0;
    for (place, verdict) in verdicts.iter().enumerate() {
        let from = left + place as f64 * (SQUARE + GAP);
        let (low, high) = ((from, y - SQUARE / 2.0), (from + SQUARE, y + SQUARE / 2.0));
        scene.rect(low, high, fill(*verdict));
        scene.frame(low, high, THIN, GREY_TEXT);
    }
}

fn fill(verdict: Option<Verdict>) -> Rgb {
    match verdict {
        None => WHITE,
        Some(Verdict::Undecided) => verdict_color(Verdict::Undecided).lighter(0.6),
        Some(decided) => verdict_color(decided),
    }
}

fn items(figure: &ChoicesFigure) -> Vec<Item> {
    let numbered = figure.findings.iter().enumerate();
    let mut items: Vec<Item> = numbered
        .map(|(index, name)| Item::new(Key::Number { number: index + 1 }, name.clone()))
        .collect();
    let cells = || figure.rows.iter().flat_map(|row| row.cells.iter().flatten());
    if cells().any(Option::is_none) {
        items.push(Item::new(Key::Area { color: fill(None), hatched: true }, "not measured"));
    }
    for verdict in Verdict::ALL {
        if cells().any(|cell| *cell == Some(verdict)) {
            let key = Key::Area { color: fill(Some(verdict)), hatched: false };
            items.push(Item::new(key, verdict.name()));
        }
    }
    items
}
