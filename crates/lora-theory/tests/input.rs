//! No public input panics, and settings read and write as text.

use std::fmt;

use crate::common::{fraction, growth, q};
use lora_theory::{
    Exponent, GammaRange, Growth, Init, InitStd, Line, OptimizerKind, Rate, Rational, Scope,
    Setting, TheoryError, Trained, analyse, parse_rational, phases, rank_exponents,
};
use proptest::prelude::*;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, MapDeserializer};
use serde::{Deserialize, Serialize};

/// Anything that a fraction's two fields can hold, zero and negative denominators included.
fn absurd() -> impl Strategy<Value = Rational> {
    let part = || prop_oneof![any::<i64>(), -3_i64..=3, Just(i64::MIN), Just(i64::MAX)];
    prop_oneof![
        1 => (part(), part()).prop_map(|(n, d)| Rational::new_raw(n, d)),
        2 => (-1_000_000_i64..=1_000_000, 1_i64..=1_000_000).prop_map(|(n, d)| q(n, d)),
    ]
}

fn setting() -> impl Strategy<Value = Setting> {
    let exponent = || prop_oneof![Just(Exponent::Zero), absurd().prop_map(Exponent::Power)].boxed();
    let custom = (exponent(), exponent()).prop_map(|(a, b)| InitStd::Custom { a, b });
    let named = prop_oneof![Just(Init::A), Just(Init::B), Just(Init::AB)];
    let init = prop_oneof![3 => named.prop_map(InitStd::from), 1 => custom];
    let rate = || {
        let (scanned, fixed) = (absurd().prop_map(Rate::Scanned), absurd().prop_map(Rate::Fixed));
        prop_oneof![scanned, fixed]
    };
    let rank = prop_oneof![2 => (0_i64..=60).prop_map(|n| q(n, 60)), 1 => absurd()];
    let optimizer = prop_oneof![Just(OptimizerKind::Adam), Just(OptimizerKind::Sgd)];
    let scope = prop_oneof![Just(Scope::Layer), Just(Scope::Network)];
    let train = prop_oneof![Just(Trained::AB), Just(Trained::A), Just(Trained::B)];
    let numbers = (absurd(), absurd(), absurd(), rank);
    (init, optimizer, (scope, train), rate(), rate(), numbers, 0_u32..14).prop_map(
        |(init, optimizer, words, rate_a, rate_b, (sigma, tau, readout, rank), steps)| Setting {
            init,
            optimizer,
            scope: words.0,
            train: words.1,
            rate_a,
            rate_b,
            multiplier_width: sigma,
            multiplier_rank: tau,
            readout,
            rank,
            steps,
            ..Setting::default()
        },
    )
}

proptest! {
    #[test]
    fn absurd_settings_never_panic(setting in setting(), from in absurd(), to in absurd()) {
        let _ = phases(&setting, from, to);
        let _ = rank_exponents(&setting);
        if let Ok(analysis) = analyse(&setting) {
            let _ = analysis.describe(from);
            let _ = (analysis.at_optimal(), analysis.at_stable());
            let _ = analysis.quantities().iter().all(|(_, growth)| growth.to_string().is_empty());
        }
    }

    #[test]
    fn absurd_lines_never_panic(
        parts in prop::collection::vec((absurd(), absurd()), 0..6), gamma in absurd(),
        other in growth(),
    ) {
        let lines = parts.into_iter().map(|(slope, intercept)| Line { slope, intercept });
        let Ok(growth) = Growth::max_of(lines) else { return Ok(()) };
        let _ = (growth.at(gamma), growth.bounded(), growth.order_one());
        let _ = (growth.plus(&other), growth.times(&other), growth.times_power(gamma));
    }

    #[test]
    fn any_text_reads_or_is_refused(text in "[-−+/.0-9e ]{0,24}") {
        let _ = parse_rational(&text);
    }

    #[test]
    fn fractions_survive_a_round_trip(x in fraction()) {
        prop_assert_eq!(parse_rational(&x.to_string()), Ok(x));
    }
}

#[test]
fn bad_settings_are_named() {
    let of = |setting: Setting| analyse(&setting).unwrap_err();
    let steps = of(Setting { steps: 0, ..Setting::default() });
    assert!(matches!(steps, TheoryError::Steps { steps: 0, .. }));
    let rank = of(Setting { rank: q(3, 2), ..Setting::default() });
    assert_eq!(rank.to_string(), "the rank exponent must lie in [0, 1], not 3/2");
    let readout = of(Setting { readout: q(1, 2_000_000), ..Setting::default() });
    assert!(readout.to_string().starts_with("the readout exponent is out of range"));
    let range = phases(&Setting::default(), q(1, 1), q(1, 1)).unwrap_err();
    assert_eq!(range.to_string(), "a phase line needs from < to, not 1 and 1");
}

fn read(fields: &[(&'static str, &'static str)]) -> Result<Setting, Error> {
    Setting::deserialize(MapDeserializer::new(fields.iter().copied()))
}

#[test]
fn settings_read_from_text_fields() {
    let fields =
        [("init", "B"), ("readout", "0.75"), ("scope", "layer"), ("optimizer", "sign-sgd")];
    let expected =
        Setting { readout: q(3, 4), optimizer: OptimizerKind::SignSgd, ..Setting::layer(Init::B) };
    assert_eq!(read(&fields).unwrap(), expected);
    assert_eq!(read(&[]).unwrap(), Setting::default());
    assert_eq!(read(&[("init", "AB")]).unwrap(), Setting::network(Init::AB, q(1, 2)));
    assert!(read(&[("init", "C")]).is_err());
    assert!(read(&[("readuot", "1")]).unwrap_err().to_string().contains("readuot"));
    assert!(read(&[("readout", "half")]).unwrap_err().to_string().contains("half"));
}

#[test]
fn exponents_read_from_text_and_integers() {
    let text = |text: &'static str| {
        let from: serde::de::value::StrDeserializer<'_, Error> = text.into_deserializer();
        Exponent::deserialize(from)
    };
    assert_eq!(text("-inf").unwrap(), Exponent::Zero);
    assert_eq!(text("−1/2").unwrap(), Exponent::from(q(-1, 2)));
    assert!(text("much").is_err());
    let integer: serde::de::value::I64Deserializer<Error> = (-2_i64).into_deserializer();
    assert_eq!(Exponent::deserialize(integer).unwrap(), Exponent::from(q(-2, 1)));
}

/// Shows a value in the form that it serializes to.
struct Shown<T>(T);

impl<T: Serialize> fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

#[test]
fn values_are_written_as_text() {
    assert_eq!(Shown(Exponent::from(q(-3, 4))).to_string(), "-3/4");
    assert_eq!(Shown(Exponent::Zero).to_string(), "-inf");
    assert_eq!(Shown(Growth::line(q(2, 1), q(1, 1))).to_string(), "2γ + 1");
}

#[test]
fn intervals_are_shown_in_words() {
    let end = Some(q(-1, 2));
    assert_eq!(GammaRange { lo: None, hi: end }.to_string(), "γ ≤ -1/2");
    assert_eq!(GammaRange { lo: end, hi: None }.to_string(), "γ ≥ -1/2");
    assert_eq!(GammaRange::point(q(-1, 2)).to_string(), "γ = -1/2");
    assert_eq!(GammaRange { lo: end, hi: Some(q(0, 1)) }.to_string(), "-1/2 ≤ γ ≤ 0");
    assert_eq!(GammaRange::ALL.to_string(), "every γ");
}
