//! The stated levels and powers, by simulation.

use super::*;
use crate::drawn::Drawn;

const ENTRIES: usize = 4096;
const LEVEL: f64 = 0.01;

fn laws() -> [Law; 2] {
    [Law { kind: LawKind::KaimingUniform, std: 0.05 }, Law { kind: LawKind::Paper, std: 0.05 }]
}

fn draw(law: &Law, drawn: &mut Drawn, entries: usize) -> Vec<f32> {
    match law.edge() {
        Some(edge) => drawn.uniform(edge, entries),
        None => drawn.normal(law.std, entries),
    }
}

fn test(law: &Law, entries: &[f32]) -> LawTest {
    LawTest::of(law, entries, &Sizes::of(entries), 1e-6, LEVEL)
}

/// The share of 1000 factors, changed each, of which `is` holds.
fn share(
    law: &Law,
    entries: usize,
    change: impl Fn(&mut Vec<f32>, &mut Drawn),
    is: impl Fn(&LawTest) -> bool,
) -> f64 {
    let mut drawn = Drawn(7);
    let held = (0..1000).filter(|_| {
        let mut factor = draw(law, &mut drawn, entries);
        change(&mut factor, &mut drawn);
        is(&test(law, &factor))
    });
    held.count() as f64 / 1000.0
}

/// Of 1000 draws 10 are expected below the level, and more than 22 once in 4000 times.
#[test]
fn its_own_draws_are_seldom_refused() {
    for law in laws() {
        for entries in [64, 512, ENTRIES] {
            let refused = share(&law, entries, |_, _| {}, |test| !test.fits);
            assert!((0.001..=0.022).contains(&refused), "{law:?}, {entries}: {refused}");
        }
    }
}

#[test]
fn the_other_law_is_refused() {
    let [uniform, normal] = laws();
    for (drawn_by, law) in [(uniform, normal), (normal, uniform)] {
        let mut drawn = Drawn(3);
        assert!(!test(&law, &draw(&drawn_by, &mut drawn, 512)).fits, "{law:?}");
    }
}

/// The stated power is the simulated one, and half of the change is noticed seldom.
#[test]
fn the_stated_change_of_the_rms_is_noticed_with_the_stated_power() {
    for law in laws() {
        let least = test(&law, &draw(&law, &mut Drawn(1), ENTRIES)).noticeable_rms;
        // By the test of the rms alone, so that the edge does not help.
        let noticed = |by: f64| {
            let grow = |factor: &mut Vec<f32>, _: &mut Drawn| {
                factor.iter_mut().for_each(|x| *x *= (1.0 + by) as f32);
            };
            share(&law, ENTRIES, grow, |test| 2.0 * test.p_rms < LEVEL)
        };
        let (whole, half) = (noticed(least), noticed(least / 2.0));
        assert!((0.92..=0.98).contains(&whole), "{law:?}: {whole}");
        assert!((0.1..=0.6).contains(&half), "{law:?}: {half}");
    }
}

#[test]
fn the_stated_movement_leaves_the_edge_with_the_stated_power_and_is_estimated() {
    let [law, _] = laws();
    let least = noticeable_movement(law.edge().expect("an edge"), ENTRIES);
    let shift = |by: f64| {
        move |factor: &mut Vec<f32>, drawn: &mut Drawn| {
            for x in factor.iter_mut() {
                // Any sign, any size around the mean.
                *x +=
                    (2.0 * by * drawn.unit() * if drawn.unit() < 0.5 { 1.0 } else { -1.0 }) as f32;
            }
        }
    };
    let noticed = share(&law, ENTRIES, shift(least), |test| test.outside != Some(0));
    assert!((0.93..=0.97).contains(&noticed), "{noticed}");
    let by = 0.01;
    let covered = share(&law, ENTRIES, shift(by), |test| {
        let [_, low, high] = test.edge_movement(ENTRIES).expect("an edge");
        low <= by && by <= high
    });
    // The lower end has room for a movement along the start.
    assert!((0.96..=0.99).contains(&covered), "{covered}");
}

