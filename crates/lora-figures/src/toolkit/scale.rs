//! Value ranges and how they map to positions.

/// How values are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    Linear,
    /// By powers of ten.
    Log10,
    /// By powers of two.
    Log2,
}

impl Spacing {
    fn forward(self, value: f64) -> f64 {
        match self {
            Spacing::Linear => value,
            Spacing::Log10 => value.log10(),
            Spacing::Log2 => value.log2(),
        }
    }

    fn back(self, value: f64) -> f64 {
        match self {
            Spacing::Linear => value,
            Spacing::Log10 => 10f64.powf(value),
            Spacing::Log2 => 2f64.powf(value),
        }
    }

    /// Whether an axis of this spacing can show the value.
    pub(crate) fn takes(self, value: f64) -> bool {
        match self {
            // Differences of larger values may overflow.
            Spacing::Linear => value.abs() < 1e100,
            Spacing::Log10 | Spacing::Log2 => value.is_finite() && value > 0.0,
        }
    }
}

/// One axis: a range of values laid over a range of points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub spacing: Spacing,
    /// Ends in spaced units, low below high.
    pub low: f64,
    pub high: f64,
    /// Positions of the two ends in points.
    pub from: f64,
    pub to: f64,
}

impl Scale {
    /// A scale over all values the spacing takes, widened by the share `pad` on each side; `None` if there is none.
    pub(crate) fn over(
        spacing: Spacing,
        values: impl IntoIterator<Item = f64>,
        pad: f64,
    ) -> Option<Self> {
        let spaced = values.into_iter().filter(|&v| spacing.takes(v)).map(|v| spacing.forward(v));
        let (low, high) = spaced
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low > high {
            return None;
        }
        // Equal values still need a range to stand in.
        let least = match spacing {
            Spacing::Linear => (low.abs() * 0.2).max(1e-9),
            Spacing::Log10 => 0.04,
            Spacing::Log2 => 2.0,
        };
        Some(Self { spacing, low, high, from: 0.0, to: 1.0 }.widened(least).padded(pad))
    }

    /// The same in the middle of at least this range.
    pub(crate) fn widened(self, least: f64) -> Self {
        let lack = (least - (self.high - self.low)).max(0.0) / 2.0;
        Self { low: self.low - lack, high: self.high + lack, ..self }
    }

    /// A linear scale stretched to the values that lie within `most` of it; it stays short of those beyond.
    pub(crate) fn stretched(self, values: impl IntoIterator<Item = f64>, most: f64) -> Self {
        let (least, most) = (self.low - most, self.high + most);
        let near = values.into_iter().filter(|v| *v >= least && *v <= most);
        near.fold(self, |s, v| Self { low: s.low.min(v), high: s.high.max(v), ..s })
    }

    /// Widened by the share `pad` on each side.
    pub(crate) fn padded(self, pad: f64) -> Self {
        let pad = (self.high - self.low) * pad;
        Self { low: self.low - pad, high: self.high + pad, ..self }
    }

    /// A stand-in for a panel with no data.
    pub(crate) fn empty(spacing: Spacing) -> Self {
        Self { spacing, low: 0.0, high: 1.0, from: 0.0, to: 1.0 }
    }

    /// The same range laid between two positions.
    pub(crate) fn laid(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// Position of a value, or `None` if the axis cannot take it.
    pub(crate) fn at(&self, value: f64) -> Option<f64> {
        self.spacing.takes(value).then(|| self.place(self.spacing.forward(value)))
    }

    /// Position of an interval's end, which may lie at infinity; `None` if it is not a number.
    pub(crate) fn end_at(&self, value: f64) -> Option<f64> {
        self.at(value.clamp(-1e99, 1e99))
    }

    fn place(&self, spaced: f64) -> f64 {
        self.from + (spaced - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Whether the value lies within the range.
    pub(crate) fn holds(&self, value: f64) -> bool {
        let spaced = self.spacing.forward(value);
        let slack = (self.high - self.low) * 1e-9;
        self.spacing.takes(value) && spaced >= self.low - slack && spaced <= self.high + slack
    }

    /// The two ends as values.
    pub(crate) fn ends(&self) -> (f64, f64) {
        (self.spacing.back(self.low), self.spacing.back(self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values_are_ignored_and_equal_ones_get_a_range() {
        let values = [f64::NAN, -1.0, 0.0, 1e-3, f64::INFINITY, 1e-1];
        let scale = Scale::over(Spacing::Log10, values, 0.0).unwrap().laid(0.0, 10.0);
        assert!((scale.at(1e-2).unwrap() - 5.0).abs() < 1e-9);
        assert_eq!(scale.at(-1.0), None);
        assert_eq!(Scale::over(Spacing::Log10, [f64::NAN], 0.1), None);
        for spacing in [Spacing::Linear, Spacing::Log10, Spacing::Log2] {
            let flat = Scale::over(spacing, [3.0, 3.0], 0.1).unwrap().laid(0.0, 10.0);
            assert!((flat.at(3.0).unwrap() - 5.0).abs() < 1e-9);
        }
    }
    #[test]
    fn outliers_stretch_a_scale_only_so_far() {
        let core = Scale::over(Spacing::Linear, [-1.0, 0.0], 0.0).unwrap();
        let near = core.stretched([0.5, f64::NAN], 2.0);
        assert_eq!((near.low, near.high), (-1.0, 0.5));
        let far = core.stretched([f64::NEG_INFINITY, 1e9], 2.0);
        assert_eq!((far.low, far.high), (-1.0, 0.0));
        assert_eq!((core.widened(3.0).low, core.padded(0.5).high), (-2.0, 0.5));
        assert!(core.end_at(f64::INFINITY).is_some() && core.end_at(f64::NAN).is_none());
    }
}
