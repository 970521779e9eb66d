//! Prompts with answers as sequences of tokens, of which the answers alone are to be predicted.

use std::path::Path;

use lora_experiment::experiment::TransformerSection;
use lora_text::Tokenizer;
use lora_text::data::{Pair, PairIds, Template, Templates, encode_pairs, read_pairs};
use lora_transformer::batch::{Sequence, Target};
use rayon::prelude::*;

use crate::error::DataError;

/// Examples that a thread turns into tokens at once.
const CHUNK: usize = 64;

/// What an example was before it was cut.
pub struct Example {
    /// Its number in the file, from 1; empty lines do not count.
    pub number: usize,
    /// Tokens of its prompt.
    pub prompt: usize,
    /// The whole answer.
    pub answer: String,
}

/// The examples of a file.
pub struct Pairs {
    /// Those that have room, in the order of the file.
    pub sequences: Vec<Sequence>,
    /// What each of them was.
    pub examples: Vec<Example>,
    /// Examples whose answers have lost their ends.
    pub cut: usize,
    /// Examples that are left out, since nothing of their answers would be predicted.
    pub left_out: usize,
}

impl Pairs {
    /// Reads the file that a key names.
    pub fn read(
        (key, file): (&'static str, &Path),
        templates: &Templates,
        tokenizer: &Tokenizer,
        context: usize,
    ) -> Result<Self, DataError> {
        let pairs = read_pairs(file, templates).map_err(DataError::file(key))?;
        // On all threads; of several errors, the first one of the file is told.
        let encoded: Vec<_> =
            pairs.par_chunks(CHUNK).map(|pairs| encode_pairs(tokenizer, pairs)).collect();
        let encoded: Vec<_> = encoded.into_iter().collect::<Result<_, _>>()?;
        let all = Self::fitting(encoded.concat(), pairs, context);
        if all.sequences.is_empty() {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let valid = format!(
                "larger: no prompt of {name} leaves room for an answer in {context} tokens"
            );
            return Err(DataError::key("transformer.context", valid));
        }
        Ok(all)
    }

    /// Cuts what is longer than `context` tokens.
    fn fitting(all: Vec<PairIds>, texts: Vec<Pair>, context: usize) -> Self {
        let mut pairs = Self { sequences: Vec::new(), examples: Vec::new(), cut: 0, left_out: 0 };
        for (index, (PairIds { mut ids, prompt }, text)) in all.into_iter().zip(texts).enumerate() {
            let cut = ids.len() > context;
            ids.truncate(context);
            let sequence = answering(ids, prompt);
            if sequence.targets() == 0 {
                pairs.left_out += 1;
                continue;
            }
            pairs.cut += usize::from(cut);
            pairs.sequences.push(sequence);
            pairs.examples.push(Example { number: index + 1, prompt, answer: text.answer });
        }
        pairs
    }

    /// What was cut and left out, in words; none if nothing was.
    pub fn told(&self, key: &str, context: usize) -> Option<String> {
        let all = self.sequences.len() + self.left_out;
        let are = |count: usize| if count == 1 { "is" } else { "are" };
        let cut = (self.cut > 0)
            .then(|| format!("{} {} cut at {context} tokens", self.cut, are(self.cut)));
        let left_out = (self.left_out > 0).then(|| {
            let (count, are) = (self.left_out, are(self.left_out));
            format!("{count} {are} left out, whose prompt leaves no room for an answer")
        });
        let parts: Vec<String> = cut.into_iter().chain(left_out).collect();
        (!parts.is_empty()).then(|| format!("{key}: of {all} examples {}", parts.join(", and ")))
    }
}

/// A sequence whose tokens behind the first `prompt` ones are to be predicted.
fn answering(ids: Vec<u32>, prompt: usize) -> Sequence {
    let mut sequence = Sequence::text(ids);
    if let Target::Next(next) = &mut sequence.target {
        // The last token of the prompt predicts the first of the answer.
        let masked = prompt.saturating_sub(1).min(next.len());
        next[..masked].fill(None);
    }
    sequence
}

/// How lines become prompts and answers. With the keys' defaults, this never fails.
pub fn templates(section: &TransformerSection) -> Result<Templates, DataError> {
    let parse = |key: &'static str, text: &str| {
        Template::parse(text).map_err(|fault| {
            let valid = "a text with fields such as {question}, and {{ for a brace";
            DataError::key(key, format!("{valid}: {fault}"))
        })
    };
    Ok(Templates {
        prompt: parse("transformer.prompt", &section.prompt)?,
        answer: parse("transformer.answer", &section.answer)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(sequence: &Sequence) -> Vec<Option<u32>> {
        match &sequence.target {
            Target::Next(next) => next.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn pair(ids: std::ops::Range<u32>, prompt: usize) -> PairIds {
        PairIds { ids: ids.collect(), prompt }
    }

    /// The examples of pairs whose answers are their numbers.
    fn fitting(all: Vec<PairIds>, context: usize) -> Pairs {
        let text = |number: usize| Pair { prompt: String::new(), answer: number.to_string() };
        let texts = (1..=all.len()).map(text).collect();
        Pairs::fitting(all, texts, context)
    }

    #[test]
    fn the_answer_is_asked_for_from_the_end_of_the_prompt_on() {
        let all = |prompt| next(&answering(vec![1, 2, 3, 4], prompt));
        assert_eq!(all(2), [None, Some(3), Some(4), None]);
        assert_eq!(all(1), [Some(2), Some(3), Some(4), None]);
        assert_eq!(all(0), all(1), "nothing predicts the first token");
        assert_eq!(all(3), [None, None, Some(4), None]);
    }

    #[test]
    fn the_end_of_an_answer_is_cut_and_a_prompt_without_room_left_out() {
        let all = vec![pair(0..5, 3), pair(0..8, 3), pair(0..8, 4), pair(0..8, 5), pair(0..9, 9)];
        let pairs = fitting(all, 5);
        assert_eq!((pairs.sequences.len(), pairs.cut, pairs.left_out), (3, 2, 2));
        assert_eq!(pairs.sequences[0].ids, [0, 1, 2, 3, 4]);
        assert_eq!(pairs.sequences[1], pairs.sequences[0]);
        assert_eq!(next(&pairs.sequences[2]), [None, None, None, Some(4), None]);
        let known = |one: &Example| (one.number, one.prompt, one.answer.clone());
        let known: Vec<_> = pairs.examples.iter().map(known).collect();
        let expected = [(1, 3, "1"), (2, 3, "2"), (3, 4, "3")];
        assert_eq!(
            known,
            expected.map(|(number, prompt, answer)| (number, prompt, answer.to_owned()))
        );
        assert_eq!(
            pairs.told("transformer.train_data", 5).as_deref(),
            Some(
                "transformer.train_data: of 5 examples 2 are cut at 5 tokens, and 2 are left out, \
                 whose prompt leaves no room for an answer"
            )
        );
        // One token alone predicts nothing.
        let pairs = fitting(vec![pair(0..1, 0), pair(0..5, 1)], 5);
        assert_eq!((pairs.sequences.len(), pairs.cut, pairs.left_out), (1, 0, 1));
        assert!(pairs.told("a", 5).expect("one").starts_with("a: of 2 examples 1 is left out"));
        assert_eq!(fitting(vec![pair(0..5, 1)], 5).told("a", 5), None);
    }
}
