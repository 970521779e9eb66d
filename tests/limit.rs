//! `limit`: the constants of the limit n → ∞, on standard output and in files.

use crate::session;
use std::fs;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::session::Session;
use crate::session::kept::{signal, told};
use lora_experiment::study::limit::are_of_limit;
use lora_sim::{CpuEngine, Engine};
use lora_store::digest::Digest;
use lora_store::manifest::Manifest;
use serde_json::Value;

/// Few points and neurons, and a search that ends early.
const TINY: &str = "limit tiny.toml --neurons 64 --set search.bracket_factor=2";

fn json(session: &Session, words: &str) -> Value {
    serde_json::from_str(&session.ok(words)).expect("JSON")
}

/// A request that must be refused in these words, with nothing written.
fn refused(session: &Session, words: &str, message: &str) {
    let output = session.call(words);
    assert_eq!(told(&output), format!("error: {message}\n"), "{words}");
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(output.stdout.is_empty(), "{words}");
    assert!(!session.path("out").exists(), "{words}");
}

#[test]
fn both_inits_have_constants_with_intervals() {
    let session = Session::new();
    let answer = json(&session, &format!("{TINY} --json"));
    let of = |init: &str| answer["readouts"][0]["inits"][init].clone();
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value}"));
    for (init, gamma) in [("A", "-3/4"), ("B", "-1")] {
        let found = of(init);
        assert_eq!(found["gamma"], gamma);
        let (c, basin) = (number(&found["c_opt"]), &found["basin"]);
        assert!(number(&basin["lower"]) < c && c < number(&basin["upper"]), "{found}");
        let [low, high] = [0, 1].map(|end| number(&found["c_opt_interval"][end]));
        assert!(low <= c && c <= high, "{found}");
        assert!(number(&found["loss"]["value"]) > 0.0);
        assert!(number(&found["loss"]["quadrature_error"]) > 0.0);
        assert_eq!(found["seeds"].as_array().map(Vec::len), Some(3));
    }
    // Z_B tends to zero under Init[A], and is of order one under Init[B].
    assert_eq!(of("A")["c_stable"], Value::Null);
    let remark = "Z_B tends to zero like n^-1/2 at every c and never reaches 10; η_stable falls like \
                  n^-1/2, and not like n^-3/4";
    assert_eq!(of("A")["c_stable_remark"], remark);
    assert!(number(&of("B")["c_stable"]) > number(&of("B")["c_opt"]));
    // The crossing's status is told by seed, and a loss only where its error is known.
    for (init, status) in [("A", Value::Null), ("B", Value::from("bracketed"))] {
        let found = of(init);
        for seed in found["seeds"].as_array().expect("seeds") {
            assert_eq!(seed["c_stable_status"], status);
            assert!(number(&seed["c_best"]) > 0.0);
        }
        let error = number(&found["loss"]["quadrature_error"]);
        assert_eq!(found["loss_reliable"], error <= 0.25);
    }
}

/// The loss of Init[A] over so few neurons is not known: the table marks it, a line says so, and the inits are
/// not compared.
#[test]
fn a_loss_with_a_large_error_is_not_quoted() {
    let session = Session::new();
    let rough = "limit tiny.toml --neurons 8 --set search.bracket_factor=2";
    let answer = json(&session, &format!("{rough} --json"));
    let of = |init: &str| answer["readouts"][0]["inits"][init].clone();
    let bad: Vec<&str> =
        ["A", "B"].into_iter().filter(|i| of(i)["loss_reliable"] == false).collect();
    let first = bad.first().expect("eight neurons are too few");
    let error = of(first)["loss"]["quadrature_error"].as_f64().expect("an error");
    let why = format!("the loss of Init[{first}] has a quadrature error of {:.0}%", 100.0 * error);
    assert_eq!(answer["readouts"][0]["lower_loss"]["not_compared"], why);
    let printed = session.ok(rough);
    let said = printed.replace('\n', " ");
    let line = format!(
        "The loss of Init[{first}], a = 1/2 has a quadrature error of {:.0}%: do not quote it; try --loss-neurons 512",
        100.0 * error
    );
    assert!(said.contains(&line), "{printed}");
    assert!(said.contains(&format!("a = 1/2: not compared: {why}.")), "{printed}");
    assert!(!said.contains("ends lower"), "{printed}");
    let marked =
        printed.lines().filter(|line| line.contains("  Init[") && line.contains(" !")).count();
    assert_eq!(marked, bad.len(), "{printed}");
}

/// 2/3 is no short decimal, and is a readout all the same.
#[test]
fn a_third_is_a_readout() {
    let session = Session::new();
    let words = format!("{TINY} --set training.seeds=[0] --readout 2/3 --json");
    let answer = json(&session, &words);
    assert_eq!(answer["readouts"][0]["readout"], "2/3");
    for (init, gamma) in [("A", "-2/3"), ("B", "-5/6")] {
        assert_eq!(answer["readouts"][0]["inits"][init]["gamma"], gamma, "{init}");
    }
}

