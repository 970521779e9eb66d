//! Transformers from the experiment file to the report: the same bytes whatever the threads, the stops, the
//! shards and the place of the base; refusals by file and key.
#![cfg(unix)] // signals

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::session::Session;
use crate::session::kept::{signal, told};
use crate::session::sharded::{refused, runs};
use lora_checkpoint::{
    Activation, Adapter, Config, Family, Positions, Tensor, TokenizerFile, expected,
    write_checkpoint,
};

const RUN: &str = "run small.toml --engine cpu";

/// Tiny, so that a sweep takes seconds where nothing is optimised.
const SMALL: &str = r#"
title = "A small transformer"

[model]
kind = "transformer"
widths = [32]
rank = 2

[transformer]
depth = 1
head_dim = 16
vocabulary = 257
context = 16
pretrain_steps = 5
pretrain_batch = 4
batch = 4
test_sequences = 8
bases = "bases"

[training]
seeds = [0, 1]
steps = 5
record_every = 2

[search]
lr_min = 1e-3
lr_max = 1e-1
coarse_factor = 10.0
bracket_factor = 10.0
max_extensions = 0
score = "test-final"
"#;

/// What a run writes; the theory's phases are not drawn.
const FILES: [&str; 18] = [
    "plan.json",
    "experiment.toml",
    "runs.csv",
    "trajectories.csv",
    "modules.csv",
    "depth.png",
    "depth.svg",
    "depth.csv",
    "summary.json",
    "scaling.png",
    "scaling.svg",
    "scaling.csv",
    "norms.png",
    "norms.svg",
    "norms.csv",
    "curves.png",
    "curves.svg",
    "curves.csv",
];

fn session() -> Session {
    let session = Session::new();
    fs::write(session.path("small.toml"), SMALL).expect("a file");
    session
}

