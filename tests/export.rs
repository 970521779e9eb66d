//! `export`: the tables hold every kept run as it is, the same runs give the same bytes, and what is
//! said of the columns is what is written.

use std::collections::BTreeMap;
use std::fs::{self, File};

use crate::session::Session;
use crate::session::kept::{database, signal, told};
use parquet::basic::Repetition;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

const TINY: &str = "run tiny.toml --engine cpu --out out";
const TABLES: [&str; 3] = ["runs", "steps", "losses"];

/// A cell, as text that differs for all that must be told apart.
type Cells = BTreeMap<String, String>;

fn csv_rows(session: &Session, name: &str) -> Vec<Cells> {
    let bytes = session.read(name);
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn parquet_file(session: &Session, name: &str) -> SerializedFileReader<File> {
    let file = File::open(session.path(name)).expect("a file");
    SerializedFileReader::new(file).expect("Parquet")
}

fn parquet_rows(session: &Session, name: &str) -> Vec<Cells> {
    let cell = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Double(number) => format!("{number:?}"),
        Field::Str(text) => text.clone(),
        Field::Long(whole) => whole.to_string(),
        Field::Bool(flag) => flag.to_string(),
        other => panic!("{other}"),
    };
    let cells =
        |row: Row| row.get_column_iter().map(|(name, field)| (name.clone(), cell(field))).collect();
    let file = parquet_file(session, name);
    file.get_row_iter(None).expect("rows").map(|row| cells(row.expect("a row"))).collect()
}

/// Bits of a number in a cell; none if it is empty.
fn bits(cell: &str) -> Option<u64> {
    (!cell.is_empty()).then(|| cell.parse::<f64>().expect("a number").to_bits())
}

/// All tables of a sweep in both formats, as bytes by name.
fn exported(session: &Session, dir: &str) -> BTreeMap<String, Vec<u8>> {
    for format in ["--csv", "--parquet"] {
        session.ok(&format!("export {dir} {format}"));
    }
    let names = session.names(&format!("{dir}/export"));
    assert_eq!(names.len(), 7, "{names:?}");
    names.into_iter().map(|n| (n.clone(), session.read(&format!("{dir}/export/{n}")))).collect()
}

#[test]
fn every_row_is_that_of_the_sweep_to_the_bit() {
    let session = Session::new();
    session.ok(TINY);
    let printed = session.ok("export out --csv");
    let parquet = session.ok("export out --parquet");
    let [runs, steps, losses] = TABLES.map(|t| csv_rows(&session, &format!("out/export/{t}.csv")));
    let told = |ending: &str| {
        format!(
            "out/export/runs.{ending}: {} rows\nout/export/steps.{ending}: {} rows\n\
             out/export/losses.{ending}: {} rows\nout/export/columns.csv: what every column holds\n",
            runs.len(),
            steps.len(),
            losses.len()
        )
    };
    assert_eq!((printed, parquet), (told("csv"), told("parquet")));

    let of_sweep = csv_rows(&session, "out/runs.csv");
    assert_eq!(runs.len(), of_sweep.len());
    for (ours, theirs) in runs.iter().zip(&of_sweep) {
        for (column, cell) in theirs {
            match column.as_str() {
                // They belong to a search, not to a run.
                "lr_index" | "score" => assert!(!ours.contains_key(column)),
                "init" => assert_eq!(&ours[column], cell),
                _ => assert_eq!(bits(&ours[column]), bits(cell), "{column}"),
            }
        }
    }
    let name: BTreeMap<_, _> = runs.iter().map(|run| (&run["run"], run)).collect();
    assert_eq!(name.len(), runs.len(), "a name for every run");
    let recorded = csv_rows(&session, "out/trajectories.csv");
    assert_eq!(steps.len(), recorded.len());
    for (ours, theirs) in steps.iter().zip(&recorded) {
        let run = name[&ours["run"]];
        assert_eq!([&run["init"], &run["width"]], [&theirs["init"], &theirs["width"]]);
        assert_eq!([&run["seed"], &ours["step"]], [&theirs["seed"], &theirs["step"]]);
        for column in ["train_loss", "test_loss", "za_rms", "delta2", "b_move"] {
            // There they are in f32.
            let number = |row: &Cells| row[column].parse::<f64>().expect("a number") as f32;
            assert_eq!(number(ours).to_bits(), number(theirs).to_bits(), "{column}");
        }
    }
    for (run, updates) in name.values().map(|run| (&run["run"], &run["diverged_at"])) {
        let of_run: Vec<_> = losses.iter().filter(|loss| loss["run"] == **run).collect();
        let last = if updates.is_empty() { "10" } else { updates.as_str() };
        assert_eq!(of_run.last().expect("a loss")["step"], last);
        assert_eq!(of_run[0]["train_loss"], name[run]["first_loss"]);
    }
}

