//! What is written replaces nothing but an earlier file of its kind, and does so in full or not at all.
#![cfg(unix)] // pipes, devices and links

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::{Command, Output};

use crate::session::kept::told;
use crate::session::{FIGURES, Session};

const TINY: &str = "run tiny.toml --engine cpu --out out";
const CELL: &str = "export-cell tiny.toml --engine cpu --width 16 --out";

/// A finished run in out/, and what is not to be lost.
fn finished() -> Session {
    let session = Session::new();
    session.ok(TINY);
    fs::write(session.path("mine.rs"), "fn main() {}\n").expect("a file");
    fs::write(session.path("page.html"), "<!DOCTYPE html><title>Mine</title>").expect("a file");
    fs::write(session.path("mine.npz"), zip_of_another()).expect("a file");
    fs::create_dir(session.path("taken")).expect("a directory");
    symlink("nowhere", session.path("dangling")).expect("a link");
    let made = Command::new("mkfifo").arg(session.path("pipe")).status();
    assert!(made.expect("mkfifo is there").success());
    session
}

/// An archive of arrays that this program did not write.
fn zip_of_another() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("X.npy", options).expect("an entry");
    zip.finish().expect("an archive").into_inner()
}

/// A call that must be refused in these words.
fn assert_refused(output: &Output, message: &str) {
    assert_eq!(told(output), format!("error: {message}\n"));
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty());
}

const DEVICE: &str = "is a device, but must be a regular file, or -, which is standard output";
const OWN: &str =
    "has the name of a file of the run in its directory, and is not replaced: name another file";

