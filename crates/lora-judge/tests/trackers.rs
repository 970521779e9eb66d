//! Tables as Weights & Biases, MLflow, pandas and spreadsheets write them.

use crate::plant;
use std::sync::Arc;

use crate::plant::{Plant, judged, refused};
use lora_judge::{Asked, Better, ColumnNames, Judged, Role, Table, judge};
use lora_types::Init;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use proptest::prelude::*;

fn exponent(judged: &Judged) -> f64 {
    let init = judged.sweeps[0].summary.inits.values().next().expect("an init");
    init.eta_opt.exponent.expect("a fit")
}

fn read_as(judged: &Judged) -> Vec<(&str, &str)> {
    judged.columns.iter().map(|read| (read.holds, read.column.as_str())).collect()
}

fn quiet() -> Plant {
    Plant { noise: 0.0, ..Plant::default() }
}

/// The rows of a plant, each written by `line`.
fn rows(line: impl Fn(usize, plant::Run) -> String) -> String {
    quiet().runs().into_iter().enumerate().map(|(at, run)| line(at, run)).collect()
}

#[test]
fn an_export_of_weights_and_biases_works_as_it_comes() {
    let rows = rows(|at, (width, seed, lr, loss)| {
        format!("\"run-{at}\",\"finished\",\"{seed}\",\"{width}\",\"{lr}\",\"{loss}\",\"8\"\n")
    });
    let text = format!(
        "\"Name\",\"State\",\"config.seed\",\"config.hidden_size\",\"config.lr\",\"summary.loss\",\"config.lora_r\"\n\
         {rows}\"run-x\",\"crashed\",\"0\",\"128\",\"1\",\"\",\"8\"\n"
    );
    let judged = judged(&text, &Asked::default());
    assert!((exponent(&judged) + 0.75).abs() < 1e-9);
    let expected = [
        ("width", "config.hidden_size"),
        ("lr", "config.lr"),
        ("loss", "summary.loss"),
        ("seed", "config.seed"),
        ("rank", "config.lora_r"),
        ("run_id", "Name"),
        ("state", "State"),
    ];
    assert_eq!(read_as(&judged), expected);
    assert_eq!((judged.counts.unfinished, judged.counts.diverged), (1, 0));
    let said = "1 run (line 392) is \"crashed\" and left out";
    assert!(judged.notes.iter().any(|note| note == said), "{:?}", judged.notes);
}

#[test]
fn an_export_of_mlflow_works_as_it_comes() {
    let rows = rows(|at, (width, seed, lr, loss)| {
        format!("{at},FINISHED,{loss},{lr},{width},{seed},True\n")
    });
    let text = format!(
        "run_id,status,metrics.loss,params.learning_rate,params.d_model,params.seed,params.init_lora_weights\n{rows}"
    );
    let judged = judged(&text, &Asked::default());
    assert!((exponent(&judged) + 0.75).abs() < 1e-9);
    assert_eq!(judged.sweeps[0].summary.inits.keys().collect::<Vec<_>>(), [&Init::A]);
    assert!(judged.notes.is_empty(), "{:?}", judged.notes);
}

/// MLflow logs the learning rate of a schedule under the same name as the one that was set.
#[test]
fn the_learning_rate_that_was_set_counts_and_not_the_logged_one() {
    let rows = rows(|at, (width, seed, lr, loss)| format!("{at},0.5,{loss},{lr},{width},{seed}\n"));
    for logged in ["metrics.learning_rate", "learning_rate", "lr", "summary/lr"] {
        let head =
            format!("run_id,{logged},metrics.loss,params.learning_rate,params.d_model,params.seed");
        let judged = judged(&format!("{head}\n{rows}"), &Asked::default());
        assert!((exponent(&judged) + 0.75).abs() < 1e-9, "{logged}");
        let said = format!("params.learning_rate is read as lr, not {logged}");
        assert_eq!(judged.notes[0], said);
    }
}

#[test]
fn a_learning_rate_that_changes_within_a_run_is_refused() {
    let said = "sweep.csv: line 2, column \"lr\": the learning rate changes from step to step within a run, as in \
                a schedule, but each run must have one, such as the peak of its schedule";
    let warm =
        "run_id,width,step,lr,loss\na,64,0,0.1,3\na,64,1,0.2,2\nb,64,0,0.2,3\nb,64,1,0.4,2\n";
    let unnamed = "width,seed,step,lr,loss\n64,0,0,0.1,3\n64,0,1,0.2,2\n64,0,2,0.2,1\n";
    let two_peaks = "width,seed,step,lr,loss\n64,0,0,0.1,3\n64,0,1,0.2,2\n64,0,2,0.3,1\n64,0,0,0.4,3\n\
                     64,0,1,0.8,2\n64,0,2,1.2,1\n";
    for text in [warm, unnamed, two_peaks] {
        assert_eq!(refused(text, &Asked::default()), said, "{text}");
    }
    // Histories of constant learning rates, and last steps that differ, are no schedule.
    let constant =
        "width,seed,step,lr,loss\n64,0,0,0.1,3\n64,0,1,0.1,2\n64,0,0,0.2,3\n64,0,1,0.2,1\n";
    let stopped = "width,seed,step,lr,loss\n64,0,9,0.1,3\n64,0,9,0.2,2\n64,0,4,0.4,nan\n";
    for (text, runs) in [(constant, 2), (stopped, 3)] {
        assert_eq!(judged(text, &Asked::default()).counts.runs, runs, "{text}");
    }
}

