//! The coordinate check: planted sizes have their planted exponents at every step.

mod plant;

use lora_judge::{CheckAsked, CoordinateRow, check};
use lora_theory::{Init, Rational, Setting};
use lora_types::Verdict;
use plant::{Random, table};
use proptest::prelude::*;

const WIDTHS: [u32; 5] = [128, 256, 512, 1024, 2048];

/// Sizes n^(rise · step + flat) with a scatter of 1% between seeds.
fn sizes(za: impl Fn(u64) -> f64, lr: impl Fn(f64) -> f64) -> String {
    let mut random = Random::new(7);
    let mut text = "width,seed,step,lr,za,zb\n".to_owned();
    for width in WIDTHS {
        let n = f64::from(width);
        for seed in 0..4 {
            for step in 0..3 {
                let scatter = (0.01 * random.normal()).exp();
                let (za, zb) = (scatter * n.powf(za(step)), scatter * n.powf(za(step) - 0.5));
                text += &format!("{width},{seed},{step},{},{za},{zb}\n", lr(n));
            }
        }
    }
    text
}

fn row<'a>(rows: &'a [CoordinateRow], size: &str, step: u64) -> &'a CoordinateRow {
    let found = rows.iter().find(|row| row.size == size && row.step == Some(step));
    found.unwrap_or_else(|| panic!("no row of {size} at step {step}"))
}

proptest! {
    #[test]
    fn planted_exponents_are_found_at_every_step(flat in -1.0..1.0f64, rise in -0.5..0.5f64) {
        let text = sizes(|step| flat + rise * step as f64, |_| 0.1);
        let checked = check(&table(&text), &CheckAsked::default()).expect("a check");
        prop_assert_eq!(checked.rows.len(), 6);
        for step in 0..3 {
            for (size, shift) in [("za", 0.0), ("zb", -0.5)] {
                let fit = &row(&checked.rows, size, step).fit;
                let planted = flat + rise * step as f64 + shift;
                prop_assert!((fit.exponent.expect("a fit") - planted).abs() < 0.02, "{fit:?}");
                prop_assert!(fit.lower.is_some() && fit.predicted.is_none());
            }
        }
    }
}

/// Under Init[A] at η = n^-1/2, Z_A grows like n^1/2 after an update and Z_B stays bounded (Theorem 1).
#[test]
fn sizes_are_compared_with_the_theory_of_their_step() {
    let asked = CheckAsked {
        setting: Some(Setting::layer(Init::A)),
        gamma: Some(Rational::new(-1, 2)),
        ..CheckAsked::default()
    };
    let text = sizes(|step| if step == 0 { 0.0 } else { 0.5 }, |n| n.powf(-0.5));
    let checked = check(&table(&text), &asked).expect("a check");
    // Learning rates differ from width to width, and at none there are several.
    assert!(checked.notes.iter().all(|note| !note.contains("separately")), "{:?}", checked.notes);
    let first = row(&checked.rows, "za", 0);
    let said = "no prediction, because the theory speaks of sizes after the first update";
    assert_eq!(first.fit.no_prediction.as_deref(), Some(said));
    for (size, exact) in [("za", "1/2"), ("zb", "0")] {
        let last = row(&checked.rows, size, 2);
        assert_eq!(last.fit.predicted_exact.as_deref(), Some(exact), "{size}");
        assert_eq!(last.test.verdict, Some(Verdict::Holds), "{size}: {:?}", last.test);
    }
    // Sizes that stay as they are contradict the theory.
    let wrong = check(&table(&sizes(|_| 0.0, |n| n.powf(-0.5))), &asked).expect("a check");
    assert_eq!(row(&wrong.rows, "za", 2).test.verdict, Some(Verdict::Refuted));
}

#[test]
fn the_learning_rate_exponent_is_nought_for_one_rate_and_else_must_be_stated() {
    let asked = CheckAsked { setting: Some(Setting::layer(Init::A)), ..CheckAsked::default() };
    let constant = check(&table(&sizes(|_| 0.0, |_| 0.1)), &asked).expect("a check");
    assert_eq!(row(&constant.rows, "za", 2).fit.predicted_exact.as_deref(), Some("1"));
    let scaled = check(&table(&sizes(|_| 0.0, |n| 1.0 / n)), &asked).expect("a check");
    let said = "no prediction, because the exponent of the learning rate was not stated";
    assert_eq!(row(&scaled.rows, "za", 2).fit.no_prediction.as_deref(), Some(said));
}

/// As mup's own coordinate check writes them: a row for each module and step.
#[test]
fn tables_of_mup_are_understood() {
    let mut text = "width,module,t,l1,seed\n".to_owned();
    for width in WIDTHS {
        for (module, power) in [("q_proj", -0.5), ("out", 0.0)] {
            for seed in 0..2 {
                let l1 = f64::from(width).powf(power) * (1.0 + 0.01 * f64::from(seed));
                text += &format!("{width},{module},1,{l1},{seed}\n");
            }
        }
    }
    let checked = check(&table(&text), &CheckAsked::default()).expect("a check");
    let found: Vec<_> = checked
        .rows
        .iter()
        .map(|row| (row.setting["module"].as_str(), row.fit.exponent.expect("a fit")))
        .collect();
    assert_eq!(found.len(), 2);
    assert!(found[0].0 == "out" && found[0].1.abs() < 1e-9, "{found:?}");
    assert!(found[1].0 == "q_proj" && (found[1].1 + 0.5).abs() < 1e-9, "{found:?}");
}
