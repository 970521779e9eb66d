//! What a run of a limit is kept under: a hash of everything that decides it, beside its seed, its neurons and its c.

use lora_limit::{Class, Coupled};
use lora_sim::spec::{Init, Model, Training};
use lora_sim::{CpuEngine, Engine, is_explicit};
use lora_store::digest::sha256;
use lora_store::error::StoreError;
use lora_store::limits::LimitRow;
use lora_theory::Rational;
use serde::Serialize;

use crate::error::ConstantsError;
use crate::question::Question;

/// Raised when what is kept of a run changes.
const FORMAT: u32 = 1;

/// Hex digits of a key, 64 bits: a table holds thousands of rows, and not billions.
const DIGITS: usize = 16;

#[derive(Serialize)]
struct Text<'a> {
    format: u32,
    /// Of the solver, of the engine that draws students, and of the quadrature.
    numerics: String,
    model: &'a Model,
    /// Whether W_h of the coupled run is drawn entry by entry.
    explicit_hidden: bool,
    training: &'a Training,
    readout: String,
    init: Init,
    gamma: String,
    /// Of the coupled run.
    width: usize,
    /// What a run is judged by, and what the search looks for.
    score: (lora_experiment::experiment::Score, f64, f64),
    /// The steps of the search's grid.
    grid: (f64, f64, usize),
    finer: &'a [usize],
}

/// The key of the runs of an init. The rules of the search belong to it, so that a table holds what one search saw.
///
/// # Errors
/// [`ConstantsError::Store`] if a setting has no JSON.
pub(crate) fn key(
    question: &Question,
    readout: Rational,
    init: Init,
    class: &Class,
) -> Result<String, ConstantsError> {
    let (model, search) = (question.model(readout), &question.experiment.search);
    let network = CpuEngine::new().numerics();
    let text = Text {
        format: FORMAT,
        numerics: Coupled::Whole.numerics(&network, question.quadrature(0)),
        explicit_hidden: is_explicit(&model, question.width),
        // It acts through the width alone.
        model: &Model { explicit_hidden_up_to: 0, ..model },
        training: &question.experiment.training(),
        readout: readout.to_string(),
        init,
        gamma: class.terms().gamma.to_string(),
        width: question.width,
        score: (search.score, search.tail, search.stability_bound),
        grid: (search.coarse_factor, search.bracket_factor, search.max_extensions),
        finer: &question.finer().collect::<Vec<_>>(),
    };
    hash(&text)
}

/// The key of a row of these runs: one that was changed since, by hand or by a fault, has another.
///
/// # Errors
/// As [`key`].
pub(crate) fn key_of_row(key: &str, row: &LimitRow) -> Result<String, ConstantsError> {
    hash(&(key, LimitRow { key: String::new(), ..row.clone() }))
}

fn hash(value: &impl Serialize) -> Result<String, ConstantsError> {
    let text = serde_json::to_vec(value).map_err(|error| StoreError::Encode(Box::new(error)))?;
    Ok(sha256(&text)[..DIGITS].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Choices;
    use lora_experiment::experiment::Experiment;

    fn of(change: impl Fn(&mut Experiment, &mut Choices)) -> Result<String, ConstantsError> {
        let (mut experiment, mut choices) = (Experiment::default(), Choices::default());
        change(&mut experiment, &mut choices);
        let question = Question::new(("x", false), &experiment, &choices)?;
        let readout = experiment.model.readout_exponent;
        key(&question, readout, Init::B, &question.class(readout, Init::B)?)
    }

    #[test]
    fn what_decides_a_run_is_in_its_key_and_nothing_else_is() -> Result<(), ConstantsError> {
        let plain = of(|_, _| ())?;
        type Change = fn(&mut Experiment, &mut Choices);
        let others: [Change; 9] = [
            |_, c| c.neurons = Some(512),
            |_, c| c.replicates = Some(4),
            |_, c| c.width = Some(2048),
            |e, _| e.search.limit_neurons = 2048,
            |e, _| e.search.tail = 0.2,
            |e, _| e.search.bracket_factor = 1.5,
            |e, _| e.model.multiplier = 2.0,
            |e, _| e.training.steps = 99,
            |e, _| e.model.readout_exponent = Rational::new(2, 3),
        ];
        for (number, other) in others.into_iter().enumerate() {
            assert_ne!(of(other)?, plain, "{number}");
        }
        let same: [Change; 4] = [
            |e, _| e.training.seeds = vec![7],
            |e, _| e.search.basin = 0.3,
            |e, _| e.title = "another".into(),
            |e, _| e.model.widths = vec![64, 4096].into(),
        ];
        for (number, same) in same.into_iter().enumerate() {
            assert_eq!(of(same)?, plain, "{number}");
        }
        Ok(())
    }
}