#[test]
fn parquet_holds_what_csv_holds_and_tells_nothing_from_no_number() {
    let session = Session::new();
    // Divergence between two recorded steps leaves no test loss; no held-out points never have one.
    let diverging = "--set training.optimizer=\"sgd\" --set search.lr_max=1e6 \
                     --set training.record_every=7";
    session.ok(&format!("{TINY} {diverging}"));
    session.ok(&format!("{TINY} --set model.test_points=0"));
    exported(&session, "out");
    for table in TABLES {
        let csv = csv_rows(&session, &format!("out/export/{table}.csv"));
        let parquet = parquet_rows(&session, &format!("out/export/{table}.parquet"));
        assert!(csv == parquet, "{table} differs");
    }
    let runs = csv_rows(&session, "out/export/runs.csv");
    let count = |of: &dyn Fn(&Cells) -> bool| runs.iter().filter(|run| of(run)).count();
    assert!(count(&|run| run["test_loss"] == "NaN") > 0);
    assert!(count(&|run| !run["diverged_at"].is_empty()) > 0);
    assert!(count(&|run| run["beta1"].is_empty()) > 0);
    assert!(runs.iter().all(|run| run["test_loss"].is_empty() == (run["test_points"] == "0")));
    assert!(runs.iter().all(|run| run["beta1"].is_empty() == (run["optimizer"] == "sgd")));
}

#[test]
fn all_settings_of_a_database_are_there_and_told_apart() {
    let session = Session::new();
    session.ok(TINY);
    session.ok(&format!("{TINY} --set training.steps=11 --set training.seeds=[1]"));
    session.ok("export out --csv");
    let runs = csv_rows(&session, "out/export/runs.csv");
    assert_eq!(runs.len() as i64, session.kept("out"));
    let mut settings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    runs.iter().for_each(|r| settings.entry(&r["setting"]).or_default().push(&r["steps"]));
    assert_eq!(settings.len(), 2);
    assert!(settings.values().all(|steps| steps.iter().all(|s| *s == steps[0])));
}

#[cfg(unix)]
#[test]
fn the_same_runs_give_the_same_bytes_however_they_came() {
    let session = Session::with_slow();
    let slow = "run slow.toml --engine cpu";
    session.ok(&format!("{slow} --out whole"));
    let whole = exported(&session, "whole");
    assert!(exported(&session, "whole") == whole, "twice the same");

    let mut child = session.start(&format!("{slow} --threads 1 --out out"));
    session.await_kept("out", 1);
    // A sweep that goes on is exported, as far as it is.
    let rows = session.ok("export out --csv");
    assert!(session.kept("out") > 0 && rows.starts_with("out/export/runs.csv: "), "{rows}");
    signal(&child, "KILL");
    child.wait().expect("it ends");
    let part = csv_rows(&session, "out/export/runs.csv").len();
    session.ok(&format!("{slow} --out out"));
    let resumed = exported(&session, "out");
    assert!(part < csv_rows(&session, "out/export/runs.csv").len(), "it was stopped too late");
    for (name, bytes) in &whole {
        assert!(resumed[name] == *bytes, "{name} differs");
    }
}

#[test]
fn what_is_said_of_columns_is_what_is_written() {
    let session = Session::new();
    session.ok(TINY);
    exported(&session, "out");
    let said = csv_rows(&session, "out/export/columns.csv");
    let of = |table: &str| said.iter().filter(move |c| c["table"] == table).collect::<Vec<_>>();
    for table in TABLES {
        let said = of(table);
        let text = session.text(&format!("out/export/{table}.csv"));
        let header: Vec<&str> = text.lines().next().expect("a header").split(',').collect();
        let names: Vec<&str> = said.iter().map(|column| column["column"].as_str()).collect();
        assert_eq!(names, header);
        let file = parquet_file(&session, &format!("out/export/{table}.parquet"));
        let meta = file.metadata().file_metadata();
        let columns = meta.schema_descr().columns();
        assert_eq!(columns.len(), said.len());
        for (column, said) in columns.iter().zip(&said) {
            assert_eq!(column.name(), said["column"]);
            let stored = column.physical_type().to_string();
            let expected = match said["type"].as_str() {
                "string" => "BYTE_ARRAY",
                "int64" => "INT64",
                "float64" => "DOUBLE",
                "boolean" => "BOOLEAN",
                other => panic!("{other}"),
            };
            assert_eq!(stored, expected, "{}", said["column"]);
            let optional = column.self_type().get_basic_info().repetition() == Repetition::OPTIONAL;
            assert_eq!(optional, !said["null_if"].is_empty(), "{}", said["column"]);
            assert!(said["meaning"].len() > 1, "{}", said["column"]);
            // A quantity has a unit.
            let quantity = said["type"] == "float64";
            assert!(!quantity || !said["unit"].is_empty(), "{}", said["column"]);
        }
        let inside = meta.key_value_metadata().into_iter().flatten();
        let inside =
            inside.filter(|pair| pair.key == "columns").find_map(|pair| pair.value.clone());
        let inside: Vec<Cells> = serde_json::from_str(&inside.expect("columns")).expect("JSON");
        assert!(inside.iter().eq(said), "{table}");
    }
    assert_eq!(said.len(), TABLES.iter().map(|table| of(table).len()).sum::<usize>());
}

