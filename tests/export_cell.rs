//! `export-cell`: one run in one `.npz`, and what is said of a bad request.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};

use crate::session::Session;
use lora_experiment::experiment::Experiment;
use lora_sim::activation::value;
use lora_sim::spec::{Activation, Init, Run};
use lora_sim::{AdapterState, Batch, CpuEngine, Engine};
use ndarray::Array2;
use npyz::{Deserialize, NpyFile};

/// An `.npz` in memory: the bytes of each `.npy`.
struct Arrays(BTreeMap<String, Vec<u8>>);

impl Arrays {
    fn of(session: &Session, name: &str) -> Self {
        let mut zip = zip::ZipArchive::new(Cursor::new(session.read(name))).expect("an archive");
        let mut arrays = BTreeMap::new();
        for i in 0..zip.len() {
            let mut entry = zip.by_index(i).expect("an entry");
            let key = entry.name().expect("UTF-8");
            let key = key.strip_suffix(".npy").expect("an array").to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("its bytes");
            arrays.insert(key, bytes);
        }
        Self(arrays)
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn read<T: Deserialize>(&self, key: &str) -> (Vec<usize>, Vec<T>) {
        let bytes = self.0.get(key).unwrap_or_else(|| panic!("no {key}"));
        let file = NpyFile::new(&bytes[..]).expect("an array");
        let shape = file.shape().iter().map(|&size| size as usize).collect();
        (shape, file.into_vec().unwrap_or_else(|error| panic!("{key}: {error}")))
    }

    fn matrix(&self, key: &str) -> Array2<f32> {
        let (shape, values) = self.read(key);
        Array2::from_shape_vec((shape[0], shape[1]), values).expect("two axes")
    }

    fn wide(&self, key: &str) -> Array2<f64> {
        self.matrix(key).mapv(f64::from)
    }

    fn x(&self) -> Array2<f64> {
        let (shape, values) = self.read("X");
        Array2::from_shape_vec((shape[0], shape[1]), values).expect("two axes")
    }

    fn one<T: Deserialize>(&self, key: &str) -> T {
        let (shape, mut values) = self.read(key);
        assert!(shape.is_empty(), "{key} has axes");
        values.pop().expect("one value")
    }
}

/// Every entry of `got` is within n·ε of `want`, in units of the sums' absolute values.
fn assert_near(got: &Array2<f64>, want: &Array2<f64>, scale: &Array2<f64>, n: usize) {
    let unit = n as f64 * f64::from(f32::EPSILON);
    for ((got, want), scale) in got.iter().zip(want).zip(scale) {
        assert!((got - want).abs() <= unit * scale, "{got} {want}");
    }
}

#[test]
fn the_file_holds_every_documented_key_in_its_shape() {
    let session = Session::new();
    let printed = session.ok("export-cell tiny.toml --width 24 --out cell.npz");
    let said = "cell.npz: tiny, Init[A] at n = 24, η = 0.01, seed 0: loss ";
    assert!(printed.starts_with(said), "{printed}");
    assert_eq!(session.names(""), ["cell.npz", "tiny.toml"], "nothing else is left");
    let arrays = Arrays::of(&session, "cell.npz");
    for (key, rows, columns) in [
        ("W_in", 24, 5),
        ("W_h", 24, 24),
        ("Z", 24, 32),
        ("H", 24, 32),
        ("A_0", 4, 24),
        ("B_0", 24, 4),
        ("A_T", 4, 24),
        ("B_T", 24, 4),
    ] {
        assert_eq!(arrays.matrix(key).dim(), (rows, columns), "{key}");
    }
    assert_eq!(arrays.x().dim(), (5, 32));
    assert_eq!(arrays.read::<f32>("W_out").0, [24]);
    for (key, length) in [("y", 32), ("losses", 11), ("train_loss", 6), ("delta3", 6)] {
        assert_eq!(arrays.read::<f64>(key).0, [length], "{key}");
    }
    assert_eq!(arrays.read::<i64>("step").1, [0, 2, 4, 6, 8, 10]);
    assert_eq!(arrays.one::<String>("activation"), "relu");
    assert_eq!((arrays.one::<i64>("width"), arrays.one::<i64>("diverged_at")), (24, -1));
    let page = include_str!("../docs/replay.md");
    for key in arrays.0.keys() {
        assert!(page.contains(&format!("`{key}`")), "docs/replay.md does not list {key}");
    }
}

#[test]
fn the_frozen_part_follows_from_the_weights() {
    let session = Session::new();
    for (activation, phi) in [("relu", Activation::Relu), ("gelu", Activation::Gelu)] {
        let set = format!("--set model.activation={activation}");
        session.ok(&format!("export-cell tiny.toml --width 40 {set} --out cell.npz"));
        let arrays = Arrays::of(&session, "cell.npz");
        let (x, w_in, w_h, z) =
            (arrays.x(), arrays.wide("W_in"), arrays.wide("W_h"), arrays.wide("Z"));
        let y_in = w_in.dot(&x);
        let size = w_in.mapv(f64::abs).dot(&x.mapv(f64::abs));
        // One more for φ itself, which is good to a few ε.
        assert_near(&z, &y_in.mapv(|v| value(phi, v)), &(&size + 1.0), 5);
        let size = size + w_h.mapv(f64::abs).dot(&z.mapv(f64::abs));
        assert_near(&arrays.wide("H"), &(y_in + w_h.dot(&z)), &size, 40);
    }
}

#[test]
fn without_an_explicit_w_h_there_is_none_in_the_file() {
    let session = Session::new();
    for (set, hidden) in [("explicit_hidden_up_to=0", "gaussian"), ("hidden=zero", "zero")] {
        session.ok(&format!("export-cell tiny.toml --width 24 --set model.{set} --out cell.npz"));
        let arrays = Arrays::of(&session, "cell.npz");
        assert!(!arrays.has("W_h"), "{set}");
        assert_eq!(arrays.one::<String>("hidden"), hidden);
        let (x, w_in) = (arrays.x(), arrays.wide("W_in"));
        let added = arrays.wide("H") - w_in.dot(&x);
        let rounding = w_in.mapv(f64::abs).dot(&x.mapv(f64::abs)) * (5.0 * f64::from(f32::EPSILON));
        let none = added.iter().zip(&rounding).all(|(added, bound)| added.abs() <= *bound);
        assert_eq!(none, hidden == "zero", "{set}");
    }
}

#[test]
fn the_run_is_the_engines_own() {
    let session = Session::new();
    session.ok("export-cell tiny.toml --width 33 --init ab --lr 0.02 --seed 5 --out cell.npz");
    let arrays = Arrays::of(&session, "cell.npz");
    let text = arrays.one::<String>("experiment");
    let experiment: Experiment = serde_json::from_str(&text).expect("an experiment");
    let (model, training) = (experiment.model(), experiment.training());
    let run = Run { init: Init::AB, lr: 0.02, adapter_seed: 5 };
    let runs = [run];
    let start = AdapterState::initial(&model, 33, &run);
    assert_eq!((arrays.matrix("A_0"), arrays.matrix("B_0")), (start.a, start.b));

    let engine = CpuEngine::new();
    let mut problem = engine.prepare(&model, 33, 5).expect("a small problem");
    let batch = Batch { keep_states: true, ..Batch::new(&training, &runs) };
    let outcome = problem.train(&batch).expect("a good batch").remove(0);
    let end = outcome.state.expect("asked for");
    assert_eq!((arrays.matrix("A_T"), arrays.matrix("B_T")), (end.a, end.b));
    assert_eq!(arrays.read::<f64>("losses").1, outcome.trajectory.losses);
    let norms: Vec<f64> = outcome.trajectory.records.iter().map(|r| r.zb_norm).collect();
    assert_eq!(arrays.read::<f64>("zb_norm").1, norms);
}

/// What is not trained leaves the file as it came into it, and the file says what was.
#[test]
fn a_factor_that_is_not_trained_ends_as_it_starts() {
    let session = Session::new();
    for (init, train, kept, moved) in [("a", "B", "A", "B"), ("b", "A", "B", "A")] {
        let set = format!("training.train=[\"{train}\"]");
        session
            .ok(&format!("export-cell tiny.toml --width 20 --init {init} --set {set} --out c.npz"));
        let arrays = Arrays::of(&session, "c.npz");
        let ends = |name: &str| ["_0", "_T"].map(|end| arrays.matrix(&format!("{name}{end}")));
        let ([start, end], [from, to]) = (ends(kept), ends(moved));
        assert_eq!(start, end, "{kept}");
        assert_ne!(from, to, "{moved}");
        assert_eq!(arrays.one::<String>("train"), train);
        let rests = arrays.read::<f64>(&format!("{}_move", kept.to_lowercase())).1;
        assert!(rests.iter().all(|&moved| moved == 0.0), "{rests:?}");
    }
}

#[test]
fn flags_win_and_the_bytes_are_the_same_again() {
    let session = Session::new();
    let words = "export-cell tiny.toml --steps 3 --readout 1 --set training.steps=7 --set \
                 training.optimizer=sgd --set figures.norm_widths=[16]";
    session.ok(&format!("{words} --out one.npz"));
    session.ok(&format!("{words} --out two.npz"));
    assert!(session.read("one.npz") == session.read("two.npz"));
    let arrays = Arrays::of(&session, "one.npz");
    assert_eq!((arrays.one::<i64>("steps"), arrays.one::<f64>("readout_exponent")), (3, 1.0));
    assert_eq!((arrays.one::<i64>("width"), arrays.one::<u64>("seed")), (128, 0));
    assert_eq!(arrays.one::<String>("optimizer"), "sgd");
    assert_eq!(arrays.read::<f64>("losses").0, [4]);
    for threads in [1, 3] {
        session.ok(&format!("{words} --threads {threads} --out other.npz"));
        let other = Arrays::of(&session, "other.npz");
        assert_eq!(other.read::<f64>("losses"), arrays.read::<f64>("losses"));
        assert_eq!(other.matrix("A_T"), arrays.matrix("A_T"), "{threads} threads");
        assert!(other.one::<String>("engine").contains(&format!("{threads} thread")));
    }
}

#[test]
fn a_run_that_diverges_is_exported_up_to_there() {
    let session = Session::new();
    session.ok("export-cell tiny.toml --lr 1e6 --set training.optimizer=sgd --out cell.npz");
    let arrays = Arrays::of(&session, "cell.npz");
    let at = arrays.one::<i64>("diverged_at");
    assert!((1..10).contains(&at), "{at}");
    assert_eq!(arrays.read::<f64>("losses").0, [at as usize + 1]);
    assert_eq!(arrays.read::<i64>("step").1.last(), Some(&at));
}

#[test]
fn a_bad_request_gets_one_message_and_writes_nothing() {
    let session = Session::new();
    fs::create_dir(session.path("taken")).expect("a directory");
    let out = "--out cell.npz";
    for (words, message) in [
        (out, "--lr NaN: must be above 0, and a normal number in f32, for B as for A"),
        (out, "--lr 1e-40: must be above 0, and a normal number in f32, for B as for A"),
        (out, "--lr -1.0: must be above 0, and a normal number in f32, for B as for A"),
        ("--out taken", "--out taken: is a directory, but must be a file"),
        ("--out no/cell.npz", "--out no/cell.npz: there is no directory no"),
        (
            "--readout 5 --out cell.npz",
            "--set model.readout_exponent = \"5\": must be a fraction or decimal in quotes, such \
             as \"1/2\" or \"0.75\", from 0 to 4",
        ),
        (
            "--set model.rank=0 --out cell.npz",
            "--set model.rank = 0: must be a whole number from 1 to 2^31",
        ),
    ] {
        let lr = message.strip_prefix("--lr ").and_then(|rest| rest.split(':').next());
        let lr = lr.unwrap_or("0.01");
        let output = session.call(&format!("export-cell tiny.toml --lr {lr} {words}"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {message}\n"));
        assert_eq!(output.status.code(), Some(2), "{message}");
    }
    for (words, hint) in [
        ("", "--out <FILE>"),
        ("--out cell.npz --width 1", "1 is not in 2..=2147483648"),
        ("--out cell.npz --threads 0", "0 is not in 1..=1024"),
        ("--out cell.npz --steps 0", "0 is not in 1..=2147483648"),
        ("--out cell.npz --init C", "[possible values: A, B, AB]"),
        ("--out cell.npz --lr fast", "invalid value 'fast' for '--lr <η>'"),
        ("--out cell.npz --readout 1/0", "is not a rational"),
    ] {
        let output = session.call(&format!("export-cell {words}"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(told.contains(hint), "{words}: {told}");
    }
    assert_eq!(session.names(""), ["taken", "tiny.toml"], "nothing was written");
    assert!(session.names("taken").is_empty());
}
