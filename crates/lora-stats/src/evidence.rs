//! The estimates that a decision rests on, and the positions of their intervals relative to a band.

use std::fmt;

use lora_types::Verdict;

use crate::decision::Decision;
use crate::needed::{Estimate, Needed, doublings, slope_error};
use crate::scaling::corrected_columns;
use crate::shape::{Departure, Feature, Shape};

/// Level of the interval of the three widest points that may reach back to the band.
const WIDE_END_INTERVAL: f64 = 0.9;

/// Two-sided p of a departure of the three widest points that may lead back to the band.
const LEADS_BACK: f64 = 0.2;

/// The same for a departure that may lead out of the band.
const LEADS_OUT: f64 = 0.05;

/// The range of values that agree with a prediction, edges included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

/// The position of an interval relative to a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Below,
    Inside,
    Above,
    /// Partly inside, or containing the whole band.
    Across,
}

impl Band {
    pub(crate) fn side(&self, lower: f64, upper: f64) -> Side {
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

impl Side {
    /// In words, for an interval that may contain the whole band.
    pub(crate) fn of_heading(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Inside => "inside",
            Self::Above => "above",
            Self::Across => "partly in",
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
pub(crate) struct Evidence {
    pub(crate) band: Band,
    pub(crate) chosen: Estimate,
    pub(crate) corrected: Option<Estimate>,
    pub(crate) widest: Option<Widest>,
}

/// The slope over the three widest points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Widest {
    /// The slope with its 90% interval.
    slope: Estimate,
    /// Its departure from the line; `None` if there are fewer than five points.
    departs: Option<Departure>,
}

impl Widest {
    pub(crate) fn new(three: Estimate, shape: &Shape) -> Self {
        let departs = shape.departures.iter().find(|d| d.feature == Feature::WideEnd(3)).copied();
        Self { slope: three.at(WIDE_END_INTERVAL), departs }
    }

    /// Whether it leads to another side of the band than the fit's, once its interval has shrunk to
    /// `share` of its width.
    fn contradicts(&self, band: &Band, fit: Side, share: f64) -> bool {
        let (value, (lower, upper)) = (self.slope.value, self.slope.shrunk(share));
        let departs = |level: f64, towards: f64| {
            self.departs.is_some_and(|d| d.p_value < level && d.slope * towards > 0.0)
        };
        match fit {
            Side::Below => value >= band.lower || upper >= band.lower && departs(LEADS_BACK, 1.0),
            Side::Above => value <= band.upper || lower <= band.upper && departs(LEADS_BACK, -1.0),
            Side::Inside if value < band.lower => departs(LEADS_OUT, -1.0),
            Side::Inside if value > band.upper => departs(LEADS_OUT, 1.0),
            Side::Inside | Side::Across => false,
        }
    }
}

/// The positions of the intervals of the evidence.
#[derive(Debug, Clone, Copy)]
struct Sides {
    chosen: Side,
    corrected: Option<Side>,
    /// Whether the three widest points lead to another side of the band than the fit's.
    contradicted: bool,
}

impl Evidence {
    pub(crate) fn decide(&self, widest: impl FnOnce() -> Option<f64>) -> Decision {
        let sides = self.sides(1.0, 1.0, 1.0);
        let verdict = sides.verdict();
        let needed = match verdict {
            Verdict::Undecided => Needed::new(self.seeds_needed(), widest()),
            _ => None,
        };
        Decision { needed, ..Decision::new(verdict, self.reason(verdict, sides)) }
    }

    fn reason(&self, verdict: Verdict, sides: Sides) -> String {
        let band = self.band;
        let interval = format!("the interval [{:.3}, {:.3}]", self.chosen.lower, self.chosen.upper);
        let Sides { chosen, corrected, .. } = sides;
        match (verdict, corrected, self.widest) {
            (Verdict::Undecided, _, Some(widest)) if sides.only_the_widest_contradicts() => {
                format!(
                    "{interval} lies {chosen} {band}, but the slope over the three widest points is \
                 {:.3} (90% interval [{:.3}, {:.3}]), so that it may not stay there",
                    widest.slope.value, widest.slope.lower, widest.slope.upper
                )
            }
            (Verdict::Undecided, Some(corrected), _) if chosen != Side::Across => format!(
                "the leading finite-width correction decides: {interval} lies {chosen} {band}, \
                 with the correction {corrected} it"
            ),
            (Verdict::Undecided, ..) => format!("{interval} is too wide: it lies {chosen} {band}"),
            (_, None, _) => format!("{interval} lies {chosen} {band}"),
            (_, Some(_), _) => {
                format!(
                    "{interval} lies {chosen} {band}; a finite-width correction does not contradict"
                )
            }
        }
    }

    /// The positions of the intervals once each has shrunk to a share of its width.
    fn sides(&self, chosen: f64, corrected: f64, widest: f64) -> Sides {
        let side = |estimate: &Estimate, share| {
            let (lower, upper) = estimate.shrunk(share);
            self.band.side(lower, upper)
        };
        let chosen = side(&self.chosen, chosen);
        let contradicts = |points: Widest| points.contradicts(&self.band, chosen, widest);
        Sides {
            chosen,
            corrected: self.corrected.as_ref().map(|estimate| side(estimate, corrected)),
            contradicted: self.widest.is_some_and(contradicts),
        }
    }

    fn decides(&self, chosen: f64, corrected: f64, widest: f64) -> bool {
        self.sides(chosen, corrected, widest).verdict() != Verdict::Undecided
    }

    /// The smallest number of seeds with which the present estimates would decide.
    fn seeds_needed(&self) -> Option<usize> {
        let clear = |lower, upper| self.band.side(lower, upper) != Side::Across;
        // The decision changes only at a number of seeds at which an interval comes clear of an edge.
        let chosen = self.chosen.seeds_until(clear);
        let clears = [
            chosen,
            self.corrected.and_then(|corrected| corrected.seeds_until(clear)),
            self.widest.and_then(|widest| widest.slope.seeds_until(clear)),
        ];
        let mut candidates: Vec<usize> = clears.into_iter().flatten().collect();
        candidates.sort_unstable();
        candidates.into_iter().find(|&seeds| {
            let share = self.chosen.share_with(seeds);
            let widest = self.widest.map_or(1.0, |widest| widest.slope.share_with(seeds));
            self.decides(share, share, widest)
        })
    }

    /// The smallest doubling of the widest x with which the present estimates would decide.
    pub(crate) fn widest_needed(&self, chosen: &[f64], all: &[f64]) -> Option<f64> {
        let line = slope_error(chosen, line_columns)?;
        let corrected = slope_error(all, corrected_columns);
        doublings(chosen).zip(doublings(all)).find_map(|((widest, chosen), (_, all))| {
            let line = slope_error(&chosen, line_columns)? / line;
            let then = slope_error(&all, corrected_columns);
            // Without a corrected fit there is no interval to shrink.
            let corrected = then.zip(corrected).map_or(1.0, |(then, now)| then / now);
            // The slope is always over three points, so its interval keeps its width.
            self.decides(line, corrected, 1.0).then_some(widest)
        })
    }
}

impl Sides {
    fn verdict(self) -> Verdict {
        if self.contradicted { Verdict::Undecided } else { self.without_the_widest() }
    }

    fn without_the_widest(self) -> Verdict {
        match (self.chosen, self.corrected) {
            (Side::Inside, None | Some(Side::Inside | Side::Across)) => Verdict::Holds,
            (Side::Below, None | Some(Side::Below)) => Verdict::Refuted,
            (Side::Above, None | Some(Side::Above)) => Verdict::Refuted,
            _ => Verdict::Undecided,
        }
    }

    fn only_the_widest_contradicts(self) -> bool {
        self.contradicted && self.without_the_widest() != Verdict::Undecided
    }
}

/// 1 and ln x.
fn line_columns(ln_x: &[f64]) -> [Vec<f64>; 2] {
    [vec![1.0; ln_x.len()], ln_x.to_vec()]
}
