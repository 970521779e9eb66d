//! The adapters of a stored run: what is written loads, and has the loss that is stored.

mod common;

use std::fs;
use std::path::Path;

use common::Place;
use lora_checkpoint::{Adapter, Checkpoint};
use lora_experiment::numbers::short;
use lora_runner::adapter_export::{Choice, Written, export_adapter};
use lora_runner::error::{AdapterFault, RunnerError};
use lora_sim::Trajectory;
use lora_sim::spec::Init;
use lora_store::error::StoreError;
use lora_store::stored::{Database, Listed};
use lora_text::{Tokenizer, bundled_text, data::windows};
use lora_transformer::base::Base;
use lora_transformer::batch::Sequence;
use lora_transformer::lora::LoraSpec;
use lora_transformer::net::Task;
use lora_transformer::peft::import;
use lora_transformer::run_spec::RunSpec;
use lora_transformer::trainer::Trainer;

const BEST: Choice = Choice { init: Init::B, width: None, seed: None, lr: None };

/// Every stored run.
fn stored(dir: &Path) -> Vec<(Listed, Trajectory)> {
    let database = Database::for_reading(dir).expect("a database");
    let listed = database.list().expect("a database").into_iter();
    let with = |listed: Listed| {
        let run = database.get(&listed.key).expect("a database").expect("a run");
        (listed, run.trajectory)
    };
    listed.map(with).collect()
}

fn export(place: &Place, choice: Choice, out: Option<&str>) -> Result<Written, RunnerError> {
    let out = out.map(|out| place.path(out));
    export_adapter(&place.path("out"), &choice, out.as_deref())
}

/// The held-out loss of an adapter on its base, from the files alone.
fn loss(place: &Place, adapter: &Path) -> f64 {
    let adapter = Adapter::open(adapter).expect("an adapter");
    let path = adapter.config.base_model_name_or_path.clone().expect("the base is named");
    assert_eq!(Path::new(&path), place.base());
    let base = Base::new(Checkpoint::open(&place.base()).expect("a model"), Task::NextToken, 0);
    let base = base.expect("a model");
    let tokenizer = Tokenizer::open(&place.base()).expect("a tokenizer");
    // What the pretraining left out: the last fifth of the lines, and of its sequences the last tenth.
    let lines: Vec<&str> = bundled_text().split_inclusive('\n').collect();
    let rest = lines[lines.len() * 4 / 5..].concat();
    let sequences: Vec<Sequence> =
        windows(&tokenizer, &rest, 16).expect("a text").into_iter().map(Sequence::text).collect();
    let held_out = &sequences[sequences.len() - sequences.len() / 10..];
    let (adapters, own) = import(&base.net, &adapter).expect("it fits");
    let spec = RunSpec {
        lora: LoraSpec {
            rank: adapter.config.r,
            alpha: adapter.config.lora_alpha,
            ..LoraSpec::default()
        },
        lr: 1.0,
        lora_plus_ratio: 1.0,
        head: None,
        training: Default::default(),
    };
    let mut trainer = Trainer::new(&base, &spec).expect("a run");
    (trainer.trained.adapters, trainer.trained.own) = (adapters, own);
    trainer.loss(&held_out[..8]).mean()
}

