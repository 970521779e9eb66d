//! A table that cannot be judged gets one message, with line and column.

use std::cell::Cell;

use crate::plant::{judged, refused, table};
use lora_judge::{Asked, CheckAsked, ColumnNames, Role, Table, check, judge_until};
use lora_types::Init;
use proptest::prelude::*;

#[test]
fn every_fault_is_named_with_its_place() {
    for (csv, message) in [
        ("", "has no rows"),
        ("width,lr,loss\n", "has no rows"),
        (
            "width,lr,loss\n64,1e-3,1\n64,1e-2\n",
            "line 3: has 2 cells, but the first line names 3 columns",
        ),
        ("width,lr,lr\n1,1,1\n", "two columns have the name \"lr\""),
        (
            "n_layers,lr,loss\n2,1e-3,1\n",
            "no column has a name that is known for the width of the model (width, hidden_size, d_model); its \
             columns are n_layers, lr, loss",
        ),
        (
            "width,rate,loss\n64,1e-3,1\n",
            "no column has a name that is known for the learning rate (lr, learning_rate, eta); its columns are \
             width, rate, loss",
        ),
        (
            "width,lr,bleu\n64,1e-3,1\n",
            "no column has a name that is known for the loss (loss, final_loss, eval_loss); its columns are width, \
             lr, bleu",
        ),
        (
            "width,lr,loss\n64,1e-3,1\n6x4,1e-3,1\n",
            "line 3, column \"width\": \"6x4\" must be a whole number of at least 1",
        ),
        (
            "width,lr,loss\n0,1e-3,1\n",
            "line 2, column \"width\": \"0\" must be a whole number of at least 1",
        ),
        ("width,lr,loss\n64,0,1\n", "line 2, column \"lr\": \"0\" must be a finite number above 0"),
        (
            "width,lr,loss\n64,nan,1\n",
            "line 2, column \"lr\": \"nan\" must be a finite number above 0",
        ),
        (
            "width,lr,loss\n64,1e-3,low\n",
            "line 2, column \"loss\": \"low\" must be a number, or empty for a run that diverged",
        ),
        (
            "width,lr,loss,seed\n64,1e-3,1,one\n",
            "line 2, column \"seed\": \"one\" must be a whole number of at least 0",
        ),
        (
            "width,lr,loss,init\n64,1e-3,1,C\n",
            "line 2, column \"init\": \"C\" must be A (A random, B = 0), B (B random, A = 0) or AB",
        ),
        (
            "width,lr,loss,diverged\n64,1e-3,1,maybe\n",
            "line 2, column \"diverged\": \"maybe\" must be 1, true or yes for a run that diverged, and 0, false, no \
             or empty for one that did not",
        ),
        (
            "width,lr,loss,diverged_at\n64,1e-3,1,true\n",
            "line 2, column \"diverged_at\": \"true\" must be the step at which the run diverged, or empty for a \
             run that did not",
        ),
        (
            "width,lr,loss,epoch\n64,1e-3,1,-1\n",
            "line 2, column \"epoch\": \"-1\" must be a number of at least 0",
        ),
        ("width,lr,loss\n,,1\n", "no row has a width and a learning rate"),
        (
            "name,config,summary\na,\"{'lr': 0.1, 'width': 64}\",{'loss': 1}\n",
            "no column has a name that is known for the width of the model (width, hidden_size, d_model), but the \
             cells of \"config\" are dictionaries; pandas.json_normalize makes a column of each of their values, \
             such as config.width",
        ),
        (
            "width,lr,score\n64,1e-3,1\n",
            "no column has a name that is known for the loss (loss, final_loss, eval_loss); its columns are width, \
             lr, score",
        ),
        ("width,lr,loss,state\n64,1e-3,1,running\n", "no run of it has finished"),
    ] {
        assert_eq!(refused(csv, &Asked::default()), format!("sweep.csv: {message}"), "{csv}");
    }
}

#[test]
fn a_named_column_must_be_there() {
    let names = ColumnNames::from([(Role::Loss, "bleu".to_owned())]);
    let told = refused("width,lr,loss\n64,1e-3,1\n", &Asked { names, ..Asked::default() });
    assert_eq!(told, "sweep.csv: has no column \"bleu\"; its columns are width, lr, loss");
    let by = Asked { by: vec!["data".to_owned()], ..Asked::default() };
    let told = refused("width,lr,loss\n64,1e-3,1\n", &by);
    assert_eq!(told, "sweep.csv: has no column \"data\"; its columns are width, lr, loss");
}

