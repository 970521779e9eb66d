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

use crate::answers::{Answers, longest};
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

/// Texts that are read or written with their keys and values kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How many there are at the same time, of all runs and on all threads together.
    pub texts: usize,
    /// Tokens of the longest, with what may be written behind it.
    pub longest: usize,
    /// Tokens of the longest prompt, all of which a thread reads at once.
    pub prompt: usize,
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
            Asked::Letters(_) => {
                let count = if section.shots_data.is_empty() { 0 } else { section.shots };
                let answered = match count {
                    0 => "no answered ones".to_owned(),
                    1 => "1 answered one".to_owned(),
                    _ => format!("{count} answered ones"),
                };
                format!(", behind {answered}, by the likeliest of four letters")
            }
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

    /// What there is in memory while so many threads measure at most so many runs at the same time.
    pub fn held(&self, threads: usize, runs: usize) -> Held {
        let count = self.sequences.len();
        match &self.asked {
            Asked::Tokens | Asked::Classes | Asked::Pairs => Held::default(),
            Asked::Answers(answers) => Held {
                texts: threads.min(runs) * count.min(TOGETHER),
                longest: answers.longest(),
                prompt: answers.longest_prompt(),
            },
            // A thread asks one question at a time, whichever run it belongs to.
            Asked::Letters(_) => {
                let longest = longest(self.sequences.iter().map(|sequence| &sequence.ids));
                Held { texts: threads.min(runs * count), longest, prompt: longest }
            }
        }
    }

    /// Parts of the test, between which it can be stopped.
    pub fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let count = self.sequences.len();
        (0..count).step_by(PART).map(move |from| from..count.min(from + PART))
    }

    /// What a trained model finds on a part; none if it is stopped. `stopped` is asked before every sentence, answer
    /// and question, and before every token that is written; but not within the stretches of a text.
    ///
    /// # Errors
    /// [`DataError`] where the model can take no prompt, or its tokens are no text.
    pub fn measure(
        &self,
        trainer: &Trainer,
        tokenizer: &Tokenizer,
        part: Range<usize>,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Measured>, DataError> {
        let sequences = &self.sequences[part.clone()];
        match &self.asked {
            Asked::Tokens => {
                Ok(Some(Measured { loss: trainer.loss(sequences), right: Vec::new() }))
            }
            Asked::Classes | Asked::Pairs => Ok(one_by_one(trainer, sequences, stopped)),
            Asked::Answers(answers) => {
                let right = answers.right(trainer, tokenizer, part, stopped)?;
                let predicted = one_by_one(trainer, sequences, stopped);
                Ok(right.zip(predicted).map(|(right, predicted)| Measured { right, ..predicted }))
            }
            Asked::Letters(letters) => letters.measure(trainer, &self.sequences, part, stopped),
        }
    }
}

/// The loss on some sequences, and whether each was predicted right; none if it is stopped before one of them.
fn one_by_one(
    trainer: &Trainer,
    sequences: &[Sequence],
    stopped: &(dyn Fn() -> bool + Sync),
) -> Option<Measured> {
    let one = |sequence: &Sequence| (!stopped()).then(|| trainer.loss([sequence]));
    let losses: Option<Vec<Loss>> = sequences.par_iter().map(one).collect();
    let losses = losses?;
    let right = losses.iter().map(|loss| loss.right == loss.count).collect();
    let loss = losses.into_iter().fold(Loss::default(), |sum, loss| sum + loss);
    Some(Measured { loss, right })
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
    use lora_transformer::batch::Target;
    use lora_transformer::generate::Limits;

    use super::*;

    /// A test on prompts of these lengths.
    fn on_prompts(lengths: &[usize], asked: Asked) -> FinalTest {
        let one = |&length: &usize| Sequence { ids: vec![1; length], target: Target::None };
        FinalTest { sequences: lengths.iter().map(one).collect(), asked }
    }

    #[test]
    fn a_thread_holds_one_question_and_a_run_the_texts_that_it_writes_together() {
        let letters = || Asked::Letters(Letters { ids: [1, 2, 3, 4], right: Vec::new() });
        let questions = on_prompts(&[7; 100], letters());
        let held = |texts, longest, prompt| Held { texts, longest, prompt };
        for (threads, runs, texts) in [(1, 6, 1), (4, 1, 4), (4, 6, 4), (64, 6, 64)] {
            assert_eq!(questions.held(threads, runs), held(texts, 7, 7), "{threads} {runs}");
        }
        assert_eq!(on_prompts(&[3, 9], letters()).held(64, 6), held(12, 9, 9));

        let answers = |count| {
            let limits = Limits { new_tokens: 10, stop: Vec::new() };
            Asked::Answers(Answers {
                prompts: vec![vec![1; 5]; count],
                numbers: Vec::new(),
                limits,
            })
        };
        let questions = on_prompts(&[8; 100], answers(100));
        for (threads, runs, texts) in [(1, 6, 32), (4, 1, 32), (4, 6, 128), (64, 6, 192)] {
            assert_eq!(questions.held(threads, runs), held(texts, 15, 5), "{threads} {runs}");
        }
        assert_eq!(on_prompts(&[8; 3], answers(3)).held(4, 2), held(6, 15, 5));
        assert_eq!(on_prompts(&[8; 100], Asked::Tokens).held(4, 2), Held::default());
    }

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
