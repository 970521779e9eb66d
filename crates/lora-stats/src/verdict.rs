//! The decision: a prediction holds, is refuted, the points are no power law, or the measurement does
//! not decide.
//!
//! The error rates of a decision follow from its interval. If the interval covers the truth in 95 % of
//! studies and misses it in 2.5 % on either side:
//!
//! - A false *holds* needs an interval inside the band although the truth lies on its edge or outside.
//!   Such an interval misses the truth on one side, which happens in at most 2.5 % of studies: in 2.5 %
//!   if the truth is on the edge, and less often if it is farther outside.
//! - A false *refuted* needs an interval outside the band although the truth lies inside or on its
//!   edge: at most 2.5 % too.
//!
//! Both are rarer where the fit with the finite-width correction has to agree. Choosing the widths from
//! the same data adds at most half a percentage point.
//!
//! No interval over seeds covers a bias that all seeds share, such as that of a line through points
//! that bend. The following rules look for it in the local slopes (see [`crate::Shape`]):
//!
//! - **Not a power law**: a departure from the line that is larger than the tolerance and
//!   significant at [`SHAPE_LEVEL`]. Half of the level is for the points that the rule chose, and half
//!   for all points, if dropping narrow widths did not make the rest straight. At 8·10⁻⁵ for each fit,
//!   a suite of 600 fits rejects some true power law with a probability of at most 5 %.
//! - A prediction is not refuted if the slope over the three widest points may have returned to the
//!   band: if it lies inside, or if it departs from the line towards the band with a one-sided p below
//!   10 % and its 90 % interval reaches the band. So a curve that settles late is not refuted because
//!   of its narrow widths. Of power laws that are 1/4 off the prediction, this leaves 1 to 19 %
//!   undecided.
//! - A prediction does not hold if the slope over the three widest points may have left the band: if it
//!   lies outside and departs from the line with a p below 5 %.
//! - A departure of the wide end alone that is larger than the tolerance and significant at 1 %
//!   leaves a prediction undecided.
//!
//! A correction D n^-1/2 over widths 2^7 … 2^16 moves the exponent of `chosen` by up to 0.0125 D: with
//! D = 3 a truth that lies less than 0.04 outside the band often holds. It does not cause refutations,
//! because the corrected fit has to agree. The tests of this crate measure all of these rates on
//! planted studies (`tests/verdicts.rs`, `tests/shapes.rs`).

use lora_types::Verdict;

use crate::decision::Decision;
use crate::evidence::{Band, Evidence, Side, Widest};
use crate::exponent::LocalSlope;
use crate::interval::Interval;
use crate::needed::Estimate;
use crate::scaling::ScalingFit;
use crate::shape::{Departure, Feature, Shape};
use crate::wide_end::Trend;

/// Significance level at which the points of one fit are not a power law.
pub const SHAPE_LEVEL: f64 = 8e-5;

/// Level at which the wide end alone leaves a prediction undecided.
const WIDE_END_LEVEL: f64 = 0.01;

/// How far a moving slope may still go, in multiples of the last change between neighbouring slopes.
const STILL_TO_COME: f64 = 4.0;

/// A departure of a local slope that is too small to matter, however small the tolerance.
const LEAST_RELEVANT: f64 = 0.05;

/// Decides whether an exponent is `predicted`, within `tolerance`.
///
/// The band is [predicted − tolerance, predicted + tolerance], edges included. The verdict is
///
/// - **not a power law** if a departure of the chosen points from their line is larger than
///   `tolerance`, or than 0.05 if that is larger, and significant at [`SHAPE_LEVEL`]; `heading`
///   says where the local slope is going. If the intervals of all local slopes lie outside the band on
///   one side, and the last slope is not on its way to the band, the prediction is **refuted**
///   nevertheless;
/// - **holds** if the interval over the chosen widths lies inside the band, the interval of the fit
///   with the leading correction, where there is one, overlaps it, and the three widest points do
///   not lead out of it;
/// - **refuted** if the interval over the chosen widths lies outside the band, and that of the
///   corrected fit, where there is one, does so on the same side, and the three widest points do
///   not lead back to the band (see the module's text);
/// - **undecided** otherwise, or if the wide end departs from the line; `needed` says what would decide
///   if the estimates stayed where they are. It is `None` if the estimates lie on different sides of an
///   edge, because no precision reconciles them.
///
/// A prediction or tolerance that is not a finite number, or a negative tolerance, decides nothing.
pub fn decide_exponent(fit: &ScalingFit, predicted: f64, tolerance: f64) -> Decision {
    let band = Band { lower: predicted - tolerance, upper: predicted + tolerance };
    if !(band.lower.is_finite() && band.upper.is_finite() && band.lower <= band.upper) {
        return Decision::unmeasured("there is no prediction with a tolerance to compare with");
    }
    let (seeds, level) = (fit.chosen.seeds_used, fit.chosen.level);
    let estimate = |value, lower: Option<f64>, upper: Option<f64>| {
        lower.zip(upper).map(|(lower, upper)| Estimate { value, lower, upper, seeds, level })
    };
    let of = |interval: Interval| estimate(interval.estimate, interval.lower, interval.upper);
    let Some(chosen) = estimate(fit.chosen.exponent, fit.chosen.lower, fit.chosen.upper) else {
        return Decision::unmeasured(NO_INTERVAL);
    };
    let nowhere = nowhere(fit, band);
    if let Some(departure) = fit.departure(tolerance) {
        if let Some(side) = nowhere {
            let reason = format!("every local slope lies {side} {band}, though on no power law");
            return Decision {
                heading: fit.wide_end.heading(),
                ..Decision::new(Verdict::Refuted, reason)
            };
        }
        return bent(Verdict::NotAPowerLaw, fit, &departure, band);
    }
    let evidence = Evidence {
        band,
        chosen,
        corrected: fit.corrected.and_then(|corrected| of(corrected.exponent)),
        widest: of(fit.wide_end.three).map(|three| Widest::new(three, &fit.shape)),
    };
    let decision =
        evidence.decide(|| evidence.widest_needed(&fit.chosen.widths_used, &fit.all.widths_used));
    match fit.shape.wide_end_beyond(WIDE_END_LEVEL, relevant(tolerance)) {
        // A fit with no local slope in the band is refuted, however it departs from its line.
        Some(_) if decision.verdict == Verdict::Refuted && nowhere.is_some() => decision,
        Some(departure) => bent(Verdict::Undecided, fit, departure, band),
        None => decision,
    }
}