/// A call that must succeed; warnings are for the reader.
fn ok(session: &Session, words: &str) -> String {
    let output = session.call(words);
    assert!(output.status.success(), "{words}: {}", told(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn assert_same(session: &Session, one: &str, other: &str) {
    for name in FILES {
        let read = |dir: &str| session.read(&format!("{dir}/{name}"));
        assert!(read(one) == read(other), "{name} differs between {one} and {other}");
    }
    assert_eq!(runs(session, one), runs(session, other), "{one} and {other} keep other runs");
}

fn rows(session: &Session, name: &str) -> Vec<BTreeMap<String, String>> {
    let bytes = session.read(name);
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn a_run_is_told_as_what_it_is() {
    let session = session();
    let planned = ok(&session, &format!("{RUN} --out out --dry-run"));
    assert!(planned.contains("\nbase of width 32: to be pretrained for 5 steps\n"), "{planned}");
    assert!(planned.contains("setting: a Llama of one block, pretrained here for 5 steps;"));
    assert!(!session.path("bases").exists() && !session.path("out").exists(), "only a plan");

    let printed = ok(&session, &format!("{RUN} --out out"));
    let why = "no prediction, because the theory treats one layer with LoRA, not a transformer";
    for quantity in ["η_opt", "η_stable"] {
        let line = format!("\n{quantity} under Init[A] and Init[B]: {why}\n");
        assert_eq!(printed.matches(&line).count(), 1, "{printed}");
    }
    assert!(!printed.contains("phases") && !printed.contains("Agreement:"), "{printed}");
    assert!(!session.path("out/phases.png").exists());
    let planned = ok(&session, &format!("{RUN} --out out --dry-run"));
    assert!(planned.contains("\nbase of width 32: kept in bases/"), "{planned}");
    assert!(planned.ends_with("\nto train: 0 runs\n"), "{planned}");

    let page = {
        ok(&session, "report out");
        session.text("out/report.html")
    };
    let captions: Vec<String> = ["scaling", "norms", "curves", "depth"]
        .map(|name| session.text(&format!("out/{name}.svg")))
        .to_vec();
    for text in captions.iter().chain([&page]) {
        for wrong in ["relu", "gaussian,", "full-batch", "teacher’s", "d = 5", "N = 1"] {
            let shown = text.split("<script").next().unwrap_or_default();
            let shown = shown.split("The experiment").next().unwrap_or_default();
            assert!(!shown.contains(wrong), "{wrong}");
        }
    }
    assert!(page.contains("a Llama of one block, pretrained here for 5 steps"));
    assert!(!page.contains("id=\"theory\"") && !page.contains("#theory"));
    assert!(!page.contains("The directory lacks"));
}

#[test]
fn a_base_of_no_pretraining_step_is_called_random() {
    let session = session();
    let set = "--set transformer.pretrain_steps=0";
    let planned = ok(&session, &format!("{RUN} --out out {set} --dry-run"));
    assert!(planned.contains("\nbase of width 32: to be drawn, and not pretrained\n"), "{planned}");
    assert!(planned.contains("setting: a Llama of one block, with random weights;"), "{planned}");
    let printed = ok(&session, &format!("{RUN} --out out {set}"));
    assert!(printed.contains("; base: random weights\n"), "{printed}");
    let loss: f64 = rows(&session, "out/runs.csv")[0]["first_loss"].parse().expect("a number");
    // Logits of variance 1 cost 1/2 on average.
    assert!((loss - 257f64.ln() - 0.5).abs() < 0.3, "{loss}");
}

/// The theory predicts nothing of a transformer, so that its slopes alone are judged.
#[test]
fn the_features_of_transformers_are_checked_over_the_width() {
    let session = session();
    let set = "--set model.widths=[16,32,48] --set training.steps=3 --set training.record_every=1 \
               --set search.lr_exponent=-1 --set figures.coordinates_lr=0.01 --set search.lr_max=1e-2";
    let printed = ok(&session, &format!("{RUN} --out out {set}"));
    let found = "Coordinate check at η = c (n/16)^γ with c = 1.00e-2, after step 3";
    assert!(printed.contains(found), "{printed}");
    let summary = session.json("out/summary.json");
    let features = summary["coordinates"]["features"].as_array().expect("features");
    let names: BTreeSet<&str> =
        features.iter().map(|of| of["feature"].as_str().expect("a name")).collect();
    assert_eq!(names, BTreeSet::from(["delta1", "delta2", "delta3", "za_rms", "zb_rms"]));
    for of in features.iter().filter(|of| of["step"] == 3) {
        assert!(of["predicted_exact"].is_null() && of["exponent"].is_number(), "{of}");
    }
    let svg = session.text("out/coordinates.svg");
    assert!(
        svg.contains("held-out tokens and adapted modules") && !svg.contains("theory"),
        "{svg}"
    );
    assert!(session.path("out/convergence.png").is_file());
    check_first_gradients(&session);
}

/// Step 0 holds the gradients of the first update, and step 1 those of the last one, which is the same.
fn check_first_gradients(session: &Session) {
    ok(session, "export out --csv");
    let mut found: BTreeMap<(String, String), Vec<(String, f64)>> = BTreeMap::new();
    for row in rows(session, "out/export/measurements.csv") {
        if row["name"].ends_with("_gradient") && ["0", "1"].contains(&row["step"].as_str()) {
            let value = row["value"].parse().expect("a number");
            let of = (row["run"].clone(), row["name"].clone());
            found.entry(of).or_default().push((row["step"].clone(), value));
        }
    }
    assert!(!found.is_empty());
    for (of, values) in &found {
        let [(zero, before), (one, after)] = values.as_slice() else { panic!("{of:?} {values:?}") };
        assert_eq!((zero.as_str(), one.as_str()), ("0", "1"));
        assert_eq!(before.to_bits(), after.to_bits(), "{of:?}");
    }
    // The gradient of the factor that starts random is zero, and that of the other one is not.
    let zeros = found.values().filter(|values| values[0].1 == 0.0).count();
    assert_eq!(2 * zeros, found.len());
}

#[test]
fn the_tables_hold_accuracy_and_every_module() {
    let session = session();
    ok(&session, &format!("{RUN} --out out"));
    let table = rows(&session, "out/runs.csv");
    assert_eq!(table.len(), 2 * 2 * 3, "inits, seeds and learning rates");
    assert!(table.iter().all(|row| row["width"] == "32" && row["za_rms"] != "0"));

    let said = ok(&session, "export out --csv");
    assert!(said.contains("measurements.csv"), "{said}");
    let measured = rows(&session, "out/export/measurements.csv");
    let names: BTreeSet<&str> = measured.iter().map(|row| row["name"].as_str()).collect();
    for name in [
        "test_accuracy",
        "model.layers.0.self_attn.q_proj.za_rms",
        "model.layers.0.mlp.down_proj.drift",
    ] {
        assert!(names.contains(name), "{name} is not among {names:?}");
    }
    assert_eq!(names.len(), 1 + 7 * 12, "seven modules with twelve measurements each");
    let steps: BTreeSet<&str> = measured.iter().map(|row| row["step"].as_str()).collect();
    assert_eq!(steps, ["0", "2", "4", "5"].into());
    let accuracy = |row: &&BTreeMap<String, String>| row["name"] == "test_accuracy";
    let shares = measured.iter().filter(accuracy).map(|row| row["value"].parse::<f64>());
    assert!(shares.into_iter().all(|share| (0.0..=1.0).contains(&share.expect("a number"))));
    // modules.csv has the norms at step 0.
    for row in rows(&session, "out/modules.csv") {
        let [a, b] = ["first_a_gradient", "first_b_gradient"].map(|name| row[name].parse::<f64>());
        let [a, b] = [a.expect("a number"), b.expect("a number")];
        assert!(
            if row["init"] == "A" { a == 0.0 && b > 0.0 } else { a > 0.0 && b == 0.0 },
            "{row:?}"
        );
    }
    // A row has a value, and each run starts from B A = 0.
    let start = measured
        .iter()
        .find(|row| row["step"] == "0" && row["name"] == "model.layers.0.self_attn.v_proj.zb_rms");
    assert_eq!(start.expect("a row")["value"].parse(), Ok(0.0));
}

#[test]
fn bytes_do_not_depend_on_threads_nor_on_where_the_base_comes_from() {
    let session = session();
    ok(&session, &format!("{RUN} --threads 1 --out one"));
    let base = only_base(&session, "bases");
    let recipe = session.read(&format!("{base}/recipe.json"));
    ok(&session, &format!("{RUN} --threads 2 --out kept"));
    assert_same(&session, "one", "kept");
    // Pretrained again, on two threads.
    fs::remove_dir_all(session.path("bases")).expect("the bases");
    ok(&session, &format!("{RUN} --threads 2 --out two"));
    assert_eq!(session.read(&format!("{base}/recipe.json")), recipe, "the same model");
    assert_same(&session, "one", "two");
}

/// The one folder of pretrained models.
fn only_base(session: &Session, bases: &str) -> String {
    let names = session.names(bases);
    assert_eq!(names.len(), 1, "{names:?}");
    format!("{bases}/{}", names[0])
}

#[test]
fn a_stopped_sweep_goes_on_to_the_same_bytes() {
    let session = session();
    let many =
        format!("{RUN} --threads 1 --set training.steps=200 --set training.seeds=[0,1,2,3,4,5]");
    ok(&session, &format!("{many} --out whole"));
    let child = session.start(&format!("{many} --out out"));
    session.await_kept("out", 1);
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    let kept = session.kept("out");
    assert!(kept < session.kept("whole"), "it was stopped in time");
    let output = session.call(&format!("{many} --out out"));
    assert!(told(&output).starts_with(&format!("kept: {kept} of ")), "{}", told(&output));
    assert_same(&session, "whole", "out");
}

/// Waits for something that another process does.
fn await_that(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < until, "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// A run that stops at once need not say that it will.
fn check_stopping(said: &str) {
    const STOPPING: &str =
        "stopping when this step is done, and keeping how far it is; Ctrl-C again ends at once\n";
    assert!(said.contains(STOPPING) || !said.contains("stopping when"), "{said}");
}

#[test]
fn ctrl_c_ends_a_pretraining_after_its_step_and_it_goes_on_from_there() {
    let session = session();
    let long = format!("{RUN} --threads 1 --set transformer.pretrain_steps=4000");
    let child = session.start(&format!("{long} --out out"));
    let begun = || session.path("bases").exists() && !session.names("bases").is_empty();
    await_that("it pretrains", begun);
    sleep(Duration::from_millis(100));
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    let said = told(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    let base = only_base(&session, "bases");
    assert_eq!(session.names(&base), ["state.bin"], "it was stopped in time: {said}");
    check_stopping(&said);
    assert!(said.contains("\npretraining stopped after step "), "{said}");
    assert!(said.contains("\nstopped: 0 of about "), "{said}");
    ok(&session, &format!("{long} --out out"));
    let model = session.read(&format!("{base}/model.safetensors"));
    assert!(!session.names(&base).contains(&"state.bin".to_owned()));
    fs::remove_dir_all(session.path("bases")).expect("the bases");
    ok(&session, &format!("{long} --out whole"));
    assert!(session.read(&format!("{base}/model.safetensors")) == model);
    assert_same(&session, "whole", "out");
}

#[test]
fn ctrl_c_ends_a_batch_within_its_runs_and_they_go_on_to_the_same_bytes() {
    let session = session();
    let long = format!(
        "{RUN} --threads 1 --set training.steps=4000 --set training.record_every=1000 \
         --set training.seeds=[0]"
    );
    ok(&session, &format!("{long} --out whole"));
    let child = session.start(&format!("{long} --out out"));
    session.await_kept("out", 0);
    sleep(Duration::from_millis(200));
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    let said = told(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    check_stopping(&said);
    assert_eq!(session.kept("out"), 0, "it was stopped in its only batch");
    let states = session.names("out/unfinished");
    assert!(!states.is_empty(), "{said}");
    let begun = match states.len() {
        1 => "one that has begun".to_owned(),
        many => format!("{many} that have begun"),
    };
    let stopped = format!("stopped: 0 of about 6 runs are kept and {begun}, in out/runs.sqlite; ");
    assert!(said.contains(&stopped), "{said}");
    let planned = ok(&session, &format!("{long} --out out --dry-run"));
    assert!(!planned.contains("kept: "), "{planned}");
    ok(&session, &format!("{long} --out out"));
    assert_same(&session, "whole", "out");
    assert!(!session.path("out/unfinished").exists());

    // To start over is to leave the states behind, too.
    let key = "0".repeat(64);
    fs::create_dir(session.path("out/unfinished")).expect("a directory");
    fs::write(session.path(&format!("out/unfinished/{key}.state")), "old").expect("a file");
    ok(&session, &format!("{RUN} --out out --fresh"));
    assert!(!session.path("out/unfinished").exists());
}

#[test]
fn the_adapter_of_a_stored_run_is_written_for_peft() {
    let session = session();
    ok(&session, &format!("{RUN} --out out"));
    let printed = ok(&session, "export-adapter out --init a --seed 1 --out adapter");
    assert!(printed.starts_with("adapter: Init[A] at n = 32, η = "), "{printed}");
    let base = only_base(&session, "bases");
    assert!(
        printed.contains(&format!(", seed 1, on {base}\nlast/: step 5, test loss ")),
        "{printed}"
    );
    assert_eq!(session.names("adapter"), ["adapter.json", "best", "last"]);
    let about = session.json("adapter/adapter.json");
    let run = rows(&session, "out/runs.csv")
        .into_iter()
        .filter(|row| (&row["init"][..], &row["seed"][..]) == ("A", "1"))
        .min_by_key(|row| ordered(&row["score"]))
        .expect("three runs");
    assert_eq!(about["lr"].as_f64(), run["lr"].parse().ok());
    for folder in ["last", "best"] {
        assert_eq!(session.names(&format!("adapter/{folder}")), PEFT);
        let config = session.json(&format!("adapter/{folder}/adapter_config.json"));
        assert_eq!(config["base_model_name_or_path"], base);
        let adapter = Adapter::open(&session.path(&format!("adapter/{folder}"))).expect("it loads");
        assert_eq!((adapter.config.r, adapter.pairs().count()), (2, 7));
    }
    assert_eq!(about["last"]["test_loss"].as_f64(), run["test_loss"].parse().ok());
    let (last, best) = (&about["last"], &about["best"]);
    assert!(best["test_loss"].as_f64() <= last["test_loss"].as_f64(), "{about}");

    let refuse = |words: &str, message: &str| {
        refused(&session, &format!("export-adapter {words}"), 2, message);
    };
    refuse("out --init AB", "--init AB: must be one of: A, B");
    refuse("out --init A --width 64", "--width 64: must be one of: 32");
    refuse("out --init A --seed 2", "--seed 2: must be one of: 0, 1");
    refuse("out --init A --lr 0.5", "--lr 0.5: must be one of: 0.001, 0.01, 0.1");
    refuse(
        "out --init A --out bases",
        "--out bases: holds other files and not the adapter.json of a written adapter, but must be a new \
         directory, an empty one, or one of an earlier written adapter",
    );
    refuse(
        "bases --init A",
        "bases: has no runs that are kept, but must be the directory of a sweep, which holds runs.sqlite",
    );
    ok(&session, "run tiny.toml --out synthetic");
    refuse(
        "synthetic --init A",
        "synthetic/runs.sqlite: its runs are not of a transformer, and only those have adapters that \
         PEFT reads",
    );
}

/// What PEFT reads.
const PEFT: [&str; 2] = ["adapter_config.json", "adapter_model.safetensors"];

/// A number of a table, to be compared.
fn ordered(number: &str) -> u64 {
    // Of positive numbers the bits have their order.
    number.parse::<f64>().expect("a number").to_bits()
}

#[test]
fn shards_are_merged_to_the_same_bytes() {
    let session = session();
    ok(&session, &format!("{RUN} --out whole"));
    // Both at once want the base that is not there any more, and one pretrains it.
    fs::remove_dir_all(session.path("bases")).expect("the bases");
    let shards =
        [1, 2].map(|number| session.start(&format!("{RUN} --shard {number}/2 --out parts")));
    let mut pretrained = 0;
    for shard in shards {
        let output = shard.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", told(&output));
        pretrained += told(&output).matches("pretraining the base of width 32: 5 steps").count();
    }
    assert_eq!(pretrained, 1);
    ok(&session, "merge parts --out merged");
    assert_same(&session, "whole", "merged");
}

/// What a call has said of the final test.
fn final_lines(printed: &str) -> Vec<&str> {
    let lines = printed.lines().skip_while(|line| !line.starts_with("final test on data"));
    lines.take_while(|line| !line.is_empty()).filter(|line| line.starts_with([' ', 'f'])).collect()
}

#[test]
fn the_final_test_is_made_once_and_merged_and_exported() {
    let session = session();
    let text = "What nobody has seen before is measured at the very end. ".repeat(9);
    fs::write(session.path("final.txt"), text).expect("a file");
    let own = format!("{RUN} --set transformer.final_data=final.txt");
    let planned = ok(&session, &format!("{own} --out whole --dry-run"));
    assert!(
        planned.contains(
            "\nfinal test: the best run of each width, init and seed is trained again and measured on \
             the 32 sequences of 16 tokens of final.txt\n"
        ),
        "{planned}"
    );
    // The test is added to a sweep that is there.
    ok(&session, &format!("{RUN} --out whole"));
    let kept = session.kept("whole");
    let printed = ok(&session, &format!("{own} --out whole"));
    assert_eq!((session.trained("whole"), session.kept("whole")), (0, kept));
    let told = final_lines(&printed);
    assert_eq!(told.len(), 1 + 2 * (2 + 1), "inits, seeds and their means: {printed}");
    assert!(told[0].contains("(32 sequences, 480 predictions, data "), "{printed}");
    assert!(told[0].ends_with("): 4 of 4 best runs"), "{printed}");
    assert!(told[3].starts_with("  Init[A], n = 32, mean of 2 seeds: accuracy "), "{printed}");

    let output = session.call(&format!("{own} --out whole"));
    let again = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(final_lines(&again), told);
    assert!(!self::told(&output).contains("to be trained again"), "{again}");
    assert_eq!(final_lines(&ok(&session, "status whole")), told);

    let said = ok(&session, "export whole --csv");
    assert!(said.contains("finals.csv") && said.contains("answers.csv"), "{said}");
    let finals = rows(&session, "whole/export/finals.csv");
    let runs = rows(&session, "whole/export/runs.csv");
    assert_eq!((finals.len(), rows(&session, "whole/export/answers.csv").len()), (4, 0));
    for of in &finals {
        let run = runs.iter().find(|run| run["run"] == of["run"]).expect("a run");
        let inner = (1.1e-3..0.9e-1).contains(&run["lr"].parse().expect("a number"));
        assert_eq!(of["bracketed"], inner.to_string());
        let [loss, perplexity] = ["loss", "perplexity"].map(|name| of[name].parse::<f64>());
        assert_eq!(perplexity, loss.map(f64::exp));
    }
    let edges = finals.iter().filter(|of| of["bracketed"] == "false").count();
    assert_eq!(told.iter().filter(|line| line.contains("; not bracketed: no ")).count(), edges);

    for number in [1, 2] {
        let printed = ok(&session, &format!("{own} --shard {number}/2 --out parts"));
        assert!(final_lines(&printed)[0].ends_with("): 2 of 2 best runs"), "{printed}");
    }
    let merged = ok(&session, "merge parts --out merged");
    assert_eq!(final_lines(&merged), told);
    ok(&session, "export merged --csv");
    for table in ["finals", "columns"] {
        let read = |dir: &str| session.text(&format!("{dir}/export/{table}.csv"));
        assert_eq!(read("merged"), read("whole"));
    }
    // Without results there are no such tables, nor any of an earlier export.
    ok(&session, &format!("{RUN} --out plain"));
    ok(&session, "export plain --csv --out whole/export");
    assert!(!session.names("whole/export").contains(&"finals.csv".to_owned()));
}

#[test]
fn a_sweep_may_choose_by_accuracy_and_measure_what_is_held_out_rarely() {
    let session = session();
    let keys = "--set transformer.held_out=6 --set transformer.test_every=4";
    ok(&session, &format!("{RUN} {keys} --set search.score=test-error --out out"));
    ok(&session, "export out --csv");
    let measured = rows(&session, "out/export/measurements.csv");
    let steps: BTreeSet<&str> = measured
        .iter()
        .filter(|row| row["name"] == "test_accuracy")
        .map(|row| row["step"].as_str())
        .collect();
    assert_eq!(steps, ["4", "5"].into());
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let recorded = rows(&session, "out/export/steps.csv");
    assert!(recorded.iter().all(|row| {
        number(&row["test_loss"]).is_nan() == ["0", "2"].contains(&row["step"].as_str())
    }));
    for run in rows(&session, "out/runs.csv") {
        // Six sequences of 16 tokens ask for 90 predictions.
        let wrong = 90.0 * number(&run["score"]);
        assert!((wrong - wrong.round()).abs() < 1e-9 && wrong > 0.0, "{wrong}");
    }
    // The same runs, by another score.
    let trained = session.kept("out");
    ok(&session, &format!("{RUN} {keys} --out out"));
    assert_eq!((session.trained("out"), session.kept("out")), (0, trained));
}

#[test]
fn changed_data_refuse_the_old_runs_and_a_changed_basin_trains_nothing() {
    let session = session();
    let text = |word: &str| format!("{word} is what this text is about. ").repeat(200);
    fs::write(session.path("text.txt"), text("A word")).expect("a file");
    let own = format!("{RUN} --set transformer.train_data=text.txt");
    ok(&session, &format!("{own} --out out"));
    let kept = session.kept("out");
    ok(&session, &format!("{own} --out out --set search.basin=0.5"));
    assert_eq!((session.trained("out"), session.kept("out")), (0, kept));
    // The same text at another place is the same text.
    fs::rename(session.path("text.txt"), session.path("moved.txt")).expect("a file");
    let moved = "--set transformer.train_data=moved.txt";
    let planned = ok(&session, &format!("{RUN} {moved} --out out --dry-run"));
    assert!(planned.ends_with("\nto train: 0 runs\n"), "{planned}");

    fs::write(session.path("moved.txt"), text("Another word")).expect("a file");
    let output = session.call(&format!("{RUN} {moved} --out out"));
    let said = told(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("out/runs.sqlite") && said.contains(", data "), "{said}");
    assert_eq!(session.kept("out"), kept, "nothing was lost");
}

#[test]
fn a_base_that_was_pretrained_here_is_a_checkpoint() {
    let session = session();
    ok(&session, &format!("{RUN} --out out"));
    let base = only_base(&session, "bases");
    let of = format!("{RUN} --set transformer.checkpoint={base}");
    let planned = ok(&session, &format!("{of} --out again --dry-run"));
    assert!(planned.contains("\nbase: pretrained here\n"), "{planned}");
    ok(&session, &format!("{of} --out again"));
    let engine = |dir: &str| {
        let engine = session.json(&format!("{dir}/manifest.json"))["engine"].clone();
        engine.as_str().map(str::to_owned)
    };
    assert_eq!(engine("again"), engine("out"));
    // On the text that its pretraining left out the model gives the same losses, as on any other.
    assert_eq!(session.text("again/runs.csv"), session.text("out/runs.csv"));
    let text = "a word and another one. ".repeat(200);
    fs::write(session.path("text.txt"), text).expect("a file");
    let data = "--set transformer.train_data=text.txt --set transformer.test_data=text.txt";
    ok(&session, &format!("{of} {data} --out one"));
    ok(&session, &format!("{RUN} {data} --out two"));
    assert_eq!(session.text("one/runs.csv"), session.text("two/runs.csv"));

    let refuse = |set: &str, message: &str| refused(&session, &format!("{of} {set}"), 2, message);
    refuse(
        "--set model.widths=[64]",
        "--set model.widths = [64]: must be [32], the width of transformer.checkpoint",
    );
    refuse(
        "--set transformer.context=17",
        "--set transformer.context = 17: must be at most 16, the longest sequence of \
         transformer.checkpoint",
    );
    refuse(
        "--set transformer.task=classify",
        "--set transformer.task = \"classify\": must be \"next-token\": transformer.checkpoint is a \
         language model",
    );
}

/// Sums in words, and one that is too long to be asked.
fn sums() -> String {
    let line = |i: usize| {
        let (a, b) = (i % 7, i % 5);
        format!("{{\"question\": \"{a} and {b}?\", \"answer\": \"{}\"}}\n", a + b)
    };
    let long = format!("{{\"question\": \"{}\", \"answer\": \"0\"}}\n", "0 and ".repeat(9));
    (0..40).map(line).chain([long]).collect()
}

#[test]
fn prompts_are_answered() {
    let session = session();
    fs::write(session.path("sums.jsonl"), sums()).expect("a file");
    let of = format!(
        "{RUN} --set transformer.train_data=sums.jsonl --set transformer.context=48 \
         --set training.seeds=[0]"
    );
    let planned = ok(&session, &format!("{of} --out out --dry-run"));
    assert!(planned.contains("batches of 4 examples of at most 48 tokens"), "{planned}");
    let note = "transformer.train_data: of 41 examples 1 is left out, whose prompt leaves no room for an \
                answer\n";
    assert!(planned.contains(note) && planned.contains("\nactivations: kept for"), "{planned}");
    let output = session.call(&format!("{of} --threads 1 --out out"));
    assert!(
        output.status.success() && told(&output).matches(note).count() == 1,
        "{}",
        told(&output)
    );
    ok(&session, &format!("{of} --threads 2 --out two"));
    assert_same(&session, "out", "two");

    ok(&session, "export out --csv");
    let measured = rows(&session, "out/export/measurements.csv");
    let of_name = |name: &str| -> Vec<f64> {
        let rows = measured.iter().filter(|row| row["name"] == name);
        rows.map(|row| row["value"].parse().expect("a number")).collect()
    };
    let (exact, accuracy) = (of_name("test_exact"), of_name("test_accuracy"));
    assert_eq!((exact.len(), accuracy.len()), (2 * 3 * 4, 2 * 3 * 4), "inits, rates, records");
    let shares = exact.iter().zip(&accuracy);
    let sound = |(exact, tokens): (&f64, &f64)| {
        (0.0..=1.0).contains(exact) && (*exact < 1.0 || *tokens == 1.0)
    };
    assert!(shares.into_iter().all(sound), "{exact:?} {accuracy:?}");
    ok(&session, "report out");
    assert!(session.text("out/report.html").contains("to answer the prompts of sums.jsonl"));

    // Other masks and other templates are other data.
    for set in ["learn_prompt=true", "prompt={question}", "answer=({answer})"] {
        let output = session.call(&format!("{of} --set transformer.{set} --out out"));
        let said = told(&output);
        assert_eq!(output.status.code(), Some(2), "{set}: {said}");
        assert!(said.contains("out/runs.sqlite") && said.contains(", data "), "{set}: {said}");
    }
    let refuse = |set: &str, message: &str| refused(&session, &format!("{of} {set}"), 2, message);
    refuse(
        "--set transformer.prompt={problem}",
        "--set transformer.train_data = \"sums.jsonl\": sums.jsonl:1: has no field `problem`; it has \
         answer, question",
    );
    refuse(
        "--set transformer.context=8",
        "--set transformer.context = 8: must be larger: no prompt of sums.jsonl leaves room for an \
         answer in 8 tokens",
    );
    fs::write(session.path("sums.jsonl"), format!("{}{{\n", sums())).expect("a file");
    refuse(
        "",
        "--set transformer.train_data = \"sums.jsonl\": sums.jsonl:42: is no JSON: EOF while parsing an \
         object at line 1 column 1",
    );
}

const WORDS: [&str; 8] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "##s"];

/// A tokenizer as BERT has it, with few words.
fn word_piece() -> String {
    let vocabulary: Vec<String> =
        WORDS.iter().enumerate().map(|(id, word)| format!("{word:?}: {id}")).collect();
    let special = |id: usize| {
        format!(
            r#"{{"id": {id}, "content": "{}", "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true}}"#,
            WORDS[id]
        )
    };
    format!(
        r###"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{}],
        "normalizer": {{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true}},
        "pre_tokenizer": {{"type": "BertPreTokenizer"}},
        "post_processor": {{"type": "TemplateProcessing",
            "single": [{{"SpecialToken": {{"id": "[CLS]", "type_id": 0}}}},
                {{"Sequence": {{"id": "A", "type_id": 0}}}},
                {{"SpecialToken": {{"id": "[SEP]", "type_id": 0}}}}],
            "pair": [{{"Sequence": {{"id": "A", "type_id": 0}}}}, {{"Sequence": {{"id": "B", "type_id": 1}}}}],
            "special_tokens": {{
                "[CLS]": {{"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}},
                "[SEP]": {{"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}}}}},
        "decoder": {{"type": "WordPiece", "prefix": "##", "cleanup": true}},
        "model": {{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {{{}}}}}}}"###,
        (0..4).map(special).collect::<Vec<_>>().join(", "),
        vocabulary.join(", "),
    )
}

/// A BERT of one block with weights that are alike in no two places, and a tokenizer.
fn write_bert(session: &Session, dir: &str, tokenizer: &str) {
    let config = Config {
        family: Family::Bert,
        vocabulary: WORDS.len(),
        width: 32,
        depth: 1,
        heads: 2,
        key_value_heads: 2,
        head_dim: 16,
        mlp_width: 48,
        max_positions: 20,
        norm_epsilon: 1e-12,
        activation: Activation::Gelu,
        positions: Positions::Learned { first: 0, token_types: 2 },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: None,
    };
    let mut state = 1u32;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let mut tensor = |shape: &[usize]| {
        let count = shape.iter().product::<usize>();
        Tensor::f32(shape, (0..count).map(|_| 0.3 * draw()).collect())
    };
    let tensors: BTreeMap<String, Tensor> =
        expected(&config).into_iter().map(|(name, shape)| (name, tensor(&shape))).collect();
    let tokenizer = TokenizerFile::plain(tokenizer.as_bytes());
    write_checkpoint(&session.path(dir), &config, &tensors, Some(tokenizer)).expect("a checkpoint");
}

#[test]
fn sentences_are_classified_by_an_encoder() {
    let session = session();
    write_bert(&session, "tiny-bert", &word_piece());
    let row = |i: usize| if i.is_multiple_of(2) { "good film\t1\n" } else { "bad films\t0\n" };
    let table: String = std::iter::once("sentence\tlabel\n").chain((0..40).map(row)).collect();
    fs::write(session.path("train.tsv"), table).expect("a file");
    let of = "--set transformer.checkpoint=tiny-bert --set transformer.train_data=train.tsv \
              --set training.steps=20";
    let classify = format!("{RUN} {of} --set transformer.task=classify --out out");
    let planned = ok(&session, &format!("{classify} --dry-run"));
    assert!(planned.contains("\nbase: tiny-bert\n"), "{planned}");
    ok(&session, &classify);
    ok(&session, "export out --csv");
    let measured = rows(&session, "out/export/measurements.csv");
    assert!(measured.iter().any(|row| row["name"].contains("attention.self.query.delta2")));
    let accuracy = measured.iter().filter(|row| row["name"] == "test_accuracy");
    let best =
        accuracy.map(|row| row["value"].parse::<f64>().expect("a number")).fold(0.0, f64::max);
    assert_eq!(best, 1.0, "two sentences are told apart");
    ok(&session, "export-adapter out --init A --seed 0");
    let about = session.json("out/adapters/A-n32-seed0/adapter.json");
    let run = format!("r{}", &about["run_key"].as_str().expect("a key")[..16]);
    let accuracies: Vec<(u64, f64)> = measured
        .iter()
        .filter(|row| row["name"] == "test_accuracy" && row["run"] == run)
        .map(|row| (row["step"].parse().expect("a step"), row["value"].parse().expect("a share")))
        .collect();
    let highest = accuracies.iter().map(|&(_, share)| share).fold(0.0, f64::max);
    let first =
        accuracies.iter().filter(|&&(_, share)| share == highest).map(|&(step, _)| step).min();
    assert_eq!(about["best_by"], "test_accuracy");
    assert_eq!(about["best"]["step"].as_u64(), first, "{about} {accuracies:?}");
    assert_eq!(about["best"]["test_accuracy"].as_f64(), Some(highest));
    let adapter = Adapter::open(&session.path("out/adapters/A-n32-seed0/best")).expect("it loads");
    assert_eq!(adapter.config.modules_to_save, ["classifier"]);
    assert_eq!(adapter.config.task_type.as_deref(), Some("SEQ_CLS"));
    assert_eq!(adapter.config.base_model_name_or_path.as_deref(), Some("tiny-bert"));
    ok(&session, "report out");
    let page = session.text("out/report.html");
    assert!(page.contains("to classify the sentences of train.tsv"));
    assert!(page.contains("the checkpoint tiny-bert"));

    refused(
        &session,
        &format!("{RUN} {of} --set transformer.task=next-token"),
        2,
        "--set transformer.task = \"next-token\": must be \"classify\": transformer.checkpoint is an \
         encoder",
    );
    fs::write(session.path("train.tsv"), "sentence\tlabel\ngood film\tgood\n").expect("a file");
    refused(
        &session,
        &classify,
        2,
        "--set transformer.train_data = \"train.tsv\": train.tsv:2: the label is `good`; valid is a \
         whole number from 0",
    );
}

/// A tokenizer may have as many tokens as the model and yet give one that the model does not know.
#[test]
fn data_that_the_model_cannot_take_are_refused_in_one_line() {
    let session = session();
    let hostile = word_piece().replace(r#""film": 6"#, r#""film": 1000"#);
    write_bert(&session, "hostile", &hostile);
    let table = |first: &str| format!("sentence\tlabel\n{first}\t1\n{}", "good\t0\n".repeat(20));
    fs::write(session.path("train.tsv"), table("good film")).expect("a file");
    let of = "--set transformer.checkpoint=hostile --set transformer.task=classify \
              --set transformer.train_data=train.tsv";
    let message = "--set transformer.train_data = \"train.tsv\": the model cannot take it: sequence 0: \
                   token 1000 at place 2 is beyond the vocabulary of 8";
    refused(&session, &format!("{RUN} {of}"), 2, message);
    fs::write(session.path("test.tsv"), table("bad film good")).expect("a file");
    fs::write(session.path("train.tsv"), table("good")).expect("a file");
    let message = "--set transformer.test_data = \"test.tsv\": the model cannot take it: sequence 0: \
                   token 1000 at place 2 is beyond the vocabulary of 8";
    refused(&session, &format!("{RUN} {of} --set transformer.test_data=test.tsv"), 2, message);
    assert!(!session.path("out").exists(), "nothing was written");
}

/// PEFT's words in an experiment: ranks and multipliers of single modules, chosen by patterns, blocks and
/// exclusions, and embedding and head by their names.
#[test]
fn adapters_are_what_the_experiment_says_of_single_modules() {
    let session = session();
    let more = "[transformer.rank_pattern]\n'self_attn\\..*' = 3\n[transformer.alpha_pattern]\nlm_head = 0.5\n";
    fs::write(session.path("own.toml"), format!("{SMALL}\n{more}")).expect("a file");
    let of = "run own.toml --engine cpu --set transformer.depth=2 --set transformer.init_law=0.05 \
              --set transformer.use_rslora=true --set transformer.layers_to_transform=1";
    let call = |words: &str, targets: &str| {
        let targets = format!("transformer.targets={targets}");
        let words: Vec<&str> = words.split_whitespace().chain(["--set", &targets]).collect();
        session.call_with(&words)
    };
    let names = r#"["q_proj", "embed_tokens", "lm_head"]"#;
    let output = call(&format!("{of} --out names"), names);
    // The embedding is in no block, and the head is named in full.
    assert!(output.status.success(), "{}", told(&output));
    ok(&session, "export names --csv");
    let modules = |out: &str| -> BTreeSet<String> {
        let rows = rows(&session, &format!("{out}/export/measurements.csv"));
        let names = rows.iter().filter_map(|row| row["name"].strip_suffix(".za_rms"));
        names.map(str::to_owned).collect()
    };
    let q = "model.layers.1.self_attn.q_proj".to_owned();
    assert_eq!(modules("names"), ["lm_head".to_owned(), q.clone()].into());
    let page = {
        ok(&session, "report names");
        session.text("names/report.html")
    };
    let said = "q_proj, embed_tokens, lm_head in block 1, r = 2 (3 for self_attn\\..*), s = 1 (rsLoRA; α = \
                0.5 for lm_head), factors of standard deviation 0.05";
    assert!(page.contains(said), "{page}");

    let output =
        call(&format!("{of} --set transformer.alpha_pattern={{}} --out pattern"), ".*[qk]_proj");
    assert!(output.status.success(), "{}", told(&output));
    ok(&session, "export pattern --csv");
    assert_eq!(modules("pattern"), [q.replace("q_proj", "k_proj"), q].into());
}

#[test]
fn accumulated_batches_are_one_batch_of_as_many_sequences_in_their_order() {
    let session = session();
    // The test data are apart, so that 32 sequences of equal length are an epoch.
    let text = "A word and another one, and so on to the end of it. ".repeat(60);
    fs::write(session.path("test.txt"), &text).expect("a file");
    // 257 tokens are bytes and a special one, so that a token is a letter.
    fs::write(session.path("train.txt"), &text[..16 * 32]).expect("a file");
    let of = format!(
        "{RUN} --set transformer.train_data=train.txt --set transformer.test_data=test.txt"
    );
    ok(&session, &format!("{of} --set transformer.batch=16 --out whole"));
    ok(
        &session,
        &format!("{of} --set transformer.batch=4 --set transformer.accumulation=4 --out parts"),
    );
    let losses = |out: &str| -> Vec<f64> {
        let table = rows(&session, &format!("{out}/trajectories.csv"));
        table.iter().map(|row| row["train_loss"].parse().expect("a number")).collect()
    };
    let (whole, parts) = (losses("whole"), losses("parts"));
    assert_eq!(whole.len(), parts.len());
    for (whole, parts) in whole.iter().zip(&parts) {
        assert!((whole / parts - 1.0).abs() < 1e-3, "{whole} {parts}");
    }
    ok(
        &session,
        &format!(
            "{of} --set transformer.batch=4 --set transformer.accumulation=4 --threads 1 --out one"
        ),
    );
    assert_same(&session, "parts", "one");
    ok(&session, &format!("{of} --set transformer.batch=4 --out plain"));
    ok(
        &session,
        &format!("{of} --set transformer.batch=4 --set transformer.accumulation=1 --out said"),
    );
    assert_same(&session, "plain", "said");
    assert_ne!(session.read("plain/runs.csv"), session.read("parts/runs.csv"));
}

#[test]
fn what_a_transformer_cannot_do_is_refused_in_one_line() {
    let session = session();
    let refuse = |words: &str, message: &str| refused(&session, words, 2, message);
    refuse(
        "run small.toml --engine cuda",
        "--engine cuda: transformers are trained on the CPU alone; type --engine cpu",
    );
    refuse(
        "export-cell small.toml --width 32 --init A --lr 0.01 --seed 0 --out a.npz",
        "small.toml: model.kind = \"transformer\": must be \"synthetic\": export-cell writes a run of \
         the synthetic model",
    );
    fs::create_dir(session.path("empty")).expect("a directory");
    let output = session.call(&format!("{RUN} --set transformer.checkpoint=empty"));
    let said = told(&output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("error: --set transformer.checkpoint = \"empty\": empty"), "{said}");
    assert_eq!(session.names(""), ["empty", "small.toml", "tiny.toml"], "nothing was written");
}
