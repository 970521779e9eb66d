//! Places labels beside marks, so that none covers another or its leader.

/// A placed label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flag {
    /// Row, counted from the marks.
    pub row: usize,
    /// Start of the text.
    pub left: f64,
    /// Position of the leader.
    leader: f64,
    width: f64,
}

/// Gap between a leader and its text.
const GAP: f64 = 3.0;
const APART: f64 = 4.0;

impl Flag {
    /// End of the text.
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    fn clashes(&self, other: &Flag) -> bool {
        let same_row = self.row == other.row
            && self.left < other.left + other.width + APART
            && other.left < self.left + self.width + APART;
        same_row || self.covers_leader(other) || other.covers_leader(self)
    }

    /// Whether this text stands on the other's leader, which runs from row 0 to the other's row.
    fn covers_leader(&self, other: &Flag) -> bool {
        self.row <= other.row
            && other.leader > self.left - 1.0
            && other.leader < self.left + self.width + 1.0
    }
}

/// Most positions tried before labels may clash.
const MOST_TRIES: usize = 200_000;

/// Finds a place for each (position, text width), in the order given, within the limits, in as few rows as it can.
pub(crate) fn place(labels: &[(f64, f64)], limits: (f64, f64)) -> Vec<Flag> {
    for rows in 1..=labels.len() {
        let mut search = Search { labels, limits, rows, placed: Vec::new(), tries: 0 };
        if search.rest() {
            return search.placed;
        }
    }
    // Hemmed in, or wider than the figure: a row each, as close to the mark as the limits allow.
    let own = |(row, &(leader, width)): (usize, &(f64, f64))| {
        let left = (leader + GAP).min(limits.1 - width).max(limits.0);
        Flag { row, left, leader, width }
    };
    labels.iter().enumerate().map(own).collect()
}

/// Tries both sides of each leader in each row, going back when a label finds no room.
struct Search<'a> {
    labels: &'a [(f64, f64)],
    limits: (f64, f64),
    rows: usize,
    placed: Vec<Flag>,
    tries: usize,
}

impl Search<'_> {
    fn rest(&mut self) -> bool {
        let Some(&(leader, width)) = self.labels.get(self.placed.len()) else { return true };
        for row in 0..self.rows {
            for left in [leader + GAP, leader - GAP - width] {
                self.tries += 1;
                if self.tries > MOST_TRIES {
                    return false;
                }
                let flag = Flag { row, left, leader, width };
                let inside = left >= self.limits.0 && left + width <= self.limits.1;
                if inside && self.placed.iter().all(|other| !flag.clashes(other)) {
                    self.placed.push(flag);
                    if self.rest() {
                        return true;
                    }
                    self.placed.pop();
                }
            }
        }
        false
    }
}

/// Rows used.
pub(crate) fn rows(flags: &[Flag]) -> usize {
    flags.iter().map(|flag| flag.row + 1).max().unwrap_or(0)
}

/// Moves sorted baselines at least `step` apart, and none below the floor.
pub(crate) fn spread(heights: impl IntoIterator<Item = f64>, step: f64, floor: f64) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::new();
    for height in heights {
        let free = out.last().map_or(f64::NEG_INFINITY, |last| last + step);
        out.push(height.max(free));
    }
    let mut floor = floor;
    for height in out.iter_mut().rev() {
        *height = height.min(floor);
        floor = *height - step;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crowded_labels_do_not_clash() {
        let labels: Vec<(f64, f64)> =
            (0..8).map(|i| (100.0 + 9.0 * f64::from(i), 70.0 + f64::from(i))).collect();
        let flags = place(&labels, (0.0, 500.0));
        for (i, a) in flags.iter().enumerate() {
            assert!(a.left >= 0.0 && a.left + a.width <= 500.0);
            assert!(flags.iter().skip(i + 1).all(|b| !a.clashes(b)), "{a:?}");
        }
    }

    #[test]
    fn spread_heights_stay_apart() {
        assert_eq!(spread([1.0, 2.0, 30.0], 5.0, 40.0), [1.0, 6.0, 30.0]);
        assert_eq!(spread([28.0, 29.0], 5.0, 30.0), [25.0, 30.0]);
    }

    #[test]
    fn lone_labels_take_the_first_row() {
        let flags = place(&[(10.0, 50.0), (480.0, 50.0)], (0.0, 500.0));
        assert_eq!(rows(&flags), 1);
        assert!(flags[1].left < 480.0);
        assert_eq!(rows(&place(&[(10.0, 900.0)], (0.0, 500.0))), 1);
    }
}
