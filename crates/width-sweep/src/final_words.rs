//! What is said of final tests: each best run, and the inits beside each other, answer by answer.

use std::collections::BTreeSet;
use std::fmt::Write;

use lora_analysis::inits::{Answers, more_right};
use lora_analysis::minus::minus_signs;
use lora_experiment::cells::Cell;
use lora_runner::{answered, finals};
use lora_store::error::StoreError;
use lora_store::stored::StoredRuns;

/// All lines; nothing where an experiment has no final test.
pub fn final_words(kept: &StoredRuns, cells: &[Cell]) -> Result<String, StoreError> {
    let mut text = finals::told(kept, cells)?;
    for (data, answered) in answered::answers(kept, cells)? {
        let of = |(best, right): answered::Answered| Answers {
            init: best.run.init,
            width: best.cell.width,
            seed: best.cell.seed,
            right,
        };
        let answers: Vec<Answers> = answered.into_iter().map(of).collect();
        let widths: BTreeSet<usize> = answers.iter().map(|of| of.width).collect();
        widths.into_iter().for_each(|width| text += &compared(&data, &answers, width));
    }
    Ok(text)
}

/// One width: "data 1f3a, n = 384: Init[A] has 0.5% more answers right than Init[B] ...".
fn compared(data: &str, answers: &[Answers], width: usize) -> String {
    let Some((interval, decision)) = more_right(answers, width) else { return String::new() };
    let percent = |share: f64| minus_signs(&format!("{:.2}", 100.0 * share));
    let mut text = format!(
        "  data {data}, n = {width}: share right under Init[A] less that under Init[B], in percent: {}",
        percent(interval.estimate)
    );
    if let Some((lower, upper)) = interval.lower.zip(interval.upper) {
        // Writing to a text does not fail.
        let _ = write!(
            text,
            " [{}, {}], 95% over {} seeds and all answers",
            percent(lower),
            percent(upper),
            interval.seeds
        );
    }
    format!("{text}; that it is larger {}\n", verdict_words(decision.verdict.name()))
}

fn verdict_words(verdict: &str) -> String {
    match verdict {
        "holds" => "holds".to_owned(),
        other => format!("is {other}"),
    }
}
