//! Answers that a model writes itself, of which the numbers are compared.

use std::ops::Range;
use std::path::Path;

use lora_experiment::experiment::TransformerSection;
use lora_text::Tokenizer;
use lora_text::data::stated_number;
use lora_transformer::generate::Limits;
use lora_transformer::trainer::Trainer;

use crate::cuts::FINAL;
use crate::error::DataError;
use crate::pairs::{Example, Pairs};

/// Prompts behind which a model writes, with the numbers that it should state.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Tokens of each.
    pub prompts: Vec<Vec<u32>>,
    /// The right numbers, spelled as [`stated_number`] does.
    pub numbers: Vec<String>,
    /// When a text ends.
    pub limits: Limits,
}

impl Answers {
    /// Those of examples, each of which must state a number.
    pub fn new(
        section: &TransformerSection,
        tokenizer: &Tokenizer,
        pairs: &Pairs,
    ) -> Result<Self, DataError> {
        let number = |example: &Example| {
            stated_number(&example.answer).ok_or_else(|| {
                let name = Path::new(&section.final_data).file_name().unwrap_or_default();
                let (name, number) = (name.to_string_lossy(), example.number);
                let reason = format!(
                    "{name}: the answer of example {number} states no number behind ####, which \
                     transformer.final_task \"write\" compares"
                );
                DataError::Key { key: FINAL, reason }
            })
        };
        let numbers = pairs.examples.iter().map(number).collect::<Result<_, _>>()?;
        let examples = pairs.sequences.iter().zip(&pairs.examples);
        let prompts =
            examples.map(|(sequence, example)| sequence.ids[..example.prompt].to_vec()).collect();
        let stop = tokenizer.special().eos.into_iter().collect();
        let limits = Limits { new_tokens: section.new_tokens, stop };
        Ok(Self { prompts, numbers, limits })
    }

    /// Tokens of the longest prompt.
    pub fn longest_prompt(&self) -> usize {
        longest(&self.prompts)
    }

    /// Tokens of the longest prompt with what may be written behind it.
    pub fn longest(&self) -> usize {
        self.longest_prompt().saturating_add(self.limits.new_tokens)
    }

    /// Whether what a model writes behind some of the prompts states the right numbers; none if it is stopped.
    pub fn right(
        &self,
        trainer: &Trainer,
        tokenizer: &Tokenizer,
        part: Range<usize>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<bool>>, DataError> {
        let prompts = &self.prompts[part.clone()];
        let Some(texts) = trainer.greedy_until(prompts, &self.limits, stopped)? else {
            return Ok(None);
        };
        let right = |(ids, number): (&Vec<u32>, &String)| {
            Ok(stated_number(&tokenizer.decode(ids, false)?).as_ref() == Some(number))
        };
        texts.iter().zip(&self.numbers[part]).map(right).collect::<Result<_, _>>().map(Some)
    }
}

/// Tokens of the longest of some texts; 0 of none.
pub fn longest<'t>(texts: impl IntoIterator<Item = &'t Vec<u32>>) -> usize {
    texts.into_iter().map(Vec::len).max().unwrap_or(0)
}
