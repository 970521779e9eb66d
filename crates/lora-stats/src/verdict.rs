//! The decision: a prediction holds, is refuted, the points are no power law, or the measurement
//! does not say.
//!
//! A decision is only as right as the interval behind it. Where that covers the truth in 95 % of
//! studies, leaving out 2.5 % on either side:
//!
//! - A false *holds* needs an interval inside the band although the truth lies on its edge or
//!   beyond, so one that misses the truth on one side: at most 2.5 %, reached with the truth on the
//!   edge, less beyond it.
//! - A false *refuted* needs an interval outside the band although the truth lies in it, edges
//!   included: at most 2.5 % likewise.
//!
//! Where a fit with the finite-width correction has to agree too, both happen less often; choosing
//! the widths by the same data adds at most half a point.
//!
//! No interval over seeds covers a bias that all seeds share, and a line through points that bend
//! has one. Three rules look for it, all on the local slopes (see [`crate::Shape`]):
//!
//! - **Not a power law**: a departure from the line that is larger than the tolerance and
//!   significant at [`SHAPE_LEVEL`]: half of it for the points that the rule chose, and half for all
//!   points where dropping narrow ones did not make the rest straight. At 8·10⁻⁵ a fit, a suite of
//!   600 fits calls a true power law none with a probability of at most 5 %.
//! - A refutation is withheld where the slope over the three widest points may have come back to
//!   the band: where it is there, or departs from the line towards it with a one-sided p of less
//!   than 10 % and its 90 % interval reaches it. A curve that settled late is not refuted for its
//!   past. Of power laws that are a quarter off the prediction, this leaves 1 to 19 % undecided.
//! - Nothing holds that may have left the band: not where the slope over the three widest points
//!   lies outside it and departs from the line with a p of less than 5 %.
//! - A departure of the wide end alone that is larger than the tolerance and significant at 1 %
//!   leaves a prediction undecided.
//!
//! A correction D n^-1/2 over widths 2^7 … 2^16 moves `chosen` by up to 0.0125 D, and the edges of
//! the band with it: with D = 3 a truth that is less than 0.04 beyond an edge is often held. It is
//! not refuted for it, as the corrected fit would have to agree. This crate's tests plant all of it
//! (`tests/verdicts.rs`, `tests/shapes.rs`).

use lora_types::Verdict;
use serde::{Deserialize, Serialize};

use crate::evidence::{Band, Evidence, Side, Widest};
use crate::exponent::LocalSlope;
use crate::interval::Interval;
use crate::needed::{Estimate, Needed};
use crate::scaling::ScalingFit;
use crate::shape::{Departure, Feature, Shape};
use crate::wide_end::{Heading, Trend};

/// Level at which the points of one fit are no power law.
pub const SHAPE_LEVEL: f64 = 8e-5;

/// Level at which the wide end alone leaves a prediction undecided.
const WIDE_END_LEVEL: f64 = 0.01;

/// How far a slope that moves may still go, in terms of its last change between neighbouring slopes.
const STILL_TO_COME: f64 = 4.0;

/// A departure of a local slope that matters to no claim, however small its tolerance.
const LEAST_RELEVANT: f64 = 0.05;

/// A verdict and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// One short sentence.
    pub reason: String,
    /// If undecided: what would decide, where something within reason would.
    pub needed: Option<Needed>,
    /// Where the local slope is heading, if the line does not say it.
    pub heading: Option<Heading>,
}

impl Decision {
    /// Undecided for want of anything to decide on.
    pub fn unmeasured(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Undecided, reason)
    }

    /// A verdict with its reason, and nothing that would change it.
    pub fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), needed: None, heading: None }
    }
}

/// Decides whether an exponent is `predicted`, within `tolerance`.
///
/// With the band [predicted − tolerance, predicted + tolerance], edges included:
///
/// - **not a power law** if a departure of the chosen points from their line is larger than
///   `tolerance`, or than 0.05 if that is larger, and significant at [`SHAPE_LEVEL`]; `heading`
///   says where the local slope is going. Where the intervals of all local slopes lie outside the
///   band, on one side, and the last is not on its way to it, the prediction is **refuted** all the
///   same;
/// - **holds** if the interval over the chosen widths lies inside the band, the interval of the fit
///   with the leading correction, where there is one, overlaps it, and the three widest points do
///   not lead out of it;
/// - **refuted** if the interval over the chosen widths lies outside the band, and that of the
///   corrected fit, where there is one, does so on the same side, and the three widest points do
///   not lead back to the band (see the module's text);
/// - else, or where the wide end departs from the line, **undecided**, and `needed` says what would
///   decide if the estimates stay where they are. It is `None` where they disagree about the band,
///   since no precision reconciles them.
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
        // What agrees with the band nowhere is refuted, however it departs from its line.
        Some(_) if decision.verdict == Verdict::Refuted && nowhere.is_some() => decision,
        Some(departure) => bent(Verdict::Undecided, fit, departure, band),
        None => decision,
    }
}

impl ScalingFit {
    /// The departure that makes these points no power law for who tells exponents apart by
    /// `tolerance`; `None` if they may lie on one.
    pub fn departure(&self, tolerance: f64) -> Option<Departure> {
        let beyond = |shape: &Shape| shape.beyond(0.5 * SHAPE_LEVEL, relevant(tolerance)).copied();
        beyond(&self.shape).or_else(|| self.bent.as_ref().and_then(beyond))
    }
}

/// The smallest departure of a local slope that matters.
fn relevant(tolerance: f64) -> f64 {
    tolerance.max(LEAST_RELEVANT)
}

/// The side of the band on which the intervals of all local slopes lie, if it is one and the slope at
/// the widest points is not on its way to the band: it does not move towards it, or too slowly to
/// reach it within four times its last change (changes that shrink by a fifth each time end there).
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

/// Decides whether a quantity lies within (lower, upper), edges included; an end that is `None` is
/// open. That a log ratio is below 0, for example, is (None, Some(0.0)).
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
