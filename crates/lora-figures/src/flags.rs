//! Places labels below marks on one line, so that none covers another or its leader.

/// A placed label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flag {
    /// Row, counted from the marks.
    pub lane: usize,
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
    fn clashes(&self, other: &Flag) -> bool {
        let same_lane = self.lane == other.lane
            && self.left < other.left + other.width + APART
            && other.left < self.left + self.width + APART;
        same_lane || self.covers_leader(other) || other.covers_leader(self)
    }

    /// Whether this text stands on the other's leader, which runs from lane 0 to the other's lane.
    fn covers_leader(&self, other: &Flag) -> bool {
        self.lane <= other.lane
            && other.leader > self.left - 1.0
            && other.leader < self.left + self.width + 1.0
    }
}

/// Finds a place for each (position, text width), in the order given, within the limits.
pub(crate) fn place(labels: &[(f64, f64)], limits: (f64, f64)) -> Vec<Flag> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| labels[b].0.total_cmp(&labels[a].0));
    let mut placed: Vec<(usize, Flag)> = Vec::new();
    for index in order {
        let (leader, width) = labels[index];
        let sides = [leader + GAP, leader - GAP - width];
        let inside = |left: f64| left >= limits.0 && left + width <= limits.1;
        let candidates = (0..=labels.len())
            .flat_map(|lane| sides.map(|left| Flag { lane, left, leader, width }));
        let free = candidates
            .filter(|flag| inside(flag.left))
            .find(|flag| placed.iter().all(|(_, other)| !flag.clashes(other)));
        // Wider than the figure, or hemmed in: a lane of its own at the left edge.
        let last = placed.iter().map(|(_, flag)| flag.lane + 1).max().unwrap_or(0);
        let own = Flag { lane: last, left: limits.0, leader, width };
        placed.push((index, free.unwrap_or(own)));
    }
    placed.sort_by_key(|(index, _)| *index);
    placed.into_iter().map(|(_, flag)| flag).collect()
}

/// Rows used.
pub(crate) fn lanes(flags: &[Flag]) -> usize {
    flags.iter().map(|flag| flag.lane + 1).max().unwrap_or(0)
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
    fn lone_labels_take_the_first_lane() {
        let flags = place(&[(10.0, 50.0), (480.0, 50.0)], (0.0, 500.0));
        assert_eq!(lanes(&flags), 1);
        assert!(flags[1].left < 480.0);
        assert_eq!(lanes(&place(&[(10.0, 900.0)], (0.0, 500.0))), 1);
    }
}
