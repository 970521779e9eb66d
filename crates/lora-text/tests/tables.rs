//! GLUE's tables: columns by their names, labels in words, and pairs of sentences that are cut.

use std::fs;

use lora_text::Tokenizer;
use lora_text::data::{Columns, Row, read_table};
use tempfile::tempdir;

/// The rows of a table with this content; a refusal is without the folder's name.
fn read(content: &str, columns: &Columns) -> Result<Vec<Row>, String> {
    let dir = tempdir().expect("a folder");
    let file = dir.path().join("train.tsv");
    fs::write(&file, content).expect("it is written");
    read_table(&file, columns)
        .map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
}

fn columns(texts: &[&str], label: &str, names: &[&str]) -> Columns {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Columns { texts: all(texts), label: label.to_owned(), names: all(names) }
}

fn row(text: &str, second: &str, label: u32) -> Row {
    Row { text: text.to_owned(), second: Some(second.to_owned()), label }
}

/// Columns as MNLI has them, where a quote is a quote.
#[test]
fn pairs_are_read_by_the_names_of_their_columns() {
    let mnli = columns(
        &["sentence1", "sentence2"],
        "gold_label",
        &["entailment", "neutral", "contradiction"],
    );
    let table = "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n\
                 0\tfiction\tHe said \"no.\tHe spoke.\tneutral\tentailment\n\
                 1\ttravel\tIt is far.\tIt is near.\tneutral\tcontradiction\n";
    let expected = [row("He said \"no.", "He spoke.", 0), row("It is far.", "It is near.", 2)];
    assert_eq!(read(table, &mnli).expect("it is read"), expected);

    let qnli = columns(&["question", "sentence"], "label", &["entailment", "not_entailment"]);
    let table = "index\tquestion\tsentence\tlabel\n5\tWhere?\tHere.\tnot_entailment\n";
    assert_eq!(read(table, &qnli).expect("it is read"), [row("Where?", "Here.", 1)]);
    // A column of one's own choice, without a second one.
    let one = read(table, &columns(&["sentence"], "index", &[])).expect("it is read");
    assert_eq!(one, [Row { text: "Here.".to_owned(), second: None, label: 5 }]);
}

#[test]
fn columns_and_labels_that_a_table_lacks_are_named() {
    let table = "question\tsentence\tlabel\nWhere?\tHere.\tmaybe\n";
    let names = ["entailment", "not_entailment"];
    let cases = [
        (
            columns(&["question", "sentence"], "label", &names),
            "train.tsv:2: the label is `maybe`; valid is entailment or not_entailment",
        ),
        (
            columns(&["question", "answer"], "label", &names),
            "train.tsv:1: no column is called answer; the first line names columns",
        ),
        (
            columns(&["question"], "gold_label", &names),
            "train.tsv:1: no column is called gold_label; the first line names columns. GLUE's test splits \
             have no labels: the dev split is meant",
        ),
        (
            columns(&[], "label", &[]),
            "train.tsv:2: the label is `maybe`; valid is a whole number from 0",
        ),
    ];
    for (columns, expected) in cases {
        assert_eq!(read(table, &columns).expect_err(expected), expected);
    }
    let hidden = "question\tsentence\tlabel\nWhere?\tHere.\t-1\n";
    let expected = "train.tsv:2: the label is `-1`; valid is entailment or not_entailment. GLUE's test splits \
                    have no labels: the dev split is meant";
    let pair = columns(&["question", "sentence"], "label", &names);
    assert_eq!(read(hidden, &pair).expect_err("no label"), expected);
    let empty = "question\tsentence\tlabel\nWhere?\t \tentailment\n";
    assert_eq!(read(empty, &pair).expect_err("no text"), "train.tsv:2: has no text");
}

/// Words with RoBERTa's special tokens around them: `<s> a </s></s> b </s>`.
const ROBERTA: &str = r#"{"version": "1.0", "added_tokens": [], "normalizer": null,
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
        "trim_offsets": true, "add_prefix_space": false},
    "decoder": null,
    "model": {"type": "WordLevel", "unk_token": "<unk>",
        "vocab": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5}}}"#;

#[test]
fn of_two_texts_the_longer_is_cut_first() {
    let dir = tempdir().expect("a folder");
    fs::write(dir.path().join("tokenizer.json"), ROBERTA).expect("it is written");
    let tokenizer = Tokenizer::open(dir.path()).expect("it opens");
    let pair = |most: usize, first: &str, second: &str| {
        let cutting = tokenizer.within(most).expect("it can be asked").expect("room");
        cutting.encode_pair(first, second, true).expect("ids")
    };
    let whole = [0, 4, 4, 4, 4, 2, 2, 5, 2];
    assert_eq!(pair(9, "a a a a", "b"), whole);
    assert_eq!(pair(8, "a a a a", "b"), [0, 4, 4, 4, 2, 2, 5, 2]);
    assert_eq!(pair(6, "a a a a", "b"), [0, 4, 2, 2, 5, 2]);
    assert_eq!(pair(8, "a a a a", "b b b b"), [0, 4, 4, 2, 2, 5, 5, 2]);
    assert!(tokenizer.within(5).expect("it can be asked").is_none(), "four special tokens");
    assert_eq!(tokenizer.encode_pair("a a a a", "b", true).expect("ids"), whole, "it cuts nothing");
}
