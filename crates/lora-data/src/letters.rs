//! Multiple-choice questions, which are answered by the likeliest of four letters.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::slice;

use lora_experiment::experiment::TransformerSection;
use lora_text::Tokenizer;
use lora_text::data::{
    BEFORE_LETTER, LETTERS, Pair, Question, Subject, encode_pairs, few_shot, read_choices,
};
use lora_transformer::batch::{Sequence, Target};
use lora_transformer::loss::Loss;
use lora_transformer::trainer::Trainer;
use rayon::prelude::*;

use crate::base::Base;
use crate::cuts::FINAL;
use crate::error::DataError;
use crate::measured::Measured;

const SHOTS: &str = "transformer.shots_data";

/// What answers the questions whose prompts are a test's sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letters {
    /// The tokens of A to D.
    pub ids: [u32; 4],
    /// Which of them is right, from 0, question by question.
    pub right: Vec<usize>,
}

impl Letters {
    /// What a model finds for some of the questions, whose prompts these are; none if it is stopped, which is asked
    /// before each question.
    pub fn measure(
        &self,
        trainer: &Trainer,
        sequences: &[Sequence],
        part: Range<usize>,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Measured>, DataError> {
        let one = |sequence: &Sequence| {
            if stopped() {
                return Ok(None);
            }
            trainer.log_probabilities(slice::from_ref(&sequence.ids), &self.ids).map(Some)
        };
        let logs: Vec<_> = sequences[part.clone()].par_iter().map(one).collect();
        let logs: Option<Vec<_>> = logs.into_iter().collect::<Result<_, _>>()?;
        let Some(logs) = logs.map(|logs| logs.concat()) else { return Ok(None) };
        let mut all = Measured::default();
        for (logs, &right) in logs.iter().zip(&self.right[part]) {
            let found = likeliest(logs) == Some(right);
            let ones = usize::from(found);
            all += Measured {
                loss: Loss { sum: -logs[right], count: 1, right: ones, sequences: 1, exact: ones },
                right: vec![found],
            };
        }
        Ok(Some(all))
    }
}

/// The place of the largest value, of equals the first; none beside one that is not a number.
fn likeliest(values: &[f64]) -> Option<usize> {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sound = values.iter().all(|value| !value.is_nan());
    values.iter().position(|&value| value == most).filter(|_| sound)
}

/// The prompts of the questions that the final data hold, with what answers them. `notes` gets what does not fit.
pub fn read(
    section: &TransformerSection,
    base: &Base,
    notes: &mut Vec<String>,
) -> Result<(Vec<Sequence>, Letters), DataError> {
    let subjects = open(section, FINAL, &section.final_data)?;
    let shots = match &section.shots_data[..] {
        "" => Vec::new(),
        path => open(section, SHOTS, path)?,
    };
    let letters = letters(base.tokenizer)?;
    let mut asked = Asked::new(base.tokenizer, base.config.max_positions, letters.0);
    for subject in &subjects {
        let shots = of_subject(section, &shots, subject)?;
        subject.questions.iter().try_for_each(|question| asked.add(subject, shots, question))?;
    }
    notes.extend(asked.told());
    Ok((asked.sequences, Letters { ids: letters.1, right: asked.right }))
}

fn open(
    section: &TransformerSection,
    key: &'static str,
    path: &str,
) -> Result<Vec<Subject>, DataError> {
    let file = Path::new(path);
    if !file.exists() {
        let valid = "a .csv file of multiple-choice questions, or a folder with such files";
        return Err(DataError::absent(key, valid, section));
    }
    read_choices(file).map_err(DataError::file(key))
}

/// The first answered questions of a subject; none where no file of them is named.
fn of_subject<'s>(
    section: &TransformerSection,
    shots: &'s [Subject],
    subject: &Subject,
) -> Result<&'s [Question], DataError> {
    if shots.is_empty() {
        return Ok(&[]);
    }
    let own = shots.iter().find(|shots| shots.name == subject.name);
    let questions = own.map_or(&[][..], |own| &own.questions);
    questions.get(..section.shots).ok_or_else(|| {
        let (wanted, name, count) = (section.shots, &subject.name, questions.len());
        let valid = format!(
            "files with {wanted} questions on each subject, or transformer.shots smaller: on {name} there \
             are {count}"
        );
        DataError::key(SHOTS, valid)
    })
}

/// The tokens between the end of a prompt and the letter, and those of the letters.
fn letters(tokenizer: &Tokenizer) -> Result<(Vec<u32>, [u32; 4]), DataError> {
    let before = tokenizer.encode(BEFORE_LETTER, false)?;
    let mut ends = Vec::new();
    for letter in LETTERS {
        let all = tokenizer.encode(&format!("{BEFORE_LETTER} {letter}"), false)?;
        ends.extend(
            all.strip_prefix(&before[..])
                .and_then(|rest| rest.split_last())
                .map(|(&last, shared)| (shared.to_vec(), last)),
        );
    }
    let distinct: BTreeSet<u32> = ends.iter().map(|(_, last)| *last).collect();
    let alike = ends.windows(2).all(|pair| pair[0].0 == pair[1].0) && distinct.len() == ends.len();
    match &ends[..] {
        [(shared, a), (_, b), (_, c), (_, d)] if alike => Ok((shared.clone(), [*a, *b, *c, *d])),
        _ => {
            let valid = format!(
                "a model whose tokenizer ends \"{BEFORE_LETTER} A\" with a token for the letter alone"
            );
            Err(DataError::key("transformer.checkpoint", valid))
        }
    }
}

