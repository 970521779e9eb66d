//! Answers have the symmetries of the limit, know nothing of threads, and end when they are told to.

use std::sync::atomic::{AtomicUsize, Ordering};

use lora_constants::{
    Answer, Choices, Constants, ConstantsError, LimitRun, Question, Watch, search, solve,
};
use lora_experiment::experiment::Experiment;
use lora_limit::{Points, Solver, Start, Variant};
use lora_sim::spec::{Init, Run};
use lora_sim::{AdapterState, Frozen, Isa};
use lora_theory::rational;

/// A small problem, on a grid that powers of two lie on.
fn experiment() -> Experiment {
    let mut experiment = Experiment::default();
    let (m, t, s) = (&mut experiment.model, &mut experiment.training, &mut experiment.search);
    (m.widths, m.points, m.test_points) = (vec![128].into(), 24, 0);
    (m.teacher_width, m.teacher_rank) = (40, 3);
    (t.seeds, t.steps, t.epsilon) = (vec![0, 1], 20, 0.0);
    (s.coarse_factor, s.bracket_factor) = (2.0, 1.2);
    experiment
}

fn answer(experiment: &Experiment, choices: &Choices) -> Result<Answer, ConstantsError> {
    let choices = Choices { neurons: Some(128), ..choices.clone() };
    let question = Question::new(("small", false), experiment, &choices)?;
    Ok(solve(&question, &Watch { stop: &|| false, done: &|_| () })?.0)
}

fn of(answer: &Answer, init: Init) -> &Constants {
    answer.readouts[0].inits[&init].constants().expect("a limit")
}

/// The optima of all seeds.
fn optima(answer: &Answer, init: Init) -> Vec<f64> {
    of(answer, init).seeds.iter().map(|seed| seed.c_opt.expect("an optimum")).collect()
}

/// Under Init[A] the limit knows s η_A η_B alone: with four times the multiplier c_opt is half. Under
/// Init[B] at a = 1/2 it knows s η_A: there c_opt is a quarter.
#[test]
fn the_best_c_follows_the_multiplier() -> Result<(), ConstantsError> {
    let plain = answer(&experiment(), &Choices::default())?;
    let mut larger = experiment();
    larger.model.multiplier = 4.0;
    let larger = answer(&larger, &Choices::default())?;
    for (init, factor) in [(Init::A, 0.5), (Init::B, 0.25)] {
        assert!(of(&plain, init).bracketed && of(&larger, init).bracketed);
        for (x, y) in optima(&plain, init).iter().zip(optima(&larger, init)) {
            assert!((y / x / factor - 1.0).abs() < 1e-9, "{init}: {x} and {y}");
        }
        let [x, y] = [&plain, &larger].map(|answer| of(answer, init).loss.value.expect("a loss"));
        assert!((y / x - 1.0).abs() < 1e-9, "{init}: the loss stays");
    }
    Ok(())
}

/// The same product of both rates has the same limit under Init[A].
#[test]
fn the_ratio_of_both_rates_moves_the_best_c_by_its_root() -> Result<(), ConstantsError> {
    let plain = answer(&experiment(), &Choices::default())?;
    let mut lora_plus = experiment();
    lora_plus.training.lr_ratio = 4.0;
    let lora_plus = answer(&lora_plus, &Choices::default())?;
    for (x, y) in optima(&plain, Init::A).iter().zip(optima(&lora_plus, Init::A)) {
        assert!((y / x / 0.5 - 1.0).abs() < 1e-9, "{x} and {y}");
    }
    // B stays where it is under Init[B].
    assert_eq!(optima(&plain, Init::B), optima(&lora_plus, Init::B));
    Ok(())
}

#[test]
fn an_answer_has_the_same_bytes_at_any_number_of_threads() -> Result<(), ConstantsError> {
    let choices =
        Choices { readouts: vec![rational(1, 2)?, rational(1, 1)?], ..Choices::default() };
    let texts = [1, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let answer = pool.install(|| answer(&experiment(), &choices));
        answer.map(|answer| serde_json::to_string(&answer).expect("JSON"))
    });
    let [one, five] = texts;
    assert_eq!(one?, five?);
    Ok(())
}

