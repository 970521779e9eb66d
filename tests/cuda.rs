//! The command on a GPU, for which a stand-in runs the same kernels: its results are the CPU's, and
//! the same bytes however they are made.

use crate::stand_in;
use std::fs;

use crate::session::{Session, inputs, pure_files};
use crate::stand_in::StandIn;
use lora_store::rows::RunRow;

/// Two widths, one seed.
const SMALL: &str = "--set model.widths=[16,32] --set training.seeds=[0]";

fn runs(session: &Session, dir: &str) -> Vec<RunRow> {
    let mut reader =
        csv::Reader::from_path(session.path(&format!("{dir}/runs.csv"))).expect("runs");
    reader.deserialize().collect::<Result<_, _>>().expect("rows")
}

/// Which run it is, and whether it went well.
fn identity(run: &RunRow) -> (usize, String, i64, Option<usize>) {
    (run.width, format!("{:?}", run.init), run.lr_index, run.diverged_at)
}

/// The best run of the same width and init.
fn best<'r>(all: &'r [RunRow], run: &RunRow) -> &'r RunRow {
    let same = all.iter().filter(|other| (other.width, other.init) == (run.width, run.init));
    let score = |run: &RunRow| run.score.unwrap_or(f64::INFINITY);
    same.min_by(|a, b| score(a).total_cmp(&score(b))).expect("at least this one")
}

/// A sum of n terms in another order differs by at most n ε of what its terms add up to without
/// their signs. Each step computes with such sums what the next begins with; up to the best learning
/// rate training does not enlarge an error, so that T steps add up T of them. Beyond it may, and
/// only the ends of such runs are compared, as diverged or not.
fn assert_near(one: &RunRow, other: &RunRow, steps: usize) {
    let tolerance = (steps * one.width) as f64 * f64::from(f32::EPSILON);
    let loss = one.first_loss.max(one.train_loss);
    for (name, a, b, scale) in [
        ("first loss", one.first_loss, other.first_loss, loss),
        ("train loss", one.train_loss, other.train_loss, loss),
        ("test loss", one.test_loss, other.test_loss, one.test_loss.max(loss)),
        ("norm of Z_A", one.za_norm, other.za_norm, one.za_norm),
        ("norm of Z_B", one.zb_norm, other.zb_norm, one.zb_norm),
        ("movement of A", one.a_move, other.a_move, one.a_move),
        ("movement of B", one.b_move, other.b_move, one.b_move),
    ] {
        let near = (a - b).abs() <= tolerance * scale;
        assert!(near, "{name}: {a} and {b}, {:?}", identity(one));
    }
}

#[test]
fn a_sweep_measures_what_the_cpu_measures() {
    let Some(machine) = StandIn::new() else { return };
    let session = &machine.session;
    for engine in ["cpu", "cuda"] {
        machine.ok(&format!("run tiny.toml {SMALL} --engine {engine} --out {engine}"), &[]);
        let manifest = session.json(&format!("{engine}/manifest.json"));
        let name = manifest["engine"].as_str().expect("a text").to_owned();
        assert!(name.to_lowercase().starts_with(engine), "{name}");
        for file in pure_files() {
            assert!(!session.read(&format!("{engine}/{file}")).is_empty(), "{engine}/{file}");
        }
    }
    let (cpu, cuda) = (runs(session, "cpu"), runs(session, "cuda"));
    let names = |runs: &[RunRow]| runs.iter().map(identity).collect::<Vec<_>>();
    assert_eq!(names(&cpu), names(&cuda), "the same runs");
    for (one, other) in cpu.iter().zip(&cuda) {
        let optimum = best(&cpu, one).lr_index;
        assert_eq!(optimum, best(&cuda, other).lr_index, "the same optimum");
        if one.lr_index <= optimum {
            assert_near(one, other, 10);
        }
    }
}

/// How many runs of each width train at once.
fn at_once(machine: &StandIn, words: &str, variables: stand_in::Variables) -> Vec<usize> {
    let plan = machine.ok(&format!("{words} --dry-run"), variables);
    let rows = plan.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let widths = rows.filter(|row| row.first().is_some_and(|word| word.parse::<u32>().is_ok()));
    widths.map(|row| row[3].parse().expect("a number")).collect()
}

