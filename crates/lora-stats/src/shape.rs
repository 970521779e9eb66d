//! Whether points lie on one power law: the local slopes against the fitted one.
//!
//! A line through (ln x, ln q) can be steep, precise and meaningless, because q bends, swings or
//! settles within the x that were measured. This test compares the means over seeds with the line
//! by a few contrasts, each a weighted sum of ln q that is 0 for every power law:
//!
//! - the orthonormal polynomials of degree 2 to 4 in ln x, which see a bend, an S and a swing;
//! - the slope over the two and over the three widest x, less the slope of the line. What an
//!   exponent says of larger x rests on these.
//!
//! A contrast is linear in the values, so its spread over seeds follows from each seed's own value
//! of it, whatever the correlation of a seed's errors at different x: t = mean / (sd / √S) with
//! S − 1 degrees of freedom. (The bootstrap over seeds of a mean gives the same spread.)
//!
//! Each contrast has a *relevance* beside its significance: the largest departure of a local slope
//! from the line's slope that it implies, in units of the exponent.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::StatsError;
use crate::interval::mean_over;
use crate::table::LogTable;
use crate::weights::{slope_weights, weighted};
use crate::wide_end::WideEnd;

/// Highest degree of a shape: a curve with more turns needs more widths than studies have.
const HIGHEST_DEGREE: usize = 4;

/// How many of the widest x the contrasts of the wide end take.
const WIDE_ENDS: [usize; 2] = [2, 3];

/// What a contrast compares with the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// The polynomial of this degree in ln x, orthogonal to those of lower degree.
    Degree(usize),
    /// The slope over this many of the widest x.
    WideEnd(usize),
}

/// One contrast between the points and the line through them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Departure {
    /// What departs.
    pub feature: Feature,
    /// The largest departure of a local slope from the line's slope that the contrast implies, with
    /// its sign where there is one.
    pub slope: f64,
    /// Probability of a contrast at least this large if the law is a power: two-sided, for this
    /// contrast alone.
    pub p_value: f64,
}

/// All contrasts between the points of a fit and its line. Empty for a single seed, which cannot
/// tell shape from noise, and for fewer than three x.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Shape {
    /// The contrasts.
    pub departures: Vec<Departure>,
}

/// Tests whether `values[seed][x]` lie on one power law, over all x at which every seed has a value.
///
/// # Errors
/// As [`crate::exponent_over_seeds`].
pub fn shape_over_seeds(
    xs: &[f64],
    values: &[Vec<Option<f64>>],
    level: f64,
) -> Result<(Shape, WideEnd), StatsError> {
    let table = LogTable::new(xs, values)?;
    Ok((Shape::of(&table)?, WideEnd::of(&table, level)?))
}

impl Shape {
    pub(crate) fn of(table: &LogTable) -> Result<Self, StatsError> {
        let seeds: Vec<usize> = (0..table.seeds()).collect();
        if seeds.len() < 2 {
            return Ok(Self::default());
        }
        let departure = |contrast: &Contrast| {
            let own: Vec<f64> =
                table.ln_values.iter().map(|values| contrast.value(values)).collect();
            let mean = mean_over(&seeds, |seed| own[seed]);
            let squares = mean_over(&seeds, |seed| (own[seed] - mean).powi(2));
            contrast.departure(mean, (squares / (seeds.len() - 1) as f64).sqrt(), seeds.len())
        };
        Ok(Self { departures: contrasts(&table.ln_widths)?.iter().map(departure).collect() })
    }

    /// The contrast with the smallest p-value among those that imply a departure of more than
    /// `relevant`, if that p-value times the number of contrasts (Bonferroni) is below `level`.
    pub fn beyond(&self, level: f64, relevant: f64) -> Option<&Departure> {
        strongest(self.departures.iter(), level, relevant)
    }

    /// The same among the contrasts of the wide end alone.
    pub fn wide_end_beyond(&self, level: f64, relevant: f64) -> Option<&Departure> {
        let wide = |departure: &&Departure| matches!(departure.feature, Feature::WideEnd(_));
        strongest(self.departures.iter().filter(wide), level, relevant)
    }
}

fn strongest<'d>(
    departures: impl Iterator<Item = &'d Departure> + Clone,
    level: f64,
    relevant: f64,
) -> Option<&'d Departure> {
    let each = level / departures.clone().count() as f64;
    departures
        .filter(|departure| departure.p_value < each && departure.slope.abs() > relevant)
        .min_by(|one, other| one.p_value.total_cmp(&other.p_value))
}

/// A weighted sum of ln q that is 0 for every power law.
#[derive(Debug, Clone)]
pub(crate) struct Contrast {
    pub(crate) feature: Feature,
    pub(crate) weights: Vec<f64>,
    /// Largest departure of a local slope for a contrast of 1.
    scale: f64,
}

impl Contrast {
    pub(crate) fn value(&self, ln_values: &[f64]) -> f64 {
        weighted(&self.weights, ln_values)
    }

    /// The contrast of means, with the standard error that `seeds` seeds give it.
    pub(crate) fn departure(&self, value: f64, error: f64, seeds: usize) -> Departure {
        let slope = value * self.scale;
        Departure { feature: self.feature, slope, p_value: p_value(value, error, seeds) }
    }
}

