//! The upper envelope is exact, canonical, and solved exactly.

use crate::common::{breakpoints, fraction, growth, lines, q};
use lora_theory::{Exponent, GammaRange, Growth, Rational};
use proptest::prelude::*;

/// Differences of roots of the lines in use are far larger.
fn nudge() -> Rational {
    q(1, 1_000_000)
}

fn at(growth: &Growth, gamma: Rational) -> Exponent {
    growth.at(gamma).unwrap()
}

proptest! {
    #[test]
    fn pruning_never_changes_a_value(lines in lines(), gamma in fraction()) {
        let direct = lines.iter().map(|l| Exponent::from(l.slope * gamma + l.intercept)).max();
        let envelope = Growth::max_of(lines).unwrap();
        prop_assert_eq!(at(&envelope, gamma), direct.unwrap_or(Exponent::Zero));
    }

    #[test]
    fn every_line_kept_is_the_only_largest_somewhere(growth in growth()) {
        let breaks = breakpoints(&growth);
        prop_assert!(breaks.windows(2).all(|pair| pair[0] < pair[1]));
        for (i, line) in growth.lines().iter().enumerate() {
            let after = i.checked_sub(1).map(|j| breaks[j]);
            let inside = match (after, breaks.get(i)) {
                (Some(lo), Some(hi)) => (lo + hi) / q(2, 1),
                (Some(lo), None) => lo + q(1, 1),
                (None, Some(hi)) => hi - q(1, 1),
                (None, None) => q(0, 1),
            };
            let value = |l: &lora_theory::Line| l.slope * inside + l.intercept;
            let others = growth.lines().iter().filter(|other| *other != line);
            prop_assert!(others.map(value).all(|other| other < value(line)));
        }
    }

    #[test]
    fn the_form_is_canonical(lines in lines(), seed in any::<prop::sample::Index>()) {
        let mut turned = lines.clone();
        if !turned.is_empty() {
            let by = seed.index(turned.len());
            turned.rotate_left(by);
            turned.push(turned[0]);
        }
        prop_assert_eq!(Growth::max_of(lines), Growth::max_of(turned));
    }

    #[test]
    fn neighbouring_lines_meet_at_the_breakpoints(growth in growth()) {
        for (pair, gamma) in growth.lines().windows(2).zip(breakpoints(&growth)) {
            let value = |i: usize| pair[i].slope * gamma + pair[i].intercept;
            prop_assert_eq!(value(0), value(1));
            prop_assert_eq!(at(&growth, gamma), Exponent::from(value(0)));
        }
    }

    #[test]
    fn bounded_means_at_most_zero(growth in growth(), gamma in fraction()) {
        let bounded = growth.bounded().unwrap();
        prop_assert_eq!(bounded.is_some_and(|i| i.contains(gamma)), at(&growth, gamma).is_bounded());
    }

    #[test]
    fn the_ends_of_the_bounded_interval_are_tight(growth in growth()) {
        let Some(GammaRange { lo, hi }) = growth.bounded().unwrap() else { return Ok(()) };
        for (end, outward) in [(lo, -nudge()), (hi, nudge())] {
            let Some(end) = end else { continue };
            prop_assert_eq!(at(&growth, end), Exponent::ONE);
            prop_assert!(at(&growth, end + outward) > Exponent::ONE);
        }
    }

    #[test]
    fn order_one_means_zero(growth in growth(), gamma in fraction()) {
        let zeros = growth.order_one().unwrap();
        let inside = zeros.iter().any(|i| i.contains(gamma));
        prop_assert_eq!(inside, at(&growth, gamma) == Exponent::ONE);
        for end in zeros.iter().flat_map(|i| [i.lo, i.hi]).flatten() {
            prop_assert_eq!(at(&growth, end), Exponent::ONE);
        }
    }

    #[test]
    fn growth_is_monotone_in_its_lines(x in growth(), y in growth(), gamma in fraction()) {
        let both = x.plus(&y).unwrap();
        prop_assert!(at(&x, gamma) <= at(&both, gamma));
        prop_assert!(at(&y, gamma) <= at(&both, gamma));
    }
}

#[test]
fn lines_that_cannot_be_compared_exactly_are_an_error() {
    let far = |slope, intercept| lora_theory::Line { slope: q(slope, 1), intercept };
    let lines = [far(0, q(i64::MAX, 2)), far(1, q(-i64::MAX, 3)), far(5, q(i64::MAX, 5))];
    assert!(Growth::max_of(lines).is_err());
}
