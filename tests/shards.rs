//! Sweeps in shards: what is merged has the bytes of one run, and what is missing is named.
#![cfg(unix)] // signals and shells

use std::fs;

use crate::session::Session;
use crate::session::kept::{signal, told};
use crate::session::sharded::{SLOW, TINY, contents, program, refused, runs, shell, train};

#[test]
fn merged_shards_have_the_bytes_of_one_run() {
    let session = Session::new();
    session.ok(&format!("{TINY} --out whole"));
    // The last has more shards than problems.
    for of in [2, 4, 11] {
        train(&session, of, &format!("--out in{of}"));
        let dirs: Vec<String> = (1..=of).map(|i| format!("in{of}/shard-{i}-of-{of}")).collect();
        let before: Vec<_> = dirs.iter().map(|dir| contents(&session, dir)).collect();
        for dir in &dirs {
            let names = session.names(dir);
            assert_eq!(names, ["plan.json", "runs.sqlite"], "no table or figure of a part");
        }
        // By their names, out of order and one twice; or all of a directory.
        let named: Vec<&str> = dirs.iter().rev().chain(&dirs[..1]).map(String::as_str).collect();
        let what = if of == 4 { named.join(" ") } else { format!("in{of}") };
        let out = format!("in{of}/merged");
        session.ok(&format!("merge {what} --out {out}"));
        session.assert_same("whole", &out);
        assert_eq!(session.names(&out), session.names("whole"));
        assert_eq!(runs(&session, &out), runs(&session, "whole"));
        assert!(session.ok(&format!("status {out}")).contains("\nall runs are done\n"));
        let after: Vec<_> = dirs.iter().map(|dir| contents(&session, dir)).collect();
        assert!(before == after, "what is merged stays as it is");
    }
    let manifest = session.json("in2/merged/manifest.json");
    assert_eq!(manifest["sweep"]["runs"], session.kept("whole"));
    assert_eq!(manifest["merged"][1]["dir"], "in2/shard-2-of-2");
    assert_eq!(manifest["merged"][1]["shard"], "2/2");
}

#[test]
fn quick_shards_are_merged_to_a_quick_run() {
    let session = Session::new();
    session.ok(&format!("{TINY} --quick --out whole"));
    train(&session, 2, "--quick");
    session.ok("merge runs/tiny-quick --out out");
    session.assert_same("whole", "out");
    assert_eq!(session.json("out/summary.json")["quick"], true);
}

