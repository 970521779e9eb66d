//! Measurements that only some kinds of model have: stored with a run, and exported as a table of
//! their own.

use std::fs;
use std::path::Path;

use lora_experiment::cells::Cell;
use lora_experiment::experiment::Experiment;
use lora_experiment::request::Request;
use lora_sim::Trajectory;
use lora_sim::spec::{Init, Run};
use lora_store::manifest::Manifest;
use lora_store::stored::{Database, Numerics, Session, StoredRuns, TrainedBatch};
use lora_store::tables::{Format, export};
use lora_types::{ExtraMeasurement, Record};
use tempfile::TempDir;

const CELL: Cell = Cell { study: 0, width: 64, rank: 4, seed: 0 };
const RUN: Run = Run { init: Init::A, lr: 0.01, adapter_seed: 0 };

/// Stores one run with these measurements in a directory.
fn store(dir: &Path, extra: Vec<ExtraMeasurement>) {
    let trajectory = Trajectory {
        losses: vec![1.0, 0.5],
        records: vec![Record { step: 1, za_rms: 2.0, ..Record::default() }],
        extra,
        ..Trajectory::empty()
    };
    let experiment = Experiment::default();
    let request = Request::Experiment(Box::new(experiment.clone()));
    let studies = request.studies("one").expect("a study");
    let database = Database::for_writing(dir, true).expect("a database");
    let numerics = Numerics { network: "test-1".to_owned(), ..Numerics::default() };
    let kept = StoredRuns::new(&database, &studies, numerics).expect("no others");
    let manifest = Manifest::new("one", false, &experiment, "test".to_owned(), 0.0);
    let manifest = manifest.expect("a manifest");
    let session = Session::begin(&manifest, &request, "test-1").expect("a session");
    database.begin(&session).expect("it is noted");
    let runs = vec![(RUN, trajectory.clone())];
    let batch = TrainedBatch { cell: CELL, lr_ratio: 1.0, runs, seconds: 1.0 };
    kept.put(&session, &[batch]).expect("it is stored");
    let back = kept.get(CELL, 1.0, &RUN).expect("it can be read").expect("it is there");
    assert_eq!(back.trajectory, trajectory);
}

fn measurement(name: &str, values: &[(usize, f64)]) -> ExtraMeasurement {
    ExtraMeasurement { name: name.to_owned(), values: values.to_vec() }
}

#[test]
fn they_are_exported_as_a_long_table_and_only_where_there_are_any() {
    let dir = TempDir::new().expect("a directory");
    let (sweep, out) = (dir.path().join("sweep"), dir.path().join("tables"));
    fs::create_dir(&sweep).expect("a directory");
    let extra = vec![
        measurement("layers.0.q.zb_rms", &[(0, 0.0), (1, 0.25)]),
        measurement("layers.0.v.zb_rms", &[(1, 0.5)]),
    ];
    store(&sweep, extra);
    let read = |name: &str| fs::read_to_string(out.join(name)).expect("a table");
    export(&sweep, Some(&out), Format::Csv).expect("it is exported");
    let table = read("measurements.csv");
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("run,step,name,value"));
    let rows: Vec<&str> = lines.filter_map(|line| line.split_once(',')).map(|row| row.1).collect();
    assert_eq!(
        rows,
        ["0,layers.0.q.zb_rms,0.0", "1,layers.0.q.zb_rms,0.25", "1,layers.0.v.zb_rms,0.5"]
    );
    assert!(read("columns.csv").contains("\nmeasurements,value,float64,"));
    assert!(read("steps.csv").contains(",2.0,"));

    store(&sweep, Vec::new());
    export(&sweep, Some(&out), Format::Csv).expect("it is exported");
    assert!(!out.join("measurements.csv").exists(), "that of other runs would stay");
    assert!(!read("columns.csv").contains("measurements"));
    export(&sweep, Some(&out), Format::Parquet).expect("it is exported");
    assert!(!out.join("measurements.parquet").exists());
}