#[test]
fn an_init_for_all_runs_is_refused_beside_inits() {
    let text = "width,lr,loss,init\n64,1e-3,1,A\n";
    let told = refused(text, &Asked { init: Some(Init::B), ..Asked::default() });
    let expected = "sweep.csv: column \"init\" has the init of every run, so that none may be stated for all of them";
    assert_eq!(told, expected);
    let asked = CheckAsked { init: Some(Init::B), ..CheckAsked::default() };
    let told = check(&table("width,za,init\n64,1,A\n"), &asked).expect_err("refused").to_string();
    assert_eq!(told, expected);
    // A column of inits that is ignored is none.
    let ignored = vec!["init".to_owned()];
    let asked = Asked { init: Some(Init::B), ignored, ..Asked::default() };
    let judged = judged(text, &asked);
    assert_eq!(judged.sweeps[0].summary.inits.keys().collect::<Vec<_>>(), [&Init::B]);
}

#[test]
fn an_ignored_column_must_be_there() {
    let asked = Asked { ignored: vec!["data".to_owned()], ..Asked::default() };
    let told = refused("width,lr,loss\n64,1e-3,1\n", &asked);
    assert_eq!(told, "sweep.csv: has no column \"data\"; its columns are width, lr, loss");
}

#[test]
fn more_than_100_settings_name_their_column() {
    let rows = |count: usize| -> String {
        (0..count).map(|rank| format!("64,1e-3,1,{rank},{}\n", rank % 2)).collect()
    };
    let text = |count| format!("width,lr,loss,rank,data\n{}", rows(count));
    let by = Asked { by: vec!["data".to_owned()], ..Asked::default() };
    assert_eq!(judged(&text(100), &by).sweeps.len(), 100);
    let expected = "sweep.csv: column \"rank\" sets 101 settings apart, but at most 100 are judged";
    assert_eq!(refused(&text(101), &by), expected);
}

#[test]
fn what_is_no_text_names_its_line() {
    let told =
        Table::of_bytes("x", b"width,lr,loss\n64,\xff,1\n".to_vec(), &[]).expect_err("refused");
    let expected = "x: line 2: is no UTF-8 text, but a table must be CSV in UTF-8, or Parquet";
    assert_eq!(told.to_string(), expected);
    let told =
        Table::read(std::path::Path::new("nowhere.csv"), &[]).expect_err("refused").to_string();
    assert!(told.starts_with("nowhere.csv: "), "{told}");
}

#[test]
fn a_coordinate_check_needs_sizes() {
    let told = check(&table("width,lr,loss\n64,1e-3,1\n"), &CheckAsked::default());
    let expected = "sweep.csv: no column has a name that is known for a size (za, zb, delta1, l1); its columns \
                    are width, lr, loss";
    assert_eq!(told.expect_err("refused").to_string(), expected);
}

proptest! {
    /// Nothing panics, whatever a file holds.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), parquet in any::<bool>()) {
        let mut all = if parquet { b"PAR1".to_vec() } else { b"width,lr,loss\n".to_vec() };
        all.extend(bytes);
        if let Ok(table) = Table::of_bytes("x", all, &[]) {
            let _ = lora_judge::judge(&table, &Asked::default());
            let _ = check(&table, &CheckAsked::default());
        }
    }

    /// The same of tables with extreme numbers.
    #[test]
    fn any_numbers_are_judged_or_refused(
        rows in prop::collection::vec((any::<u64>(), any::<f64>(), any::<f64>(), 0u64..3), 1..40),
    ) {
        let row = |(width, lr, loss, seed): (u64, f64, f64, u64)| {
            let lr = lr.abs().clamp(f64::MIN_POSITIVE, f64::MAX);
            format!("{},{lr:e},{loss:e},{seed}\n", width.max(1))
        };
        let rows: String = rows.into_iter().map(row).collect();
        if let Ok(table) = Table::of_bytes("x", format!("width,lr,loss,seed\n{rows}").into_bytes(), &[]) {
            let _ = lora_judge::judge(&table, &Asked::default());
        }
    }
}

#[test]
fn it_leaves_off_between_two_settings() {
    let csv = "width,lr,loss,dropout\n64,1e-3,1,0\n64,1e-2,2,0\n64,1e-3,1,0.1\n64,1e-2,2,0.1\n";
    let asked = Asked { by: vec!["dropout".to_owned()], ..Asked::default() };
    let whole = judge_until(&table(csv), &asked, &|| false).expect("a good table");
    assert_eq!(whole.sweeps.len(), 2);
    let asked_before = Cell::new(false);
    let stopped = judge_until(&table(csv), &asked, &|| asked_before.replace(true));
    let said = stopped.expect_err("it was told to stop").to_string();
    assert_eq!(said, "stopped after 1 of 2 settings");
}
