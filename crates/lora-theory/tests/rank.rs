//! Exponents of the rank, with r = n^ρ.

mod common;

use common::{between, q};
use lora_theory::{Init, Largest, Rational, Setting, analyse, rank_exponents};
use proptest::prelude::*;

proptest! {
    /// η_stable = (n r s)^-1/2 with s = r^-τ, wherever ηn ≥ 1 and ηrs ≤ 1 there.
    #[test]
    fn init_a_follows_n_r_s(rho in between(0, 1), tau in between(0, 1)) {
        let setting =
            Setting { rank: rho, multiplier_rank: tau, ..Setting::layer(Init::A) };
        let nrs = q(1, 1) + rho - tau * rho;
        let critical = analyse(&setting).unwrap().critical;
        prop_assert_eq!(critical.stable, Largest::At(-nrs / q(2, 1)));
    }

    /// A multiplier that grows with the width acts in the same way: η_stable = (n s)^-1/2.
    #[test]
    fn init_a_follows_the_multiplier(sigma in between(-1, 1)) {
        let setting = Setting { multiplier_width: sigma, ..Setting::layer(Init::A) };
        let critical = analyse(&setting).unwrap().critical;
        prop_assert_eq!(critical.stable, Largest::At(-(q(1, 1) + sigma) / q(2, 1)));
    }

    #[test]
    fn init_b_is_free_of_the_rank_at_a_constant_multiplier(rho in between(0, 1)) {
        let critical = analyse(&Setting { rank: rho, ..Setting::layer(Init::B) }).unwrap().critical;
        prop_assert_eq!(critical.stable, Largest::At(q(-1, 1)));
    }

    /// W_outᵀ B0 B0ᵀ W_out adds up over the rank although no entry of Z_B notices the rank.
    #[test]
    fn the_output_of_init_b_is_not_free_of_the_rank(rho in between(0, 1)) {
        let setting = Setting { rank: rho, ..Setting::network(Init::B, q(1, 2)) };
        let critical = analyse(&setting).unwrap().critical;
        prop_assert_eq!(critical.stable, Largest::At(q(-1, 1)));
        prop_assert_eq!(critical.optimal, Largest::At(q(-1, 1) - rho / q(2, 1)));
    }
}

fn of(setting: &Setting) -> [Option<Rational>; 2] {
    let rank = rank_exponents(setting).unwrap();
    [rank.stable, rank.optimal]
}

#[test]
fn three_multipliers_under_init_a() {
    for (tau, power) in [(q(0, 1), q(-1, 2)), (q(1, 2), q(-1, 4)), (q(1, 1), q(0, 1))] {
        let layer = Setting { multiplier_rank: tau, ..Setting::layer(Init::A) };
        assert_eq!(of(&layer), [Some(power); 2]);
        let network = Setting { multiplier_rank: tau, ..Setting::default() };
        assert_eq!(of(&network), [Some(power); 2]);
    }
}

#[test]
fn init_b_at_a_constant_multiplier() {
    assert_eq!(of(&Setting::layer(Init::B)), [Some(q(0, 1)); 2]);
    for a in [q(1, 2), q(3, 4), q(1, 1)] {
        let powers = of(&Setting::network(Init::B, a));
        assert_eq!(powers, [Some(q(0, 1)), Some(q(-1, 2))]);
    }
}

#[test]
fn init_b_at_alpha_over_r() {
    let setting = Setting { multiplier_rank: q(1, 1), ..Setting::network(Init::B, q(1, 2)) };
    assert_eq!(of(&setting), [Some(q(1, 1)), Some(q(1, 2))]);
}

#[test]
fn the_whole_width_leaves_no_room_for_a_derivative() {
    assert!(rank_exponents(&Setting { rank: q(1, 1), ..Setting::default() }).is_err());
}
