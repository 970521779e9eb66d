//! The axis of widths, on which an infinite width stands right of all others.

use lora_types::Width;

use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::scale::{Scale, Spacing};

/// Least distance of the infinite width from the widest, in doublings and as a share of the axis.
const APART: (f64, f64) = (1.0, 0.15);

/// The widths that a panel shows.
#[derive(Clone, Debug)]
pub(crate) struct Widths {
    finite: Vec<usize>,
    /// Where an infinite width stands, as a width; `None` if there is none.
    infinite: Option<f64>,
}

impl Widths {
    pub(crate) fn of(widths: impl Iterator<Item = Width>) -> Self {
        let widths: Vec<Width> = widths.collect();
        let finite: Vec<usize> = widths.iter().filter_map(|width| width.finite()).collect();
        let infinite = widths.contains(&Width::Infinite).then(|| beyond(&finite));
        Self { finite, infinite }
    }

    /// The axis over them; `None` if there are none.
    pub(crate) fn scale(&self) -> Option<Scale> {
        let finite = self.finite.iter().map(|&n| n as f64);
        Scale::over(Spacing::Log2, finite.chain(self.infinite), 0.06)
    }

    /// Where a width stands on the axis, as a width.
    pub(crate) fn place(&self, width: Width) -> f64 {
        match width {
            Width::Finite(n) => n as f64,
            Width::Infinite => self.infinite.unwrap_or(f64::INFINITY),
        }
    }

    /// Ticks at the finite widths, and one at the infinite width.
    pub(crate) fn ticks(&self, scale: &Scale) -> Ticks {
        let mut ticks = match self.finite.as_slice() {
            [] => Ticks::default(),
            finite => axis::width_ticks(scale, finite),
        };
        if let Some(place) = self.infinite {
            let widest = self.finite.iter().max().map_or(0.0, |&n| n as f64);
            ticks.major.retain(|(at, _)| *at <= widest);
            ticks.minor.retain(|at| *at <= widest);
            ticks.major.push((place, Width::Infinite.to_string()));
        }
        ticks
    }

    /// Where a line over the widths ends: with the axis, or at the widest where an infinite width
    /// follows, to which no power law leads.
    pub(crate) fn line_end(&self, scale: &Scale) -> f64 {
        match (self.infinite, self.finite.iter().max()) {
            (Some(_), Some(&widest)) => widest as f64,
            _ => scale.ends().1,
        }
    }
}

/// A place clearly right of the widest.
fn beyond(finite: &[usize]) -> f64 {
    let logs = finite.iter().filter(|&&n| n > 0).map(|&n| (n as f64).log2());
    let (low, high) =
        logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    if low > high {
        return 1.0;
    }
    2f64.powf(high + (APART.1 * (high - low)).max(APART.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(finite: &[usize], infinite: bool) -> Widths {
        let finite = finite.iter().map(|&n| Width::Finite(n));
        Widths::of(finite.chain(infinite.then_some(Width::Infinite)))
    }

    #[test]
    fn an_infinite_width_stands_right_of_the_widest_with_a_tick_of_its_own() {
        let all = widths(&[128, 1024, 8192], true);
        let scale = all.scale().unwrap().laid(0.0, 300.0);
        let at = |width| scale.at(all.place(width)).unwrap();
        assert!(at(Width::Infinite) > at(Width::Finite(8192)) + 15.0);
        assert!(at(Width::Infinite) < 300.0);
        let ticks = all.ticks(&scale);
        assert_eq!(ticks.major.last().unwrap().1, "∞");
        assert_eq!(ticks.major.first().unwrap().1, "128");
        assert!(ticks.major.iter().filter(|(at, _)| *at > 8192.0).count() == 1);
        assert_eq!(all.line_end(&scale), 8192.0);
    }

    #[test]
    fn finite_widths_alone_have_the_axis_to_themselves() {
        let all = widths(&[128, 256], false);
        let scale = all.scale().unwrap();
        assert_eq!(all.line_end(&scale), scale.ends().1);
        assert!(all.ticks(&scale.laid(0.0, 100.0)).major.iter().all(|(_, name)| name != "∞"));
    }

    #[test]
    fn any_widths_have_an_axis_or_none() {
        assert_eq!(widths(&[], false).scale(), None);
        let alone = widths(&[], true);
        let scale = alone.scale().unwrap().laid(0.0, 100.0);
        assert_eq!(alone.ticks(&scale).major, [(1.0, "∞".to_owned())]);
        assert!(widths(&[0], true).scale().is_some());
        assert!(widths(&[usize::MAX], true).scale().is_some());
    }
}
