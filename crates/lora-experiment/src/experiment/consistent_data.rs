//! Checks of the keys that say what the data of a transformer are.

use crate::experiment::TransformerSection;
use crate::experiment::conflict::{Conflict, conflict};
use crate::experiment::transformer::{FinalTask, Task, is_pairs};

const DATA: &str = "transformer.final_data";

/// The first key that does not go with another one.
pub fn check(t: &TransformerSection) -> Result<(), Conflict> {
    check_pairs(t)?;
    check_columns(t)?;
    check_final_task(t)
}

/// Keys of prompts beside data that have none.
fn check_pairs(t: &TransformerSection) -> Result<(), Conflict> {
    const TRAIN: &str = "transformer.train_data";
    let [train, test, last] =
        [&t.train_data, &t.test_data, &t.final_data].map(|path| is_pairs(path));
    if t.task == Task::Classify {
        let keys =
            [(TRAIN, train), ("transformer.test_data", test), ("transformer.final_data", last)];
        for (key, pairs) in keys {
            if pairs {
                let valid = r#"a table with tabs, or transformer.task = "next-token": .jsonl files hold prompts"#;
                return conflict(key, Some("transformer.task"), valid);
            }
        }
    }
    let usual = TransformerSection::default();
    const ANY: &str = "transformer.train_data, transformer.test_data or transformer.final_data";
    let any = train || test || last;
    let keys = [
        ("transformer.prompt", t.prompt != usual.prompt, any, ANY),
        ("transformer.answer", t.answer != usual.answer, any, ANY),
        ("transformer.learn_prompt", t.learn_prompt, train, TRAIN),
    ];
    match keys.into_iter().find(|(_, set, read, _)| *set && !read) {
        Some((key, .., data)) => {
            let valid = format!("left out: without a .jsonl file in {data} there are no prompts");
            conflict(key, Some(TRAIN), valid)
        }
        None => Ok(()),
    }
}

/// Keys of tables where there is none.
fn check_columns(t: &TransformerSection) -> Result<(), Conflict> {
    if t.task == Task::Classify {
        return Ok(());
    }
    let usual = TransformerSection::default();
    let keys = [
        ("transformer.text_columns", t.text_columns != usual.text_columns),
        ("transformer.label_column", t.label_column != usual.label_column),
        ("transformer.label_names", t.label_names != usual.label_names),
    ];
    match keys.into_iter().find(|(_, set)| *set) {
        Some((key, _)) => {
            let valid = r#"left out: only with transformer.task = "classify" are there tables"#;
            conflict(key, Some("transformer.task"), valid)
        }
        None => Ok(()),
    }
}

/// What the final test asks, its data, and keys that it does not read.
fn check_final_task(t: &TransformerSection) -> Result<(), Conflict> {
    const TASK: &str = "transformer.final_task";
    if t.task == Task::Classify && t.final_task != FinalTask::Predict {
        let valid = r#""predict": an encoder writes and chooses no answers"#;
        return conflict(TASK, Some("transformer.task"), valid);
    }
    let pairs = is_pairs(&t.final_data);
    match t.final_task {
        FinalTask::Write if !pairs && !t.final_data.is_empty() => {
            let valid = r#"a .jsonl file while transformer.final_task = "write""#;
            return conflict(DATA, Some(TASK), valid);
        }
        FinalTask::Choose if pairs => {
            let valid = r#"a .csv file, or a folder with such files, while transformer.final_task = "choose""#;
            return conflict(DATA, Some(TASK), valid);
        }
        _ => {}
    }
    let usual = TransformerSection::default();
    let [written, chosen] = [FinalTask::Write, FinalTask::Choose].map(|task| t.final_task == task);
    let keys = [
        ("transformer.new_tokens", t.new_tokens != usual.new_tokens, written, "write"),
        ("transformer.shots_data", t.shots_data != usual.shots_data, chosen, "choose"),
        ("transformer.shots", t.shots != usual.shots, chosen, "choose"),
    ];
    match keys.into_iter().find(|(_, set, read, _)| *set && !read) {
        Some((key, _, _, task)) => {
            let valid =
                format!(r#"left out, or transformer.final_task "{task}", which alone reads it"#);
            conflict(key, Some(TASK), valid)
        }
        None => check_final_keys(t),
    }
}

/// Keys of a final test that is not made, and the number of answered questions that there are not.
fn check_final_keys(t: &TransformerSection) -> Result<(), Conflict> {
    const SHOTS: &str = "transformer.shots_data";
    let usual = TransformerSection::default();
    // Beside new_tokens and shots_data there is a final_task here.
    let keys = [
        ("transformer.final_task", t.final_task != usual.final_task),
        ("transformer.final_sequences", t.final_sequences != usual.final_sequences),
    ];
    if let Some((key, _)) = keys.into_iter().find(|(_, set)| *set && t.final_data.is_empty()) {
        let valid = "left out, or transformer.final_data set: without it there is no final test";
        return conflict(key, Some(DATA), valid);
    }
    if t.shots != usual.shots && t.shots_data.is_empty() {
        let valid = "left out, or transformer.shots_data set, which holds the answered questions";
        return conflict("transformer.shots", Some(SHOTS), valid);
    }
    Ok(())
}
