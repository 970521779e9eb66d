//! The map of planted sweeps.

use std::collections::BTreeMap;

use lora_map::{Choice, Finding, Grid, LrAt, Map, MapRun, Metric, Sweep, choices, findings, write};
use lora_sim::spec::{Model, Training};
use lora_stats::Verdict;
use lora_types::Init;

const WIDTHS: [usize; 4] = [128, 512, 2048, 8192];
const STEPS: usize = 100;

/// Of each init: the exponent of its best learning rate, that of Z_A and of the loss at the best rate.
#[derive(Clone, Copy)]
struct Planted {
    eta: [f64; 2],
    za: [f64; 2],
    loss: [f64; 2],
}

/// What the paper's figures show.
const PRINTED: Planted = Planted { eta: [-0.5, -1.0], za: [0.5, 0.0], loss: [-0.2, 0.0] };

/// Learning rates a factor of √2 apart.
fn grid() -> Vec<f64> {
    (0..40).map(|k| 1e-5 * 2f64.powf(0.5 * f64::from(k))).collect()
}

fn sweep(planted: Planted) -> Sweep {
    let mut cells = BTreeMap::new();
    for (init, of) in [(Init::A, 0), (Init::B, 1)] {
        for n in WIDTHS {
            let wide = n as f64 / 128.0;
            for seed in 0..4u64 {
                let jitter = 1.0 + 0.05 * [1.0, -1.0, 0.3, -0.3][seed as usize];
                let best = 0.05 * wide.powf(planted.eta[of]) * jitter;
                let run = |lr: f64| {
                    let away = (lr / best).ln();
                    let end =
                        0.1 * jitter * wide.powf(planted.loss[of]) * (0.2 * away * away).exp();
                    // The first steps move nothing.
                    let losses = (0..=STEPS).map(|t| if t < 15 { 1e6 } else { end }).collect();
                    let za = wide.powf(planted.za[of]) * jitter;
                    MapRun { lr, losses, za: vec![(0, 1.0), (10, 1.0), (STEPS, za)] }
                };
                cells.insert((init, n, seed), grid().into_iter().map(run).collect());
            }
        }
    }
    Sweep {
        dir: "planted".into(),
        model: Model::default(),
        training: Training { steps: STEPS, ..Training::default() },
        cells,
    }
}

const PLAIN: Choice =
    Choice { steps: STEPS, metric: Metric::Final, grid: Grid::Fine, lr_at: LrAt::EachWidth };

fn verdicts(sweep: &Sweep, choice: Choice) -> Vec<Option<Verdict>> {
    findings(sweep, choice).expect("findings").into_iter().map(|found| found.verdict).collect()
}

#[test]
fn what_is_printed_is_found_where_it_is_planted() {
    let found = findings(&sweep(PRINTED), PLAIN).expect("findings");
    assert!(found.iter().all(|found| found.verdict == Some(Verdict::Holds)), "{found:?}");
    let value = |place: usize| found[place].value.expect("a value");
    assert!((value(0) + 0.5).abs() < 0.01 && (value(1) + 1.0).abs() < 0.01, "{found:?}");
    // Z_A of A is 8 times as large at 64 times the width; the loss falls by 64^0.2.
    assert!((value(2) - 8f64.ln()).abs() < 1e-9 && (value(3) - 64f64.ln() * 0.2).abs() < 1e-9);
}

#[test]
fn what_is_planted_otherwise_is_refuted() {
    use Verdict::{Holds, Refuted};
    let cases = [
        (Planted { eta: [-0.75, -1.0], ..PRINTED }, [Refuted, Holds, Holds, Holds]),
        (Planted { eta: [-0.5, -0.5], ..PRINTED }, [Holds, Refuted, Holds, Holds]),
        (Planted { za: [0.1, 0.0], ..PRINTED }, [Holds, Holds, Refuted, Holds]),
        (Planted { loss: [0.2, 0.0], ..PRINTED }, [Holds, Holds, Holds, Refuted]),
    ];
    for (planted, expected) in cases {
        assert_eq!(verdicts(&sweep(planted), PLAIN), expected.map(Some));
    }
}

#[test]
fn on_a_coarse_grid_other_exponents_look_like_the_printed_one() {
    let coarse = Choice { grid: Grid::Coarse, ..PLAIN };
    assert_eq!(verdicts(&sweep(PRINTED), coarse), [Some(Verdict::Holds); 4]);
    // The standard readout's n^-3/4, which a fine grid tells from n^-1/2.
    let other = sweep(Planted { eta: [-0.75, -1.0], ..PRINTED });
    assert_eq!(verdicts(&other, PLAIN)[0], Some(Verdict::Refuted));
    assert_eq!(verdicts(&other, coarse)[0], Some(Verdict::Holds));
    let far = sweep(Planted { eta: [-1.5, -1.0], ..PRINTED });
    assert_eq!(verdicts(&far, coarse)[0], Some(Verdict::Refuted));
    // Scatter over seeds makes nothing look like the printed line.
    let mut noisy = far;
    for ((_, _, seed), runs) in &mut noisy.cells {
        let factor = 2f64.powi([3, -3, 2, -2][*seed as usize]);
        let lrs: Vec<f64> = runs.iter().map(|run| run.lr).collect();
        let losses = |lr: f64| {
            let nearest = |run: &&MapRun| (run.lr / (lr * factor)).ln().abs();
            let by_distance =
                |one: &&MapRun, other: &&MapRun| nearest(one).total_cmp(&nearest(other));
            runs.iter().min_by(by_distance).expect("a run").losses.clone()
        };
        let moved: Vec<Vec<f64>> = lrs.into_iter().map(losses).collect();
        runs.iter_mut().zip(moved).for_each(|(run, losses)| run.losses = losses);
    }
    assert_ne!(verdicts(&noisy, coarse)[0], Some(Verdict::Holds));
    // A width whose best rate lies at an end of the grid leaves the exponent open.
    let mut cut = sweep(PRINTED);
    for ((_, n, _), runs) in &mut cut.cells {
        runs.retain(|run| *n < 8192 || run.lr > 0.006);
    }
    assert_eq!(verdicts(&cut, PLAIN)[1], None);
}

