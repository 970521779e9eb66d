//! Sweeps of transformers that are stopped within a run, or killed, come to the same bytes.

mod common;

use std::fs;

use common::{Place, Runs, copy, files};
use lora_runner::error::RunnerError;
use lora_runner::states::FOLDER;

/// A directory whose base is there, the runs that an unwatched sweep comes to, and how often a watched one
/// asks whether to stop.
fn place() -> (Place, Runs, usize) {
    let place = Place::new(3);
    let plain = place.sweep("plain");
    plain.run(usize::MAX).expect("it trains");
    let whole = place.sweep("whole").attended(|_| ());
    whole.run(usize::MAX).expect("it trains");
    assert_eq!(whole.runs().len(), 6);
    assert!(whole.runs() == plain.runs(), "a state that is kept changes nothing");
    assert!(!whole.states().exists(), "nothing is left");
    (place, whole.runs(), whole.asked())
}

#[test]
fn a_sweep_that_is_stopped_within_its_runs_comes_to_the_same_bytes() {
    let (place, whole, asked) = place();
    // Each run asks once before it begins and once a step.
    assert_eq!(asked, 6 * (1 + 7));
    for most in [8, 11, 30] {
        let sweep = place.sweep(&format!("stopped-{most}")).attended(|_| ());
        let (mut stops, mut unfinished) = (0, 0);
        while let Err(error) = sweep.run(most) {
            let RunnerError::Stopped { stored, unfinished: kept, .. } = error else {
                panic!("{error}")
            };
            assert_eq!((stored, kept), (0, files(&sweep.states()).len()), "one batch has all runs");
            assert!(kept >= unfinished, "no state is lost");
            (stops, unfinished) = (stops + 1, kept);
        }
        assert!(stops >= 60 / most - 1, "{most}: {stops}");
        assert!(sweep.runs() == whole, "{most}");
        assert!(!sweep.states().exists(), "{most}");
        assert!(sweep.said().is_empty(), "{most}: {:?}", sweep.said());
    }
}

/// A process that is killed leaves what it has kept: here it is taken away while the sweep goes on.
#[test]
fn a_sweep_that_is_killed_goes_on_from_its_states() {
    let (place, whole, asked) = place();
    for moment in [4, 30, asked] {
        let name = format!("killed-{moment}");
        let (from, to) = (place.path("long").join(FOLDER), place.path(&name).join(FOLDER));
        let at = move |count: usize| {
            if count == moment {
                copy(&from, &to);
            }
        };
        place.sweep("long").attended(at).run(usize::MAX).expect("it trains");
        fs::remove_dir_all(place.path("long")).expect("a directory");
        let sweep = place.sweep(&name).attended(|_| ());
        assert!(!files(&sweep.states()).is_empty(), "{moment}");
        sweep.run(usize::MAX).expect("it trains");
        assert!(sweep.runs() == whole, "{moment}");
        // Each run that has begun asks again before it begins, and the last one at two of its steps: at
        // the one that it keeps, and at the one that is being made.
        assert_eq!(asked - sweep.asked(), moment - moment.div_ceil(8) - 2, "{moment}");
        assert!(!sweep.states().exists(), "{moment}");
    }
}

#[test]
fn states_that_are_damaged_or_of_another_run_are_told_of_and_passed_over() {
    let (place, whole, _) = place();
    let stopped = place.sweep("stopped").attended(|_| ());
    assert!(stopped.run(13).is_err());
    let states = files(&stopped.states());
    assert_eq!(states.len(), 2, "one has ended, and one is in work");
    let [first, second] = [&states[0], &states[1]].map(|file| fs::read(file).expect("a state"));
    let name = |file: usize| states[file].file_name().expect("a name").to_owned();

    for place_of_damage in [0, 45, first.len() / 2] {
        let sweep = place.sweep(&format!("damaged-{place_of_damage}")).attended(|_| ());
        copy(&stopped.states(), &sweep.states());
        let mut bytes = first.clone();
        bytes[place_of_damage] ^= 1;
        fs::write(sweep.states().join(name(0)), bytes).expect("a file");
        sweep.run(usize::MAX).expect("it trains");
        let said = sweep.said();
        let expected = format!("{}: the state is damaged; the run begins anew", name(0).display());
        assert!(said.len() == 1 && said[0].ends_with(&expected), "{said:?}");
        assert!(said[0].starts_with("warning: "), "{said:?}");
        assert!(sweep.runs() == whole && !sweep.states().exists());
    }

    let sweep = place.sweep("cut").attended(|_| ());
    fs::create_dir(sweep.states()).expect("a directory");
    fs::write(sweep.states().join(name(0)), &first[..first.len() / 2]).expect("a file");
    fs::write(sweep.states().join(name(1)), b"").expect("a file");
    sweep.run(usize::MAX).expect("it trains");
    assert_eq!(sweep.said().len(), 2, "{:?}", sweep.said());
    assert!(sweep.runs() == whole && !sweep.states().exists());

    let sweep = place.sweep("foreign").attended(|_| ());
    fs::create_dir(sweep.states()).expect("a directory");
    fs::write(sweep.states().join(name(0)), second).expect("a file");
    fs::write(sweep.states().join(name(1)), first).expect("a file");
    sweep.run(usize::MAX).expect("it trains");
    let said = sweep.said();
    assert!(said.len() == 2, "{said:?}");
    assert!(said.iter().all(|line| line.contains("the state is that of another run")), "{said:?}");
    assert!(sweep.runs() == whole && !sweep.states().exists());
}

/// A process may be killed between the two.
#[test]
fn the_state_of_a_stored_run_is_dropped() {
    let (place, whole, _) = place();
    let stopped = place.sweep("stopped").attended(|_| ());
    assert!(stopped.run(13).is_err());
    let finished = place.sweep("whole").attended(|_| ());
    copy(&stopped.states(), &finished.states());
    finished.run(usize::MAX).expect("all is stored");
    assert_eq!(finished.asked(), 0, "nothing was trained");
    assert!(finished.runs() == whole && !finished.states().exists());
}

#[test]
fn a_pretraining_that_is_stopped_goes_on_to_the_same_model() {
    let whole = Place::new(12);
    whole.sweep("out").run(usize::MAX).expect("it trains");
    let place = Place::new(12);
    let sweep = place.sweep("out").attended(|_| ());
    for most in [5, 4] {
        let error = sweep.run(most).expect_err("it is stopped");
        assert!(matches!(error, RunnerError::Stopped { stored: 0, unfinished: 0, .. }), "{error}");
        assert!(place.base().join("state.bin").exists());
        assert!(!place.base().join("model.safetensors").exists());
    }
    // A step is made after each question but the last, which ends it.
    let begins = "pretraining the base of width 32: 12 steps";
    let ends = |step: usize| format!("pretraining stopped after step {step}, where it will go on");
    assert_eq!(sweep.said(), [begins, &ends(5), begins, &ends(9)]);
    sweep.run(usize::MAX).expect("it trains");
    assert!(!place.base().join("state.bin").exists());
    for name in ["model.safetensors", "config.json", "tokenizer.json", "recipe.json"] {
        let read = |place: &Place| fs::read(place.base().join(name)).expect("a file");
        assert!(read(&place) == read(&whole), "{name}");
    }
    assert!(sweep.runs() == whole.sweep("out").runs());
}
