//! Exponents and growths obey the laws of a max-plus semiring.

use crate::common::{fraction, growth, q};
use lora_theory::{Exponent, Growth};
use proptest::prelude::*;

fn exponent() -> impl Strategy<Value = Exponent> {
    prop_oneof![1 => Just(Exponent::Zero), 6 => fraction().prop_map(Exponent::from)]
}

fn product(x: Exponent, y: Exponent) -> Exponent {
    x.times(y).unwrap()
}

fn sum(x: &Growth, y: &Growth) -> Growth {
    x.plus(y).unwrap()
}

fn times(x: &Growth, y: &Growth) -> Growth {
    x.times(y).unwrap()
}

proptest! {
    #[test]
    fn exponents_add_and_multiply_in_any_order(x in exponent(), y in exponent(), z in exponent()) {
        prop_assert_eq!(x.plus(y), y.plus(x));
        prop_assert_eq!(x.plus(y).plus(z), x.plus(y.plus(z)));
        prop_assert_eq!(product(x, y), product(y, x));
        prop_assert_eq!(product(product(x, y), z), product(x, product(y, z)));
    }

    #[test]
    fn exponents_distribute(x in exponent(), y in exponent(), z in exponent()) {
        prop_assert_eq!(product(x, y.plus(z)), product(x, y).plus(product(x, z)));
    }

    #[test]
    fn exponents_have_neutral_elements(x in exponent()) {
        prop_assert_eq!(x.plus(Exponent::Zero), x);
        prop_assert_eq!(x.plus(x), x);
        prop_assert_eq!(product(x, Exponent::ONE), x);
        prop_assert_eq!(product(x, Exponent::Zero), Exponent::Zero);
    }

    #[test]
    fn exponents_are_monotone(x in exponent(), y in exponent(), z in exponent()) {
        let (low, high) = (x.min(y), x.max(y));
        prop_assert!(low.plus(z) <= high.plus(z));
        prop_assert!(product(low, z) <= product(high, z));
    }

    #[test]
    fn growths_add_in_any_order(x in growth(), y in growth(), z in growth()) {
        prop_assert_eq!(sum(&x, &y), sum(&y, &x));
        prop_assert_eq!(sum(&sum(&x, &y), &z), sum(&x, &sum(&y, &z)));
        prop_assert_eq!(sum(&x, &x), x);
    }

    #[test]
    fn growths_multiply_in_any_order(x in growth(), y in growth(), z in growth()) {
        prop_assert_eq!(times(&x, &y), times(&y, &x));
        prop_assert_eq!(times(&times(&x, &y), &z), times(&x, &times(&y, &z)));
    }

    #[test]
    fn growths_distribute(x in growth(), y in growth(), z in growth()) {
        prop_assert_eq!(times(&x, &sum(&y, &z)), sum(&times(&x, &y), &times(&x, &z)));
    }

    #[test]
    fn growths_have_neutral_elements(x in growth()) {
        prop_assert_eq!(sum(&x, &Growth::ZERO), x.clone());
        prop_assert_eq!(times(&x, &Growth::one()), x.clone());
        prop_assert_eq!(times(&x, &Growth::ZERO), Growth::ZERO);
        prop_assert_eq!(x.times_power(q(0, 1)).unwrap(), x);
    }

    #[test]
    fn evaluation_is_a_homomorphism(x in growth(), y in growth(), gamma in fraction()) {
        let at = |growth: &Growth| growth.at(gamma).unwrap();
        prop_assert_eq!(at(&sum(&x, &y)), at(&x).plus(at(&y)));
        prop_assert_eq!(at(&times(&x, &y)), product(at(&x), at(&y)));
    }
}