#[test]
fn a_file_replaces_only_an_earlier_one_of_its_kind() {
    let session = finished();
    session.ok("report out");
    session.ok(&format!("{CELL} cell.npz"));
    let files = ["tiny.toml", "mine.rs", "page.html", "mine.npz", "cell.npz", "out/report.html"];
    let before = files.map(|name| session.read(name));
    let of_out = session.names("out");
    for (command, what, other) in [
        (CELL, "a run that export-cell wrote", "out/report.html"),
        ("report out --out", "a page that report wrote", "cell.npz"),
    ] {
        let another = format!("is there and is not {what}: move it away, or name another file");
        for (out, reason) in [
            ("tiny.toml", another.as_str()),
            ("mine.rs", &another),
            ("page.html", &another),
            ("mine.npz", &another),
            (other, &another),
            ("/dev/null", DEVICE),
            ("/dev/full", DEVICE),
            ("pipe", &DEVICE.replace("a device", "a named pipe")),
            ("taken", "is a directory, but must be a file"),
            ("dangling", "is a link that leads to nothing"),
            ("absent/a", "there is no directory absent"),
            ("out/runs.sqlite", OWN),
            ("out/../out/runs.csv", OWN),
            ("out/runs.sqlite-journal", OWN),
            ("out/.runs.lock", OWN),
            ("out/new.json", OWN),
        ] {
            let output = session.call(&format!("{command} {out}"));
            assert_refused(&output, &format!("--out {out}: {reason}"));
        }
    }
    for (name, bytes) in files.iter().zip(before) {
        assert!(session.read(name) == bytes, "{name} was changed");
    }
    assert_eq!(session.names("out"), of_out);
    assert!(fs::metadata(session.path("pipe")).expect("it is there").file_type().is_fifo());
    // An earlier one is replaced, and so is what is empty.
    session.ok("report out");
    session.ok(&format!("{CELL} cell.npz --set training.steps=3"));
    fs::write(session.path("empty"), "").expect("a file");
    session.ok(&format!("{CELL} empty"));
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_written() {
    let session = finished();
    session.ok("report out --out first.html");
    symlink("first.html", session.path("latest")).expect("a link");
    let whole = session.read("first.html");
    session.ok("plot out");
    session.ok("report out --out latest");
    assert!(session.path("latest").is_symlink() && session.read("first.html") == whole);
    symlink("mine.rs", session.path("other")).expect("a link");
    let reason = "is there and is not a page that report wrote: move it away, or name another file";
    assert_refused(&session.call("report out --out other"), &format!("--out other: {reason}"));
}

#[test]
fn a_dash_is_standard_output() {
    let session = finished();
    for (command, name) in [("report out --out", "page"), (CELL, "cell")] {
        session.ok(&format!("{command} {name}"));
        let output = session.call(&format!("{command} -"));
        assert!(output.status.success(), "{}", told(&output));
        assert!(output.stdout == session.read(name), "{name}: other bytes");
        assert!(
            told(&output).lines().last().expect("a line").starts_with("-"),
            "{}",
            told(&output)
        );
        let line = format!("'{}' {command} - > /dev/full", program());
        let output = bash(&session, &line);
        assert_eq!(output.status.code(), Some(1));
        let message = "error: standard output: No space left on device (os error 28)\n";
        assert!(told(&output).ends_with(message), "{}", told(&output));
    }
    assert!(!session.path("-").exists());
}

#[test]
fn a_directory_of_files_with_the_same_names_is_not_taken_for_ours() {
    let session = finished();
    let theirs = [
        ("export out --csv --out", "columns.csv", "the columns.csv of a table export"),
        (
            "run tiny.toml --out",
            "experiment.toml manifest.json",
            "the experiment.toml and manifest.json of a run",
        ),
        (
            "verify --quick --only theorem-1-stable --out",
            "plan.json",
            "the plan.json of a verification",
        ),
        ("slurm tiny.toml --nodes 2 --out", "sweep.sbatch", "the sweep.sbatch of a slurm call"),
    ];
    for (number, (command, names, known)) in theirs.into_iter().enumerate() {
        let dir = format!("theirs{number}");
        fs::create_dir(session.path(&dir)).expect("a directory");
        for name in names.split(' ').chain(["runs.csv"]) {
            fs::write(session.path(&dir).join(name), "mine = 1\n").expect("a file");
        }
        let before = session.names(&dir);
        let output = session.call(&format!("{command} {dir}"));
        let expected =
            format!("error: --out {dir}: holds other files and not {known}, but must be ");
        assert!(told(&output).starts_with(&expected), "{}", told(&output));
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(session.names(&dir), before);
        assert_eq!(session.text(&format!("{dir}/runs.csv")), "mine = 1\n");
    }
}

fn program() -> String {
    assert_cmd::cargo::cargo_bin("width-sweep").display().to_string()
}

fn bash(session: &Session, line: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(session.path("")).output().expect("it runs")
}

/// Files as `plot` writes them.
fn in_order() -> Vec<String> {
    let figure = |name: &str| ["csv", "svg", "png", "json"].map(|end| format!("out/{name}.{end}"));
    let figures = FIGURES.iter().flat_map(|name| figure(name));
    std::iter::once("out/summary.json".to_owned()).chain(figures).collect()
}

#[test]
fn a_full_disk_leaves_the_old_figures_and_is_told_by_the_right_name() {
    let session = Session::new();
    session.ok(TINY);
    let experiment = session.text("out/experiment.toml");
    let names = in_order();
    let read = |session: &Session| -> Vec<Vec<u8>> {
        names.iter().map(|name| session.read(name)).collect()
    };
    let new = read(&session);
    // Of each size there is, one byte too little for it.
    let mut limits: Vec<usize> = new.iter().map(|bytes| (bytes.len() - 1) / 1024).collect();
    limits.sort_unstable();
    limits.dedup();
    let mut named = std::collections::BTreeSet::new();
    for limit in limits {
        let other = experiment.replace("norm_widths = []", "norm_widths = [32]");
        fs::write(session.path("out/experiment.toml"), other.replace("basin = 0.1", "basin = 0.7"))
            .expect("a file");
        session.ok("plot out");
        let old = read(&session);
        fs::write(session.path("out/experiment.toml"), &experiment).expect("a file");
        let line = format!("trap '' XFSZ; ulimit -f {limit}; exec '{}' plot out", program());
        let output = bash(&session, &line);
        let fails = new.iter().position(|bytes| bytes.len() > limit * 1024).expect("one is longer");
        let message = format!("error: {}: File too large (os error 27)\n", names[fails]);
        assert_eq!((told(&output), output.status.code()), (message, Some(1)));
        for (position, bytes) in read(&session).iter().enumerate() {
            // A figure's three files are written once all are drawn; its manifest after them.
            let expected = if position < fails { &new } else { &old };
            assert!(*bytes == expected[position], "{} under {limit} KiB", names[position]);
        }
        let hidden = fs::read_dir(session.path("out")).expect("a directory").flatten();
        let part = |name: std::ffi::OsString| name.to_string_lossy().ends_with(".part");
        assert!(!hidden.into_iter().any(|entry| part(entry.file_name())), "something is left");
        named.insert(names[fails].clone());
    }
    assert!(named.iter().any(|name| name.ends_with(".png")) && named.len() > 3, "{named:?}");
    session.ok("plot out");
    assert!(read(&session) == new);
}
