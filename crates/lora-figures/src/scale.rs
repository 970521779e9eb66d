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
        let lack = (least - (high - low)).max(0.0) / 2.0;
        let (low, high) = (low - lack, high + lack);
        let pad = (high - low) * pad;
        Some(Self { spacing, low: low - pad, high: high + pad, from: 0.0, to: 1.0 })
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
}