#[test]
fn a_shard_says_what_it_did_and_how_to_merge() {
    let session = Session::new();
    session.ok(&format!("{TINY} --out whole"));
    let mut said = String::new();
    for number in 1..=2 {
        said = session.ok(&format!("{TINY} --shard {number}/2"));
    }
    let kept = session.kept("runs/tiny/shard-2-of-2");
    let expected = format!(
        "tiny: Tiny: everything once\nshard 2/2 (n = 64, seed 1; n = 32, seeds 0, 1; n = 16, seeds \
         0, 1): {kept} runs trained, 0 kept before; all are in runs/tiny/shard-2-of-2/runs.sqlite\n"
    );
    assert!(said.starts_with(&expected), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let [.., all, merge] = lines[..] else { panic!("{said}") };
    assert_eq!(all, "When all 2 shards are done, this merges them and writes tables and figures:");
    assert_eq!(merge, format!("  {} merge runs/tiny --out runs/tiny/merged", program()));
    assert!(shell(&session, merge).status.success());
    session.assert_same("whole", "runs/tiny/merged");
    let again = session.ok(&format!("{TINY} --shard 2/2"));
    assert!(
        again.contains(&format!(": 0 runs trained, {kept} kept before; all are in ")),
        "{again}"
    );
}

#[test]
fn status_and_dry_run_speak_of_the_shard() {
    let session = Session::new();
    let planned = session.ok(&format!("{TINY} --shard 2/4 --dry-run"));
    assert!(planned.contains("\nshard 2/4: n = 64, seed 1; n = 16, seed 0\n"), "{planned}");
    assert!(planned.contains("a run writes to runs/tiny/shard-2-of-4.\n"), "{planned}");
    let rows = |text: &str| -> Vec<Vec<String>> {
        let lines = text.lines().skip_while(|line| !line.trim_start().starts_with("n  "));
        let words = |line: &str| line.split_whitespace().take(3).map(str::to_owned).collect();
        lines.skip(1).take_while(|line| !line.is_empty()).map(words).collect()
    };
    let planned: Vec<Vec<String>> = rows(&planned);
    assert_eq!(
        [&planned[0][..2], &planned[1][..2], &planned[2][..2]],
        [["64", "1"], ["16", "1"], ["all", "2"]]
    );
    assert_eq!(
        fs::read_dir(session.path("")).expect("a directory").count(),
        1,
        "it writes nothing"
    );

    train(&session, 4, "");
    let status = session.ok("status runs/tiny/shard-2-of-4");
    let head = "tiny: Tiny: everything once\nshard 2/4: n = 64, seed 1; n = 16, seed 0\nnumerics: ";
    assert!(status.starts_with(head), "{status}");
    assert!(status.contains("\nall runs are done\n"), "{status}");
    let kept = session.kept("runs/tiny/shard-2-of-4").to_string();
    let status: Vec<Vec<String>> = rows(&status);
    assert_eq!(status.len(), 3);
    assert_eq!(status[2], ["all", &kept, &kept]);
    let all = session.ok("status runs/tiny");
    for number in 1..=4 {
        assert!(all.contains(&format!("\nshard {number}/4: ")), "{all}");
    }
}

#[test]
fn what_is_no_shard_is_refused() {
    let session = Session::new();
    for bad in ["0/3", "4/3", "x", "1/65537"] {
        let message = format!(
            "invalid value '{bad}' for '--shard <I/K>': must be I/K, the shard I of K, with 1 ≤ I ≤ K \
             ≤ 65536, such as 2/3\n\nFor more information, try '--help'."
        );
        refused(&session, &format!("{TINY} --shard {bad}"), 2, &message);
    }
    let message = "a value is required for '--shard <I/K>' but none was supplied\n\nFor more \
                   information, try '--help'.";
    refused(&session, &format!("{TINY} --shard"), 2, message);
    assert!(!session.path("runs").exists(), "nothing was written");
}

#[test]
fn a_missing_shard_is_named_with_the_command_that_trains_it() {
    let session = Session::new();
    train(&session, 3, "");
    fs::rename(session.path("runs/tiny/shard-2-of-3"), session.path("elsewhere")).expect("moved");
    let command = format!("{} {TINY} --shard 2/3", program());
    let message = format!(
        "tiny is not whole, 3 of its 9 problems are not finished:\nshard 2/3 is not among the \
         directories; this trains it (n = 64, seed 1; n = 32, seed 1; n = 16, seed 1):\n  {command}"
    );
    refused(&session, "merge runs/tiny --out out", 2, &message);
    assert!(!session.path("out").exists(), "nothing was written");
    assert!(shell(&session, &command).status.success());
    session.ok("merge runs/tiny --out out");
    // It was only in another place.
    let dirs = "runs/tiny/shard-1-of-3 runs/tiny/shard-3-of-3 elsewhere";
    session.ok(&format!("merge {dirs} --out other"));
    session.assert_same("out", "other");
}

#[test]
fn a_shard_that_is_killed_is_named_and_goes_on() {
    let session = Session::with_slow();
    session.ok(&format!("{SLOW} --out whole"));
    session.ok(&format!("{SLOW} --shard 1/2 --out out"));
    let (dir, second) = ("out/shard-2-of-2", format!("{SLOW} --shard=2/2 --out out"));
    let mut child = session.start(&second);
    session.await_kept(dir, 1);
    let message = format!(
        "{dir}: process {} is running a sweep in it; wait until it has ended, then merge",
        child.id()
    );
    refused(&session, "merge out --out out/merged", 2, &message);
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    let kept = session.kept(dir);
    let output = session.call("merge out --out out/merged");
    let go_on = format!("  {} {}\n", program(), second.replace("--shard=2/2", "'--shard=2/2'"));
    assert_eq!(output.status.code(), Some(2));
    let told_missing = told(&output);
    let expected = format!("\nshard 2/2 in {dir} is not finished; this command continues it (n = ");
    assert!(told_missing.contains(&expected) && told_missing.ends_with(&go_on), "{told_missing}");
    // Ctrl-C is heard in a shard, too.
    let child = session.start(&second);
    session.await_kept(dir, kept + 1);
    signal(&child, "TERM");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    let output = shell(&session, go_on.trim());
    assert!(told(&output).starts_with("kept: "), "{}", told(&output));
    session.ok("merge out --out out/merged");
    session.assert_same("whole", "out/merged");
    assert_eq!(runs(&session, "whole"), runs(&session, "out/merged"));
}

/// The commands of the book's page on several machines that begin so, for the tiny sweep.
fn documented(beginning: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/shards.md");
    let text = fs::read_to_string(path).expect("the page");
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut blocks = blocks.filter(|block| block.starts_with(beginning));
    let block = blocks.next().unwrap_or_else(|| panic!("no commands that begin with {beginning}"));
    block
        .replace("cargo run -p width-sweep --", &program())
        .replace("run paper", "run tiny.toml --engine cpu")
        .replace("runs/paper", "runs/tiny")
}

#[test]
fn the_shell_loop_of_the_book_trains_and_merges() {
    let session = Session::new();
    let output = shell(&session, &documented("for i in"));
    assert!(output.status.success(), "{}", told(&output));
    session.ok(&format!("{TINY} --out whole"));
    session.assert_same("whole", "runs/tiny/merged");
}

/// Needs GNU parallel, and says so where there is none.
#[test]
fn so_does_gnu_parallel() {
    let session = Session::new();
    let version = shell(&session, "parallel --version");
    if !String::from_utf8_lossy(&version.stdout).starts_with("GNU parallel") {
        println!("SKIPPED: there is no GNU parallel");
        return;
    }
    let output = shell(&session, &documented("seq 3 | parallel"));
    assert!(output.status.success(), "{}", told(&output));
    session.ok(&format!("{TINY} --out whole"));
    session.assert_same("whole", "runs/tiny/merged");
}