/// P(|T| ≥ |value / error|) for Student's T with `seeds` − 1 degrees of freedom.
fn p_value(value: f64, error: f64, seeds: usize) -> f64 {
    // There is no departure, or none is known.
    if value == 0.0 || value.is_nan() || error.is_nan() {
        return 1.0;
    }
    // Without spread the quotient is infinite and its tail has probability 0.
    let t = (value / error).abs();
    StudentsT::new(0.0, 1.0, (seeds - 1) as f64).map_or(1.0, |student| 2.0 * student.sf(t))
}

/// The contrasts for abscissas `ln_x`, ascending.
pub(crate) fn contrasts(ln_x: &[f64]) -> Result<Vec<Contrast>, StatsError> {
    let count = ln_x.len();
    let mut all = Vec::new();
    if count < 3 {
        return Ok(all);
    }
    let degrees = HIGHEST_DEGREE.min((count - 2).max(2));
    let basis = polynomials(ln_x, degrees);
    for degree in 2..=degrees {
        let weights: Vec<f64> = basis.column(degree).iter().copied().collect();
        let steps = (1..count).map(|i| (weights[i] - weights[i - 1]) / (ln_x[i] - ln_x[i - 1]));
        let scale = steps.fold(0.0, |largest: f64, step| largest.max(step.abs()));
        all.push(Contrast { feature: Feature::Degree(degree), weights, scale });
    }
    let line = slope_weights(ln_x);
    for points in WIDE_ENDS.into_iter().filter(|points| points + 2 <= count) {
        let mut weights: Vec<f64> = line.iter().map(|weight| -weight).collect();
        let tail = slope_weights(&ln_x[count - points..]);
        for (weight, tail) in weights[count - points..].iter_mut().zip(tail) {
            *weight += tail;
        }
        all.push(Contrast { feature: Feature::WideEnd(points), weights, scale: 1.0 });
    }
    Ok(all)
}

/// Orthonormal polynomials of degree 0 … `degree` at the abscissas, a column each.
fn polynomials(ln_x: &[f64], degree: usize) -> DMatrix<f64> {
    let (first, last) = (ln_x[0], ln_x[ln_x.len() - 1]);
    // On [−1, 1] powers up to the fourth are far from dependent.
    let scaled = |x: f64| (2.0 * x - first - last) / (last - first);
    DMatrix::from_fn(ln_x.len(), degree + 1, |i, k| scaled(ln_x[i]).powi(k as i32)).qr().q()
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn doublings(count: usize) -> Vec<f64> {
        (7..7 + count as i32).map(|k| 2f64.powi(k).ln()).collect()
    }

    #[test]
    fn every_contrast_is_blind_to_power_laws() {
        for count in 3..=12 {
            let x = doublings(count);
            let law: Vec<f64> = x.iter().map(|x| 3.0 - 0.75 * x).collect();
            for contrast in contrasts(&x).unwrap() {
                assert!(contrast.value(&law).abs() < 1e-12, "{contrast:?}");
            }
        }
    }

    #[test]
    fn a_departure_is_given_as_a_slope() {
        let x = doublings(9);
        // A slope that is larger by 0.3 from the sixth width on than before.
        let kink: Vec<f64> = x.iter().map(|x| 0.3 * (x - doublings(9)[5]).max(0.0)).collect();
        let line = weighted(&slope_weights(&x), &kink);
        let all = contrasts(&x).unwrap();
        let wide = |points| {
            let find = |contrast: &&Contrast| contrast.feature == Feature::WideEnd(points);
            all.iter().find(find).unwrap().value(&kink)
        };
        assert_relative_eq!(wide(2), 0.3 - line, max_relative = 1e-12);
        assert_relative_eq!(wide(3), 0.3 - line, max_relative = 1e-12);
        // A parabola's slope at the outermost pair, less that of its line, by hand.
        let parabola: Vec<f64> = x.iter().map(|x| 0.01 * x * x).collect();
        let line = weighted(&slope_weights(&x), &parabola);
        let last = (parabola[8] - parabola[7]) / (x[8] - x[7]);
        let contrast = &all[0];
        let slope = contrast.departure(contrast.value(&parabola), 1.0, 5).slope;
        assert_relative_eq!(slope.abs(), last - line, max_relative = 1e-9);
    }

    #[test]
    fn p_values_are_students() {
        // t(4) = 2.776 445 at 5%, t(11) = 2.200 985.
        assert_relative_eq!(p_value(2.776_445_105, 1.0, 5), 0.05, max_relative = 1e-8);
        assert_relative_eq!(p_value(-2.200_985_160, 1.0, 12), 0.05, max_relative = 1e-8);
        assert_eq!((p_value(1.0, 0.0, 5), p_value(0.0, 0.0, 5)), (0.0, 1.0));
    }

    #[test]
    fn few_points_have_few_contrasts() {
        let counts = [2, 3, 4, 5, 6, 7].map(|count| contrasts(&doublings(count)).unwrap().len());
        assert_eq!(counts, [0, 1, 2, 4, 5, 5]);
    }
}
