//! Arbitrary and mutated inputs: experiment files, assignments, topic files, and the database of kept
//! runs. `PROPTEST_CASES` sets how many; `fuzz/` looks for more, led by coverage.

use crate::holds;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::holds::database::Whole;
use lora_experiment::experiment::Experiment;
use lora_store::error::StoreError;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use width_sweep::error::CommandError;

/// One line, with an exit code that tells whose fault it is.
fn told(error: StoreError) {
    plain(error);
}

/// The same of an experiment, whose place comes first.
fn told_where(error: StoreError) {
    let message = plain(error);
    let place = [holds::experiment::FILE, "--set "].iter().any(|place| message.starts_with(place));
    assert!(place, "{message}");
}

fn plain(error: StoreError) -> String {
    let codes: &[u8] = if matches!(error, StoreError::Request(_)) { &[2] } else { &[1, 2] };
    let error = CommandError::from(error);
    let message = error.to_string();
    assert!(codes.contains(&error.exit_code()), "{}: {message}", error.exit_code());
    assert!(!message.trim().is_empty() && !message.contains(char::is_control), "{message:?}");
    message
}

/// Every `.toml` of directories of the repository.
fn texts(dirs: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = |dir: &&str| fs::read_dir(root.join(dir)).expect("a directory").flatten();
    let mut files: Vec<PathBuf> = dirs.iter().flat_map(files).map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    assert!(!files.is_empty());
    files
        .iter()
        .map(|file| String::from_utf8_lossy(&fs::read(file).expect("a file")).into())
        .collect()
}

/// Values that are valid for some key, and others.
fn values() -> impl Strategy<Value = String> {
    let odd = [
        "0",
        "1",
        "-1",
        "2",
        "64",
        "2147483648",
        "2147483649",
        "9223372036854775807",
        "9223372036854775808",
        "-0.0",
        "0.5",
        "1.0",
        "1e-310",
        "1e-30",
        "1e30",
        "1.8e308",
        "inf",
        "-inf",
        "nan",
        "true",
        "1979-05-27",
        "[]",
        "[2]",
        "[2, 3]",
        "[0]",
        "[[2]]",
        "[1.5]",
        "{}",
        "{ a = 1 }",
        "\"\"",
        "\"A\"",
        "[\"A\", \"B\", \"AB\"]",
        "\"relu\"",
        "\"gaussian\"",
        "\"sgd\"",
        "\"adamw\"",
        "\"test-final\"",
        "\"1/3\"",
        "\"0.75\"",
        "\"4\"",
        "\"1e1\"",
        "\"7/2147483647\"",
        "\"1/0\"",
        "\"-1/2\"",
        "\"a\\nb\"",
        "\"\\u0007\"",
        "'''\n'''",
    ];
    prop_oneof![
        4 => select(odd.to_vec()).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|whole| whole.to_string()),
        1 => (1..2000i64).prop_map(|whole| whole.to_string()),
        1 => prop::num::f64::ANY.prop_map(|number| format!("{number:?}")),
        1 => (1e-9..1e9f64).prop_map(|number| format!("{number:?}")),
        1 => (0..30u64, 1..30u64).prop_map(|(p, q)| format!("\"{p}/{q}\"")),
        1 => "\\PC{0,12}",
    ]
}

/// Keys that exist, nearly exist, and do not.
fn keys() -> impl Strategy<Value = String> {
    let all = toml::Table::try_from(Experiment::default()).expect("a table");
    let mut keys = vec!["title".to_owned()];
    for (section, value) in &all {
        let names = value.as_table().into_iter().flat_map(toml::Table::keys);
        keys.extend(names.map(|name| format!("{section}.{name}")));
    }
    prop_oneof![
        12 => select(keys.clone()),
        1 => select(keys).prop_map(|key| format!("quick.{key}")),
        1 => select(vec!["model", "quick", "model.", ".", "a.b.c", "\"model\".rank", "modle.rank"])
            .prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ]
}

/// A change of a text or of bytes.
#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Flip(Index, u8),
    Delete(Index, usize),
    Copy(Index, usize, Index),
    Insert(Index, Vec<u8>),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        2 => (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        1 => (any::<Index>(), 1..40usize).prop_map(|(at, count)| Edit::Delete(at, count)),
        1 => (any::<Index>(), 1..40usize, any::<Index>()).prop_map(|(a, n, b)| Edit::Copy(a, n, b)),
        2 => (any::<Index>(), values()).prop_map(|(at, text)| Edit::Insert(at, text.into_bytes())),
    ];
    vec(edit, 1..5)
}

