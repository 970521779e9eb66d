//! Which init ends lower, or why that cannot be said.

use std::collections::BTreeMap;

use lora_sim::spec::Init;

use crate::answer::{Constants, InitAnswer, LossPair, LowerLoss};
use crate::digits::percent;
use crate::over_seeds::{ends, over};

/// The largest relative error with which a seed's loss is widened: the logarithm ends at 1.
const MOST: f64 = 0.99;

/// The loss under Init\[A\] over that under Init\[B\], seed by seed; nothing unless both have a limit.
pub(crate) fn lower_loss(inits: &BTreeMap<Init, InitAnswer>) -> Option<LossPair> {
    let both = |init| Some((init, inits.get(&init)?.constants()?));
    let both = [both(Init::A)?, both(Init::B)?];
    let reason = at_an_edge(both).or_else(|| both.into_iter().find_map(unfit));
    if let Some(not_compared) = reason {
        return Some(LossPair::Not { not_compared });
    }
    let [(_, a), (_, b)] = both;
    Some(compared(a, b).map_or_else(
        || LossPair::Not { not_compared: "the losses have no ratio".to_owned() },
        LossPair::Compared,
    ))
}

/// Why the optima are none.
fn at_an_edge(both: [(Init, &Constants); 2]) -> Option<String> {
    let open = |found: &Constants| {
        !found.bracketed && found.seeds.iter().any(|seed| seed.c_opt.is_some() && !seed.bracketed)
    };
    let at_edge: Vec<Init> =
        both.iter().filter(|(_, found)| open(found)).map(|(init, _)| *init).collect();
    match at_edge[..] {
        [] => None,
        [one] => Some(format!("the optimum of {one} lies at an edge")),
        [one, ref rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            Some(format!("the optima of {one} and {} lie at an edge", rest.join(" and ")))
        }
    }
}

/// Why an init's loss cannot be compared with another.
fn unfit((init, found): (Init, &Constants)) -> Option<String> {
    match (found.loss.value, found.loss.quadrature_error) {
        (Some(_), Some(_)) if found.loss_reliable => None,
        (Some(_), Some(error)) => {
            Some(format!("the loss of {init} has a quadrature error of {}", percent(error)))
        }
        _ => Some(format!("the loss of {init} has no value")),
    }
}

/// The ratio with the interval over seeds, and with the one of which each end takes every seed's ratio as far
/// out as both errors allow. They are systematic: no number of seeds makes their mean smaller.
fn compared(a: &Constants, b: &Constants) -> Option<LowerLoss> {
    let pairs: Option<Vec<(f64, f64)>> = a
        .seeds
        .iter()
        .zip(&b.seeds)
        .map(|(a, b)| {
            let apart = |error: f64, loss: f64| 1.0 - (error / loss).min(MOST);
            let (of_a, of_b) = (a.loss?, b.loss?);
            Some((of_a / of_b, apart(a.error?, of_a) * apart(b.error?, of_b)))
        })
        .collect();
    let pairs = pairs?;
    let plain = over(pairs.iter().map(|(ratio, _)| Some(*ratio)))?;
    let low = over(pairs.iter().map(|(ratio, factor)| Some(ratio * factor)));
    let high = over(pairs.iter().map(|(ratio, factor)| Some(ratio / factor)));
    let interval = ends(low).zip(ends(high)).map(|([low, _], [_, high])| [low, high]);
    let lower = match interval {
        Some([_, high]) if high < 1.0 => Some(Init::A),
        Some([low, _]) if low > 1.0 => Some(Init::B),
        _ => None,
    };
    Some(LowerLoss {
        ratio: plain.estimate,
        interval,
        interval_over_seeds: ends(Some(plain)),
        lower,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{LossOver, SeedConstants};

    /// An init with these losses, each with this relative error.
    fn constants(losses: &[f64], error: f64) -> Constants {
        let seed = |(seed, loss): (usize, &f64)| SeedConstants {
            seed: seed as u64,
            c_opt: Some(1.0),
            bracketed: true,
            loss: Some(*loss),
            error: Some(error * loss),
            ..SeedConstants::default()
        };
        Constants {
            bracketed: true,
            loss: LossOver {
                value: Some(losses[0]),
                interval: None,
                quadrature_error: Some(error),
            },
            loss_reliable: error <= 0.25,
            seeds: losses.iter().enumerate().map(seed).collect(),
            ..Constants::default()
        }
    }

    fn pair(a: Constants, b: Constants) -> LossPair {
        let limit = |found| InitAnswer::Limit(Box::new(found));
        lower_loss(&BTreeMap::from([(Init::A, limit(a)), (Init::B, limit(b))])).expect("two limits")
    }

    #[test]
    fn errors_of_the_quadrature_widen_the_interval_as_they_are() {
        let (low, high) = ([0.80, 0.82, 0.84, 0.81, 0.83], [1.0, 1.01, 0.99, 1.02, 0.98]);
        let of = |error: f64| match pair(constants(&low, error), constants(&high, error)) {
            LossPair::Compared(found) => found,
            LossPair::Not { not_compared } => panic!("{not_compared}"),
        };
        let exact = of(0.0);
        assert_eq!(exact.lower, Some(Init::A));
        assert_eq!(exact.interval, exact.interval_over_seeds);
        // Two errors of 15% hold the ratio of 0.82 back, whatever the number of seeds.
        let rough = of(0.15);
        assert_eq!(rough.lower, None);
        let [from, to] = rough.interval.expect("five seeds");
        let [low_end, high_end] = exact.interval.expect("five seeds");
        let factor = 0.85f64.powi(2);
        assert!((from / (low_end * factor) - 1.0).abs() < 1e-9, "{from}");
        assert!((to / (high_end / factor) - 1.0).abs() < 1e-9, "{to}");
        assert_eq!(rough.interval_over_seeds, exact.interval_over_seeds);
    }

    #[test]
    fn optima_at_an_edge_and_losses_that_are_not_known_are_not_compared() {
        let said = |a, b| match pair(a, b) {
            LossPair::Not { not_compared } => not_compared,
            LossPair::Compared(found) => panic!("{found:?}"),
        };
        let good = || constants(&[1.0, 2.0], 0.01);
        // One seed of several is enough.
        let mut open = good();
        (open.bracketed, open.seeds[1].bracketed) = (false, false);
        assert_eq!(said(good(), open.clone()), "the optimum of Init[B] lies at an edge");
        assert_eq!(said(open.clone(), good()), "the optimum of Init[A] lies at an edge");
        let both = "the optima of Init[A] and Init[B] lie at an edge";
        assert_eq!(said(open.clone(), open), both);
        let rough = constants(&[1.0, 2.0], 1.07);
        assert_eq!(said(rough, good()), "the loss of Init[A] has a quadrature error of 107%");
        let mut none = good();
        none.loss = LossOver::default();
        assert_eq!(said(good(), none), "the loss of Init[B] has no value");
    }
}
