//! Statements on planted curves, with the inits swapped, and with one init in both places.

use lora_experiment::experiment::Experiment;
use lora_experiment::study::definition::Study;
use lora_store::rows::RunRow;
use lora_types::Verdict;

use super::*;
use crate::readings::readings;

/// The learning rates of an init: its optimum by seed, its loss there, its Z_A, and from which rate it
/// diverges.
#[derive(Clone, Copy)]
struct Planted {
    optima: [f64; 3],
    loss: f64,
    za: f64,
    diverges: f64,
}

/// The loss before training, which no run of these curves reaches below a learning rate of 1.
const FIRST: f64 = 1e30;

const A: Planted = Planted { optima: [1.1e-2, 1.0e-2, 0.9e-2], loss: 0.10, za: 8.0, diverges: 0.3 };
const B: Planted =
    Planted { optima: [2.2e-3, 1.8e-3, 2.0e-3], loss: 0.15, za: 2.0, diverges: 0.05 };

fn experiment() -> Experiment {
    let mut e = Experiment::default();
    e.model.widths = vec![64].into();
    e.training.seeds = vec![0, 1, 2];
    e
}

fn rows(init: Init, planted: Planted) -> Vec<RunRow> {
    let study = Study::of("planted", &experiment()).expect("a study");
    let mut rows = Vec::new();
    for (seed, optimum) in (0..).zip(planted.optima) {
        // The whole grid from 1e-4 to 1, by a factor of about 1.4.
        for lr_index in -40..60 {
            let lr = study.grid.lr(lr_index);
            if !(1e-4..1.0).contains(&lr) {
                continue;
            }
            let away = (lr / optimum).ln();
            let jitter = 1.0 + 0.02 * ((seed as f64) - 1.0);
            let diverged = lr >= planted.diverges;
            let loss = planted.loss * jitter * (0.3 * away * away).exp();
            rows.push(RunRow {
                init,
                width: 64,
                seed,
                lr_index,
                lr,
                score: (!diverged).then_some(loss),
                first_loss: FIRST,
                train_loss: if diverged { f64::NAN } else { loss },
                test_loss: if diverged { f64::NAN } else { loss },
                peak_zb: Some(1.0),
                za_rms: planted.za * jitter,
                zb_rms: 1.0,
                za_norm: planted.za * jitter,
                zb_norm: 1.0,
                a_move: 1.0,
                b_move: 1.0,
                least_gradient_a: Some(1.0),
                least_gradient_b: Some(1.0),
                diverged_at: diverged.then_some(3),
            });
        }
    }
    rows
}

fn verdicts(rows: &[RunRow], inits: (Init, Init)) -> Vec<(String, Verdict)> {
    let study = Study::of("planted", &experiment()).expect("a study");
    let readings = readings(&study, rows);
    let judged = statements_about(&readings, &[64, 128], inits);
    judged.into_iter().map(|of| (of.statement, of.verdict)).collect()
}

fn all(verdict: Verdict) -> Vec<(String, Verdict)> {
    Statement::ALL.map(|statement| (statement.id().to_owned(), verdict)).to_vec()
}

#[test]
fn what_is_planted_holds_and_is_refuted_where_the_inits_are_swapped() {
    let rows: Vec<RunRow> = [rows(Init::A, A), rows(Init::B, B)].concat();
    assert_eq!(verdicts(&rows, (Init::A, Init::B)), all(Verdict::Holds));
    assert_eq!(verdicts(&rows, (Init::B, Init::A)), all(Verdict::Refuted));
}

#[test]
fn two_arms_of_one_init_are_not_told_apart() {
    let shuffled = Planted { optima: [0.95e-2, 1.1e-2, 1.0e-2], ..A };
    let mut other = rows(Init::B, shuffled);
    // Its own scatter over seeds.
    for row in &mut other {
        let jitter = 1.0 + 0.03 * [0.5, -1.0, 0.6][row.seed as usize];
        row.score = row.score.map(|score| score * jitter);
        row.za_norm *= jitter;
    }
    let both = [rows(Init::A, A), other].concat();
    let judged = verdicts(&both, (Init::A, Init::B));
    assert_eq!(judged.len(), 4);
    assert!(judged.iter().all(|(_, verdict)| *verdict != Verdict::Holds), "{judged:?}");
    let back = verdicts(&both, (Init::B, Init::A));
    assert!(back.iter().all(|(_, verdict)| *verdict != Verdict::Holds), "{back:?}");
}

#[test]
fn an_optimum_at_an_end_of_the_grid_decides_nothing() {
    let mut both = [rows(Init::A, A), rows(Init::B, B)].concat();
    both.retain(|row| row.init == Init::A || row.lr > 2.5e-3 || row.seed > 0);
    let study = Study::of("planted", &experiment()).expect("a study");
    let readings = readings(&study, &both);
    let judged = statements(&readings, &[64]);
    assert_eq!(judged[0].verdict, Verdict::Undecided);
    let why = "seed 0: the best LR lies at an end of those that were tried";
    assert_eq!(judged[0].why, why);
    assert_eq!((judged[0].ratio, judged[0].seeds), (None, 3));
}