#[test]
fn a_short_training_and_a_mean_over_it_see_other_losses() {
    // After 10 steps all losses are the same, so that the smallest learning rate is the best of them.
    let early = Choice { steps: 10, ..PLAIN };
    assert_eq!(verdicts(&sweep(PRINTED), early), [None; 4]);
    let mean = Choice { metric: Metric::Mean, ..PLAIN };
    let found = findings(&sweep(PRINTED), mean).expect("findings");
    // The plateau before step 15 is in the mean: the losses are all but equal.
    let ratio = found[3].value.expect("a value");
    assert!(ratio.abs() < 1e-4, "{ratio}");
    assert_eq!(found[0].verdict, Some(Verdict::Holds), "the optimum is where it was");
}

#[test]
fn one_learning_rate_for_all_widths_compares_other_runs() {
    let sweep = sweep(PRINTED);
    let one = Choice { lr_at: LrAt::Narrowest, ..PLAIN };
    let found = findings(&sweep, one).expect("findings");
    // At n = 8192 it is 64 times too large under Init[B], and 8 times under Init[A].
    let expected = 0.2 * (64f64.ln().powi(2) - 8f64.ln().powi(2)) + 0.2 * 64f64.ln();
    let loss = found[3].value.expect("a value");
    assert!((loss - expected).abs() < 0.3, "{loss} instead of {expected}");
}

#[test]
fn runs_that_diverge_have_no_score_after_their_end() {
    let mut sweep = sweep(PRINTED);
    for runs in sweep.cells.values_mut() {
        for run in runs.iter_mut().filter(|run| run.lr > 0.1) {
            run.losses.truncate(20);
        }
    }
    let found = verdicts(&sweep, PLAIN);
    assert_eq!(found, [Some(Verdict::Holds); 4], "the optima lie below");
    // At the widest network the rate of the narrowest is too large for Init[B] alone.
    let mut one = sweep.clone();
    for ((init, n, _), runs) in &mut one.cells {
        for run in runs.iter_mut().filter(|run| (*init, *n) == (Init::B, 8192) && run.lr > 0.01) {
            run.losses.truncate(20);
            run.za = vec![(0, 1.0), (19, 1e12)];
        }
    }
    let narrowest = Choice { lr_at: LrAt::Narrowest, ..PLAIN };
    let found = findings(&one, narrowest).expect("findings");
    assert_eq!((found[2].verdict, found[2].value), (None, None), "Z_A of a run that blew up");
    assert_eq!((found[3].verdict, found[3].value), (Some(Verdict::Holds), None));
    for runs in sweep.cells.values_mut() {
        runs.iter_mut().for_each(|run| run.losses.truncate(20));
    }
    assert_eq!(verdicts(&sweep, PLAIN), [None; 4]);
}

#[test]
fn the_table_has_every_choice_and_a_map_replaces_a_map_alone() {
    let map = Map::of(vec![sweep(PRINTED)]).expect("a map");
    let rows = map.rows();
    assert_eq!(rows.len(), choices(STEPS).len());
    assert_eq!(choices(STEPS).len(), 3 * 2 * 2 * 2);
    let plain = rows.iter().find(|row| row.steps == STEPS && row.as_printed == 4);
    let plain = plain.expect("the plain choice");
    assert_eq!((plain.narrowest, plain.widest, plain.seeds), (128, 8192, 4));
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("map");
    write(&map, &out).expect("written");
    let files = write(&map, &out).expect("written again");
    assert!(files.iter().all(|file| file.exists()));
    let other = dir.path().join("mine");
    std::fs::create_dir(&other).expect("a directory");
    std::fs::write(other.join("notes.txt"), "mine").expect("a file");
    assert!(write(&map, &other).is_err());
    assert!(!other.join("map.csv").exists());
}

#[test]
fn every_finding_has_a_name_and_the_theorems_exponent() {
    let words = Finding::ALL.map(|finding| finding.words().expect("words"));
    assert_eq!(words[0], "Init[A]: η_{opt} ∝ n^{-1/2}");
    assert_eq!(words[1], "Init[B]: η_{opt} ∝ n^{-1}");
}
