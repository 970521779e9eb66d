//! The coordinate check: planted sizes have their planted exponents at every step.

use crate::plant::{Random, table};
use lora_judge::{CheckAsked, CoordinateRow, check};
use lora_theory::{Init, Rational, Setting};
use lora_types::Verdict;
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

/// As mup's own coordinate check writes them with pandas: a row for each seed, width, module and step, without a
/// column of seeds, and with steps from 1.
#[test]
fn tables_of_mup_are_understood() {
    let (mut text, mut at) = (",width,module,t,l1\n".to_owned(), 0);
    for seed in 0..3 {
        for width in WIDTHS {
            for t in 1..=3 {
                for (module, power) in [("q_proj", -0.5), ("out", 0.25 * f64::from(t - 1))] {
                    let l1 = f64::from(width).powf(power) * (1.0 + 0.01 * f64::from(seed));
                    text += &format!("{at},{width},{module},{t},{l1}\n");
                    at += 1;
                }
            }
        }
    }
    let checked = check(&table(&text), &CheckAsked::default()).expect("a check");
    assert_eq!(checked.rows.len(), 6);
    for row in &checked.rows {
        let step = row.step.expect("a step") as f64;
        let planted = if row.setting["module"] == "out" { 0.25 * step } else { -0.5 };
        let found = row.fit.exponent.expect("a fit");
        assert!((found - planted).abs() < 1e-9, "{row:?}");
        assert!(row.fit.lower.is_some() && row.fit.seeds == 3, "{row:?}");
    }
    for said in [
        "the column t of muP's coordinate check is 1 before the first update: the step is t − 1",
        "there is no column of seeds: the k-th row at a width and a step counts as seed k, which gives up to 3 seeds",
    ] {
        assert!(checked.notes.iter().any(|note| note == said), "{:?}", checked.notes);
    }
    // A table with a step 0 counts as it says.
    let from_nought = "width,module,t,l1\n64,a,0,1\n64,a,1,1\n128,a,0,1\n128,a,1,2\n";
    let checked = check(&table(from_nought), &CheckAsked::default()).expect("a check");
    assert_eq!(checked.rows.iter().map(|row| row.step).collect::<Vec<_>>(), [Some(0), Some(1)]);
}

/// Three learning rates c n^-1/2, written with six digits: each c is fitted alone, and beside its prediction.
#[test]
fn learning_rates_that_go_with_the_width_are_checked_by_their_constant() {
    let mut text = "width,seed,step,lr,za\n".to_owned();
    for width in WIDTHS {
        let n = f64::from(width);
        for seed in 0..3 {
            for c in [0.5, 10.0, 2.0] {
                let lr = format!("{:.5e}", c / n.sqrt());
                let za = n.powf(0.1 * c) * (1.0 + 0.01 * f64::from(seed));
                text += &format!("{width},{seed},2,{lr},{za}\n");
            }
        }
    }
    let asked = CheckAsked {
        setting: Some(Setting::layer(Init::A)),
        gamma: Some(Rational::new(-1, 2)),
        ..CheckAsked::default()
    };
    let checked = check(&table(&text), &asked).expect("a check");
    let found: Vec<_> = checked.rows.iter().map(|row| row.setting["lr n^1/2"].as_str()).collect();
    assert_eq!(found, ["0.5", "2", "10"]);
    for (row, planted) in checked.rows.iter().zip([0.05, 0.2, 1.0]) {
        assert_eq!(row.fit.widths_used.len(), WIDTHS.len());
        assert!((row.fit.exponent.expect("a fit") - planted).abs() < 1e-9, "{row:?}");
        assert_eq!(row.fit.predicted_exact.as_deref(), Some("1/2"));
    }
    let said = "every value of lr n^1/2 is checked separately; there are 3";
    assert!(checked.notes.iter().any(|note| note == said), "{:?}", checked.notes);
}

/// Two spellings of one learning rate are one.
#[test]
fn learning_rates_are_compared_as_numbers() {
    let text = "width,seed,lr,za\n64,0,0.10,1\n64,1,1e-1,2\n128,0,0.1,2\n128,1,.1,4\n";
    let checked = check(&table(text), &CheckAsked::default()).expect("a check");
    assert_eq!(checked.rows.len(), 1);
    assert!(checked.rows[0].setting.is_empty());
    let two = text.replace("1e-1", "2e-1").replace(",.1,", ",0.2,");
    let checked = check(&table(&two), &CheckAsked::default()).expect("a check");
    assert_eq!(checked.rows.len(), 2);
    assert!(checked.notes.contains(&"every learning rate is checked separately".to_owned()));
}

#[test]
fn widths_without_a_fit_and_unfinished_rows_are_named() {
    let mut text = "width,seed,step,zb,state\n".to_owned();
    for width in [64, 128, 256] {
        for seed in 0..2 {
            text += &format!("{width},{seed},0,0,finished\n");
            let zb = if (width, seed) == (128, 1) { 0 } else { width + seed };
            text += &format!("{width},{seed},1,{zb},finished\n");
        }
    }
    text += "512,0,1,9,crashed\n";
    let checked = check(&table(&text), &CheckAsked::default()).expect("a check");
    for said in [
        "1 run (line 14) is \"crashed\" and left out",
        "Init[A], zb at step 0: the fit leaves out n = 64, 128, 256, where some seed has no positive size",
        "Init[A], zb at step 1: the fit leaves out n = 128, where some seed has no positive size",
    ] {
        assert!(checked.notes.iter().any(|note| note == said), "{said}: {:?}", checked.notes);
    }
}