#[test]
fn results_depend_on_neither_threads_nor_memory() {
    // So many learning rates that little memory splits them, so high that the upper ones diverge.
    let rates = "--set training.optimizer=sgd --set search.lr_max=1e4 --set search.coarse_factor=2";
    let little = [("MEMORY", "1500000")];
    for activation in ["relu", "gelu"] {
        let Some(machine) = StandIn::new() else { return };
        let set = format!("{SMALL} {rates} --set model.activation={activation}");
        let words = format!("run tiny.toml {set} --engine cuda");
        let (all, split) = (at_once(&machine, &words, &[]), at_once(&machine, &words, &little));
        assert!(all.iter().zip(&split).all(|(all, split)| 2 * split < *all), "{all:?} {split:?}");

        machine.ok(&format!("{words} --out one --threads 1"), &[]);
        machine.ok(&format!("{words} --out two --threads 2"), &[]);
        machine.ok(&format!("{words} --out split --threads 2"), &little);
        machine.session.assert_same("one", "two");
        machine.session.assert_same("one", "split");
        let diverged = |run: &&RunRow| run.diverged_at.is_some();
        let runs = runs(&machine.session, "one");
        let count = runs.iter().filter(diverged).count();
        assert!(count > 10 && count < runs.len() - 10, "{count} of {}", runs.len());
    }
}

/// Words of a verification of the small network, and how many of its cells were at hand.
fn at_hand(machine: &StandIn, words: &str) -> (u64, u64) {
    let output = machine.call(&format!("verify topic.toml --quick --only network {words}"), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let manifest = machine.session.json("out/manifest.json");
    let number = |key: &str| manifest[key].as_u64().expect("a number");
    (number("cells_at_hand"), number("cells"))
}

#[test]
fn a_verification_is_continued_by_the_same_engine_alone() {
    let Some(machine) = StandIn::new() else { return };
    let session = &machine.session;
    fs::copy(inputs().join("verify/network.toml"), session.path("topic.toml")).expect("a copy");
    assert_eq!(at_hand(&machine, "--out out --engine cuda"), (0, 8));
    assert_eq!(at_hand(&machine, "--out out --engine cuda"), (8, 8));
    let verdicts = session.json("out/verdicts.json");
    assert_eq!(verdicts["claims"].as_array().map(Vec::len), Some(1));
    assert_eq!(verdicts["claims"][0]["verdict"], "holds");
    let output = session.call("verify topic.toml --quick --only network --out out --engine cpu");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("holds runs of numerics \"cuda-"), "{told}");
}

/// Cells side by side must not take each other's memory.
#[test]
fn a_verification_on_a_small_device_comes_to_the_same_bytes() {
    let Some(machine) = StandIn::new() else { return };
    let session = &machine.session;
    fs::copy(inputs().join("verify/network.toml"), session.path("topic.toml")).expect("a copy");
    let words = "verify topic.toml --quick --only network --engine cuda";
    machine.ok(&format!("{words} --out large --threads 2"), &[]);
    machine.ok(&format!("{words} --out small --threads 4"), &[("MEMORY", "1200000")]);
    for file in ["verdicts.json", "values.csv", "claims.csv", "RESULTS.md"] {
        let [large, small] = ["large", "small"].map(|dir| session.read(&format!("{dir}/{file}")));
        assert!(large == small, "{file} differs");
    }
    assert_eq!(session.kept("large"), session.kept("small"));
}

#[test]
fn a_cell_is_exported_with_the_same_losses_as_on_the_cpu() {
    let Some(machine) = StandIn::new() else { return };
    for set in ["model.activation=relu", "model.explicit_hidden_up_to=0"] {
        let words = format!("export-cell tiny.toml --width 24 --set {set} --out");
        let cpu = machine.ok(&format!("{words} cpu.npz --engine cpu"), &[]);
        let cuda = machine.ok(&format!("{words} cuda.npz --engine cuda"), &[]);
        // Losses to four places.
        assert_eq!(cpu.replace("cpu.npz", ""), cuda.replace("cuda.npz", ""));
        assert!(cuda.contains("Init[A] at n = 24"), "{cuda}");
        let [cpu, cuda] = ["cpu.npz", "cuda.npz"].map(|name| machine.session.read(name));
        // A zip archive of the same arrays, whose numbers differ in their last places.
        assert!(cuda.starts_with(b"PK") && cuda.len().abs_diff(cpu.len()) < 100);
        assert!(cuda != cpu);
    }
}
