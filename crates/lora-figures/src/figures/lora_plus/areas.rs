//! Joins square cells of one regime into rectangles, so that no seam shows between them.

use lora_types::FeatureRegime;

use crate::rows::suite::RegionRow;
use crate::toolkit::scale::Spacing;

/// A rectangle of one regime.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub left: f64,
    pub right: f64,
    pub low: f64,
    pub high: f64,
    pub regime: FeatureRegime,
    /// Whether another area follows on its right.
    pub goes_on: bool,
}

/// Whether a cell can be drawn.
pub(crate) fn usable(cell: &RegionRow) -> bool {
    let takes = |v| Spacing::Linear.takes(v);
    takes(cell.gamma_a) && takes(cell.gamma_b) && takes(cell.size) && cell.size > 0.0
}

/// Edges closer than this share of a cell are one edge.
const SAME: f64 = 0.01;

impl Area {
    fn of(cell: &RegionRow) -> Self {
        let half = cell.size / 2.0;
        Self {
            left: cell.gamma_a - half,
            right: cell.gamma_a + half,
            low: cell.gamma_b - half,
            high: cell.gamma_b + half,
            regime: cell.regime,
            goes_on: false,
        }
    }

    /// Tolerance on the position of an edge.
    fn slack(&self) -> f64 {
        SAME * (self.high - self.low)
    }

    fn same_row(&self, other: &Area) -> bool {
        (self.low - other.low).abs() < self.slack() && (self.high - other.high).abs() < self.slack()
    }

    fn touches(&self, right: &Area) -> bool {
        self.same_row(right) && (self.right - right.left).abs() < self.slack()
    }
}

/// The cells' rectangles, row by row from low to high and in a row from left to right.
///
/// A rectangle is one row high: which rows are alike is up to the theory.
pub(crate) fn areas<'a>(cells: impl IntoIterator<Item = &'a RegionRow>) -> Vec<Area> {
    let mut cells: Vec<Area> = cells.into_iter().map(Area::of).collect();
    cells.sort_by(|a, b| a.low.total_cmp(&b.low));
    let mut out: Vec<Area> = Vec::new();
    for row in cells.chunk_by_mut(|a, b| a.same_row(b)) {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        for cell in row.iter() {
            match out.last_mut().filter(|last| last.touches(cell)) {
                Some(last) if last.regime == cell.regime => last.right = cell.right,
                Some(last) => {
                    last.goes_on = true;
                    out.push(*cell);
                }
                None => out.push(*cell),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(gamma_a: f64, gamma_b: f64, regime: FeatureRegime) -> RegionRow {
        RegionRow { panel: String::new(), gamma_a, gamma_b, size: 0.1, regime }
    }

    #[test]
    fn a_row_of_one_regime_is_one_rectangle() {
        use FeatureRegime::{Lazy, Unstable};
        let mut cells: Vec<RegionRow> =
            (0..10).rev().map(|i| cell(0.1 * f64::from(i), -0.3, Lazy)).collect();
        cells[2].regime = Unstable;
        cells.push(cell(0.0, -0.2, Lazy));
        cells.push(cell(0.5, -0.2, Lazy));
        let areas = areas(&cells);
        let ends: Vec<(f64, f64)> = areas
            .iter()
            .map(|a| ((a.left * 100.0).round() / 100.0, (a.right * 100.0).round() / 100.0))
            .collect();
        assert_eq!(ends, [(-0.05, 0.65), (0.65, 0.75), (0.75, 0.95), (-0.05, 0.05), (0.45, 0.55)]);
        assert_eq!(areas.iter().filter(|a| a.goes_on).count(), 2);
    }
}
