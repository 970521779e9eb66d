//! A learning rate as measured over widths or ranks: interpolated between them, and continued
//! beyond them by a fitted power.

use crate::transfer::factor::LogFactor;

/// A local slope between two neighbouring sizes, with its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// The smaller size.
    pub from: f64,
    /// The larger one.
    pub to: f64,
    /// dln η / dln size.
    pub slope: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Local slopes of neighbours without a gap, from small to large.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredCurve {
    first: Slope,
    last: Slope,
    all: Vec<Slope>,
}

impl MeasuredCurve {
    /// The curve over the largest sizes that are neighbours; none without a slope.
    pub fn of(mut slopes: Vec<Slope>) -> Option<Self> {
        slopes.retain(|step| 0.0 < step.from && step.from < step.to);
        slopes.sort_by(|one, other| one.from.total_cmp(&other.from));
        let gap = slopes.windows(2).rposition(|pair| pair[0].to != pair[1].from);
        let all = slopes.split_off(gap.map_or(0, |before| before + 1));
        Some(Self { first: *all.first()?, last: *all.last()?, all })
    }

    /// The smallest and the largest size.
    pub fn ends(&self) -> [f64; 2] {
        [self.first.from, self.last.to]
    }

    /// Whether both sizes are in the measured range.
    pub fn holds(&self, from: f64, to: f64) -> bool {
        let [smallest, largest] = self.ends();
        [from, to].iter().all(|size| (smallest..=largest).contains(size))
    }

    /// η(to)/η(from) for the parts of the way that were measured, a straight line in logarithms
    /// between neighbours.
    ///
    /// The errors of the slopes add in squares. Two neighbouring slopes share a measured point,
    /// with opposite signs, so their errors partly cancel: the interval is rather too wide.
    pub fn between(&self, from: f64, to: f64) -> LogFactor {
        let parts = self.all.iter().map(|step| {
            let inside = |size: f64| size.clamp(step.from, step.to).ln();
            LogFactor::power([step.lower, step.slope, step.upper], inside(to) - inside(from))
        });
        parts.fold(LogFactor::default(), LogFactor::and_independent)
    }

    /// η(to)/η(from) with `fitted`, an exponent [lower, estimate, upper], beyond the measured
    /// range.
    ///
    /// There the exponent's interval is widened to the local slope at the nearest end, and its
    /// error is added to that of what was measured.
    pub fn continued(&self, fitted: [f64; 3], from: f64, to: f64) -> LogFactor {
        let [smallest, largest] = self.ends();
        let below = from.min(smallest).ln()..to.min(smallest).ln();
        let above = from.max(largest).ln()..to.max(largest).ln();
        let beyond = |way: std::ops::Range<f64>, end: Slope| {
            LogFactor::power(widened(fitted, end.slope), way.end - way.start)
        };
        self.between(from, to)
            .and_at_worst(beyond(below, self.first))
            .and_at_worst(beyond(above, self.last))
    }
}

/// An interval that reaches to another estimate.
fn widened([lower, estimate, upper]: [f64; 3], other: f64) -> [f64; 3] {
    [lower.min(other), estimate, upper.max(other)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: f64, to: f64, slope: f64) -> Slope {
        Slope { from, to, slope, lower: slope - 0.1, upper: slope + 0.2 }
    }

    fn curve() -> MeasuredCurve {
        MeasuredCurve::of(vec![step(4.0, 8.0, 0.5), step(2.0, 4.0, 1.0), step(8.0, 16.0, -0.25)])
            .expect("slopes")
    }

    fn close(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-12, "{one} {other}");
    }

    #[test]
    fn steps_multiply_and_a_part_of_one_is_a_power() {
        let curve = curve();
        assert_eq!(curve.ends(), [2.0, 16.0]);
        let whole = curve.between(2.0, 16.0);
        close(whole.middle, 1.25 * 2f64.ln());
        close(whole.below, 0.1 * 3f64.sqrt() * 2f64.ln());
        close(whole.above, 0.2 * 3f64.sqrt() * 2f64.ln());
        close(
            curve.between(3.0, 10.0).middle,
            (4f64 / 3.0).ln() + 2f64.ln() / 2.0 - 0.25 * 1.25f64.ln(),
        );
        close(curve.between(2.0, 3.0).middle + curve.between(3.0, 16.0).middle, whole.middle);
        close(curve.between(16.0, 2.0).middle, -whole.middle);
        assert_eq!(curve.between(5.0, 5.0), LogFactor::default());
    }

    #[test]
    fn beyond_the_ends_the_range_holds_the_fit_and_the_last_slope() {
        let (curve, fitted) = (curve(), [0.4, 0.45, 0.5]);
        let beyond = curve.continued(fitted, 16.0, 64.0);
        close(beyond.middle, 0.45 * 4f64.ln());
        close(beyond.middle - beyond.below, -0.25 * 4f64.ln());
        close(beyond.middle + beyond.above, 0.5 * 4f64.ln());
        let farther = curve.continued(fitted, 16.0, 256.0);
        assert!(farther.below > beyond.below && farther.above > beyond.above);
        // The way from below the range to beyond it, piece by piece.
        let across = curve.continued(fitted, 1.0, 32.0);
        close(across.middle, 2.0 * 0.45 * 2f64.ln() + curve.between(2.0, 16.0).middle);
        close(curve.continued(fitted, 32.0, 1.0).middle, -across.middle);
        // Outside on one side, nothing that was measured takes part.
        close(curve.continued(fitted, 32.0, 64.0).middle, 0.45 * 2f64.ln());
    }

    #[test]
    fn a_gap_ends_the_curve() {
        let curve =
            MeasuredCurve::of(vec![step(2.0, 4.0, 1.0), step(8.0, 16.0, 0.5)]).expect("slopes");
        assert_eq!(curve.ends(), [8.0, 16.0]);
        assert!(!curve.holds(4.0, 8.0) && curve.holds(16.0, 9.0));
        assert_eq!(MeasuredCurve::of(Vec::new()), None);
    }
}