#[test]
fn a_written_adapter_has_the_stored_loss() {
    let place = Place::new(3);
    place.sweep("out").run(usize::MAX).expect("it trains");
    let written = export(&place, BEST, None).expect("it is written");
    let runs = stored(&place.path("out"));
    let last = |run: &Trajectory| run.records.last().expect("a record").test_loss;
    let of_init = runs.iter().filter(|(listed, _)| listed.init == Init::B);
    let (listed, run) =
        of_init.min_by(|(_, a), (_, b)| last(a).total_cmp(&last(b))).expect("three learning rates");
    assert_eq!((written.width, written.run.lr), (32, listed.lr));
    assert_eq!(written.dir, place.path("out/adapters/B-n32-seed0"));

    let lowest = run.records.iter().map(|record| record.test_loss).fold(f64::INFINITY, f64::min);
    let step = run.records.iter().find(|record| record.test_loss == lowest).expect("it").step;
    let (end, best) = (&written.again.last, &written.again.best);
    assert_eq!((end.step, best.step), (7, step));
    for (name, wanted, moment) in [("last", last(run), end), ("best", lowest, best)] {
        let found = loss(&place, &written.dir.join(name));
        assert_eq!(found.to_bits(), wanted.to_bits(), "{name}: {found} and {wanted}");
        assert_eq!(moment.test_loss.to_bits(), wanted.to_bits(), "{name}");
    }

    let about = fs::read_to_string(written.dir.join("adapter.json")).expect("a file");
    let key: String = listed.key.iter().map(|byte| format!("{byte:02x}")).collect();
    for part in [
        format!("\"run_key\": \"{key}\""),
        format!("\"base\": {:?}", place.base().display().to_string()),
        format!("\"lr\": {:?}", listed.lr),
        "\"best_by\": \"test_loss\"".to_owned(),
        format!("\"test_loss\": {:?}", last(run)),
        format!("\"step\": {step},"),
    ] {
        assert!(about.contains(&part), "{part} is not in {about}");
    }

    // Another one of its kind is replaced, by the same bytes.
    let weights = || fs::read(written.dir.join("best/adapter_model.safetensors")).expect("a file");
    let before = weights();
    export(&place, BEST, None).expect("it is written");
    assert!(weights() == before);
}

#[test]
fn a_run_that_is_not_there_is_refused_by_what_is() {
    let place = Place::new(3);
    place.sweep("out").run(usize::MAX).expect("it trains");
    let refused = |choice: Choice| match export(&place, choice, Some("new")) {
        Err(RunnerError::Adapter { fault, .. }) => fault.to_string(),
        other => panic!("{other:?}"),
    };
    let lrs: Vec<f64> = stored(&place.path("out")).iter().map(|(listed, _)| listed.lr).collect();
    let words: Vec<String> = lrs[..3].iter().map(|&lr| short(lr)).collect();
    for (choice, expected) in [
        (Choice { width: Some(64), ..BEST }, "no run has width 64, but must be one of: 32"),
        (Choice { seed: Some(1), ..BEST }, "no run has seed 1, but must be one of: 0"),
        (Choice { init: Init::AB, ..BEST }, "no run has init AB, but must be one of: A, B"),
        (
            Choice { lr: Some(0.5), ..BEST },
            &format!("no run has lr 0.5, but must be one of: {}", words.join(", ")),
        ),
    ] {
        assert_eq!(refused(choice), expected);
    }
    assert!(!place.path("new").exists(), "nothing was written");
    // A learning rate as it is told is one.
    let lr = words[1].parse().expect("a number");
    let written = export(&place, Choice { lr: Some(lr), ..BEST }, None).expect("it is written");
    assert_eq!(written.run.lr, lrs[1]);
    assert!(written.dir.ends_with(format!("B-n32-seed0-lr{}", words[1])));

    fs::create_dir(place.path("taken")).expect("a directory");
    fs::write(place.path("taken/notes.txt"), "mine").expect("a file");
    let error = export(&place, BEST, Some("taken")).expect_err("it is taken");
    assert!(matches!(error, RunnerError::Store(StoreError::OutputDirectory { .. })), "{error}");
    assert_eq!(fs::read_dir(place.path("taken")).expect("a directory").count(), 1);
}

/// A base that is not what it was gives other runs, whose adapter would be none of the stored one.
#[test]
fn a_run_that_comes_out_otherwise_has_no_adapter() {
    let place = Place::new(3);
    place.sweep("out").run(usize::MAX).expect("it trains");
    // Another model of the same shape and of the same name.
    let other = Place::new(4);
    other.sweep("out").run(usize::MAX).expect("it trains");
    let model = "model.safetensors";
    fs::copy(other.base().join(model), place.base().join(model)).expect("a copy");
    match export(&place, BEST, Some("new")) {
        Err(RunnerError::Adapter { fault: AdapterFault::OtherResult { .. }, .. }) => (),
        other => panic!("{other:?}"),
    }
    let written = [place.path("new/last"), place.path("new/best"), place.path("new/adapter.json")];
    assert!(!written.iter().any(|path| path.exists()), "nothing was written");
}
