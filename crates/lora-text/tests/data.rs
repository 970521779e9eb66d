//! Data sets: what is read, and the lines that are refused.

use crate::common;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use lora_text::data::{Labelled, read_gsm8k, read_sst2, read_text, windows};
use lora_text::{TextError, Tokenizer};
use proptest::prelude::*;
use tempfile::tempdir;

/// Reads a file with this content; a refusal is without the folder's name.
fn read<T>(
    content: impl AsRef<[u8]>,
    reader: fn(&Path) -> Result<T, TextError>,
) -> Result<T, String> {
    let dir = tempdir().expect("a folder");
    let file = dir.path().join("data");
    fs::write(&file, content).expect("it is written");
    reader(&file)
        .map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
}

#[test]
fn columns_of_a_table_may_have_any_order() {
    let both = [
        "label\tsentence\n1\ta \"good one\n0\tbad\n",
        "idx\tcontent\tlabel\r\n7\ta \"good one\t1\r\n8\tbad\t0\r\n",
    ];
    for table in both {
        let all = read(table, read_sst2).expect("it is read");
        let expected = [("a \"good one", 1), ("bad", 0)];
        assert_eq!(all, expected.map(|(text, label)| Labelled { text: text.to_owned(), label }));
    }
}

#[test]
fn tables_are_refused_with_file_and_line() {
    let cases: [(&[u8], &str); 8] = [
        (
            b"",
            "data:1: no column is called sentence or content or text; the first line names columns",
        ),
        (
            b"sentence\tindex\n",
            "data:1: no column is called label; the first line names columns. GLUE's test splits have no \
             labels: the dev split is meant",
        ),
        (b"label\ttext\n1\tgood\n1\n", "data:3: has 1 columns; the first line names 2"),
        (
            b"label\ttext\n-1\tgood\n",
            "data:2: the label is `-1`; valid is a whole number from 0. GLUE's test splits have no labels: the \
             dev split is meant",
        ),
        (b"label\ttext\n-2\tgood\n", "data:2: the label is `-2`; valid is a whole number from 0"),
        (b"label\ttext\n1\t \n", "data:2: has no text"),
        (b"label\ttext\n\n", "data: has no line with a label"),
        (b"label\ttext\n1\tgood\n1\t\xff\n", "data:3: is not UTF-8"),
    ];
    for (table, expected) in cases {
        assert_eq!(read(table, read_sst2).expect_err(expected), expected);
    }
    assert!(
        read_sst2(Path::new("absent")).expect_err("absent").to_string().starts_with("absent: ")
    );
}

#[test]
fn problems_have_results() {
    let line = r##"{"question": "1 + 1?", "answer": "It is 2.\n#### 2 "}"##;
    let all = read(format!("{line}\n\n{line}\n"), read_gsm8k).expect("it is read");
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].question.as_str(), all[0].result()), ("1 + 1?", Some("2")));
    let cases = [
        (
            format!("{line}\n{{"),
            "data:2: is no JSON: EOF while parsing an object at line 1 column 1",
        ),
        (format!("{line}\n\n{{\"question\": \"a\"}}\n"), "data:3: has no text under `answer`"),
        ("{\"question\": 1, \"answer\": \"a\"}".to_owned(), "data:1: has no text under `question`"),
        ("\n".to_owned(), "data: has no problem"),
    ];
    for (lines, expected) in cases {
        assert_eq!(read(lines, read_gsm8k).expect_err(expected), expected);
    }
}

#[test]
fn a_text_becomes_whole_windows() {
    let dir = tempdir().expect("a folder");
    let tokenizer = Tokenizer::open(&common::byte_level("gpt-2").file(&dir)).expect("it opens");
    let text = read("xyzxyzxy", read_text).expect("it is read");
    let bytes = |text: &str| text.bytes().map(u32::from).collect::<Vec<_>>();
    assert_eq!(windows(&tokenizer, &text, 3).expect("windows"), [bytes("xyz"), bytes("xyz")]);
    assert!(windows(&tokenizer, &text, 9).expect("windows").is_empty());
    assert!(windows(&tokenizer, &text, 0).expect("windows").is_empty());
    assert_eq!(read(" \n", read_text).expect_err("empty"), "data: has no text");
}

static TOKENIZERS: LazyLock<Vec<Tokenizer>> = LazyLock::new(|| {
    let dir = tempdir().expect("a folder");
    let open = |name| Tokenizer::open(&common::byte_level(name).file(&dir)).expect("it opens");
    ["smollm", "llama-bpe", "gpt-2", "default"].map(open).into()
});

proptest! {
    #[test]
    fn readers_take_any_bytes(content in prop::collection::vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let start: &[u8] = if header { b"label\ttext\n1\tx\n" } else { b"" };
        let content = [start, &content].concat();
        let refusals = [read(&content, read_sst2).err(), read(&content, read_gsm8k).err(), read(&content, read_text).err()];
        for refused in refusals.into_iter().flatten() {
            prop_assert!(refused.starts_with("data:"), "{refused}");
        }
    }

    #[test]
    fn what_is_written_is_read(all in prop::collection::vec(("[a-z][^\\t\\r\\n]{0,9}", any::<u32>()), 1..9)) {
        let lines: Vec<String> = all.iter().map(|(text, label)| format!("{text}\t{label}\n")).collect();
        let table = read(format!("sentence\tlabel\n{}", lines.concat()), read_sst2).expect("it is read");
        let expected: Vec<Labelled> = all.into_iter().map(|(text, label)| Labelled { text, label }).collect();
        prop_assert_eq!(table, expected);
    }

    #[test]
    fn bytes_survive_a_tokenizer(text in "\\PC{0,20}") {
        for tokenizer in TOKENIZERS.iter() {
            let ids = tokenizer.encode(&text, false).expect("ids");
            prop_assert_eq!(tokenizer.decode(&ids, true).expect("text"), text.clone());
        }
    }
}