/// A movement along the start is four times as visible at the edge, and still in the range.
#[test]
fn a_movement_along_the_start_is_in_the_range() {
    let [law, _] = laws();
    let by = 0.1;
    let grow = |factor: &mut Vec<f32>, _: &mut Drawn| {
        factor.iter_mut().for_each(|x| *x *= (1.0 + by) as f32);
    };
    let mean = by * law.edge().expect("an edge") / 2.0;
    let ratio = |test: &LawTest| test.edge_movement(ENTRIES).expect("an edge")[0] / mean;
    // Of an entry of the start a share by/(1 + by) is sent over the edge.
    let as_expected = share(&law, ENTRIES, grow, |test| (3.0..4.2).contains(&ratio(test)));
    let covered = share(&law, ENTRIES, grow, |test| {
        let [_, low, high] = test.edge_movement(ENTRIES).expect("an edge");
        low <= mean && mean <= high
    });
    assert!(as_expected > 0.99 && covered > 0.99, "{as_expected}, {covered}");
}

/// With few entries the test of a uniform law has no power, and any small factor would pass.
#[test]
fn few_entries_carry_no_law() {
    for entries in [8, 16] {
        for law in laws() {
            let tiny = Drawn(5).uniform(1e-4, entries);
            assert!(!test(&law, &tiny).carried, "{law:?}, {entries}");
            let own = draw(&law, &mut Drawn(6), entries);
            assert!(!test(&law, &own).carried, "{law:?}, {entries}");
        }
    }
    for law in laws() {
        assert!(test(&law, &draw(&law, &mut Drawn(6), ENTRIES)).carried, "{law:?}");
    }
}

/// Rounding to 16 bits hides a movement of a thousandth of the edge, and the range has room for it.
#[test]
fn a_movement_that_rounding_hides_is_in_the_range() {
    use half::{bf16, f16};
    let [law, _] = laws();
    let edge = law.edge().expect("an edge");
    let by = 1e-3 * edge;
    type Round = fn(f32) -> f32;
    let kinds: [(f64, Round); 2] = [
        (2f64.powi(-8), |x| bf16::from_f32(x).to_f32()),
        (2f64.powi(-11), |x| f16::from_f32(x).to_f32()),
    ];
    let count = 1 << 18;
    for (slack, round) in kinds {
        let mut drawn = Drawn(9);
        let mut factor = draw(&law, &mut drawn, count);
        for x in &mut factor {
            let sign = if drawn.unit() < 0.5 { 1.0 } else { -1.0 };
            *x = round(*x + (by * sign) as f32);
        }
        let test = LawTest::of(&law, &factor, &Sizes::of(&factor), slack, LEVEL);
        let [_, low, high] = test.edge_movement(count).expect("an edge");
        assert!(low <= by && by <= high, "{slack}: {by} in [{low}, {high}]");
        let noticed = test.outside != Some(0);
        assert!(noticed || test.noticeable_movement.expect("an edge") > by, "{slack}");
        let certain = test.certain(Sizes::of(&factor).largest).expect("an edge");
        assert!(certain <= by * 1.0001, "{slack}: {certain}");
    }
}

/// A draw that was rounded up past its edge has moved by nothing for certain.
#[test]
fn rounding_alone_is_no_certain_movement() {
    let law = Law { kind: LawKind::KaimingUniform, std: (3.0f64 * 200.0).sqrt().recip() };
    let edge = law.edge().expect("an edge");
    let up = half::bf16::from_f32(edge as f32).to_f32();
    let factor = [up; 64];
    assert!(f64::from(up) > edge, "the example is rounded up");
    let sizes = Sizes::of(&factor);
    let test = LawTest::of(&law, &factor, &sizes, 2f64.powi(-8), LEVEL);
    assert_eq!((test.certain(sizes.largest), test.outside), (Some(0.0), Some(0)));
}