#[test]
fn a_largest_rate_that_was_never_passed_bounds_the_ratio_from_one_side_only() {
    let endless = Planted { diverges: 10.0, ..A };
    let rows_of = |a, b| [rows(Init::A, a), rows(Init::B, b)].concat();
    let study = Study::of("planted", &experiment()).expect("a study");
    let bears = |rows: &[RunRow]| {
        let judged = statements(&readings(&study, rows), &[64]).remove(3);
        (judged.verdict, judged.bound, judged.ratio.is_some())
    };
    assert_eq!(bears(&rows_of(endless, B)), (Verdict::Holds, Some(Bound::AtLeast), true));
    let other = Planted { diverges: 10.0, ..B };
    assert_eq!(bears(&rows_of(A, other)), (Verdict::Refuted, Some(Bound::AtMost), true));
    assert_eq!(bears(&rows_of(endless, other)), (Verdict::Undecided, None, false));
}

/// Rates that both tried are an accident where each init has a γ of its own, except at n_0, where the grids are one.
#[test]
fn inits_with_grids_of_their_own_have_no_common_rates() {
    let of = |exponents: &str, widths: Vec<usize>| {
        let set = [format!("search.lr_exponent={exponents}")];
        let mut e = lora_experiment::experiment::with_settings(&set).expect("an experiment");
        (e.model.widths, e.training.seeds) = (widths.into(), vec![0, 1, 2]);
        let study = Study::of("planted", &e).expect("a study");
        let rows: Vec<RunRow> = [rows(Init::A, A), rows(Init::B, B)].concat();
        let all = statements_of(&readings(&study, &rows), &e);
        let bears = all.into_iter().find(|of| of.statement == "bears-larger-lr" && of.width == 64);
        bears.map(|of| (of.verdict, of.why, of.ratio.is_some())).expect("a statement")
    };
    let own = r#"{ A = "-1/2", B = "-1" }"#;
    let why = "the inits have grids of their own: search.lr_exponent".to_owned();
    assert_eq!(of(own, vec![32, 64]), (Verdict::Undecided, why, false));
    for (exponents, widths) in [(own, vec![64, 128]), (r#""-1/2""#, vec![32, 64])] {
        let (verdict, _, ratio) = of(exponents, widths);
        assert_eq!((verdict, ratio), (Verdict::Holds, true));
    }
}

#[test]
fn one_init_alone_or_one_seed_is_no_comparison() {
    assert!(verdicts(&rows(Init::A, A), (Init::A, Init::B)).is_empty());
    let mut both = [rows(Init::A, A), rows(Init::B, B)].concat();
    both.retain(|row| row.seed == 1);
    assert_eq!(verdicts(&both, (Init::A, Init::B)), all(Verdict::Undecided));
}

#[test]
fn what_one_init_alone_tried_favours_neither() {
    // Both diverge from the same rate on; the search of Init[A] has refined below it, that of Init[B] has not.
    let b = Planted { diverges: A.diverges, ..B };
    let mut both = [rows(Init::A, A), rows(Init::B, b)].concat();
    both.retain(|row| row.init == Init::A || row.lr < 0.05 || row.lr_index % 4 == 0);
    let judged = verdicts(&both, (Init::A, Init::B));
    assert_eq!(judged[3].1, Verdict::Refuted, "the largest rate that both tried is the same");
}

#[test]
fn a_run_that_ends_above_its_start_does_not_train() {
    let mut both = [rows(Init::A, A), rows(Init::B, Planted { diverges: 10.0, ..B })].concat();
    for row in both.iter_mut().filter(|row| row.init == Init::B && row.lr > 0.05) {
        (row.train_loss, row.test_loss) = (0.5 * FIRST, 2.0 * FIRST);
    }
    assert_eq!(verdicts(&both, (Init::A, Init::B))[3].1, Verdict::Holds);
    // Without held-out samples the training loss tells.
    both.iter_mut().for_each(|row| row.test_loss = f64::NAN);
    let told = verdicts(&both, (Init::A, Init::B))[3].1;
    assert_eq!(told, Verdict::Refuted, "Init[B] trains at every rate then");
}

#[test]
fn a_perfect_score_has_no_ratio() {
    let mut both = [rows(Init::A, A), rows(Init::B, B)].concat();
    let best = both.iter().filter(|row| row.init == Init::A && row.seed == 1);
    let best = best.filter_map(|row| row.score).fold(f64::INFINITY, f64::min);
    both.iter_mut().filter(|row| row.score == Some(best)).for_each(|row| row.score = Some(0.0));
    let study = Study::of("planted", &experiment()).expect("a study");
    let judged = statements(&readings(&study, &both), &[64]);
    assert_eq!(judged[1].verdict, Verdict::Undecided);
    assert_eq!(judged[1].why, "seed 1: a value is 0, which has no ratio");
}
