//! Exponents of the rank, with r = n^ρ.

use crate::common::{between, q};
use lora_theory::{
    Init, Largest, Rate, Rational, Setting, analyse, multiplier_exponents, rank_exponents,
    ratio_exponents,
};
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

proptest! {
    /// A and B trade their scales against s: (s, η) ~ (λ² s, η/λ) where both factors' first
    /// entries are zero or enter no leading term.
    #[test]
    fn init_a_falls_with_the_root_of_the_multiplier(a in between(0, 1)) {
        let network = Setting::network(Init::A, a);
        let powers = multiplier_exponents(&network).unwrap();
        prop_assert_eq!(powers.optimal, Some(q(-1, 2)));
        prop_assert_eq!(powers.stable, Some(q(-1, 2)));
        prop_assert_eq!(powers.internally_stable, Some(q(0, 1)));
    }

    /// γ moves by x·δ when s is times n^δ, for any small δ: what a power means.
    #[test]
    fn a_power_of_the_multiplier_says_where_the_rate_goes(
        a in between(0, 1), k in -16_i64..=16, random_a in any::<bool>(),
    ) {
        let init = if random_a { Init::A } else { Init::B };
        let setting = Setting::network(init, a);
        let Some(power) = multiplier_exponents(&setting).unwrap().stable else { return Ok(()) };
        let moved = Setting { multiplier_width: q(k, 4096), ..setting.clone() };
        let gamma = |setting: &Setting| analyse(setting).unwrap().critical.stable.gamma().unwrap();
        prop_assert_eq!(gamma(&moved) - gamma(&setting), power * q(k, 4096));
    }
}

#[test]
fn init_b_falls_with_the_multiplier() {
    let powers = multiplier_exponents(&Setting::network(Init::B, q(1, 2))).unwrap();
    assert_eq!((powers.stable, powers.optimal), (Some(q(-1, 1)), Some(q(-1, 1))));
    // Where W_outᵀ B0·ΔZ_A and W_outᵀ ΔB·ΔZ_A are of one size, no single power holds on both sides.
    let corner = multiplier_exponents(&Setting::network(Init::B, q(1, 1))).unwrap();
    assert_eq!((corner.stable, corner.optimal), (Some(q(-1, 1)), None));
}

/// In the limit the loss of Init[A] depends on s η_A η_B, that of Init[B] with a = 1/2 on s η_A.
#[test]
fn the_ratio_of_the_rates_moves_init_a_alone() {
    for (init, power) in [(Init::A, q(-1, 2)), (Init::B, q(0, 1))] {
        let powers = ratio_exponents(&Setting::network(init, q(1, 2))).unwrap();
        assert_eq!((powers.stable, powers.optimal), (Some(power), Some(power)), "{init}");
    }
    let corner = ratio_exponents(&Setting::network(Init::B, q(1, 1))).unwrap();
    assert_eq!(corner.optimal, None);
}

/// LoRA+'s own scaling, η_A = n^-1 and η_B = 1, is the ratio n: Init[A] then has η_A = n^(γ - 1/2).
#[test]
fn the_power_of_the_ratio_leads_to_the_scaling_of_lora_plus() {
    let plain = Setting::layer(Init::A);
    let plus = Setting { rate_b: Rate::Scanned(q(1, 1)), ..plain.clone() };
    let gamma = |setting: &Setting| analyse(setting).unwrap().critical.stable.gamma().unwrap();
    let power = ratio_exponents(&plain).unwrap().stable.unwrap();
    assert_eq!(gamma(&plus), gamma(&plain) + power);
    assert_eq!(gamma(&plus), q(-1, 1));
}

#[test]
fn the_whole_width_leaves_no_room_for_a_derivative() {
    assert!(rank_exponents(&Setting { rank: q(1, 1), ..Setting::default() }).is_err());
}
