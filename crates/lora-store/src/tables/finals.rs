//! The tables of the final test: a row for each result, and one for each answer of it.

use std::collections::HashMap;
use std::sync::Arc;

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::Task;

use crate::stored::{FinalResult, Hash, Listed, StoredFinal};
use crate::tables::column::{Cells, Column, column};

/// A result of the final test.
pub struct FinalRow {
    /// The run's name.
    run: Arc<str>,
    data: String,
    /// Whether a smaller and a larger learning rate were tried.
    bracketed: bool,
    /// Whether tokens are predicted.
    of_tokens: bool,
    result: FinalResult,
}

/// Every column of the table of results.
pub const FINALS: &[Column<FinalRow>] = &[
    column!(Text run [""] "The run, as in the table of runs", |r| &r.run),
    column!(Text data [""] "Digest of transformer.final_data as tokens", |r| &r.data),
    column!(Flag bracketed [""] "Whether a smaller and a larger learning rate of the same setting, init, \
        width and seed are stored; if not, a better one may lie beyond", |r| r.bracketed),
    column!(Whole sequences ["1"] "Sentences, prompts with answers, questions, or stretches of a text",
        |r| r.result.sequences as i64),
    column!(Whole predictions ["1"] "Classes or tokens that were to be predicted",
        |r| r.result.predictions as i64),
    column!(Real loss ["nats"] "Mean cross-entropy of the predictions; of choices, that of the right letter",
        |r| r.result.loss),
    column!(Real accuracy ["1"] "Share of right predictions", |r| r.result.accuracy),
    column!(RealOrNull exact ["1"] "Share of prompts whose whole answer was predicted right",
        null if "final_data has no prompts with answers", |r| r.result.exact),
    column!(RealOrNull generated_exact ["1"] "Share of prompts behind which the model wrote the right number",
        null if "final_task is not write", |r| r.result.generated_exact),
    column!(RealOrNull choice_accuracy ["1"] "Share of multiple-choice questions whose right letter was the \
        likeliest of the four", null if "final_task is not choose", |r| r.result.choice_accuracy),
    column!(RealOrNull perplexity ["1"] "e to the loss", null if "classes or letters are predicted",
        |r| r.of_tokens.then(|| r.result.loss.exp())),
];

/// An answer of the final test.
pub struct AnswerRow {
    run: Arc<str>,
    data: Arc<str>,
    sequence: usize,
    right: bool,
}

/// Every column of the table of answers.
pub const ANSWERS: &[Column<AnswerRow>] = &[
    column!(Text run [""] "The run, as in the table of runs", |r| &r.run),
    column!(Text data [""] "Digest of transformer.final_data as tokens", |r| &r.data),
    column!(Whole sequence [""] "Number of the sentence, of the question, or of the prompt with room for an \
        answer, among those that were measured, in the order of the files, from 0",
        |r| r.sequence as i64),
    column!(Flag right [""] "Whether its class, its whole answer or its letter was predicted right, or the number \
        that was written is", |r| r.right),
];

/// Results as rows, given the names of runs. Those of runs that are not stored are left out.
pub struct Finals<'l> {
    listed: HashMap<&'l Hash, &'l Listed>,
    list: &'l [Listed],
}

impl<'l> Finals<'l> {
    /// Of these runs.
    pub fn new(list: &'l [Listed]) -> Self {
        Self { listed: list.iter().map(|run| (&run.key, run)).collect(), list }
    }

    /// The row of a result, with those of its answers.
    pub fn rows(
        &self,
        of: StoredFinal,
        name: impl Fn(&Hash) -> String,
    ) -> Option<(FinalRow, Vec<AnswerRow>)> {
        let StoredFinal { run, data, result } = of;
        let listed = self.listed.get(&run)?;
        let (run, of_data): (Arc<str>, Arc<str>) = (name(&run).into(), data.as_str().into());
        let answer = |(sequence, &right)| {
            let (run, data) = (Arc::clone(&run), Arc::clone(&of_data));
            AnswerRow { run, data, sequence, right }
        };
        let answers = result.right.iter().enumerate().map(answer).collect();
        let bracketed =
            self.has(listed, |lr| lr < listed.lr) && self.has(listed, |lr| lr > listed.lr);
        let section = serde_json::from_str::<TransformerSection>(&listed.setting.transformer);
        let of_tokens = section.is_ok_and(|section| section.task == Task::NextToken)
            && result.choice_accuracy.is_none();
        Some((FinalRow { run, data, bracketed, of_tokens, result }, answers))
    }

    /// Whether there is a run that differs in its learning rate alone, which is such a one.
    fn has(&self, run: &Listed, such: impl Fn(f64) -> bool) -> bool {
        let same = |other: &&Listed| {
            let of =
                |run: &Listed| (run.setting.id, run.width, run.seed, run.init, run.adapter_seed);
            of(other) == of(run)
        };
        self.list.iter().filter(same).any(|other| such(other.lr))
    }
}
