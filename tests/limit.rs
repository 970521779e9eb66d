//! `limit`: the constants of the limit n → ∞, on standard output and in files.

use std::fs;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

mod session;

use serde_json::Value;
use session::Session;
use session::kept::{signal, told};

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
        assert!(number(&found["loss"]["quadrature_error"]) < 1.0);
        assert_eq!(found["seeds"].as_array().map(Vec::len), Some(3));
    }
    // Z_B tends to zero under Init[A], and is of order one under Init[B].
    assert_eq!(of("A")["c_stable"], Value::Null);
    let remark = "Z_B tends to zero like n^-1/2 at every c and never reaches 10; η_stable falls like \
                  n^-1/2, and not like n^-3/4";
    assert_eq!(of("A")["c_stable_remark"], remark);
    assert!(number(&of("B")["c_stable"]) > number(&of("B")["c_opt"]));
    let pair = &answer["readouts"][0]["lower_loss"];
    let [low, high] = [0, 1].map(|end| number(&pair["interval"][end]));
    let decided = match (low > 1.0, high < 1.0) {
        (true, _) => Value::from("B"),
        (_, true) => Value::from("A"),
        _ => Value::Null,
    };
    assert_eq!(pair["lower"], decided);
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
    for of in ["a = 1/2: one seed cannot say which init ends lower", "a = 1: one seed cannot say"] {
        assert!(said.contains(of), "{printed}");
    }
}

#[test]
fn files_hold_what_is_printed_and_threads_change_no_byte() {
    let session = Session::new();
    let words = format!("{TINY} --set training.seeds=[0,1]");
    let one = session.call(&format!("{words} --json --out one --threads 1"));
    assert!(one.status.success(), "{}", told(&one));
    session.ok(&format!("{words} --out seven --threads 7"));
    let names = ["limit.csv", "limit.json", "loss-a1-2.csv", "loss-a1-2.png", "loss-a1-2.svg"];
    assert_eq!(session.names("one"), names);
    for name in names {
        let [a, b] = ["one", "seven"].map(|dir| session.read(&format!("{dir}/{name}")));
        assert!(a == b, "{name}");
    }
    assert_eq!(session.read("one/limit.json"), one.stdout);
    let answer = session.json("one/limit.json");
    let runs = |init: &str| {
        let seeds = answer["readouts"][0]["inits"][init]["seeds"].as_array().expect("seeds");
        seeds.iter().map(|seed| seed["runs"].as_u64().expect("a count")).sum::<u64>()
    };
    let table = session.text("one/limit.csv");
    let header = "readout,init,seed,c_index,c,loss,error,z_a,z_b,peak_z_b,diverged_at";
    assert_eq!(table.lines().next(), Some(header));
    assert_eq!(table.lines().count() as u64 - 1, runs("A") + runs("B"));
    assert!(session.text("one/loss-a1-2.svg").contains("c in η = c n"));
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
        printed.contains("about 75 runs of the limit, coupled to runs of n = 64\n"),
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
