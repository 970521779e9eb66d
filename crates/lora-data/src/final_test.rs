//! The final test: data that no search sees, and what a trained model is asked of them.

use std::ops::Range;
use std::path::Path;

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::{FinalTask, Task};
use lora_text::Tokenizer;
use lora_transformer::batch::Sequence;
use lora_transformer::generate::TOGETHER;
use lora_transformer::loss::Loss;
use lora_transformer::trainer::Trainer;
use rayon::prelude::*;

use crate::answers::Answers;
use crate::base::Base;
use crate::cuts::{FINAL, unit};
use crate::digest::of_sequences;
use crate::error::DataError;
use crate::letters::{self, Letters};
use crate::measured::Measured;
use crate::read::{pairs, sequences};

/// Sequences between two questions whether to stop.
const PART: usize = 64;

/// What is asked of the sequences of a final test.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// To predict the tokens of a text.
    Tokens,
    /// To predict the class of each sentence.
    Classes,
    /// To predict the tokens of each answer.
    Pairs,
    /// That, and to write answers.
    Answers(Answers),
    /// To choose a letter behind each prompt.
    Letters(Letters),
}

/// The final test of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct FinalTest {
    /// Sentences, prompts with answers, or stretches of a text; of choices the prompts alone.
    pub sequences: Vec<Sequence>,
    /// What is asked of them.
    pub asked: Asked,
}

impl FinalTest {
    /// Reads what an experiment names, if anything; `notes` gets what was cut and left out.
    pub(crate) fn read(
        section: &TransformerSection,
        base: &Base,
        notes: &mut Vec<String>,
    ) -> Result<Option<Self>, DataError> {
        let path = &section.final_data[..];
        if path.is_empty() {
            return Ok(None);
        }
        let mut test = match section.final_task {
            FinalTask::Predict => {
                let read = sequences(section, base, (FINAL, path))?;
                notes.extend(read.notes);
                let asked = match section.task {
                    Task::Classify => Asked::Classes,
                    Task::NextToken if section.finals_pairs() => Asked::Pairs,
                    Task::NextToken => Asked::Tokens,
                };
                Self { sequences: read.sequences, asked }
            }
            FinalTask::Write => {
                let mut pairs = pairs(section, base, (FINAL, path))?;
                notes.extend(pairs.told(FINAL, section.context));
                pairs.sequences = spread(pairs.sequences, section.final_sequences);
                pairs.examples = spread(pairs.examples, section.final_sequences);
                let answers = Answers::new(section, base.tokenizer, &pairs)?;
                Self { sequences: pairs.sequences, asked: Asked::Answers(answers) }
            }
            FinalTask::Choose => {
                let (sequences, mut letters) = letters::read(section, base, notes)?;
                letters.right = spread(letters.right, section.final_sequences);
                Self { sequences, asked: Asked::Letters(letters) }
            }
        };
        test.sequences = spread(test.sequences, section.final_sequences);
        if test.sequences.is_empty() {
            let what = test.unit(section);
            return Err(DataError::key(FINAL, format!("longer: it has no {what}")));
        }
        Ok(Some(test))
    }

    fn unit(&self, section: &TransformerSection) -> String {
        match self.asked {
            Asked::Letters(_) => "questions".to_owned(),
            _ => unit(section, &section.final_data),
        }
    }

    /// What the test is, in words.
    pub(crate) fn told(&self, section: &TransformerSection) -> String {
        let name = Path::new(&section.final_data).file_name().unwrap_or_default();
        let (name, what) = (name.to_string_lossy(), self.unit(section));
        let how = match &self.asked {
            Asked::Tokens | Asked::Classes | Asked::Pairs => String::new(),
            Asked::Answers(answers) => {
                format!(", behind which it writes at most {} tokens", answers.limits.new_tokens)
            }
            Asked::Letters(_) => ", by the likeliest of four letters".to_owned(),
        };
        format!(
            "final test: the best run of each width, init and seed is trained again and measured on the \
             {} {what} of {name}{how}",
            self.sequences.len()
        )
    }

