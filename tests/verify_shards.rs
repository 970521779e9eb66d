//! A verification that several calls train, one of which is killed, and that is merged.

use std::fs;

use crate::session::{Session, inputs};

/// What must not depend on who trained what.
const RESULTS: [&str; 6] =
    ["RESULTS.md", "claims.csv", "tests.csv", "slopes.csv", "values.csv", "verdicts.json"];

#[test]
fn shards_that_are_killed_and_resumed_merge_to_the_bytes_of_one_verification() {
    let session = Session::new();
    fs::copy(inputs().join("verify/slow.toml"), session.path("slow.toml")).expect("a copy");
    session.ok("verify slow.toml --out whole");
    let mut kills = 0;
    for number in 1..=2 {
        let words = format!("verify slow.toml --shard {number}/2 --out in --threads 1");
        let mut child = session.start(&words);
        session.await_kept(&format!("in/shard-{number}-of-2"), 1);
        kills += i32::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("it is killed, if it has not ended");
        child.wait().expect("it ends");
    }
    assert!(kills > 0, "none was killed");
    session.ok("verify slow.toml --shard 1/2 --out in");
    // Half of it is named, with what trains it.
    let output = session.call("merge in --out merged");
    let told = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(2) {
        assert!(told.contains("shard 2/2 in in/shard-2-of-2 is not finished"), "{told}");
        assert!(!session.path("merged").exists());
    }
    session.ok("verify slow.toml --shard 2/2 --out in");
    session.ok("merge in --out merged");
    for file in RESULTS {
        let (whole, merged) =
            (session.read(&format!("whole/{file}")), session.read(&format!("merged/{file}")));
        assert!(whole == merged, "{file} differs");
    }
    assert_eq!(session.kept("merged"), session.kept("whole"));
}

#[test]
fn shards_of_another_size_are_refused_before_anything_is_written() {
    let session = Session::new();
    fs::copy(inputs().join("verify/tiny.toml"), session.path("tiny.toml")).expect("a copy");
    session.ok("verify tiny.toml --out out");
    session.ok("verify tiny.toml --quick --shard 1/1 --out small");
    let files = |session: &Session| -> Vec<(String, Vec<u8>)> {
        let names = session.names("out").into_iter();
        names.map(|name| (name.clone(), session.read(&format!("out/{name}")))).collect()
    };
    let before = files(&session);
    let output = session.call("merge small --out out");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: --out out: holds the results of a full verification, which those of a quick one would \
         replace: name another directory, or verify without --quick\n"
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(files(&session) == before, "something was written");
}
