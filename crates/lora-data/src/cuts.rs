//! Which of the sequences are held out, and what of them is refused.

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::{Task, is_pairs};
use lora_transformer::batch::{Sequence, Target};

use crate::error::DataError;

pub const TRAIN: &str = "transformer.train_data";
pub const TEST: &str = "transformer.test_data";
pub const FINAL: &str = "transformer.final_data";

/// Most classes.
const MOST_CLASSES: usize = 1000;

/// Without held-out data of its own, and without a number, one of so many sequences is held out.
const HELD_OUT: usize = 10;

/// What the sequences of a file are called.
pub fn unit(section: &TransformerSection, path: &str) -> String {
    match section.task {
        Task::NextToken if is_pairs(path) => "examples".to_owned(),
        Task::NextToken => format!("sequences of {} tokens", section.context),
        Task::Classify => "sentences".to_owned(),
    }
}

/// Refuses a class in the final test that nothing was trained on.
pub fn check_labels(sequences: &[Sequence], labels: usize) -> Result<(), DataError> {
    let known = |sequence: &Sequence| match sequence.target {
        Target::Label(label) => (label as usize) < labels,
        Target::None | Target::Next(_) => true,
    };
    if sequences.iter().all(known) {
        return Ok(());
    }
    let valid = format!("a table with labels below {labels}, those of transformer.train_data");
    Err(DataError::key(FINAL, valid))
}

/// Takes the last of the sequences away from those that are trained on.
pub fn hold_out(
    section: &TransformerSection,
    train: &mut Vec<Sequence>,
) -> Result<Vec<Sequence>, DataError> {
    let count = match section.held_out {
        _ if train.is_empty() => 0,
        0 => train.len() / HELD_OUT,
        some if some < train.len() => some,
        _ => {
            let valid = format!("fewer than the {} sequences", train.len());
            return Err(DataError::key("transformer.held_out", valid));
        }
    };
    Ok(train.split_off(train.len() - count))
}

/// Refuses a text that is too short to train on, or to hold a part of it out.
pub fn check_lengths(
    section: &TransformerSection,
    train: &[Sequence],
    test: &[Sequence],
) -> Result<(), DataError> {
    let what = unit(section, &section.train_data);
    match (train.is_empty(), test.is_empty(), section.test_data.is_empty()) {
        (false, false, _) => Ok(()),
        (_, true, false) => {
            let what = unit(section, &section.test_data);
            Err(DataError::key(TEST, format!("longer: it has no {what}")))
        }
        _ if section.train_data.is_empty() => {
            let valid = format!("smaller: the text that comes with the program has too few {what}");
            Err(DataError::key("transformer.context", valid))
        }
        _ if train.is_empty() => Err(DataError::key(TRAIN, format!("longer: it has no {what}"))),
        _ => {
            let valid = format!(
                "longer, or transformer.test_data a file: it has {} {what}, too few to hold out a \
                 tenth of them",
                train.len()
            );
            Err(DataError::key(TRAIN, valid))
        }
    }
}

/// The number of classes: as many as have names, or one more than the largest label.
pub fn classes(
    section: &TransformerSection,
    train: &[Sequence],
    test: &[Sequence],
) -> Result<usize, DataError> {
    if !section.label_names.is_empty() {
        return Ok(section.label_names.len());
    }
    let label = |sequence: &Sequence| match sequence.target {
        Target::Label(label) => label as usize + 1,
        Target::None | Target::Next(_) => 0,
    };
    let most = |sequences: &[Sequence]| sequences.iter().map(label).max().unwrap_or(0);
    for (key, most) in [(TRAIN, most(train)), (TEST, most(test))] {
        if most > MOST_CLASSES {
            let valid = format!("a table with labels below {MOST_CLASSES}; it has {}", most - 1);
            return Err(DataError::key(key, valid));
        }
    }
    Ok(most(train).max(most(test)).max(2))
}
