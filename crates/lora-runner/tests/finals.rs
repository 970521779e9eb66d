//! The final test: the best runs, trained again and measured on data that no search sees.

mod common;

use std::fs;
use std::path::Path;

use common::{Place, Watched};
use lora_runner::error::RunnerError;
use lora_store::stored::{Database, FILE, StoredFinal};
use lora_store::testing::SqlFile;
use sha2::{Digest, Sha256};

/// The data of a search and of the final test: the second holds what was held out and more.
fn keys(dir: &Path) -> String {
    let held_out = "What is held out here is a text of its own, which nobody has trained on.";
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).expect("a file");
    write("test.txt", held_out);
    write("final.txt", held_out);
    let dir = dir.display();
    format!("test_data = \"{dir}/test.txt\"\nfinal_data = \"{dir}/final.txt\"")
}

fn finals(sweep: &Watched) -> Vec<StoredFinal> {
    Database::for_reading(&sweep.out).expect("a database").finals().expect("they are read")
}

#[test]
fn the_best_run_of_each_init_is_measured_once_and_runs_are_what_they_are_without_it() {
    let place = Place::with(3, keys);
    let sweep = place.sweep("out").attended(|_| ());
    sweep.run(usize::MAX).expect("it trains");
    let said = sweep.said();
    let told = "final test: 2 of the best runs to be trained again";
    assert_eq!(said.iter().filter(|line| *line == told).count(), 1, "{said:?}");
    let found = finals(&sweep);
    assert_eq!(found.len(), 2, "two inits");

    // The final data are here what was held out, so what is measured there is known.
    let database = Database::for_reading(&sweep.out).expect("a database");
    let (mut least, listed) = (Vec::new(), database.list().expect("runs"));
    for init in ["A", "B"] {
        let runs = listed.iter().filter(|run| run.init.key() == init);
        let loss = |key| {
            let run = database.get(key).expect("a database").expect("a run");
            run.trajectory.records.last().expect("a record").test_loss
        };
        let runs: Vec<_> = runs.map(|run| (run.key, loss(&run.key))).collect();
        assert_eq!(runs.len(), 3);
        least.extend(runs.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)));
    }
    for (key, loss) in least {
        let of = found.iter().find(|of| of.run == key).expect("the best run");
        assert!((of.result.loss / loss - 1.0).abs() < 1e-6, "{} and {loss}", of.result.loss);
        assert_eq!((of.result.exact, &of.result.right[..]), (None, &[][..]));
        assert_eq!(of.result.predictions, 15 * of.result.sequences, "of 16 tokens each");
    }

    sweep.run(usize::MAX).expect("all is there");
    assert_eq!((finals(&sweep), sweep.asked()), (found, 0), "nothing is trained");
    assert!(!sweep.states().exists());
    let mut without = place.loaded.clone();
    without.experiment.transformer.final_data.clear();
    without.study.experiment.transformer.final_data.clear();
    let place = Place { loaded: without, ..place };
    let plain = place.sweep("plain");
    plain.run(usize::MAX).expect("it trains");
    assert!(plain.runs() == sweep.runs() && finals(&plain).is_empty());
}

#[test]
fn a_test_that_is_stopped_goes_on_to_the_same_result() {
    let place = Place::with(3, keys);
    place.sweep("plain").run(usize::MAX).expect("it makes the base");
    let whole = place.sweep("whole").attended(|_| ());
    whole.run(usize::MAX).expect("it trains");
    let (asked, searched) = (whole.asked(), 6 * (1 + 7));
    assert!(asked > searched + 2 * 8, "{asked}");
    for most in [searched + 5, searched + 8, asked - 2] {
        let sweep = place.sweep(&format!("stopped-{most}")).attended(|_| ());
        let stopped = sweep.run(most).expect_err("it is stopped");
        assert!(matches!(stopped, RunnerError::Stopped { stored: 6, .. }), "{stopped}");
        assert!(finals(&sweep).len() < 2);
        let all = sweep.asked();
        sweep.run(usize::MAX).expect("it goes on");
        assert!(sweep.asked() < asked - searched, "{most}: {all} and {}", sweep.asked());
        assert_eq!(finals(&sweep), finals(&whole), "{most}");
        assert!(!sweep.states().exists(), "{most}: nothing is left");
    }
}

/// Nine questions.
fn questions(dir: &Path) -> String {
    let line = |a: u32| format!("{{\"question\": \"{a}?\", \"answer\": \"{a}\"}}\n");
    let lines: String = (0..9).map(line).collect();
    fs::write(dir.join("final.jsonl"), lines).expect("a file");
    format!("final_data = \"{}/final.jsonl\"\nprompt = \"{{question}}\"", dir.display())
}

/// Measuring, which then begins anew, is stopped between two questions of the one part; training is not made again.
#[test]
fn a_test_is_stopped_between_questions() {
    let place = Place::with(3, questions);
    place.sweep("plain").run(usize::MAX).expect("it makes the base");
    let whole = place.sweep("whole").attended(|_| ());
    whole.run(usize::MAX).expect("it trains");
    let sweep = place.sweep("stopped").attended(|_| ());
    sweep.run(whole.asked() - 4).expect_err("it is stopped");
    assert_eq!(finals(&sweep).len(), 1, "the second test is stopped");
    sweep.run(usize::MAX).expect("it goes on");
    // Once before the training, once at its last step, once before the part and once before each question.
    assert_eq!((finals(&sweep), sweep.asked()), (finals(&whole), 12));
}

#[test]
fn each_answer_is_kept_where_there_are_answers() {
    let place = Place::with(3, questions);
    let sweep = place.sweep("out");
    sweep.run(usize::MAX).expect("it trains");
    for of in finals(&sweep) {
        let right = of.result.right.iter().filter(|right| **right).count() as f64;
        assert_eq!((of.result.sequences, of.result.right.len()), (9, 9));
        assert_eq!(of.result.exact, Some(right / 9.0));
    }
}

#[test]
fn a_run_that_comes_out_otherwise_is_not_measured_and_named() {
    let place = Place::with(3, keys);
    let sweep = place.sweep("out").attended(|_| ());
    sweep.run(usize::MAX).expect("it trains");
    let file = SqlFile::open(&sweep.out.join(FILE)).expect("a database");
    let gone = || file.change("DELETE FROM finals").expect("they are gone");
    gone();
    sweep.run(usize::MAX).expect("they are measured anew");
    let measuring = sweep.asked();
    assert_eq!(finals(&sweep).len(), 2);
    gone();
    for mut run in file.runs().expect("runs") {
        // The train loss before the first step, which no score reads.
        run.trajectory[8] ^= 1;
        run.digest = Sha256::digest([&run.key[..], &run.trajectory].concat()).to_vec();
        file.replace(&run).expect("it is changed");
    }
    sweep.run(usize::MAX).expect("all else is done");
    let otherwise = sweep.said().into_iter().filter(|line| line.contains("came out otherwise"));
    assert_eq!((otherwise.count(), finals(&sweep).len()), (2, 0));
    // Whether to stop is asked once before the one part of each test: it was not begun.
    assert_eq!(sweep.asked(), measuring - 2);
}