#[test]
fn what_does_not_fit_into_memory_is_refused_before_anything_is_solved() {
    let session = Session::new();
    let output = session.call("limit tiny.toml --out out --neurons 16777214 --replicates 1024");
    let said = told(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let start =
        "error: limit: 1024 replicates of 16777214 neurons, coupled to runs of n = 64, need ";
    assert!(said.starts_with(start) && said.contains(" of memory and "), "{said}");
    assert!(
        said.ends_with(": try smaller --loss-neurons, --neurons, --replicates or --width\n"),
        "{said}"
    );
    assert!(!session.path("out").exists());
    // A dry run tells it.
    let printed = session.ok("limit tiny.toml --dry-run --neurons 16777214 --replicates 1024");
    assert!(printed.contains("\nmemory: "), "{printed}");
}

#[test]
fn several_readouts_stand_side_by_side() {
    let session = Session::new();
    let words = format!("{TINY} --set training.seeds=[0] --readout 1/2,1");
    let printed = session.ok(&words);
    let said = printed.replace('\n', " ");
    let tables: Vec<&str> = printed.lines().filter(|line| line.contains("  Init[")).collect();
    assert_eq!(tables.len(), 4, "{printed}");
    for (line, start) in tables.iter().zip(["1/2", "1/2", "1 ", "1 "]) {
        assert!(line.trim_start().starts_with(start), "{printed}");
    }
    assert!(
        said.contains("Z_B grows like n^1/2, so that c_stable depends on the width; it stands")
    );
    for readout in ["1/2", "1"] {
        let said = |what: &str| said.contains(&format!("a = {readout}: {what}"));
        assert!(
            said("one seed cannot say which init ends lower") || said("not compared: "),
            "{printed}"
        );
    }
    assert!(
        said.contains("2 replicates of M = 64 neurons, L = 256 for a lowest loss"),
        "{printed}"
    );
}

#[test]
fn files_hold_what_is_printed_and_threads_change_no_byte() {
    let session = Session::new();
    let words = format!("{TINY} --set training.seeds=[0,1]");
    let one = session.call(&format!("{words} --json --out one --threads 1"));
    assert!(one.status.success(), "{}", told(&one));
    session.ok(&format!("{words} --out seven --threads 7"));
    let names = ["limit.csv", "limit.json", "loss-a1-2.csv", "loss-a1-2.png", "loss-a1-2.svg"];
    // When and on which threads it ran is in the manifest alone.
    let all = [&names[..], &["manifest.json"]].concat();
    assert_eq!(session.names("one"), all);
    for name in names {
        let [a, b] = ["one", "seven"].map(|dir| session.read(&format!("{dir}/{name}")));
        assert!(a == b, "{name}");
    }
    assert_eq!(session.read("one/limit.json"), one.stdout);
    let manifest: Manifest =
        serde_json::from_value(session.json("one/manifest.json")).expect("one");
    assert_eq!(manifest.digests["limit.csv"], Digest::of(&session.read("one/limit.csv")));
    let [origin] = &manifest.trained[..] else { panic!("{manifest:?}") };
    let network = CpuEngine::new().numerics();
    assert!(are_of_limit(&origin.numerics, &network), "{origin:?}");
    assert_eq!(origin.runs, session.text("one/limit.csv").lines().count() - 1);
    let answer = session.json("one/limit.json");
    let runs = |init: &str| {
        let seeds = answer["readouts"][0]["inits"][init]["seeds"].as_array().expect("seeds");
        seeds.iter().map(|seed| seed["runs"].as_u64().expect("a count")).sum::<u64>()
    };
    let table = session.text("one/limit.csv");
    let header = "readout,init,seed,c_index,c,neurons,loss,error,z_a,z_b,peak_z_b,diverged_at";
    assert_eq!(table.lines().next(), Some(header));
    // The lowest loss of two inits and two seeds is there over 2 M and 4 M neurons as well.
    assert_eq!(table.lines().count() as u64 - 1, runs("A") + runs("B") + 8);
    let over = |neurons: &str| {
        table.lines().filter(|line| line.split(',').nth(5) == Some(neurons)).count() as u64
    };
    assert_eq!([over("64"), over("128"), over("256")], [runs("A") + runs("B"), 4, 4]);
    assert!(session.text("one/loss-a1-2.svg").contains("c in η = c n"));
    // Over more neurons it is solved three times, and the last of them is the loss that is told.
    session.ok(&format!("{words} --out more --loss-neurons 512"));
    let more = session.text("more/limit.csv");
    let of =
        |neurons: &str| more.lines().filter(|row| row.split(',').nth(5) == Some(neurons)).count();
    assert_eq!([of("128"), of("256"), of("512")], [4, 4, 4]);
    let json: Value = serde_json::from_str(&session.text("more/limit.json")).expect("JSON");
    let first = &json["readouts"][0]["inits"]["A"]["seeds"][0]["loss"];
    let own = more.lines().find(|row| row.split(',').nth(5) == Some("512")).expect("a row");
    assert_eq!(own.split(',').nth(6).and_then(|x| x.parse().ok()), first.as_f64());
    // Written again with another readout, no figure of the earlier one is left.
    session.ok(&format!("{words} --out one --readout 1"));
    assert!(session.names("one").contains(&"loss-a1.png".to_owned()));
    assert!(!session.names("one").contains(&"loss-a1-2.png".to_owned()));
}

#[test]
fn what_has_no_limit_says_which_quantity_does_what() {
    let session = Session::new();
    let said = |rest: &str| session.ok(&format!("{TINY} {rest}")).replace('\n', " ");
    let explodes = said("--set training.inits=[\"A\"] --lr-exponent -1/2");
    assert!(explodes.contains("no limit"), "{explodes}");
    let why =
        "there is no limit: the output explodes: s ΔB ΔA Z changes it by n^1/2 beside an error of";
    assert!(explodes.contains(why), "{explodes}");
    let still = said("--set training.inits=[\"B\"] --lr-exponent -2");
    assert!(
        still.contains("there is no limit: nothing is learned: the output's change is n^−1"),
        "{still}"
    );
    let sgd = said("--set training.optimizer=sgd");
    assert!(sgd.contains("the solver does not know limits with SGD"), "{sgd}");
    let both = said("--set training.inits=[\"AB\"]");
    assert!(both.contains("the solver does not know limits with both factors random"), "{both}");
}

#[test]
fn bad_requests_have_one_message_each() {
    let session = Session::new();
    let limit = |rest: &str| format!("limit tiny.toml --out out {rest}");
    let even = "limit: neurons is 3, but must be an even number from 2 up to 2^24";
    refused(&session, &limit("--neurons 3"), even);
    refused(
        &session,
        &limit("--replicates 1"),
        "limit: replicates is 1, but must be from 2 up to 1024",
    );
    refused(&session, &limit("--readout 1,1"), "limit: readout is 1, but must be named once");
    // What the calculus refuses is no "no limit".
    refused(
        &session,
        &limit("--readout 1/1000001"),
        "limit: the readout exponent is out of range: numerator and denominator must stay within 1000000",
    );
    refused(
        &session,
        &limit("--set training.epsilon=1e-3"),
        "limit: epsilon is 0.001, but must be at most 1e-6: it is 0 in the limit",
    );
    let experiments = session::inputs().join("../../experiments");
    fs::copy(experiments.join("finetune.toml"), session.path("mine.toml")).expect("a copy");
    let transformer = "limit: model.kind is transformer, but must be synthetic: no other model has a limit \
                       that is solved";
    refused(&session, "limit mine.toml --out out", transformer);
    refused(
        &session,
        "limit tiny.toml --out .",
        "--out .: holds other files and not the limit.json of a limit, but must be a new directory, an \
         empty one, or one of an earlier limit",
    );
}

#[test]
fn a_dry_run_tells_runs_memory_and_time_and_solves_nothing() {
    let session = Session::new();
    let printed = session.ok("limit tiny.toml --dry-run --out out");
    assert!(
        printed.contains("about 81 runs of the limit, coupled to runs of n = 64\n"),
        "{printed}"
    );
    assert!(printed.contains("\nmemory: ") && printed.contains("\ntime: about "), "{printed}");
    assert!(
        printed.ends_with("Nothing was solved or written; a run writes to out.\n"),
        "{printed}"
    );
    assert!(!session.path("out").exists());
}

#[test]
fn ctrl_c_ends_it_and_nothing_is_written() {
    let session = Session::new();
    let slow = "limit tiny.toml --out out --set training.steps=20000 --neurons 2048";
    let child = session.start(slow);
    sleep(Duration::from_millis(1500));
    signal(&child, "INT");
    sleep(Duration::from_millis(300));
    let asked = Instant::now();
    signal(&child, "INT");
    let output: Output = child.wait_with_output().expect("it ends");
    assert!(asked.elapsed() < Duration::from_secs(10));
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    assert!(output.stdout.is_empty());
    // One that ends by itself says how far it was.
    let slow =
        "limit tiny.toml --out out --set training.seeds=[0,1,2,3,4,5,6,7,8,9] --neurons 4096";
    let child = session.start(slow);
    sleep(Duration::from_millis(1000));
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    let said = told(&output);
    let last = said.lines().last().expect("a line");
    assert!(
        last.starts_with("stopped after ") && last.ends_with("; nothing was written"),
        "{said}"
    );
    assert!(fs::read_dir(session.path("out")).map_or(true, |mut entries| entries.next().is_none()));
}
