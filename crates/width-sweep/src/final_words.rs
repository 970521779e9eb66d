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

/// One width: "data 1f3a, n = 384: Init[A] minus Init[B], share right: 0.57 percentage points [...]".
fn compared(data: &str, answers: &[Answers], width: usize) -> String {
    let Some((interval, decision)) = more_right(answers, width) else { return String::new() };
    let points = |share: f64| minus_signs(&format!("{:.2}", 100.0 * share));
    let mut text = format!(
        "  data {data}, n = {width}: Init[A] minus Init[B], share right: {} percentage points",
        points(interval.estimate)
    );
    if let Some((lower, upper)) = interval.lower.zip(interval.upper) {
        let (lower, upper, seeds) = (points(lower), points(upper), interval.seeds);
        // Writing to a text does not fail.
        let _ = write!(text, " [{lower}, {upper}], 95% over {seeds} seeds and all answers");
    }
    format!("{text}; \"larger under Init[A]\": {}\n", decision.verdict.name())
}
