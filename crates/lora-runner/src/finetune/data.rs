//! The text of a finetuning as sequences of tokens.

use std::path::Path;

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::Task;
use lora_text::data::{read_sst2, read_text, windows};
use lora_transformer::batch::{Sequence, Target};
use sha2::{Digest, Sha256};

use super::error::FinetuneError;
use super::source::{Source, short};

/// Without held-out data of its own, this share of the sequences, the last ones, is held out.
const HELD_OUT: usize = 10;

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
    /// Number of classes; 0 for language models.
    pub labels: usize,
}

impl Data {
    /// Reads and cuts the data of an experiment.
    pub fn read(section: &TransformerSection, source: &Source) -> Result<Self, FinetuneError> {
        let mut train = match (&section.train_data[..], section.task, source) {
            ("", Task::NextToken, Source::Made { rest, .. }) => texts(section, source, rest)?,
            ("", Task::NextToken, _) => texts(section, source, lora_text::bundled_text())?,
            ("", Task::Classify, _) => {
                let valid = "write a table with the columns sentence and label, as SST-2 has it";
                return Err(FinetuneError::key("transformer.train_data", "\"\"", valid));
            }
            (path, ..) => sequences(section, source, path)?,
        };
        let mut test = match &section.test_data[..] {
            "" => train.split_off(train.len() - train.len() / HELD_OUT),
            path => sequences(section, source, path)?,
        };
        test.truncate(section.test_sequences);
        for (key, sequences, value) in [
            ("transformer.train_data", &train, &section.train_data),
            ("transformer.test_data", &test, &section.test_data),
        ] {
            if sequences.is_empty() {
                let context = section.context;
                let valid = format!("it has no sequence of {context} tokens; write a longer text");
                return Err(FinetuneError::key(key, format!("{value:?}"), valid));
            }
        }
        let labels = match section.task {
            Task::NextToken => 0,
            Task::Classify => classes(train.iter().chain(&test)),
        };
        let mut tokens = 0;
        let fits = |sequence: &&Sequence| {
            tokens += sequence.ids.len();
            tokens <= PROBE
        };
        let some = test.iter().take_while(fits).count().max(1);
        let probe = test[..some].to_vec();
        Ok(Self { train, test, probe, labels })
    }

    /// Of all sequences.
    pub fn digest(&self) -> String {
        let mut sha = Sha256::new();
        for (part, sequences) in [(0u8, &self.train), (1, &self.test)] {
            for sequence in sequences {
                sha.update([part]);
                sha.update((sequence.ids.len() as u64).to_le_bytes());
                sequence.ids.iter().for_each(|id| sha.update(id.to_le_bytes()));
                sha.update(format!("{:?}", sequence.target));
            }
        }
        short(&sha.finalize())
    }
}

fn classes<'s>(sequences: impl Iterator<Item = &'s Sequence>) -> usize {
    let label = |sequence: &Sequence| match sequence.target {
        Target::Label(label) => label as usize + 1,
        Target::None | Target::Next(_) => 0,
    };
    sequences.map(label).max().unwrap_or(0).max(2)
}

fn sequences(
    section: &TransformerSection,
    source: &Source,
    path: &str,
) -> Result<Vec<Sequence>, FinetuneError> {
    match section.task {
        Task::NextToken => texts(section, source, &read_text(Path::new(path))?),
        Task::Classify => {
            let table = read_sst2(Path::new(path))?;
            let one = |row: lora_text::data::Labelled| {
                let mut ids = source.tokenizer().encode(&row.text, true)?;
                // What is cut is the text, not the special token behind it.
                if let Some(&last) = ids.last().filter(|_| ids.len() > section.context) {
                    ids.truncate(section.context - 1);
                    ids.push(last);
                }
                Ok(Sequence::labelled(ids, row.label))
            };
            table.into_iter().map(one).collect()
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
