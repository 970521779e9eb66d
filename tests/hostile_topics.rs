//! Topics are anybody's texts: on the page they are no markup, in a spreadsheet no formula. And what an
//! earlier verification left is not lost to one of another size.

use std::fs;

use crate::session::{Session, inputs};

fn session_with(topics: &[&str]) -> Session {
    let session = Session::new();
    for topic in topics {
        fs::copy(inputs().join("verify").join(topic), session.path(topic)).expect("a copy");
    }
    session
}

/// The first cell that a spreadsheet would take for a formula.
fn formula(csv: &str) -> Option<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let numeric = |cell: &str| cell.parse::<f64>().is_ok() || cell == "-1/2";
    let acts = |cell: &&str| cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !numeric(cell);
    rows.iter().flat_map(csv::StringRecord::iter).find(acts).map(str::to_owned)
}

#[test]
fn what_a_topic_says_is_text_on_the_page_and_in_the_tables() {
    let session = session_with(&["hostile.toml"]);
    session.ok("verify hostile.toml --out out");
    let page = session.text("out/RESULTS.md");
    assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    let says = "| **tiny-za** =HYPERLINK(\"http://x\") &lt;script>alert(1)&lt;/script> \\| Z_A is \
                n^1/2. | @Theorem \\| \\*1\\* | 1/2 |";
    assert!(page.contains(says), "{page}");
    assert!(page.contains("| tiny-control | -γ \\| \\`off\\` by 1/2 |"), "{page}");
    assert!(page.contains("| layer \\| &lt;img src=x> \\`code\\` ("), "{page}");
    for file in ["claims.csv", "tests.csv", "slopes.csv", "values.csv", "verdicts.csv"] {
        assert_eq!(formula(&session.text(&format!("out/{file}"))), None, "{file}");
    }
    let claims = session.text("out/claims.csv");
    assert!(claims.contains("'=HYPERLINK") && claims.contains("'@Theorem"), "{claims}");
    let verdicts = session.json("out/verdicts.json");
    assert_eq!(verdicts["claims"][0]["source"], "@Theorem | *1*", "JSON has the text itself");
}

#[test]
fn the_report_shows_what_a_topic_says_as_it_was_written() {
    let session = session_with(&["hostile.toml"]);
    session.ok("verify hostile.toml --out verified");
    session.ok("run tiny.toml --out out");
    session.ok("report out --verify verified");
    let page = session.text("out/report.html");
    assert!(page.contains("@Theorem | *1*") && !page.contains("'@Theorem"));
    assert!(!page.contains("<script>alert(1)"));
}

#[test]
fn the_page_names_the_topic_files_that_it_is_of() {
    let session = session_with(&["tiny.toml"]);
    fs::rename(session.path("tiny.toml"), session.path("mine_own.toml")).expect("a name");
    session.ok("verify mine_own.toml --out out");
    let page = session.text("out/RESULTS.md");
    assert!(page.contains("Claims, tolerances and studies stand in mine_own.toml. "), "{page}");
    assert!(!page.contains("experiments/verify"), "{page}");
}

#[test]
fn results_of_another_size_are_not_replaced() {
    let session = session_with(&["tiny.toml"]);
    session.ok("verify tiny.toml --out out");
    let page = session.text("out/RESULTS.md");
    let output = session.call("verify tiny.toml --quick --out out");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(
        told,
        "error: --out out: holds the results of a full verification, which those of a quick one would \
         replace: name another directory, or verify without --quick\n"
    );
    assert_eq!(session.text("out/RESULTS.md"), page);
    session.call("verify tiny.toml --quick --out small");
    let output = session.call("verify tiny.toml --out small");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("holds the results of a quick verification"), "{told}");
}