/// Questions as prompts, each with as many answered ones before it as the model has places for.
struct Asked<'t> {
    tokenizer: &'t Tokenizer,
    /// Most tokens of a prompt.
    most: usize,
    /// What stands between a prompt and the letter.
    shared: Vec<u32>,
    sequences: Vec<Sequence>,
    right: Vec<usize>,
    /// Questions with fewer answered ones before them.
    shortened: usize,
    /// Questions that do not fit even alone.
    left_out: usize,
}

impl<'t> Asked<'t> {
    fn new(tokenizer: &'t Tokenizer, most: usize, shared: Vec<u32>) -> Self {
        let (sequences, right) = Default::default();
        Self { tokenizer, most, shared, sequences, right, shortened: 0, left_out: 0 }
    }

    fn add(
        &mut self,
        subject: &Subject,
        shots: &[Question],
        question: &Question,
    ) -> Result<(), DataError> {
        for count in (0..=shots.len()).rev() {
            let ids = self.ids(few_shot(&subject.name, &shots[..count], question))?;
            if ids.len() <= self.most {
                self.sequences.push(Sequence { ids, target: Target::None });
                self.right.push(question.right);
                self.shortened += usize::from(count < shots.len());
                return Ok(());
            }
        }
        self.left_out += 1;
        Ok(())
    }

    fn ids(&self, prompt: String) -> Result<Vec<u32>, DataError> {
        let pair = Pair { prompt, answer: String::new() };
        let encoded = encode_pairs(self.tokenizer, &[pair])?;
        let all = encoded.into_iter().flat_map(|pair| pair.ids.into_iter().take(pair.prompt));
        Ok(all.chain(self.shared.iter().copied()).collect())
    }

    /// What did not fit, in words; none if everything did.
    fn told(&self) -> Option<String> {
        let (all, most) = (self.sequences.len() + self.left_out, self.most);
        let verb = |count: usize, [one, several]: [&'static str; 2]| {
            if count == 1 { one } else { several }
        };
        let shortened = (self.shortened > 0).then(|| {
            let (count, have) = (self.shortened, verb(self.shortened, ["has", "have"]));
            format!("{count} {have} fewer answered questions before them")
        });
        let left_out = (self.left_out > 0)
            .then(|| format!("{} {} left out", self.left_out, verb(self.left_out, ["is", "are"])));
        let parts: Vec<String> = shortened.into_iter().chain(left_out).collect();
        let parts = (!parts.is_empty()).then(|| parts.join(", and "));
        parts.map(|parts| {
            format!("{FINAL}: of {all} questions {parts}, to fit into the model's {most} places")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tokenizer of whole words, each with the blank before it as Llama's has it.
    fn words(vocabulary: &str) -> Tokenizer {
        let json = format!(
            r#"{{"version": "1.0", "added_tokens": [], "normalizer": null,
                "pre_tokenizer": {{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always",
                    "split": true}},
                "post_processor": null, "decoder": null,
                "model": {{"type": "WordLevel", "unk_token": "<unk>", "vocab": {{{vocabulary}}}}}}}"#
        );
        Tokenizer::from_json(Path::new("tokenizer.json"), json.as_bytes()).expect("a tokenizer")
    }

    /// The blank belongs to the letter's token: "▁A", which is another than "A".
    #[test]
    fn the_letter_is_the_token_with_its_blank_where_the_tokenizer_has_such() {
        let tokenizer = words(
            r#""<unk>": 0, "▁Answer:": 1, "▁A": 2, "▁B": 3, "▁C": 4, "▁D": 5, "A": 6, "B": 7"#,
        );
        assert_eq!(tokenizer.encode("Answer: C", false).expect("ids"), [1, 4]);
        let (shared, ids) = letters(&tokenizer).expect("letters");
        assert_eq!((&shared[..], ids), (&[][..], [2, 3, 4, 5]));
    }

    /// A tokenizer that knows two letters alone has one token for the others.
    #[test]
    fn a_tokenizer_that_does_not_tell_four_letters_apart_is_refused() {
        let tokenizer = words(r#""<unk>": 0, "▁Answer:": 1, "▁A": 2, "▁B": 3"#);
        let told = letters(&tokenizer).expect_err("two letters").to_string();
        let expected = "transformer.checkpoint: must be a model whose tokenizer ends \"Answer: A\" with a \
                        token for the letter alone";
        assert_eq!(told, expected);
    }

    #[test]
    fn the_likeliest_letter_is_the_first_of_equals_and_none_beside_a_nan() {
        assert_eq!(likeliest(&[-3.0, -1.0, -1.0, -2.0]), Some(1));
        assert_eq!(likeliest(&[-3.0, f64::NAN, -1.0, -2.0]), None);
        assert_eq!(likeliest(&[f64::NEG_INFINITY; 4]), Some(0));
    }
}
