//! What is said of final tests: each best run, and the inits beside each other, answer by answer.

use std::collections::BTreeSet;
use std::fmt::Write;

use lora_analysis::inits::{Answers, more_right};
use lora_analysis::minus::minus_signs;
use lora_experiment::cells::Cell;
use lora_runner::finals::{BestRun, KeptFinals};
use lora_store::error::StoreError;
use lora_store::stored::{FinalResult, StoredRuns};

/// All lines; nothing where an experiment has no final test.
///
/// # Errors
/// [`StoreError`] for a database that cannot be read.
pub fn final_words(kept: &StoredRuns, cells: &[Cell]) -> Result<String, StoreError> {
    let Some(finals) = KeptFinals::of(kept, cells)? else { return Ok(String::new()) };
    let mut text = finals.told(kept);
    for (data, found) in finals.by_data() {
        let answers: Vec<Answers> = found.iter().filter_map(answers).collect();
        let widths: BTreeSet<usize> = answers.iter().map(|of| of.width).collect();
        widths.into_iter().for_each(|width| text += &compared(data, &answers, width));
    }
    Ok(text)
}

/// The answers of a best run; a text has none.
fn answers((best, result): &(BestRun, FinalResult)) -> Option<Answers> {
    let (init, width, seed) = (best.run.init, best.cell.width, best.cell.seed);
    let right = result.right.clone();
    (!right.is_empty()).then_some(Answers { init, width, seed, right })
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