#[test]
fn a_bad_request_is_told_what_is_wrong_and_writes_nothing() {
    let session = Session::new();
    session.ok(TINY);
    fs::create_dir(session.path("empty")).expect("a directory");
    fs::create_dir(session.path("mine")).expect("a directory");
    fs::write(session.path("mine/runs.csv"), "mine").expect("a file");
    session.ok(&TINY.replace("--out out", "--out none"));
    let connection = database(&session.path("none/runs.sqlite"));
    connection.change("DELETE FROM runs").expect("it deletes");
    let before = session.names("out");
    let must = "but must be the directory of a sweep, which holds runs.sqlite";
    let others = "holds other files and not the columns.csv of a table export, but must be a new \
                  directory, an empty one, or one of an earlier table export";
    let neither = "the following required arguments were not provided:\n  <--csv|--parquet>";
    let cases = [
        ("absent --csv", format!("absent: there is no such directory, {must}")),
        ("empty --csv", format!("empty: has no runs that are kept, {must}")),
        ("tiny.toml --parquet", format!("tiny.toml: is a file, {must}")),
        (
            "none --csv",
            "none/runs.sqlite: keeps no runs yet, so there is nothing to export".to_owned(),
        ),
        ("out --csv --out mine", format!("--out mine: {others}")),
        ("out --csv --out out", format!("--out out: {others}")),
        ("out --csv --out tiny.toml", "--out tiny.toml: is a file, but must be a directory".into()),
        ("out", neither.to_owned()),
        ("out --csv --parquet", "the argument '--csv' cannot be used with '--parquet'".to_owned()),
    ];
    for (words, message) in cases {
        let output = session.call(&format!("export {words}"));
        let told = told(&output);
        // What clap says goes on with the usage.
        let first = told.split("\n\nUsage: ").next().expect("a message").trim_end();
        assert_eq!(first, format!("error: {message}"));
        assert_eq!(output.status.code(), Some(2), "{words}");
    }
    assert_eq!(session.names("out"), before);
    assert_eq!((session.names("empty"), session.names("mine")), (vec![], vec!["runs.csv".into()]));
}

#[test]
fn what_was_tampered_with_is_found_and_earlier_tables_stay() {
    let session = Session::new();
    session.ok(TINY);
    let tables = exported(&session, "out");
    let whole = session.read("out/runs.sqlite");
    let key = "a run in it is not what its key says";
    let setting = "a setting in it is not what its hash says";
    let changes = [
        ("UPDATE runs SET lr = 2 * lr WHERE rowid = 3", key),
        ("UPDATE runs SET seed = seed + 1 WHERE rowid = 3", key),
        ("UPDATE runs SET width = 17 WHERE rowid = 3", key),
        ("UPDATE runs SET init = 'AB' WHERE rowid = 3", key),
        ("UPDATE runs SET explicit_hidden = 0 WHERE rowid = 3", key),
        ("UPDATE settings SET text = replace(text, '\"rank\":4', '\"rank\":5')", setting),
        ("UPDATE settings SET numerics = 'abacus-1'", setting),
        ("DELETE FROM settings", "a run in it has no setting"),
        (
            "UPDATE runs SET trajectory = zeroblob(length(trajectory)) WHERE rowid = 3",
            "a run in it does not have the digest that was written",
        ),
    ];
    for (sql, why) in changes {
        let free = format!("PRAGMA foreign_keys = OFF; {sql}");
        database(&session.path("out/runs.sqlite")).change(&free).expect("a change");
        let output = session.call("export out --csv");
        let expected = format!(
            "error: out/runs.sqlite: is damaged ({why}): move it away, or start over with run \
             --fresh, which deletes it\n"
        );
        assert_eq!((told(&output), output.status.code()), (expected, Some(1)), "{sql}");
        fs::write(session.path("out/runs.sqlite"), &whole).expect("a file");
        for (name, bytes) in &tables {
            assert!(session.read(&format!("out/export/{name}")) == *bytes, "{name}, {sql}");
        }
    }
    let all = fs::read_dir(session.path("out/export")).expect("a directory").count();
    assert_eq!(all, tables.len(), "nothing is left");
}