/// As pandas' json_normalize makes them of the dictionaries of W&B's API.
#[test]
fn names_are_known_by_their_last_part_where_it_says_enough() {
    let rows = rows(|at, (width, seed, lr, loss)| format!("{at},{width},{lr},{seed},{loss}\n"));
    let head =
        "name,config.model.hidden_size,config.optim.lr,config.data.seed,summary.valid.last.loss";
    let judged = judged(&format!("{head}\n{rows}"), &Asked::default());
    assert!((exponent(&judged) + 0.75).abs() < 1e-9);
    let read = read_as(&judged);
    assert_eq!(read[0], ("width", "config.model.hidden_size"));
    assert_eq!(read[3], ("seed", "config.data.seed"));
    // Two that end so are none.
    let two = "config.model.hidden_size,config.teacher.hidden_size,lr,loss\n64,64,0.1,1\n";
    assert!(refused(two, &Asked::default()).contains("known for the width of the model"));
}

#[test]
fn a_column_may_be_ignored() {
    let rows =
        rows(|at, (width, seed, lr, loss)| format!("{width},{seed},{lr},{loss},{}\n", at % 3));
    let text = format!("width,seed,lr,loss,rank\n{rows}");
    assert_eq!(judged(&text, &Asked::default()).sweeps.len(), 3);
    let ignored = Asked { ignored: vec!["rank".to_owned()], ..Asked::default() };
    let judged = judged(&text, &ignored);
    assert_eq!(judged.sweeps.len(), 1);
    assert!((exponent(&judged) + 0.75).abs() < 1e-9);
}

#[test]
fn rows_of_no_width_and_no_learning_rate_are_counted() {
    let text = quiet().csv() + ",0,,3.5\n,,,\n";
    let judged = judged(&text, &Asked::default());
    assert_eq!((judged.counts.unlabelled, judged.counts.runs), (2, 390));
    let said =
        "2 rows (the first is line 392) have neither a width nor a learning rate and are left out";
    assert!(judged.notes.iter().any(|note| note == said), "{:?}", judged.notes);
    let told = refused("width,lr,loss\n64,0.1,1\n64,,1\n", &Asked::default());
    assert!(
        told.ends_with("line 3, column \"lr\": \"\" must be a finite number above 0"),
        "{told}"
    );
}

#[test]
fn spreadsheets_may_begin_with_a_mark_and_have_semicolons_or_tabs() {
    for between in [";", "\t"] {
        let text = quiet().csv().replace(',', between).replace('\n', "\r\n");
        let judged = judged(&format!("\u{feff}{text}"), &Asked::default());
        assert!((exponent(&judged) + 0.75).abs() < 1e-9, "{between:?}");
    }
}

#[test]
fn the_last_step_of_a_history_counts() {
    let rows = rows(|_, (width, seed, lr, loss)| {
        let row = |step: u32, loss: f64| format!("{width},{seed},{lr},{step},{loss}\n");
        row(200, loss) + &row(0, 0.001) + &row(100, 2.0 * loss)
    });
    let judged = judged(&format!("width,seed,lr,_step,loss\n{rows}"), &Asked::default());
    assert!((exponent(&judged) + 0.75).abs() < 1e-9);
    assert_eq!(
        (judged.counts.rows, judged.counts.runs, judged.counts.earlier_steps),
        (1170, 390, 780)
    );
    let said = "of every run the last step counts; 780 rows are of earlier steps";
    assert!(judged.notes.iter().any(|note| note == said), "{:?}", judged.notes);
}

