//! `verify` as a stranger uses it, on a topic of the tests' own, and the built-in suite unmeasured.

use std::fs;

use crate::session::{Session, inputs};

/// A directory with a topic file of the tests in it.
fn session_with(topic: &str) -> Session {
    let session = Session::new();
    fs::copy(inputs().join("verify").join(topic), session.path(topic)).expect("a copy");
    session
}

/// Everything that must not depend on how a verification went.
const PURE: [&str; 6] =
    ["RESULTS.md", "verdicts.json", "claims.csv", "tests.csv", "slopes.csv", "values.csv"];

#[test]
fn claims_hold_and_the_control_is_refuted() {
    let session = session_with("tiny.toml");
    let said = session.ok("verify tiny.toml --out out");
    assert!(
        said.contains("2 claims: 0 refuted, 0 not a power law, 0 undecided, 2 hold; 1 of 1"),
        "{said}"
    );
    let verdicts = session.json("out/verdicts.json");
    assert_eq!(verdicts["schema"], 1);
    let claim = &verdicts["claims"][0];
    assert_eq!((&claim["id"], &claim["verdict"]), (&"tiny-za".into(), &"holds".into()));
    assert_eq!(claim["statement"], "Z_A is Θ(n^1/2).");
    assert_eq!(claim["tests"][0]["predicted_exact"], "1/2");
    assert_eq!(verdicts["claims"][2]["verdict"], "refuted");
    let page = session.text("out/RESULTS.md");
    assert!(page.contains("## Holds (2)") && page.contains("![verdicts](verdicts.png)"), "{page}");
    assert!(session.names("out").contains(&"verdicts.svg".to_owned()));
}

#[test]
fn a_control_that_is_not_refuted_is_a_failure_after_everything_is_written() {
    let session = session_with("passing_control.toml");
    let output = session.call("verify passing_control.toml --out out");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("cannot be trusted: tiny-control"), "{told}");
    assert!(session.text("out/RESULTS.md").contains("| tiny-control | nothing |"));
}

/// Killed at several moments and called again, it comes to the same; neither do threads matter.
#[test]
fn an_interrupted_verification_continues_to_the_same_bytes() {
    let session = session_with("slow.toml");
    session.ok("verify slow.toml --out whole");
    let mut kills = 0;
    for turn in 1..5 {
        let mut child = session.start("verify slow.toml --out cut --threads 1");
        session.await_kept("cut", turn);
        kills += i32::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("it is killed, if it has not ended");
        child.wait().expect("it ends");
    }
    assert!(kills > 0, "it was never killed");
    session.ok("verify slow.toml --out cut --threads 1");
    for file in PURE {
        let (whole, cut) =
            (session.read(&format!("whole/{file}")), session.read(&format!("cut/{file}")));
        assert!(whole == cut, "{file} differs");
    }
    // The plan says when it was written.
    let plan = |dir: &str| {
        let mut plan = session.json(&format!("{dir}/plan.json"));
        plan["written"] = serde_json::Value::Null;
        plan
    };
    assert_eq!(plan("cut"), plan("whole"));
    assert_eq!(session.kept("cut"), session.kept("whole"));
}

/// What is finished is not trained again.
#[test]
fn finished_runs_are_taken_as_they_are() {
    let session = session_with("tiny.toml");
    session.ok("verify tiny.toml --out out");
    let runs = session.kept("out");
    let output = session.call("verify tiny.toml --out out");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&format!("kept: {runs} of {runs} runs, in out/runs.sqlite")), "{told}");
    assert_eq!(session.trained("out"), 0);
    let manifest = session.json("out/manifest.json");
    assert_eq!((&manifest["cells"], &manifest["cells_at_hand"]), (&56.into(), &56.into()));
    let trained = manifest["trained"].as_array().expect("what trained them");
    let counted: i64 = trained.iter().filter_map(|origin| origin["runs"].as_i64()).sum();
    assert_eq!(counted, runs);
    assert!(trained[0]["numerics"].as_str().is_some_and(|numerics| numerics.starts_with("layer-")));
    let status = session.ok("status out");
    assert!(status.contains("\nall runs are done\n"), "{status}");
}