/// Where Z_B = Θ(1) c_stable is where its peak reaches the bound, where it grows the bound is scaled, and
/// where it vanishes there is none.
#[test]
fn a_bound_means_what_the_size_of_z_b_makes_of_it() -> Result<(), ConstantsError> {
    let mut bounded = experiment();
    bounded.search.stability_bound = 2.0;
    let readouts = vec![rational(1, 2)?, rational(1, 1)?];
    let choices = Choices { readouts, ..Choices::default() };
    let question = Question::new(("small", false), &bounded, &choices)?;
    let (answer, curves) = solve(&question, &Watch { stop: &|| false, done: &|_| () })?;
    let constants = |readout: usize, init| {
        let found: &Constants = answer.readouts[readout].inits[&init].constants().expect("a limit");
        found.clone()
    };
    let lazy = constants(0, Init::A);
    assert_eq!((lazy.c_stable, lazy.c_stable_interval), (None, None));
    assert!(
        lazy.c_stable_remark.is_some_and(|remark| remark.contains("tends to zero like n^-1/2"))
    );
    let whole: [(usize, Init, f64); 3] =
        [(0, Init::B, 2.0), (1, Init::A, 2.0), (1, Init::B, 2.0 / 128f64.sqrt())];
    for (readout, init, bound) in whole {
        let found = constants(readout, init);
        assert!(found.c_stable_bracketed, "{init}");
        assert_eq!(found.c_stable_remark.is_some(), bound < 2.0, "{init}");
        for ((_, curve), seed) in curves[readout][&init].iter().zip(&found.seeds) {
            let c = seed.c_stable.expect("a crossing");
            let stable = |run: &LimitRun| run.peak_z_b.is_some_and(|peak| peak <= bound);
            let below = curve.runs.iter().rfind(|run| run.c <= c).expect("a run below");
            let above = curve.runs.iter().find(|run| run.c > c).expect("a run above");
            assert!(stable(below) && !stable(above), "{init}: {below:?} {above:?}");
            assert!(above.c / below.c < 1.2 * 1.2);
        }
    }
    Ok(())
}

#[test]
fn whoever_watches_is_told_every_run_and_may_stop() -> Result<(), ConstantsError> {
    let question = Question::new(
        ("small", false),
        &experiment(),
        &Choices { neurons: Some(64), ..Choices::default() },
    )?;
    let told = AtomicUsize::new(0);
    let done = |_: usize| {
        told.fetch_add(1, Ordering::SeqCst);
    };
    let stop = || told.load(Ordering::SeqCst) >= 3;
    match solve(&question, &Watch { stop: &stop, done: &done }) {
        Err(ConstantsError::Stopped { done }) => assert!((3..8).contains(&done), "{done}"),
        other => panic!("{:?}", other.map(|_| ())),
    }
    let (answer, _) = solve(&question, &Watch { stop: &|| false, done: &done })?;
    let runs: usize = [Init::A, Init::B]
        .iter()
        .flat_map(|init| of(&answer, *init).seeds.iter().map(|seed| seed.runs))
        .sum();
    // The lowest loss of two inits and two seeds is solved twice more; the first attempt told of some.
    let whole = runs + 2 * 2 * 2;
    let told = told.load(Ordering::SeqCst);
    assert!((whole + 3..whole + 8).contains(&told), "{told} of {whole}");
    Ok(())
}

/// The search by hand, over the limit that is coupled to the same run, finds what the answer has.
#[test]
fn an_answer_is_the_search_over_the_limit_of_its_seeds() -> Result<(), ConstantsError> {
    let experiment = experiment();
    let choices = Choices { neurons: Some(64), ..Choices::default() };
    let question = Question::new(("small", false), &experiment, &choices)?;
    let (answer, _) = solve(&question, &Watch { stop: &|| false, done: &|_| () })?;
    let (model, training) = (question.model(rational(1, 2)?), experiment.training());
    for (init, seed) in [(Init::A, 1), (Init::B, 0)] {
        let class = question.class(rational(1, 2)?, init)?;
        let points = Points::draw(&model, seed)?;
        let frozen = Frozen::draw(&model, question.width, seed, Isa::best())?;
        let run = Run { init, lr: 1.0, adapter_seed: seed };
        let state = AdapterState::initial(&model, question.width, &run);
        let start = Start::of_run(&class, &model, &frozen, &state);
        let quadrature = question.quadrature(seed);
        let solver = Solver::new(&class, &model, &training, &points, &start, quadrature)?;
        // Under Init[B] the crossing is searched, too.
        let bound = (init == Init::B).then_some(experiment.search.stability_bound);
        let curve = search(&question.grid()?, experiment.search.basin, bound, |index, c| {
            let solution = solver.solve(c, Variant::default())?;
            Ok::<_, ConstantsError>(LimitRun::of(&experiment, (index, c), 64, &solution))
        })?;
        let found = of(&answer, init).seeds[seed as usize];
        assert_eq!(found.c_opt, curve.optimum.map(|optimum| optimum.lr), "{init}");
        assert_eq!(found.basin, curve.basin.map(|basin| [basin.lower, basin.upper]), "{init}");
        assert_eq!(found.c_stable, curve.crossing.and_then(|crossing| crossing.lr), "{init}");
        assert_eq!((found.runs, found.c_best), (curve.runs.len(), curve.best().map(|run| run.c)));
    }
    Ok(())
}