/// An accuracy is judged by the error, whose optimum is that of the accuracy.
#[test]
fn of_an_accuracy_more_is_better() {
    let error = |loss: f64| 0.01 * loss.min(50.0);
    let of = |name: &str, value: &dyn Fn(f64) -> f64| {
        let rows = rows(|_, (width, seed, lr, loss)| {
            format!("{width},{seed},{lr},{}\n", value(error(loss)))
        });
        format!("width,seed,lr,{name}\n{rows}")
    };
    let by_error = judged(&of("loss", &|error| error), &Asked::default());
    let by_name = judged(&of("eval_accuracy", &|error| 1.0 - error), &Asked::default());
    assert!((exponent(&by_name) - exponent(&by_error)).abs() < 1e-9);
    let said = "higher values of eval_accuracy are better: the score is 1 − eval_accuracy";
    assert!(by_name.notes.iter().any(|note| note == said), "{:?}", by_name.notes);
    let percent = of("f1", &|error| 100.0 - 100.0 * error);
    let names = ColumnNames::from([(Role::Loss, "f1".to_owned())]);
    let asked = Asked { names, better: Better::Higher(100.0), ..Asked::default() };
    assert!((exponent(&judged(&percent, &asked)) - exponent(&by_error)).abs() < 1e-9);
    let low = Asked { better: Better::Higher(1.0), ..asked };
    let told = refused(&percent, &low);
    assert!(told.starts_with("sweep.csv: line 2, column \"f1\": \""), "{told}");
    assert!(told.ends_with("must be at most 1, which is the best value of this column"), "{told}");
    // Lower accuracies are better if somebody says so, and then nothing is bracketed.
    let worst = Asked { better: Better::Lower, ..Asked::default() };
    let worst = judged(&of("eval_accuracy", &|error| 1.0 - error), &worst);
    assert_eq!(worst.sweeps[0].summary.inits[&Init::A].eta_opt.exponent, None);
}

#[test]
fn of_several_losses_the_first_is_taken_and_the_others_are_named() {
    let rows = rows(|_, (width, seed, lr, loss)| format!("{width},{seed},{lr},3,{loss}\n"));
    let judged = judged(&format!("width,seed,lr,train_loss,eval_loss\n{rows}"), &Asked::default());
    assert!((exponent(&judged) + 0.75).abs() < 1e-9);
    let said = "eval_loss is read as loss, not train_loss";
    assert!(judged.notes.iter().any(|note| note == said), "{:?}", judged.notes);
}

/// Of a column whose name says nothing, lower values are taken for better, and that is said.
#[test]
fn which_values_are_better_is_said_where_the_name_does_not_say() {
    let note = |name: &str, better: Better| {
        let rows = rows(|_, (width, seed, lr, loss)| format!("{width},{seed},{lr},{loss}\n"));
        let names = ColumnNames::from([(Role::Loss, name.to_owned())]);
        let asked = Asked { names, better, ..Asked::default() };
        let judged = judged(&format!("width,seed,lr,{name}\n{rows}"), &asked);
        let of = |note: &&String| note.starts_with("lower values of");
        judged.notes.iter().find(of).cloned()
    };
    for name in ["bleu", "score", "f1"] {
        let said = format!(
            "lower values of {name} are better; if higher ones are, say --higher-is-better with the best value"
        );
        assert_eq!(note(name, Better::ByName), Some(said));
        assert_eq!(note(name, Better::Lower), None);
    }
    for name in ["eval_loss", "test error", "nll", "ppl"] {
        assert_eq!(note(name, Better::ByName), None, "{name}");
    }
}

/// Parquet with these columns: whole widths, learning rates as f32, losses that may be null, and a text.
fn parquet(compression: Compression) -> Vec<u8> {
    let field = |name, physical, repetition, logical: Option<LogicalType>| {
        let builder = Type::primitive_type_builder(name, physical);
        Arc::new(
            builder
                .with_repetition(repetition)
                .with_logical_type(logical)
                .build()
                .expect("a column"),
        )
    };
    let fields = vec![
        field("width", Physical::INT64, Repetition::REQUIRED, None),
        field("lr", Physical::FLOAT, Repetition::REQUIRED, None),
        field("loss", Physical::DOUBLE, Repetition::OPTIONAL, None),
        field("init", Physical::BYTE_ARRAY, Repetition::REQUIRED, Some(LogicalType::String)),
    ];
    let schema =
        Arc::new(Type::group_type_builder("runs").with_fields(fields).build().expect("columns"));
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).expect("a writer");
    let runs: Vec<_> = quiet().runs().into_iter().filter(|run| run.1 == 0).collect();
    let mut group = writer.next_row_group().expect("a group");
    let mut column = group.next_column().expect("a column").expect("a column");
    let widths: Vec<i64> = runs.iter().map(|run| run.0 as i64).collect();
    column.typed::<Int64Type>().write_batch(&widths, None, None).expect("widths");
    column.close().expect("a column");
    let mut column = group.next_column().expect("a column").expect("a column");
    let lrs: Vec<f32> = runs.iter().map(|run| run.2 as f32).collect();
    column.typed::<FloatType>().write_batch(&lrs, None, None).expect("learning rates");
    column.close().expect("a column");
    let mut column = group.next_column().expect("a column").expect("a column");
    // The last run of every width diverged.
    let there: Vec<i16> = (0..runs.len()).map(|at| i16::from(at % 13 != 12)).collect();
    let kept = runs.iter().zip(&there).filter(|(_, there)| **there == 1);
    let losses: Vec<f64> = kept.map(|(run, _)| run.3).collect();
    column.typed::<DoubleType>().write_batch(&losses, Some(&there), None).expect("losses");
    column.close().expect("a column");
    let mut column = group.next_column().expect("a column").expect("a column");
    let inits = vec![ByteArray::from("B"); runs.len()];
    column.typed::<ByteArrayType>().write_batch(&inits, None, None).expect("inits");
    column.close().expect("a column");
    group.close().expect("a group");
    writer.close().expect("a file");
    bytes
}

