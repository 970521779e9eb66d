//! One change between the two models, and the factor that it puts on the learning rate.

use lora_theory::{
    Init, Powers, Rational, TheoryError, analyse, approximate, multiplier_exponents,
    rank_exponents, ratio_exponents,
};
use serde::Serialize;

use crate::transfer::choices::CarriedLr;
use crate::transfer::error::TransferError;
use crate::transfer::exact_rule::exactly;
use crate::transfer::factor::{LogFactor, LrRange};
use crate::transfer::request::{CheckedTransfer, Given};
use crate::transfer::stored::{self, MeasuredExponent};
use lora_analysis::minus::minus_signs;
use lora_types::OptimizerKind;

/// Where a factor comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Between measured sizes.
    Interpolated,
    /// By the fitted power, beyond the measured sizes.
    Fit,
    /// By the theory's power.
    Theory,
    /// By the user's exponent.
    Given,
}

/// How one quantity changes, and what follows for the learning rate.
#[derive(Clone, Debug, Serialize)]
pub struct SizeChange {
    /// "n", "r", "α" or "η_B/η_A".
    pub of: &'static str,
    /// From this value …
    pub from: f64,
    /// … to this.
    pub to: f64,
    /// Where `factor` comes from.
    pub method: Method,
    /// What the LR is multiplied by.
    pub factor: LrRange,
    /// The theory's exponent; none where it has none.
    pub theory: Option<f64>,
    /// The same as a fraction.
    pub theory_exact: Option<String>,
    /// The measured exponent and its verdict, where the setting was measured.
    pub measured: Option<MeasuredExponent>,
    /// The smallest and the largest measured size.
    pub measured_between: Option<[f64; 2]>,
    /// The user's own exponent.
    pub given: Option<Given>,
    /// `factor` in logarithms.
    #[serde(skip)]
    pub log: LogFactor,
}

/// Everything known about one change.
struct KnownChange {
    of: &'static str,
    sizes: [f64; 2],
    theory: Option<Rational>,
    measured: Option<MeasuredExponent>,
    given: Option<Given>,
}

/// Every change that a request makes.
///
/// # Errors
/// [`TransferError`] if one of them has no safe answer.
pub fn changes(request: &CheckedTransfer) -> Result<Vec<SizeChange>, TransferError> {
    let mut changes = Vec::new();
    if let Some(sizes) = request.width {
        changes.push(of_width(request, sizes)?.change(request)?);
    }
    if let Some(sizes) = request.rank {
        changes.push(of_rank(request, sizes)?.change(request)?);
    }
    if let Some(sizes) = request.alpha {
        let powers = multiplier_exponents(&request.setting)?;
        changes.push(by_theory("α", sizes, goal(request, powers)).change(request)?);
    }
    if request.ratio[0] != request.ratio[1] {
        let powers = ratio_exponents(&request.setting)?;
        changes.push(by_theory("η_B/η_A", request.ratio, goal(request, powers)).change(request)?);
    }
    Ok(changes)
}

fn goal(request: &CheckedTransfer, powers: Powers) -> Option<Rational> {
    match request.arguments.goal {
        CarriedLr::Optimal => powers.optimal,
        CarriedLr::Stable => powers.stable,
    }
}

fn by_theory(of: &'static str, sizes: [f64; 2], theory: Option<Rational>) -> KnownChange {
    KnownChange { of, sizes, theory, measured: None, given: None }
}

fn of_width(request: &CheckedTransfer, sizes: [f64; 2]) -> Result<KnownChange, TheoryError> {
    if let Some(run) = &request.arguments.run {
        let (measured, theory) = (Some(run.exponent.clone()), run.predicted);
        return Ok(KnownChange {
            of: "n",
            sizes,
            theory,
            measured,
            given: request.given_width.clone(),
        });
    }
    let critical = analyse(&request.setting)?.critical;
    let (asked, init) = (request.arguments.goal, request.arguments.init);
    let theory = match asked {
        CarriedLr::Optimal => critical.optimal.gamma(),
        CarriedLr::Stable => critical.stable.gamma(),
    };
    let measured = stored::of_width(asked, init, request.arguments.readout);
    let given = request.given_width.clone();
    Ok(KnownChange { of: "n", sizes, theory, measured: by_adam(request, measured), given })
}

fn of_rank(request: &CheckedTransfer, sizes: [f64; 2]) -> Result<KnownChange, TheoryError> {
    let arguments = request.arguments;
    // With both factors random the calculus bounds the powers of a growing rank, and has none.
    let theory = match request.setting.init == Init::AB {
        true => None,
        false => goal(request, rank_exponents(&request.setting)?),
    };
    let (init, readout) = (arguments.init, arguments.readout);
    let measured = stored::of_rank(arguments.goal, init, request.multiplier, readout);
    let given = request.given_rank.clone();
    Ok(KnownChange { of: "r", sizes, theory, measured: by_adam(request, measured), given })
}

/// A measurement, which was made with Adam.
fn by_adam(
    request: &CheckedTransfer,
    measured: Option<MeasuredExponent>,
) -> Option<MeasuredExponent> {
    measured.filter(|_| request.arguments.optimizer == OptimizerKind::Adam)
}

