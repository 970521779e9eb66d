//! The text of a finetuning as sequences of tokens.

use std::path::Path;

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::{Task, is_pairs};
use lora_text::data::{read_sst2, read_text, windows};
use lora_transformer::batch::Sequence;
use lora_transformer::net::Net;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::cuts::{FINAL, TEST, TRAIN, check_labels, check_lengths, classes, hold_out, unit};
use super::digest::short;
use super::error::FinetuneError;
use super::pairs::{Pairs, templates};
use super::source::Source;

/// Most tokens on which features are measured.
const PROBE: usize = 256;

/// Sequences to train on, to test on, and to measure features on.
pub struct Data {
    /// To train on.
    pub train: Vec<Sequence>,
    /// Held out.
    pub test: Vec<Sequence>,
    /// The first of those that are held out.
    pub probe: Vec<Sequence>,
    /// Those of the final test, which no search sees; none where there is no such test.
    pub final_test: Vec<Sequence>,
    /// Number of classes; 0 for language models.
    pub labels: usize,
    /// Whether those that are held out are prompts with answers.
    pub tests_pairs: bool,
    /// What was cut and left out, in words.
    pub notes: Vec<String>,
}

impl Data {
    /// Reads and cuts the data of an experiment.
    pub fn read(section: &TransformerSection, source: &Source) -> Result<Self, FinetuneError> {
        let train = || match (&section.train_data[..], section.task) {
            ("", Task::NextToken) => Ok(Read::of(texts(section, source, &source.text())?)),
            ("", Task::Classify) => {
                let valid = "a table with the columns sentence and label, as SST-2 has it";
                Err(FinetuneError::key(TRAIN, valid))
            }
            (path, _) => sequences(section, source, (TRAIN, path)),
        };
        let test = || match &section.test_data[..] {
            "" => None,
            path => Some(sequences(section, source, (TEST, path))),
        };
        // A text becomes tokens on one thread, and two texts on two.
        let (train, test) = rayon::join(train, test);
        let Read { sequences: mut train, mut notes } = train?;
        let mut test = match test.transpose()? {
            None => hold_out(section, &mut train)?,
            Some(test) => {
                notes.extend(test.notes);
                test.sequences
            }
        };
        let final_test = match &section.final_data[..] {
            "" => Vec::new(),
            path => {
                let of_file = sequences(section, source, (FINAL, path))?;
                notes.extend(of_file.notes);
                of_file.sequences
            }
        };
        if section.learn_prompt {
            // What is held out asks for answers alone all the same, so that their losses compare.
            train.iter_mut().for_each(|one| *one = Sequence::text(std::mem::take(&mut one.ids)));
        }
        notes.extend(dropped(section, test.len()));
        test.truncate(section.test_sequences);
        check_lengths(section, &train, &test)?;
        if final_test.is_empty() && !section.final_data.is_empty() {
            let what = unit(section, &section.final_data);
            return Err(FinetuneError::key(FINAL, format!("longer: it has no {what}")));
        }
        let labels = match section.task {
            Task::NextToken => 0,
            Task::Classify => classes(&train, &test)?,
        };
        check_labels(&final_test, labels)?;
        let mut tokens = 0;
        let fits = |sequence: &&Sequence| {
            tokens += sequence.ids.len();
            tokens <= PROBE
        };
        let some = test.iter().take_while(fits).count().max(1);
        let probe = test[..some].to_vec();
        let tests_pairs = section.tests_pairs();
        notes.extend(told(section, &final_test));
        Ok(Self { train, test, probe, final_test, labels, tests_pairs, notes })
    }

