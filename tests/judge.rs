//! `judge`: tables of runs at the command line, and our own runs judged as we judge them.

use crate::session::Session;
use serde_json::Value;

/// Our own table of runs, judged as any other, has the numbers of the run's own summary.
#[test]
fn our_own_runs_get_our_own_numbers() {
    let session = Session::new();
    session.ok("run tiny.toml --out out");
    let summary = session.json("out/summary.json");
    let told = session.ok("judge out/runs.csv --readout 1/2 --json");
    let judged: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(judged["sweeps"].as_array().expect("sweeps").len(), 1);
    let sweep = &judged["sweeps"][0];
    for init in ["A", "B"] {
        let (ours, theirs) = (&summary["inits"][init], &sweep["inits"][init]);
        assert_eq!(ours["eta_opt"], theirs["eta_opt"], "Init[{init}]");
        assert_eq!(ours["eta_stable"], theirs["eta_stable"], "Init[{init}]");
        assert_eq!(ours["widths"], theirs["widths"], "Init[{init}]");
        assert!(ours["eta_opt"]["exponent"].is_number(), "Init[{init}]");
    }
    assert_eq!(judged["counts"]["repeated"], 0);
}

/// The exported table has no score, but the train loss after the last step, which may be the score.
#[test]
fn exported_tables_get_our_own_numbers_too() {
    let session = Session::new();
    session.ok("run tiny.toml --out out --set search.score=\"train-final\"");
    let summary = session.json("out/summary.json");
    for (format, file) in [("--csv", "runs.csv"), ("--parquet", "runs.parquet")] {
        session.ok(&format!("export out {format}"));
        let line = format!("judge out/export/{file} --loss-column train_loss --readout 1/2 --json");
        let judged: Value = serde_json::from_str(&session.ok(&line)).expect("JSON");
        let sweep = &judged["sweeps"][0];
        for init in ["A", "B"] {
            let (ours, theirs) = (&summary["inits"][init], &sweep["inits"][init]);
            assert_eq!(ours["eta_opt"], theirs["eta_opt"], "{file}, Init[{init}]");
            assert_eq!(ours["eta_stable"], theirs["eta_stable"], "{file}, Init[{init}]");
        }
    }
}

fn sweep() -> String {
    let mut csv = "hidden_size,seed,lr,loss\n".to_owned();
    for width in [64, 128, 256, 512] {
        for seed in 0..3 {
            for power in -12i32..=0 {
                let best = -0.75 * f64::from(width).ln() + 0.02 * f64::from(seed - 1);
                let loss = (0.1 * (2f64.powi(power).ln() - best).powi(2)).exp();
                csv += &format!("{width},{seed},{},{loss}\n", 2f64.powi(power));
            }
        }
    }
    csv
}

