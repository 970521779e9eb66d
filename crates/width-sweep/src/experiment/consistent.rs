//! What one key alone cannot tell.

use lora_sim::spec::{Init, Trained};
use lora_stats::{LrGrid, StatsError};

use super::origin::shown;
use super::{Experiment, Score};
use crate::prediction::predict;

/// A key whose value does not go with that of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The key to complain about.
    pub key: &'static str,
    /// The other key.
    pub other: Option<&'static str>,
    /// What the first must be.
    pub valid: String,
}

/// The first inconsistent key and what it must be.
pub fn check(e: &Experiment) -> Result<(), Conflict> {
    check_grid(e)?;
    if e.search.score == Score::TestFinal && e.model.test_points == 0 {
        let valid =
            r#"one of "train-tail", "train-final", "train-best" while model.test_points = 0"#;
        return conflict("search.score", Some("model.test_points"), valid);
    }
    if let Some(width) = e.figures.norm_widths.iter().find(|w| !e.model.widths.contains(w)) {
        let valid = format!("widths from model.widths; {width} is not among them");
        return conflict("figures.norm_widths", Some("model.widths"), valid);
    }
    check_trained(e)?;
    // The prediction is needed only after the sweep, too late to learn that there is none.
    for &init in &e.training.inits {
        if let Err(error) = predict(e, init) {
            let valid = format!("an exponent that the theory can treat: {error}");
            return conflict("model.readout_exponent", None, valid);
        }
    }
    Ok(())
}

/// A factor whose partner is 0 and stays 0 has no gradient, ever.
fn check_trained(e: &Experiment) -> Result<(), Conflict> {
    let (init, zero) = match e.training.train {
        Trained::A => (Init::A, "B"),
        Trained::B => (Init::B, "A"),
        Trained::AB => return Ok(()),
    };
    if !e.training.inits.contains(&init) {
        return Ok(());
    }
    let key = init.key();
    let valid = format!(
        r#"["{zero}"] or ["A", "B"] while training.inits has "{key}": there {zero} starts at 0, and {key} alone has no gradient"#
    );
    conflict("training.train", Some("training.inits"), valid)
}

fn conflict<T>(
    key: &'static str,
    other: Option<&'static str>,
    valid: impl Into<String>,
) -> Result<T, Conflict> {
    Err(Conflict { key, other, valid: valid.into() })
}

fn check_grid(e: &Experiment) -> Result<(), Conflict> {
    let s = &e.search;
    if s.lr_max < s.lr_min {
        let valid = format!("at least search.lr_min = {}", number(s.lr_min));
        return conflict("search.lr_max", Some("search.lr_min"), valid);
    }
    // With room for the grid's own tolerance.
    if s.lr_max.ln() - s.lr_min.ln() < 0.999 * s.coarse_factor.ln() {
        let (factor, least) = (number(s.coarse_factor), number(s.lr_min));
        let valid =
            format!("at least search.coarse_factor = {factor} times search.lr_min = {least}");
        return conflict("search.lr_max", Some("search.lr_min"), valid);
    }
    if s.bracket_factor > s.coarse_factor {
        let valid = format!("at most search.coarse_factor = {}", number(s.coarse_factor));
        return conflict("search.bracket_factor", Some("search.coarse_factor"), valid);
    }
    match LrGrid::new(e.grid_spec()) {
        Ok(_) => Ok(()),
        Err(StatsError::InvalidParameter { name, requirement, .. }) => {
            grid_conflict(name, requirement, s.max_extensions)
        }
        Err(error) => conflict("search.coarse_factor", None, format!("another one: {error}")),
    }
}

/// In the words of the grid, whose parameters are named as the keys are.
fn grid_conflict(name: &str, requirement: &str, extensions: usize) -> Result<(), Conflict> {
    let (key, other) = match name {
        "lr_min" => ("search.lr_min", None),
        "lr_max" => ("search.lr_max", Some("search.lr_min")),
        "bracket_factor" => ("search.bracket_factor", Some("search.coarse_factor")),
        // Without extensions it is the range itself that is too wide.
        "max_extensions" if extensions == 0 => ("search.lr_max", Some("search.lr_min")),
        "max_extensions" => ("search.max_extensions", Some("search.lr_min")),
        _ => ("search.coarse_factor", Some("search.lr_min")),
    };
    conflict(key, other, requirement)
}

fn number(value: f64) -> String {
    shown(&toml::Value::Float(value))
}