impl KnownChange {
    fn change(self, request: &CheckedTransfer) -> Result<SizeChange, TransferError> {
        let curve = self.measured.as_ref().and_then(MeasuredExponent::curve);
        let [from, to] = self.sizes;
        let power = |exponent| LogFactor::power(exponent, to.ln() - from.ln());
        let (method, log) = match (&self.given, &self.measured, &curve, self.theory) {
            (Some(given), ..) => {
                let [low, high] = given.interval.unwrap_or([given.exponent; 2]);
                (Method::Given, power([low, given.exponent, high]))
            }
            (None, Some(_), Some(curve), _) if curve.holds(from, to) => {
                (Method::Interpolated, curve.between(from, to))
            }
            (None, Some(measured), ..) if measured.bends() => {
                return Err(self.bent(request, measured, curve.map(|curve| curve.ends())));
            }
            (None, Some(measured), ..) if !measured.is_power() => {
                return Err(self.too_few(request, measured));
            }
            (None, Some(measured), Some(curve), _) => {
                (Method::Fit, curve.continued(measured.exponent(), from, to))
            }
            (None, Some(measured), None, _) => (Method::Fit, power(measured.exponent())),
            (None, None, _, Some(x)) => (Method::Theory, power([approximate(x); 3])),
            (None, None, _, None) => return Err(self.unknown(request)),
        };
        Ok(SizeChange {
            of: self.of,
            from,
            to,
            method,
            factor: log.times(1.0).ok_or(TransferError::FactorOutOfRange)?,
            theory: self.theory.map(approximate),
            theory_exact: self.theory.map(|x| x.to_string()),
            measured: self.measured,
            measured_between: curve.map(|curve| curve.ends()),
            given: self.given,
            log,
        })
    }

    /// Why points that bend are not continued.
    fn bent(
        &self,
        request: &CheckedTransfer,
        measured: &MeasuredExponent,
        ends: Option<[f64; 2]>,
    ) -> TransferError {
        let [smallest, largest] = ends.unwrap_or([measured.smallest_used, measured.largest_used]);
        let ([from, to], reason) = (self.sizes, minus_signs(&measured.reason));
        let goal = request.arguments.goal;
        TransferError::Bends { goal, of: self.of, from, to, smallest, largest, reason }
    }

    /// Why two points are not continued.
    fn too_few(&self, request: &CheckedTransfer, measured: &MeasuredExponent) -> TransferError {
        let ([from, to], goal) = (self.sizes, request.arguments.goal);
        let (smallest, largest) = (measured.smallest_used, measured.largest_used);
        TransferError::TooFewPoints { goal, of: self.of, from, to, smallest, largest }
    }

    /// Why there is nothing to go by.
    fn unknown(&self, request: &CheckedTransfer) -> TransferError {
        let (of, [from, to]) = (self.of, self.sizes);
        let exact = exactly(request).filter(|_| of == "α");
        TransferError::Unknown { goal: request.arguments.goal, of, from, to, exact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::asked::TransferRequest;
    use crate::transfer::choices::Multiplier;
    use lora_types::Verdict;

    /// The change of a rank, measured under Init[B] with s = 1/r, with another verdict on it.
    fn judged(verdict: Verdict, sizes: [f64; 2]) -> Result<SizeChange, TransferError> {
        let half = Rational::new_raw(1, 2);
        let init = lora_types::Init::B;
        let found = stored::of_rank(CarriedLr::Stable, init, Multiplier::Inverse, half);
        let measured = MeasuredExponent { verdict, ..found.expect("a measurement") };
        let goal = CarriedLr::Stable;
        let arguments =
            TransferRequest { to_rank: Some(64), init, goal, ..TransferRequest::default() };
        let request = CheckedTransfer::of(&arguments).expect("a good request");
        let theory = Some(Rational::from_integer(1));
        KnownChange { of: "r", sizes, theory, measured: Some(measured), given: None }
            .change(&request)
    }

    #[test]
    fn what_is_no_power_law_is_interpolated_and_not_continued() {
        for sizes in [[128.0, 256.0], [256.0, 4.0], [1.0, 2.0], [300.0, 400.0]] {
            let error = judged(Verdict::NotAPowerLaw, sizes).expect_err("no safe answer");
            let TransferError::Bends { of, smallest, largest, .. } = error else {
                panic!("{error}")
            };
            assert_eq!((of, smallest, largest), ("r", 2.0, 128.0));
        }
        let inside = judged(Verdict::NotAPowerLaw, [8.0, 64.0]).expect("measured");
        assert_eq!(inside.method, Method::Interpolated);
    }

    /// The verdict decides what is safe beyond, and never what was measured.
    #[test]
    fn other_verdicts_are_continued_with_the_last_slope_in_the_range() {
        for verdict in [Verdict::Holds, Verdict::Refuted, Verdict::Undecided] {
            let beyond = judged(verdict, [128.0, 512.0]).expect("a fit");
            assert_eq!(beyond.method, Method::Fit);
            let last = judged(verdict, [64.0, 128.0]).expect("measured");
            let continued = last.factor.value.powi(2);
            assert!(beyond.factor.lower <= continued * (1.0 + 1e-12), "{beyond:?}");
            let inside = judged(verdict, [8.0, 64.0]).expect("measured");
            assert_eq!(
                inside.log,
                judged(Verdict::NotAPowerLaw, [8.0, 64.0]).expect("measured").log
            );
        }
    }
}