    /// Checks that a model of these parts can take all sequences.
    pub fn check(&self, net: &Net) -> Result<(), FinetuneError> {
        for (key, sequences) in
            [(TRAIN, &self.train), (TEST, &self.test), (FINAL, &self.final_test)]
        {
            net.check(sequences).map_err(|error| {
                let reason = format!("the model cannot take it: {error}");
                FinetuneError::Key { key, reason }
            })?;
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &Sequence> {
        self.train.iter().chain(&self.test).chain(&self.final_test)
    }

    /// Tokens of all sequences.
    pub fn tokens(&self) -> usize {
        self.all().map(|sequence| sequence.ids.len()).sum()
    }

    /// Tokens of the longest sequence.
    pub fn longest(&self) -> usize {
        self.all().map(|sequence| sequence.ids.len()).max().unwrap_or(0)
    }

    /// Of all sequences that a search sees.
    pub fn digest(&self) -> String {
        digest(&[&self.train, &self.test])
    }

    /// Of the sequences of the final test; none where there is no such test.
    pub fn final_digest(&self) -> Option<String> {
        (!self.final_test.is_empty()).then(|| digest(&[&self.final_test]))
    }
}

fn digest(parts: &[&Vec<Sequence>]) -> String {
    let mut sha = Sha256::new();
    for (part, sequences) in (0u8..).zip(parts) {
        for sequence in *sequences {
            sha.update([part]);
            sha.update((sequence.ids.len() as u64).to_le_bytes());
            sequence.ids.iter().for_each(|id| sha.update(id.to_le_bytes()));
            sha.update(format!("{:?}", sequence.target));
        }
    }
    short(&sha.finalize())
}

/// Held-out sequences that were asked for by number and are not measured, in words; none if all are.
fn dropped(section: &TransformerSection, held_out: usize) -> Option<String> {
    let most = section.test_sequences;
    (section.held_out > 0 && held_out > most).then(|| {
        format!("transformer.test_sequences: of {held_out} held-out sequences {most} are measured")
    })
}

/// What a final test is, in words; none where there is none.
fn told(section: &TransformerSection, sequences: &[Sequence]) -> Option<String> {
    let name = Path::new(&section.final_data).file_name()?.to_string_lossy().into_owned();
    let (count, what) = (sequences.len(), unit(section, &section.final_data));
    Some(format!(
        "final test: the best run of each width, init and seed is trained again and measured on the \
         {count} {what} of {name}"
    ))
}

/// What a file holds.
struct Read {
    sequences: Vec<Sequence>,
    /// What was cut and left out, in words.
    notes: Vec<String>,
}

impl Read {
    fn of(sequences: Vec<Sequence>) -> Self {
        Self { sequences, notes: Vec::new() }
    }
}

fn sequences(
    section: &TransformerSection,
    source: &Source,
    (key, path): (&'static str, &str),
) -> Result<Read, FinetuneError> {
    let file = Path::new(path);
    let templates = templates(section)?;
    if !file.exists() {
        let valid = match section.task {
            Task::NextToken if is_pairs(path) => "a file of prompts with answers",
            Task::NextToken => "a text file",
            Task::Classify => "a table with the columns sentence and label",
        };
        return Err(FinetuneError::absent(key, valid, section));
    }
    match section.task {
        Task::NextToken if is_pairs(path) => {
            let pairs = Pairs::read((key, file), &templates, source.tokenizer(), section.context)?;
            let notes = pairs.told(key, section.context).into_iter().collect();
            Ok(Read { sequences: pairs.sequences, notes })
        }
        Task::NextToken => {
            let text = read_text(file).map_err(FinetuneError::file(key))?;
            Ok(Read::of(texts(section, source, &text)?))
        }
        Task::Classify => {
            let table = read_sst2(file).map_err(FinetuneError::file(key))?;
            let one = |row: lora_text::data::Labelled| {
                let mut ids = source.tokenizer().encode(&row.text, true)?;
                // What is cut is the text, not the special token behind it.
                if let Some(&last) = ids.last().filter(|_| ids.len() > section.context) {
                    ids.truncate(section.context - 1);
                    ids.push(last);
                }
                Ok(Sequence::labelled(ids, row.label))
            };
            // Of several errors, the first one of the file is told.
            let all: Vec<_> = table.into_par_iter().map(one).collect();
            Ok(Read::of(all.into_iter().collect::<Result<_, FinetuneError>>()?))
        }
    }
}

fn texts(
    section: &TransformerSection,
    source: &Source,
    text: &str,
) -> Result<Vec<Sequence>, FinetuneError> {
    let windows = windows(source.tokenizer(), text, section.context)?;
    Ok(windows.into_iter().map(Sequence::text).collect())
}
