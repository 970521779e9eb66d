//! The three-way decision: a prediction holds, is refuted, or the measurement does not say.
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
//! the widths by the same data adds at most half a point. What no interval over seeds covers is a
//! bias that all seeds share. A correction D n^-1/2 over widths 2^7 … 2^16 moves `chosen` by up to
//! 0.0125 D, and the edges of the band with it: with D = 3 a truth that is less than 0.04 beyond an
//! edge is often held. It is not refuted for it, as the corrected fit would have to agree. This
//! crate's tests plant all of it (`tests/verdicts.rs`).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::needed::{Estimate, Needed, doublings, slope_error};
use crate::scaling::{ScalingFit, corrected_columns};

/// Whether a measurement agrees with what was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The measurement leaves only values that agree.
    Holds,
    /// The measurement leaves no value that agrees.
    Refuted,
    /// The measurement leaves both.
    Undecided,
}

/// A verdict and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// One short sentence.
    pub reason: String,
    /// If undecided: what would decide, where something within reason would.
    pub needed: Option<Needed>,
}

impl Decision {
    /// Undecided for want of anything to decide on.
    pub fn unmeasured(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Undecided, reason: reason.into(), needed: None }
    }
}

/// Decides whether an exponent is `predicted`, within `tolerance`.
///
/// With the band [predicted − tolerance, predicted + tolerance], edges included:
///
/// - **holds** if the interval over the chosen widths lies inside the band and the interval of the
///   fit with the leading correction, where there is one, overlaps it;
/// - **refuted** if the interval over the chosen widths lies outside the band and that of the
///   corrected fit, where there is one, does so on the same side;
/// - else **undecided**, and `needed` says what would decide if both estimates stay where they are.
///   It is `None` where they disagree about the band, since no precision reconciles them.
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
    let corrected = fit.corrected.and_then(|corrected| of(corrected.exponent));
    let evidence = Evidence { band, chosen, corrected };
    evidence.decide(|| evidence.widest_needed(&fit.chosen.widths_used, &fit.all.widths_used))
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
    Evidence { band, chosen, corrected: None }.decide(|| None)
}

const NO_INTERVAL: &str = "there is no interval, which takes two seeds or more";

/// The values that agree, edges included.
#[derive(Debug, Clone, Copy)]
struct Band {
    lower: f64,
    upper: f64,
}

/// Where an interval lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Inside,
    Above,
    /// Partly inside, or around all of the band.
    Across,
}

impl Band {
    fn side(&self, lower: f64, upper: f64) -> Side {
        if upper < self.lower {
            Side::Below
        } else if lower > self.upper {
            Side::Above
        } else if self.lower <= lower && upper <= self.upper {
            Side::Inside
        } else {
            Side::Across
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lower.is_finite(), self.upper.is_finite()) {
            (true, true) => write!(f, "[{:.3}, {:.3}]", self.lower, self.upper),
            (true, false) => write!(f, "what is at least {:.3}", self.lower),
            (false, true) => write!(f, "what is at most {:.3}", self.upper),
            (false, false) => write!(f, "all values"),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Below => "below",
            Self::Inside => "inside",
            Self::Above => "above",
            Self::Across => "across the edge of",
        })
    }
}

/// The estimates that a decision rests on.
#[derive(Debug, Clone, Copy)]
struct Evidence {
    band: Band,
    chosen: Estimate,
    corrected: Option<Estimate>,
}

impl Evidence {
    fn decide(&self, widest: impl FnOnce() -> Option<f64>) -> Decision {
        let (chosen, corrected) = self.sides(1.0, 1.0);
        let verdict = verdict(chosen, corrected);
        let needed = match verdict {
            Verdict::Undecided => Needed::new(self.seeds_needed(), widest()),
            _ => None,
        };
        Decision { verdict, reason: self.reason(verdict, chosen, corrected), needed }
    }

    fn reason(&self, verdict: Verdict, chosen: Side, corrected: Option<Side>) -> String {
        let band = self.band;
        let interval = format!("the interval [{:.3}, {:.3}]", self.chosen.lower, self.chosen.upper);
        match (verdict, corrected) {
            (Verdict::Undecided, Some(corrected)) if chosen != Side::Across => format!(
                "the leading finite-width correction decides: {interval} lies {chosen} {band}, \
                 with the correction {corrected} it"
            ),
            (Verdict::Undecided, _) => format!("{interval} is too wide: it lies {chosen} {band}"),
            (_, None) => format!("{interval} lies {chosen} {band}"),
            (_, Some(_)) => {
                format!(
                    "{interval} lies {chosen} {band}; a finite-width correction does not contradict"
                )
            }
        }
    }

    /// Where the intervals lie once each has shrunk to a share of itself.
    fn sides(&self, chosen: f64, corrected: f64) -> (Side, Option<Side>) {
        let side = |estimate: &Estimate, share| {
            let (lower, upper) = estimate.shrunk(share);
            self.band.side(lower, upper)
        };
        let corrected = self.corrected.as_ref().map(|estimate| side(estimate, corrected));
        (side(&self.chosen, chosen), corrected)
    }

    fn decides(&self, chosen: f64, corrected: f64) -> bool {
        let (chosen, corrected) = self.sides(chosen, corrected);
        verdict(chosen, corrected) != Verdict::Undecided
    }

    /// The fewest seeds with which the estimates as they are would decide.
    fn seeds_needed(&self) -> Option<usize> {
        let clear = |lower, upper| self.band.side(lower, upper) != Side::Across;
        let chosen = self.chosen.seeds_until(clear)?;
        // Between these no interval comes clear of an edge, so no decision changes.
        let both = self.corrected.and_then(|corrected| corrected.seeds_until(clear));
        let both = both.map(|corrected| corrected.max(chosen));
        [Some(chosen), both].into_iter().flatten().find(|&seeds| {
            let share = self.chosen.share_with(seeds);
            self.decides(share, share)
        })
    }

    /// The narrowest doubling of the widest x with which the estimates as they are would decide.
    fn widest_needed(&self, chosen: &[f64], all: &[f64]) -> Option<f64> {
        let line = slope_error(chosen, line_columns)?;
        let corrected = slope_error(all, corrected_columns);
        doublings(chosen).zip(doublings(all)).find_map(|((widest, chosen), (_, all))| {
            let line = slope_error(&chosen, line_columns)? / line;
            let then = slope_error(&all, corrected_columns);
            // Without a corrected fit its share is of nothing.
            let corrected = then.zip(corrected).map_or(1.0, |(then, now)| then / now);
            self.decides(line, corrected).then_some(widest)
        })
    }
}

fn verdict(chosen: Side, corrected: Option<Side>) -> Verdict {
    match (chosen, corrected) {
        (Side::Inside, None | Some(Side::Inside | Side::Across)) => Verdict::Holds,
        (Side::Below, None | Some(Side::Below)) => Verdict::Refuted,
        (Side::Above, None | Some(Side::Above)) => Verdict::Refuted,
        _ => Verdict::Undecided,
    }
}

/// 1 and ln x.
fn line_columns(ln_x: &[f64]) -> [Vec<f64>; 2] {
    [vec![1.0; ln_x.len()], ln_x.to_vec()]
}
