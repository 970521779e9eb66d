//! Tables that were changed or lost, made again from the runs that the database keeps.

use std::fs;

use crate::session::finished::{TINY, finished, program, replace};
use crate::session::kept::{database, told};

#[test]
fn a_cut_table_and_a_rewritten_score_are_refused_and_made_again() {
    let session = finished();
    session.ok(&TINY.replace("--out out", "--out whole"));
    for name in ["runs.csv", "trajectories.csv"] {
        let (file, whole) = (format!("out/{name}"), session.text(&format!("out/{name}")));
        let head: String = whole.split_inclusive('\n').take(20).collect();
        // Another digit, in as many bytes.
        let at = whole.rfind(['1', '2', '3']).expect("a digit");
        let other = format!("{}9{}", &whole[..at], &whole[at + 1..]);
        let [cut, written] = [head.len(), whole.len()];
        let lengths = format!("it has {cut} bytes, but {written} were written");
        for (changed, why) in [(head, lengths.as_str()), (other, "its SHA-256 begins with ")] {
            fs::write(session.path(&file), changed).expect("a file");
            for words in ["plot out", "report out"] {
                let output = session.call(words);
                let told = told(&output);
                let expected = format!("error: {file}: was changed after it was written: {why}");
                assert!(told.starts_with(&expected), "{told}");
                let again = format!(
                    "; this makes it again from runs.sqlite: {} plot out --rebuild\n",
                    program()
                );
                assert!(told.ends_with(&again), "{told}");
                assert_eq!(output.status.code(), Some(2));
            }
            session.ok("plot out --rebuild");
            session.assert_same("whole", "out");
            session.ok("report out");
        }
    }
    // One that is missing is made, too.
    fs::remove_file(session.path("out/runs.csv")).expect("a file");
    session.ok("plot out --rebuild");
    session.assert_same("whole", "out");
}

#[test]
fn tables_are_made_again_only_from_a_database_that_holds_them() {
    let session = finished();
    let manifest = session.read("out/manifest.json");
    replace(&session, "out/runs.csv", "A,16", "B,16");
    let spoilt = session.read("out/runs.csv");
    let refused = |code: i32, message: &str| {
        let output = session.call("plot out --rebuild");
        assert!(told(&output).starts_with(&format!("error: {message}")), "{}", told(&output));
        assert_eq!(output.status.code(), Some(code));
        assert!(session.read("out/runs.csv") == spoilt);
        assert!(session.read("out/manifest.json") == manifest);
    };
    let path = session.path("out/runs.sqlite");
    let whole = fs::read(&path).expect("a file");
    database(&path).change("DELETE FROM runs WHERE width = 16 AND seed = 1").expect("deleted");
    refused(
        2,
        "out/runs.sqlite: lacks runs of the experiment (n = 16, seed 1), so the tables cannot be made \
         of it: run the experiment again with this --out, which trains what is missing\n",
    );
    fs::write(&path, &whole).expect("a file");
    let sql = "UPDATE runs SET trajectory = zeroblob(length(trajectory)) WHERE rowid = 3";
    database(&path).change(sql).expect("changed");
    refused(1, "out/runs.sqlite: is damaged (a run in it does not have the digest ");
    fs::remove_file(&path).expect("a file");
    refused(2, "out: has no runs that are kept, but must be the directory of a sweep, ");
    // Without a database no command makes the table.
    let told = told(&session.call("plot out"));
    assert!(told.ends_with("; put it back, or run the experiment again\n"), "{told}");
}