/// Limits stand in the place of runs: they are kept under keys of their own, are dealt to shards like runs,
/// and tell a right equation from a wrong one.
#[test]
fn runs_approach_their_limits_and_not_a_wrong_one() {
    let session = session_with("near.toml");
    session.ok("verify near.toml --out out");
    let verdicts = session.json("out/verdicts.json");
    let near = &verdicts["claims"][0];
    assert_eq!(near["tests"][0]["predicted_exact"], "-1/2", "{near}");
    assert_eq!(near["statement"], "The loss approaches that of the limit like n^−1/2.");
    let told: Vec<_> = (0..4).map(|i| verdicts["claims"][i]["verdict"].clone()).collect();
    assert_eq!(told, ["holds", "holds", "refuted", "refuted"], "{verdicts}");
    let distances = session.text("out/distances.csv");
    let rows: Vec<&str> = distances.lines().collect();
    assert_eq!(rows[0], "claim,study,against,init,gamma_a,gamma_b,x,seed,distance");
    assert_eq!(rows.len() - 1, (2 + 2 * 2) * 5 * 16, "two claims on one distance, two on two");
    assert!(rows[1].starts_with("near-loss,near-runs,near-limits,B,-1,-1,32,0,0."), "{}", rows[1]);
    let runs = session.kept("out");
    assert_eq!(runs, 3 * 5 * 16);
    let trained = session.json("out/manifest.json")["trained"].clone();
    let kinds = trained.as_array().expect("what trained them").iter();
    let limits = kinds.filter(|of| of["numerics"].as_str().is_some_and(|n| n.contains(", limit-")));
    assert_eq!(limits.count(), 2, "{trained}");
    session.ok("verify near.toml --out out");
    assert_eq!(session.trained("out"), 0);
    for shard in ["1/2", "2/2"] {
        session.ok(&format!("verify near.toml --out parts --shard {shard} --threads 1"));
    }
    session.ok("merge parts --out merged");
    for file in PURE.into_iter().chain(["distances.csv"]) {
        let (whole, merged) =
            (session.read(&format!("out/{file}")), session.read(&format!("merged/{file}")));
        assert!(whole == merged, "{file} differs");
    }
}

/// The cells of versions before the database are not taken for nothing.
#[test]
fn cells_of_an_older_version_are_refused_and_left_alone() {
    let session = session_with("tiny.toml");
    let cells = session.path("out/cells");
    fs::create_dir_all(&cells).expect("a directory");
    fs::write(cells.join("0f.csv"), "# rows: 1\ninit,width\n").expect("a file");
    fs::write(session.path("out/plan.json"), "{\"quick\": false, \"claims\": []}").expect("a file");
    let output = session.call("verify tiny.toml --out out");
    let told = String::from_utf8_lossy(&output.stderr);
    let expected = "error: --out out: keeps finished cells in its folder cells, as an older version \
                    did, which this one cannot read: name another directory, or delete that folder to \
                    train them anew\n";
    assert_eq!(told, expected);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(session.names("out"), ["cells", "plan.json"], "nothing is written");
    fs::remove_dir_all(cells).expect("it is removed");
    session.ok("verify tiny.toml --out out");
}

#[test]
fn every_bad_topic_gets_its_message_and_nothing_is_written() {
    let bad = inputs().join("verify/bad");
    let messages = fs::read_to_string(bad.join("messages.txt")).expect("the messages");
    let session = Session::new();
    let mut files: Vec<String> = fs::read_dir(&bad)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), messages.lines().count(), "a message for every file");
    for (file, message) in files.iter().zip(messages.lines()) {
        fs::copy(bad.join(file), session.path(file)).expect("a copy");
        let output = session.call(&format!("verify {file} --out out"));
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            format!("error: {message}\n"),
            "{file}"
        );
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(!session.path("out").exists(), "{file}");
    }
}

#[test]
fn a_name_that_nothing_has_is_refused_with_the_nearest() {
    let session = session_with("tiny.toml");
    let output = session.call("verify tiny.toml --only tiny-zb --out out");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains(
            "--only tiny-zb: no name of a claim or study starts with it, did you mean tiny-za?"
        ),
        "{told}"
    );
    let only = session.ok("verify tiny.toml --only tiny-table --list");
    assert!(only.contains("tiny-table") && !only.contains("tiny-za"), "{only}");
}

/// The built-in claims: complete, predicted, and with every kind of control.
#[test]
fn the_built_in_suite_predicts_everything_before_measuring() {
    let session = Session::new();
    for size in ["", " --quick"] {
        let list = session.ok(&format!("verify --list{size}"));
        assert!(!list.contains("no power") && !list.contains('?'), "{list}");
        for control in ["inits are swapped", "γ is off by 1/4", "multiplier is wrong", "wrong sign"]
        {
            assert!(list.contains(control), "{control}");
        }
        for topic in ["Theorems 1 and 2", "The layer alone", "SGD", "LoRA+", "Both factors", "rank"]
        {
            assert!(list.contains(topic), "{topic}");
        }
    }
}
