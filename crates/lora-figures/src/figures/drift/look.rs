//! How the series and the predictions of the figure of local slopes are drawn.

use crate::rows::figures::DriftFigure;
use crate::rows::kinds::init_labelled;
use crate::toolkit::marker::{Marker, init_dash, init_marker};
use crate::toolkit::palette::{Rgb, init_color, other_color};
use crate::toolkit::panel::distinct;
use crate::toolkit::scene::{Dash, SOLID};

/// Dashes of the predictions.
pub(crate) const DASHED: Dash = &[3.4, 3.4];

/// How one series is drawn, in all panels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'a> {
    pub series: &'a str,
    pub color: Rgb,
    pub marker: Marker,
    pub dash: Dash,
}

/// The looks of the inits, and others for other series.
pub(crate) fn looks(figure: &DriftFigure) -> Vec<Look<'_>> {
    let rows = figure.rows.iter().map(|r| r.series.as_str());
    let names = distinct(rows.chain(figure.lines.iter().map(|l| l.series.as_str())));
    let mut others = 0;
    let look = |series| {
        if let Some(init) = init_labelled(series) {
            let (marker, dash) = (init_marker(init), init_dash(init));
            return Look { series, color: init_color(init), marker, dash };
        }
        others += 1;
        let markers = [Marker::Star, Marker::Triangle, Marker::Diamond, Marker::Circle];
        let marker = markers[(others - 1) % markers.len()];
        Look { series, color: other_color(others - 1), marker, dash: SOLID }
    };
    names.into_iter().map(look).collect()
}