#[test]
fn the_text_says_how_the_table_was_read_and_what_follows() {
    let session = Session::new();
    std::fs::write(session.path("sweep.csv"), sweep()).expect("a table");
    let told = session.ok("judge sweep.csv --readout 1/2 --out judged");
    for part in [
        "Columns: width = hidden_size, lr, loss, seed.",
        "156 rows hold 156 runs, of which 0 diverged.",
        "note: there is no column of inits: every run counts as Init[A], which is PEFT's default",
        "Init[A] η_opt: holds: the interval",
        "judged/report.html",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    assert!(session.names("judged").contains(&"scaling.png".to_owned()));
    let plain = session.ok("judge sweep.csv");
    assert!(plain.contains("Init[A] η_opt: nothing speaks against a power law"), "{plain}");
    assert!(plain.contains("no prediction, because no setting was stated"), "{plain}");
}

#[test]
fn standard_input_is_a_table_too() {
    let session = Session::new();
    std::fs::write(session.path("sweep.csv"), sweep()).expect("a table");
    let output = session.command().args(["judge", "-", "--json"]).write_stdin(sweep()).output();
    let output = output.expect("it runs");
    assert!(output.status.success());
    let of_file = session.ok("judge sweep.csv --json");
    let of_input = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(of_input.replace("standard input", "sweep.csv"), of_file);
}

#[test]
fn a_bad_table_is_one_line_and_exit_code_2_and_nothing_is_written() {
    let session = Session::new();
    let table = |text: &str| std::fs::write(session.path("t.csv"), text).expect("a table");
    for (text, flags, message) in [
        (
            "size,lr,loss\n64,1,1\n",
            "",
            "t.csv: no column has a name that is known for the width of the model (width, hidden_size, \
             d_model); its columns are size, lr, loss; name the column with --width-column",
        ),
        (
            "width,lr,loss\n64,1,1\n64,-1,1\n",
            "",
            "t.csv: line 3, column \"lr\": \"-1\" must be a finite number above 0",
        ),
        (
            "width,lr,acc\n64,1,93\n",
            "",
            "t.csv: line 2, column \"acc\": \"93\" must be at most 1, which is the best value of this \
             column; state another one with --higher-is-better",
        ),
        (
            "width,lr,loss\n64,1,1\n",
            "--coordinate-check",
            "t.csv: no column has a name that is known for a size (za, zb, delta1, l1); its columns are \
             width, lr, loss; name the columns with --size",
        ),
        (
            "width,step,lr,loss\n64,0,1,1\n64,1,2,1\n64,2,3,1\n",
            "",
            "t.csv: line 2, column \"lr\": the learning rate changes from step to step within a run, as in a \
             schedule, but each run must have one, such as the peak of its schedule; name the column of that one \
             with --lr-column, or drop the steps with --ignore-column",
        ),
        (
            "width,lr,step,loss\n64,1,0,1\n64,1,0,2\n64,1,1,1\n",
            "",
            "t.csv: line 2: several runs at width 64 and learning rate 1 end at different steps, and no column of \
             seeds or of run ids says which row is whose; name a column with --seed-column or --run-column",
        ),
        (
            "width,lr,loss,init\n64,1,1,A\n",
            "--init B",
            "t.csv: column \"init\" has the init of every run, so that none may be stated for all of them; leave \
             out --init, or add --ignore-column",
        ),
        (
            "width,lr,loss\n64,1,1\n",
            "--train A --lr-ratio-exponent 1",
            "--lr-ratio-exponent compares η_B with η_A, but A alone trains",
        ),
    ] {
        table(text);
        let output = session.call(&format!("judge t.csv --out judged {flags}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(told, format!("error: judge: {message}\n"));
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(output.stdout.is_empty() && !session.path("judged").exists());
    }
    // A directory with somebody's files is at fault too, and stays as it is.
    std::fs::create_dir(session.path("mine")).expect("a directory");
    std::fs::write(session.path("mine/report.html"), "mine").expect("a file");
    table(&sweep());
    let output = session.call("judge t.csv --out mine");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(session.names("mine"), ["report.html"]);
}

/// A coordinate check reads no loss, so that flags about one are refused.
#[test]
fn flags_that_a_coordinate_check_does_not_use_are_refused() {
    let session = Session::new();
    let table = "width,seed,za,loss,junk\n64,0,1,1,2\n64,1,1,1,2\n128,0,2,1,2\n128,1,2,1,2\n";
    std::fs::write(session.path("t.csv"), table).expect("a table");
    for flags in [
        "--basin 0.2",
        "--stability-bound 5",
        "--loss-column loss",
        "--zb-column za",
        "--lower-is-better",
    ] {
        let output = session.call(&format!("judge t.csv --coordinate-check {flags}"));
        assert_eq!(output.status.code(), Some(2), "{flags}");
    }
    let told = session.ok("judge t.csv --coordinate-check --ignore-column seed");
    assert!(told.contains("note: there is no column of seeds"), "{told}");
    let told = session.ok("judge t.csv --coordinate-check");
    assert!(!told.contains("there is no column of seeds"), "{told}");
}

#[test]
fn a_column_that_is_ignored_or_that_names_runs_is_read_so() {
    let session = Session::new();
    let csv = sweep().replace("hidden_size,seed", "hidden_size,rank");
    std::fs::write(session.path("t.csv"), csv).expect("a table");
    // Lines are wrapped.
    let ok = |line: &str| session.ok(line).replace('\n', " ");
    let told = ok("judge t.csv");
    assert!(told.contains("note: 3 settings are judged separately"), "{told}");
    let told = ok("judge t.csv --ignore-column rank");
    assert!(told.contains("gives up to 3 seeds"), "{told}");
    assert!(told.contains("Every run counts as Init[A]"), "{told}");
    let told = ok("judge t.csv --run-column rank");
    assert!(
        told.contains("the k-th run at a width and a learning rate counts as seed k"),
        "{told}"
    );
}

/// The commands of the book's page, word for word, on the table that lies beside it.
#[test]
fn the_commands_of_the_book_run() {
    let session = Session::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for table in ["sweep.csv", "coordinates.csv"] {
        let from = root.join("examples/judge").join(table);
        std::fs::copy(from, session.path(table)).expect("a table of the book");
    }
    let page = std::fs::read_to_string(root.join("docs/judge.md")).expect("the page");
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut lines: Vec<&str> = blocks.flat_map(str::lines).collect();
    lines.retain(|line| line.starts_with("cargo run -p width-sweep -- judge "));
    assert!(lines.len() >= 4, "{lines:?}");
    for line in lines {
        let told = session.ok(line.trim_start_matches("cargo run -p width-sweep -- "));
        assert!(!told.is_empty(), "{line}");
    }
    assert!(session.names("judged").contains(&"report.html".to_owned()));
}