/// Bytes with edits made; those of the same length only, if it must be kept.
fn edited(bytes: &[u8], edits: &[Edit], keep_length: bool) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        let length = bytes.len();
        if length == 0 {
            break;
        }
        let span = |at: &Index, count: usize| {
            let at = at.index(length);
            at..length.min(at + count)
        };
        match edit {
            Edit::Set(at, byte) => bytes[at.index(length)] = *byte,
            Edit::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Edit::Delete(at, count) if !keep_length => drop(bytes.drain(span(at, *count))),
            Edit::Delete(at, count) => bytes[span(at, *count)].fill(0),
            Edit::Copy(from, count, to) => {
                let part = bytes[span(from, *count)].to_vec();
                let to = span(to, part.len());
                bytes[to.clone()].copy_from_slice(&part[..to.len()]);
            }
            Edit::Insert(at, new) if !keep_length => {
                drop(bytes.splice(at.index(length)..at.index(length), new.iter().copied()));
            }
            Edit::Insert(at, new) => {
                let to = span(at, new.len());
                bytes[to.clone()].copy_from_slice(&new[..to.len()]);
            }
        }
    }
    bytes
}

/// A text of a list with edits made.
fn edited_text(texts: &[String], which: &Index, edits: &[Edit]) -> String {
    let text = which.get(texts).as_bytes();
    String::from_utf8_lossy(&edited(text, edits, false)).into_owned()
}

fn experiments() -> &'static [String] {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    TEXTS.get_or_init(|| texts(&["experiments", "tests/inputs/good", "tests/inputs/bad"]))
}

fn topics() -> &'static [String] {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    TEXTS.get_or_init(|| texts(&["tests/inputs/verify", "tests/inputs/verify/bad"]))
}

thread_local! {
    static WHOLE: Whole = Whole::new();
}

proptest! {
    #[test]
    fn any_text_is_an_experiment_or_is_refused(text in "[\\PC\n]{0,200}", set in "\\PC{0,40}") {
        holds::experiment::experiment(&text, &[], &told_where);
        holds::experiment::experiment("", &[set], &told_where);
    }

    #[test]
    fn any_keys_with_any_values(lines in vec((keys(), values()), 0..6)) {
        let text = lines.iter().map(|(key, value)| format!("{key} = {value}\n"));
        holds::experiment::experiment(&text.collect::<String>(), &[], &told_where);
        let set: Vec<String> = lines.iter().map(|(key, value)| format!("{key}={value}")).collect();
        holds::experiment::experiment("", &set, &told_where);
    }

    #[test]
    fn experiments_with_edits(
        which in any::<Index>(),
        edits in edits(),
        set in vec((keys(), values()), 0..2),
    ) {
        let set: Vec<String> = set.iter().map(|(key, value)| format!("{key}={value}")).collect();
        holds::experiment::experiment(&edited_text(experiments(), &which, &edits), &set, &told_where);
    }

    #[test]
    fn topics_with_edits(which in any::<Index>(), edits in edits()) {
        holds::experiment::topic(&edited_text(topics(), &which, &edits), &told);
    }

    #[test]
    fn any_bytes_are_a_trajectory_or_none(
        bytes in vec(any::<u8>(), 0..400),
        counts in (0..4u64, 0..3u64),
        words in vec(any::<u64>(), 46),
    ) {
        holds::trajectory(&bytes);
        // As many words as the counts call for.
        let (losses, records) = counts;
        let words = [&[losses], &words[..losses as usize + 4], &[records], &words[..12 * records as usize]];
        let bytes: Vec<u8> = words.concat().into_iter().flat_map(u64::to_le_bytes).collect();
        holds::trajectory(&bytes);
        let kept = lora_store::stored::blob::decode(&bytes).is_some();
        prop_assert_eq!(kept, losses > 0);
    }

    #[test]
    fn any_bytes_are_no_database(bytes in vec(any::<u8>(), 0..2000), header in 0..200usize) {
        WHOLE.with(|whole| {
            assert_eq!(whole.holds(&bytes, &told), None);
            let bytes = [&whole.bytes[..header], &bytes[..]].concat();
            assert_eq!(whole.holds(&bytes, &told), None);
        });
    }

    #[test]
    fn a_database_with_edits_gives_all_its_runs_or_is_refused(edits in edits(), keep in any::<bool>()) {
        WHOLE.with(|whole| {
            let given = whole.holds(&edited(&whole.bytes, &edits, keep), &told);
            assert!(given.is_none_or(|runs| runs == whole.runs.len()), "{given:?}");
        });
    }
}
