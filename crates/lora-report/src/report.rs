//! What a report is made of, as plain rows.

use lora_types::{Init, Width};

use crate::{Explorer, PhaseTable, Picture, Verdicts};

/// A report on one sweep.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Short name of the experiment.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Whether the sizes are the quick ones.
    pub quick: bool,
    /// What was found, in plain words: the page opens with it, before any symbol is defined.
    pub conclusion: String,
    /// What was run, a paragraph each.
    pub about: Vec<String>,
    /// Exponents with intervals and predictions.
    pub exponents: Vec<ExponentRow>,
    /// What stands behind "The table holds γ" where there is no map of the theory: what the intervals are over,
    /// and why nothing is predicted.
    pub unpredicted: String,
    /// What was measured at each width.
    pub widths: Vec<WidthRow>,
    /// Reasons to doubt a number.
    pub warnings: Vec<String>,
    /// What the scripts draw.
    pub explorer: Explorer,
    /// The theory over a grid of settings; none of a transformer, which it does not treat.
    pub theory: Option<PhaseTable>,
    /// What a verification said.
    pub verdicts: Verdicts,
    /// The run's figures.
    pub pictures: Vec<Picture>,
    /// Which figures are not there, and what to do about it; empty if all are.
    pub missing_pictures: String,
    /// The experiment file.
    pub experiment: String,
    /// Where the results come from.
    pub provenance: Vec<Fact>,
    /// How to reproduce them.
    pub commands: Vec<ShellStep>,
}

/// A name and its value.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A line for a shell, or a step to do by hand.
#[derive(Clone, Debug)]
pub struct ShellStep {
    /// What it does.
    pub does: String,
    /// The line; empty for a step to do by hand.
    pub line: String,
}

/// A fitted exponent beside the predicted one.
#[derive(Clone, Debug)]
pub struct ExponentRow {
    /// The initialisation.
    pub init: Init,
    /// What is fitted, with a subscript in braces: `η_{opt}`.
    pub quantity: String,
    /// In words.
    pub means: String,
    /// The measured exponent.
    pub exponent: Option<f64>,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// The theory's.
    pub predicted: Option<f64>,
    /// The same as an exact fraction.
    pub predicted_exact: Option<String>,
    /// What the interval says about the prediction, in a few words.
    pub agreement: String,
    /// Whether the interval holds it; none where it cannot tell.
    pub within: Option<bool>,
}

/// Results of one init at one width.
#[derive(Clone, Debug)]
pub struct WidthRow {
    /// The initialisation.
    pub init: Init,
    /// n.
    pub width: Width,
    /// Learning rate with the best score.
    pub eta_opt: Value,
    /// Lower end of the basin.
    pub basin_lower: Option<f64>,
    /// Upper end.
    pub basin_upper: Option<f64>,
    /// Whether both ends were seen for every seed.
    pub basin_complete: bool,
    /// Best score.
    pub loss: Value,
    /// Held-out loss there.
    pub test_loss: Value,
    /// rms of Z_A there.
    pub za_rms: Value,
    /// rms of Z_B there.
    pub zb_rms: Value,
    /// Largest stable learning rate.
    pub eta_stable: Value,
    /// Runs.
    pub runs: usize,
    /// Those that diverged.
    pub diverged: usize,
}

/// A positive number over seeds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Value {
    /// Geometric mean.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Whether it is only a bound.
    pub bound: bool,
}