    /// Those whose loss is measured.
    pub(crate) fn predicted(&self) -> &[Sequence] {
        match self.asked {
            Asked::Letters(_) => &[],
            _ => &self.sequences,
        }
    }

    /// A digest of everything that decides what is measured.
    pub(crate) fn digest(&self) -> String {
        let more = match &self.asked {
            Asked::Tokens | Asked::Classes | Asked::Pairs => None,
            Asked::Answers(Answers { numbers, limits, .. }) => {
                Some(format!("written {:?} {:?} {numbers:?}", limits.new_tokens, limits.stop))
            }
            Asked::Letters(Letters { ids, right }) => Some(format!("letters {ids:?} {right:?}")),
        };
        of_sequences(&[&self.sequences], more)
    }

    /// Texts of which a run keeps keys and values at the same time on so many threads, and tokens of the longest.
    pub fn kept(&self, threads: usize) -> [usize; 2] {
        let longest = self.sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0);
        match &self.asked {
            Asked::Tokens | Asked::Classes | Asked::Pairs => [0, 0],
            Asked::Answers(answers) => [self.sequences.len().min(TOGETHER), answers.longest()],
            Asked::Letters(_) => [self.sequences.len().min(threads), longest],
        }
    }

    /// Parts of the test, between which it can be stopped.
    pub fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let count = self.sequences.len();
        (0..count).step_by(PART).map(move |from| from..count.min(from + PART))
    }

    /// What a trained model finds on a part.
    ///
    /// # Errors
    /// [`DataError`] where the model can take no prompt, or its tokens are no text.
    pub fn measure(
        &self,
        trainer: &Trainer,
        tokenizer: &Tokenizer,
        part: Range<usize>,
    ) -> Result<Measured, DataError> {
        let sequences = &self.sequences[part.clone()];
        match &self.asked {
            Asked::Tokens => Ok(Measured { loss: trainer.loss(sequences), right: Vec::new() }),
            Asked::Classes | Asked::Pairs => Ok(one_by_one(trainer, sequences)),
            Asked::Answers(answers) => {
                let right = answers.right(trainer, tokenizer, part)?;
                Ok(Measured { right, ..one_by_one(trainer, sequences) })
            }
            Asked::Letters(letters) => letters.measure(trainer, &self.sequences, part),
        }
    }
}

/// The loss on some sequences, and whether each was predicted right.
fn one_by_one(trainer: &Trainer, sequences: &[Sequence]) -> Measured {
    let one = |sequence: &Sequence| trainer.loss([sequence]);
    let losses: Vec<Loss> = sequences.par_iter().map(one).collect();
    let right = losses.iter().map(|loss| loss.right == loss.count).collect();
    let loss = losses.into_iter().fold(Loss::default(), |sum, loss| sum + loss);
    Measured { loss, right }
}

/// At most so many of some items, spread evenly over them in their order; all of them for 0.
fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    if most == 0 || most >= count {
        return all;
    }
    // An item is taken where the rounded-down share of those that are to be taken grows.
    let taken = |place: usize| place as u128 * most as u128 / count as u128;
    let keep = |(place, item)| (place == 0 || taken(place) > taken(place - 1)).then_some(item);
    all.into_iter().enumerate().filter_map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_data_is_spread_over_all_of_them() {
        let of = |count: usize, most: usize| spread((0..count).collect::<Vec<_>>(), most);
        assert_eq!(of(10, 3), [0, 4, 7]);
        assert_eq!(of(10, 5), [0, 2, 4, 6, 8]);
        assert_eq!(of(10, 1), [0]);
        for (count, most) in [(10, 0), (10, 10), (10, 99), (0, 3)] {
            assert_eq!(of(count, most), (0..count).collect::<Vec<_>>());
        }
        for most in 1..=17 {
            assert_eq!(of(17, most).len(), most, "{most}");
        }
    }
}
