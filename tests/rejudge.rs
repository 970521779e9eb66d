//! `verify --rejudge`: the tables of an earlier verification under today's rules.

use std::fs;

use crate::session::{Session, inputs};

/// A directory with a finished verification of the tests' own topic in `out`.
fn verified() -> Session {
    let session = Session::new();
    fs::copy(inputs().join("verify/tiny.toml"), session.path("tiny.toml")).expect("a copy");
    session.ok("verify tiny.toml --out out");
    session
}

/// Nothing has changed, so neither do the verdicts; the page says what was done, and keeps what does
/// not follow from verdicts.
#[test]
fn the_same_rules_give_the_same_verdicts_and_the_page_says_so() {
    let session = verified();
    let (claims, page) = (session.text("out/claims.csv"), session.text("out/RESULTS.md"));
    let plan = session.text("out/plan.json");
    let said = session.ok("verify tiny.toml --rejudge out");
    assert!(said.contains("Verdicts that changed: 0. Nothing was trained."), "{said}");
    let verdict = |text: &str, claim: &str| {
        let row = text.lines().find(|line| line.starts_with(claim)).expect("a row").to_owned();
        ["holds", "refuted", "undecided"].map(|word| row.contains(&format!(",{word},")))
    };
    let now = session.text("out/claims.csv");
    for claim in ["tiny-za", "tiny-table", "tiny-control"] {
        assert_eq!(verdict(&claims, claim), verdict(&now, claim), "{claim}");
    }
    let again = session.text("out/RESULTS.md");
    assert!(again.contains("**Judged again without training**"), "{again}");
    assert!(again.contains("No verdict changed."), "{again}");
    let studies = |page: &str| page[page.find("## Studies").expect("studies")..].to_owned();
    assert_eq!(studies(&page), studies(&again));
    assert_eq!(plan, session.text("out/plan.json"));
    let manifest = session.json("out/manifest.json");
    assert!(manifest["judged_again"]["when"].is_string(), "{manifest}");
    session.ok("run --quick --out quick");
    session.ok("report quick --verify out");
    assert!(session.text("quick/report.html").contains("judged again later"), "the report");
    // What was written has digests of its own, so that it can be judged again, and read.
    session.ok("verify tiny.toml --rejudge out");
}

/// A verdict that the tables do not bear out is changed, and listed.
#[test]
fn a_verdict_that_changes_is_listed() {
    let session = verified();
    let manifest = session.json("out/manifest.json");
    let mut old = manifest.clone();
    old.as_object_mut().expect("an object").remove("digests");
    fs::write(session.path("out/manifest.json"), old.to_string()).expect("a file");
    let wrong = session.text("out/claims.csv").replacen(",holds,", ",refuted,", 1);
    fs::write(session.path("out/claims.csv"), wrong).expect("a file");
    let said = session.ok("verify tiny.toml --rejudge out");
    assert!(
        said.contains("Verdicts that changed: 1.") && said.contains(": refuted → holds"),
        "{said}"
    );
    assert!(session.text("out/RESULTS.md").contains("| refuted | holds |"));
    // Judged a third time, the page still tells what was measured.
    session.ok("verify tiny.toml --rejudge out");
    assert!(session.text("out/RESULTS.md").contains("| refuted | holds |"));
}

/// What was changed after measuring stays on the record.
#[test]
fn a_change_after_measuring_is_not_forgotten() {
    let session = verified();
    let topic = session.text("tiny.toml");
    let narrower = topic.replacen("id = \"tiny-za\"", "id = \"tiny-za\"\ntolerance = 0.1", 1);
    fs::write(session.path("tiny.toml"), narrower).expect("a file");
    session.ok("verify tiny.toml --out out");
    for _ in 0..2 {
        assert!(session.text("out/claims.csv").contains("changed after measuring: tolerance"));
        session.ok("verify tiny.toml --rejudge out");
    }
}

#[test]
fn tables_that_were_edited_and_places_that_hold_none_are_refused() {
    let session = verified();
    let tests = session.text("out/tests.csv");
    fs::write(session.path("out/tests.csv"), tests.replacen("0.", "1.", 1)).expect("a file");
    let output = session.call("verify tiny.toml --rejudge out");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("tests.csv: was changed after it was written"), "{told}");
    fs::write(session.path("out/tests.csv"), &tests).expect("a file");
    for part in ["verify tiny.toml --only tiny-za --rejudge out", "verify --rejudge out"] {
        let output = session.call(part);
        assert_eq!(output.status.code(), Some(2), "{part}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("name all topic files that were measured there"), "{told}");
    }
    assert_eq!(session.text("out/tests.csv"), tests);
    let output = session.call("verify tiny.toml --rejudge nowhere");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("--rejudge nowhere: must be the directory of a verification"), "{told}");
    assert!(!session.path("nowhere").exists());
}
