//! The figure: milliseconds per LR-step against width, a panel for each N and rank; at a single
//! width against rank, a panel for each N.

use lora_store::folder::Folder;
use width_sweep::error::CommandError;

use crate::case::TimedCase;
use crate::contestant::{OTHERS, OURS};
use crate::panel::{self, Line, MOST_LINES};
use crate::table::Row;

// Everyone has a colour.
const _: () = assert!(OTHERS.len() < MOST_LINES);

/// Writes peers.png and peers.svg.
pub fn write(
    folder: &Folder,
    rows: &[Row],
    machine: &str,
    threads: usize,
) -> Result<(), CommandError> {
    let title = format!("Time of one step of one run: {machine}, {threads} threads");
    let along = Along::of(rows);
    let panels: Vec<panel::Panel> =
        along.panels(rows).into_iter().map(|panel| along.drawn(rows, panel)).collect();
    panel::write(folder, &title, &panels)
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

    fn drawn(self, rows: &[Row], panel: Panel) -> panel::Panel {
        let everyone = std::iter::once(OURS).chain(OTHERS).enumerate();
        let lines = everyone.map(|(place, who)| {
            let own = rows.iter().filter(|row| row.who == who && self.panel_of(row) == panel);
            let points = own.map(|row| (self.at(row), row.ms)).collect();
            Line { label: who.label.to_owned(), place, points }
        });
        let (lines, up) = (lines.collect(), "ms per LR-step".to_owned());
        panel::Panel { along: self.name(panel), up, lines }
    }
}