#[test]
fn parquet_is_read_as_pandas_writes_it() {
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY] {
        let table = Table::of_bytes("sweep.parquet", parquet(compression), &[]).expect("a table");
        let judged = judge(&table, &Asked::default()).expect("a judgement");
        assert!((exponent(&judged) + 0.75).abs() < 1e-6, "{}", exponent(&judged));
        assert_eq!((judged.counts.rows, judged.counts.diverged), (78, 6));
        assert_eq!(judged.sweeps[0].summary.inits.keys().collect::<Vec<_>>(), [&Init::B]);
    }
}

proptest! {
    /// A file that was damaged is read or refused; nothing panics.
    #[test]
    fn damaged_parquet_files_are_read_or_refused(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        near_the_end in any::<bool>(),
    ) {
        let mut bytes = parquet(Compression::SNAPPY);
        // The description of the file stands at its end.
        let from = if near_the_end { bytes.len() - 700 } else { 4 };
        for (place, byte) in places {
            let at = from + place.index(bytes.len() - from);
            bytes[at] = byte;
        }
        if let Ok(table) = Table::of_bytes("sweep.parquet", bytes, &[]) {
            let _ = judge(&table, &Asked::default());
        }
    }
}

/// 400 columns with 3000 rows.
fn wide_parquet() -> Vec<u8> {
    let names = (0..397).map(|at| format!("layer.{at}.norm"));
    let names: Vec<String> =
        ["width", "lr", "loss"].map(str::to_owned).into_iter().chain(names).collect();
    let field = |name: &String| {
        let builder = Type::primitive_type_builder(name, Physical::DOUBLE);
        Arc::new(builder.with_repetition(Repetition::REQUIRED).build().expect("a column"))
    };
    let fields = names.iter().map(field).collect();
    let schema =
        Arc::new(Type::group_type_builder("runs").with_fields(fields).build().expect("columns"));
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::default()).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    while let Some(mut column) = group.next_column().expect("a column") {
        column.typed::<DoubleType>().write_batch(&[64.0; 3000], None, None).expect("cells");
        column.close().expect("a column");
    }
    group.close().expect("a group");
    writer.close().expect("a file");
    bytes
}

#[test]
fn of_a_large_parquet_table_only_what_may_be_used_is_read() {
    let bytes = wide_parquet();
    let table = Table::of_bytes("wide.parquet", bytes.clone(), &[]).expect("a table");
    assert_eq!(table.columns(), ["width", "lr", "loss"]);
    assert_eq!(judge(&table, &Asked::default()).expect("a judgement").counts.rows, 3000);
    let named = ["layer.7.norm".to_owned()];
    let table = Table::of_bytes("wide.parquet", bytes, &named).expect("a table");
    assert_eq!(table.columns(), ["width", "lr", "loss", "layer.7.norm"]);
    // A message about columns names those that were not read too.
    let by = Asked { by: vec!["bleu".to_owned()], ..Asked::default() };
    let told = judge(&table, &by).expect_err("it is refused").to_string();
    assert!(told.ends_with("layer.395.norm, layer.396.norm"), "{told}");
    // A small table is read whole, since its columns may set runs apart.
    let small = Table::of_bytes("sweep.parquet", parquet(Compression::SNAPPY), &[]);
    assert_eq!(small.expect("a table").columns().len(), 4);
}

#[test]
fn a_broken_parquet_file_is_one_message() {
    let mut bytes = parquet(Compression::SNAPPY);
    bytes.truncate(bytes.len() / 2);
    let told = Table::of_bytes("sweep.parquet", bytes, &[]).expect_err("it is refused").to_string();
    assert!(told.starts_with("sweep.parquet: is no Parquet file that can be read: "), "{told}");
    assert_eq!(told.lines().count(), 1);
}