impl ScalingFit {
    /// The departure because of which these points are not a power law, given that exponents have to be
    /// distinguished by `tolerance`; `None` if they may lie on a power law.
    pub fn departure(&self, tolerance: f64) -> Option<Departure> {
        let beyond = |shape: &Shape| shape.beyond(0.5 * SHAPE_LEVEL, relevant(tolerance)).copied();
        beyond(&self.shape).or_else(|| self.bent.as_ref().and_then(beyond))
    }
}

/// The smallest departure of a local slope that matters.
fn relevant(tolerance: f64) -> f64 {
    tolerance.max(LEAST_RELEVANT)
}

/// The side of the band on which the intervals of all local slopes lie, if they lie on one side and the
/// slope at the widest points is not on its way to the band: it does not move towards it, or too slowly
/// to reach it within four times its last change. (Changes that shrink by a fifth from one to the next
/// add up to four times the last one.)
fn nowhere(fit: &ScalingFit, band: Band) -> Option<Side> {
    let side = |slope: &LocalSlope| Some(band.side(slope.lower?, slope.upper?));
    let mut sides = fit.all.local_slopes.iter().map(side);
    let first = sides.next()??;
    let heading = fit.wide_end.heading()?;
    let on = STILL_TO_COME * fit.wide_end.turn.map_or(0.0, |turn| turn.estimate.abs());
    let coming = match first {
        Side::Below => heading.trend == Trend::Rising && heading.upper + on >= band.lower,
        Side::Above => heading.trend == Trend::Falling && heading.lower - on <= band.upper,
        Side::Inside | Side::Across => return None,
    };
    (sides.all(|side| side == Some(first)) && !coming).then_some(first)
}

/// The line does not describe the points, or may not.
fn bent(verdict: Verdict, fit: &ScalingFit, departure: &Departure, band: Band) -> Decision {
    let heading = fit.wide_end.heading();
    let start = match verdict {
        Verdict::NotAPowerLaw => "the points lie on no power law",
        _ => "the points may lie on no power law",
    };
    let what = match departure.feature {
        Feature::Degree(2) => "bend away",
        Feature::Degree(3) => "swing away in an S",
        Feature::Degree(_) => "swing away",
        Feature::WideEnd(_) => "depart at the wide end",
    };
    let reason = format!(
        "{start}: they {what} from the fitted slope {:.2}, by {:.2} in the local slope (p = {:.0e})",
        fit.chosen.exponent,
        departure.slope.abs(),
        departure.p_value
    );
    let end = heading.map_or(String::new(), |heading| {
        let side = band.side(heading.lower, heading.upper);
        format!("; {heading}, which lies {} {band}", side.of_heading())
    });
    Decision { heading, ..Decision::new(verdict, reason + &end) }
}

/// Decides whether a quantity lies within (lower, upper), edges included. An end that is `None` is
/// unbounded; for a log ratio at most 0 the range is (None, Some(0.0)).
///
/// **Holds** if the interval lies inside, **refuted** if it lies outside, else **undecided**, with
/// the seeds that would decide if the estimate stays where it is.
pub fn decide_interval(interval: &Interval, agrees: (Option<f64>, Option<f64>)) -> Decision {
    let band = Band {
        lower: agrees.0.unwrap_or(f64::NEG_INFINITY),
        upper: agrees.1.unwrap_or(f64::INFINITY),
    };
    if band.lower.is_nan() || band.upper.is_nan() || band.lower > band.upper {
        return Decision::unmeasured("there is no range of values to compare with");
    }
    let Interval { estimate: value, seeds, level, .. } = *interval;
    let Some((lower, upper)) = interval.lower.zip(interval.upper) else {
        return Decision::unmeasured(NO_INTERVAL);
    };
    let chosen = Estimate { value, lower, upper, seeds, level };
    Evidence { band, chosen, corrected: None, widest: None }.decide(|| None)
}

const NO_INTERVAL: &str = "there is no interval, which takes two seeds or more";
