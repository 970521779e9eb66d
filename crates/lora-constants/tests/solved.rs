//! Constants that are read back: those that come with the program, and those of a directory.

use std::sync::atomic::{AtomicUsize, Ordering};

use lora_constants::{
    Choices, ConstantsError, KeptLimits, Question, Solved, Watch, solve, solve_with, summary_of,
    write,
};
use lora_experiment::experiment::{Experiment, Source, load};
use lora_theory::{Init, OptimizerKind, Rate, Setting, Trained, rational};

/// They are of the experiment `paper` as it is today, at the usual sizes of the quadrature, and bracketed.
#[test]
fn the_constants_of_the_program_are_those_of_todays_paper() -> Result<(), ConstantsError> {
    let source = Source { file: Some("paper".into()), set: Vec::new(), quick: false };
    let paper = load(&source).expect("paper").experiment;
    let answer = Solved::built_in()?.answer;
    assert_eq!((&answer.settings, answer.quick), (&paper, false));
    let readouts = vec![rational(1, 2)?, rational(1, 1)?];
    let choices = Choices { readouts: readouts.clone(), ..Choices::default() };
    let question = Question::new(("paper", false), &paper, &choices)?;
    assert_eq!(
        (answer.coupled_width, answer.neurons, answer.replicates),
        (question.width, question.neurons, question.replicates)
    );
    for (of, readout) in answer.readouts.iter().zip(readouts) {
        assert_eq!(of.readout, readout.to_string());
        for (&init, found) in &of.inits {
            let constants = found.constants().expect("a limit");
            let class = question.class(readout, init)?;
            assert_eq!(constants.gamma, class.terms().gamma.to_string());
            assert!(constants.bracketed, "{init}, a = {readout}");
        }
    }
    Ok(())
}

/// A question of few points and neurons.
fn small(neurons: usize) -> Result<Question, ConstantsError> {
    let mut experiment = Experiment::default();
    (experiment.model.widths, experiment.model.points) = (vec![128].into(), 8);
    (experiment.model.test_points, experiment.training.seeds) = (0, vec![0, 1]);
    (experiment.training.steps, experiment.search.bracket_factor) = (6, 4.0);
    let choices = Choices { neurons: Some(neurons), ..Choices::default() };
    Question::new(("small", false), &experiment, &choices)
}

/// A second answer takes every run from the table of the first. What was changed, and what belongs to another
/// quadrature, is not among its rows.
#[test]
fn what_is_kept_is_not_solved_again() -> Result<(), ConstantsError> {
    let question = small(16)?;
    let count = AtomicUsize::new(0);
    let done = |_: usize| {
        count.fetch_add(1, Ordering::SeqCst);
    };
    let watch = Watch { stop: &|| false, done: &done };
    let kept = KeptLimits::new(&question, [], &|_| Ok(()))?;
    let (answer, curves) = solve_with(&question, &watch, &kept)?;
    let rows = kept.rows()?;
    assert_eq!(rows.len(), count.load(Ordering::SeqCst));
    assert_eq!(answer, solve(&question, &watch)?.0);

    let nothing = Watch { stop: &|| true, done: &|_| panic!("a limit was solved") };
    let again = KeptLimits::new(&question, rows.clone(), &|_| Ok(()))?;
    assert_eq!(solve_with(&question, &nothing, &again)?, (answer.clone(), curves));
    assert_eq!(again.rows()?, rows);
    let summary = summary_of(&question, &rows)?;
    for (init, found) in &answer.readouts[0].inits {
        assert_eq!(found.constants(), Some(&summary.inits[init].constants));
    }

    let mut changed = rows.clone();
    changed[1].score = Some(1e-9);
    let fewer = KeptLimits::new(&question, changed, &|_| Ok(()))?;
    assert_eq!(fewer.rows()?.len(), rows.len() - 1);
    let lacking = summary_of(&question, &rows[1..]).map_err(|error| error.to_string());
    assert!(lacking.is_err_and(|said| said.contains("limits.csv lacks runs")));
    let other = KeptLimits::new(&small(18)?, rows, &|_| Ok(()))?;
    assert!(other.rows()?.is_empty());
    Ok(())
}

/// What is written is read back whole, and its rates are c n^γ.
#[test]
fn an_answer_survives_its_document() -> Result<(), ConstantsError> {
    let question = small(16)?;
    let (answer, curves) = solve(&question, &Watch { stop: &|| false, done: &|_| () })?;
    let dir = tempfile::tempdir().expect("a directory");
    write(dir.path(), &answer, &curves, 1.0)?;
    let read = Solved::open(dir.path())?;
    assert_eq!(read.answer, answer);

    let setting = Setting::network(Init::B, rational(1, 2)?);
    let [narrow, wide] = [100, 400].map(|width| read.rates(&setting, width).expect("rates"));
    let [narrow, wide] = [narrow, wide].map(|rates| rates.expect("the setting").eta_opt);
    let (narrow, wide) = (narrow.expect("a rate"), wide.expect("a rate"));
    assert!((narrow.lr / wide.lr - 4.0).abs() < 1e-12 && narrow.c == wide.c);

    // One thing alone differs from what was solved.
    for other in [
        Setting { optimizer: OptimizerKind::Sgd, ..setting.clone() },
        Setting { train: Trained::A, ..setting.clone() },
        Setting { rate_b: Rate::Scanned(rational(1, 1)?), ..setting.clone() },
        Setting { readout: rational(1, 1)?, ..setting.clone() },
        Setting { rank: rational(1, 2)?, ..setting.clone() },
        Setting::layer(Init::B),
        Setting::network(Init::AB, rational(1, 2)?),
    ] {
        assert_eq!(read.rates(&other, 100)?, None, "{other:?}");
        let refused = Solved::of_each(Some(dir.path()), &[other], None).map_err(|e| e.to_string());
        let from = dir.path().display();
        let message = format!(
            "the constants in {from} are of the experiment small, and not of this setting at its critical exponent"
        );
        assert_eq!(refused, Err(message));
    }
    // More symbolic steps are the same setting.
    assert!(read.rates(&Setting { steps: 6, ..setting }, 100)?.is_some());
    Ok(())
}

/// At another exponent than the critical one c is not that of η_opt.
#[test]
fn constants_at_an_exponent_of_ones_own_are_not_told_as_those_of_the_best_rate() {
    let mut solved = Solved::built_in().expect("constants");
    let setting = Setting::network(Init::A, rational(1, 2).expect("small"));
    assert!(solved.rates(&setting, 64).expect("rates").is_some());
    for of in &mut solved.answer.readouts {
        for found in of.inits.values_mut() {
            if let lora_constants::InitAnswer::Limit(constants) = found {
                constants.gamma = "-9/10".into();
            }
        }
    }
    assert_eq!(solved.rates(&setting, 64).expect("rates"), None);
}
