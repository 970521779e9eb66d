//! The text of a finetuning as sequences of tokens.

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::Task;
use lora_transformer::batch::Sequence;
use lora_transformer::net::Net;

use crate::base::Base;
use crate::cuts::{FINAL, TEST, TRAIN, check_labels, check_lengths, classes, hold_out};
use crate::digest::of_sequences;
use crate::error::DataError;
use crate::final_test::FinalTest;
use crate::read::{Read, sequences, texts};
use crate::tables::columns_in_words;

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
    /// The final test, on data that no search sees; none where there is no such test.
    pub final_test: Option<FinalTest>,
    /// Number of classes; 0 for language models.
    pub labels: usize,
    /// Whether those that are held out are prompts with answers.
    pub tests_pairs: bool,
    /// What was cut and left out, in words.
    pub notes: Vec<String>,
}

impl Data {
    /// Reads and cuts the data of an experiment for a base.
    ///
    /// # Errors
    /// [`DataError::Key`] for the first key whose file is missing, cannot be read, or does not go with the others.
    pub fn read(section: &TransformerSection, base: &Base) -> Result<Self, DataError> {
        let train = || match (&section.train_data[..], section.task) {
            ("", Task::NextToken) => Ok(Read::of(texts(section, base, &(base.text)())?)),
            ("", Task::Classify) => {
                let valid = format!("{}, as SST-2 has it", columns_in_words(section));
                Err(DataError::key(TRAIN, valid))
            }
            (path, _) => sequences(section, base, (TRAIN, path)),
        };
        let test = || match &section.test_data[..] {
            "" => None,
            path => Some(sequences(section, base, (TEST, path))),
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
        let final_test = FinalTest::read(section, base, &mut notes)?;
        if section.learn_prompt {
            // What is held out asks for answers alone all the same, so that their losses compare.
            train.iter_mut().for_each(|one| *one = Sequence::text(std::mem::take(&mut one.ids)));
        }
        notes.extend(dropped(section, test.len()));
        test.truncate(section.test_sequences);
        check_lengths(section, &train, &test)?;
        let labels = match section.task {
            Task::NextToken => 0,
            Task::Classify => classes(section, &train, &test)?,
        };
        if let Some(test) = &final_test {
            check_labels(&test.sequences, labels)?;
            notes.push(test.told(section));
        }
        let mut tokens = 0;
        let fits = |sequence: &&Sequence| {
            tokens += sequence.ids.len();
            tokens <= PROBE
        };
        let some = test.iter().take_while(fits).count().max(1);
        let probe = test[..some].to_vec();
        let tests_pairs = section.tests_pairs();
        Ok(Self { train, test, probe, final_test, labels, tests_pairs, notes })
    }

    /// Checks that a model of these parts can take all sequences.
    ///
    /// # Errors
    /// [`DataError::Key`] for the key of the first sequence that it cannot take.
    pub fn check(&self, net: &Net) -> Result<(), DataError> {
        for (key, sequences) in [(TRAIN, &self.train[..]), (TEST, &self.test), (FINAL, self.last())]
        {
            net.check(sequences).map_err(|error| {
                let reason = format!("the model cannot take it: {error}");
                DataError::Key { key, reason }
            })?;
        }
        Ok(())
    }

    /// Those of the final test.
    fn last(&self) -> &[Sequence] {
        self.final_test.as_ref().map_or(&[], |test| &test.sequences)
    }

    fn all(&self) -> impl Iterator<Item = &Sequence> {
        self.train.iter().chain(&self.test).chain(self.last())
    }

    /// Tokens of all sequences.
    pub fn tokens(&self) -> usize {
        self.all().map(|sequence| sequence.ids.len()).sum()
    }

    /// Tokens of the longest sequence whose loss is measured.
    pub fn longest(&self) -> usize {
        let last = self.final_test.as_ref().map_or(&[][..], FinalTest::predicted);
        let all = self.train.iter().chain(&self.test).chain(last);
        all.map(|sequence| sequence.ids.len()).max().unwrap_or(0)
    }

    /// Of all sequences that a search sees.
    pub fn digest(&self) -> String {
        of_sequences(&[&self.train, &self.test], None)
    }

    /// Of what the final test asks; none where there is no such test.
    pub fn final_digest(&self) -> Option<String> {
        self.final_test.as_ref().map(FinalTest::digest)
    }
}

/// Held-out sequences that were asked for by number and are not measured, in words; none if all are.
fn dropped(section: &TransformerSection, held_out: usize) -> Option<String> {
    let most = section.test_sequences;
    (section.held_out > 0 && held_out > most).then(|| {
        format!("transformer.test_sequences: of {held_out} held-out sequences {most} are measured")
    })
}
