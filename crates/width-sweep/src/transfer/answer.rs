//! The carried learning rate: η' = η (n'/n)^γ (r'/r)^x.

use lora_theory::{Rational, Setting, TheoryError, analyse, approximate, rank_exponents};
use serde::Serialize;

use super::stored::{self, Measured};
use crate::cli::{Goal, Multiplier, TransferArgs};
use crate::error::CommandError;
use crate::experiment::OptimizerName;
use crate::prediction::{optimizer, theory_init};

/// A learning rate with the interval that its exponents leave, if they have one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lr {
    /// η'.
    pub value: f64,
    /// Lower end; equal to `value` for exact exponents.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// How one of the two sizes changes, and the exponents for it.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// "n" or "r".
    pub of: &'static str,
    /// From this size …
    pub from: u32,
    /// … to this.
    pub to: u32,
    /// The theory's exponent; none where it has none.
    pub theory: Option<f64>,
    /// The same as a fraction.
    pub theory_exact: Option<String>,
    /// The measured one.
    pub measured: Option<Measured>,
}

/// What the measurements and the theory say.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The setting in words.
    pub setting: String,
    /// Whether the best or the largest stable LR is carried.
    pub carries: &'static str,
    /// η.
    pub from_lr: f64,
    /// What changes.
    pub changes: Vec<Change>,
    /// By the measured exponents; none unless every one was measured.
    pub measured: Option<Lr>,
    /// By the theory's exponents.
    pub theory: Option<Lr>,
    /// By the paper's exponent of the largest stable LR, where only the width changes.
    pub paper: Option<Lr>,
    /// That exponent as a fraction.
    pub paper_exact: Option<String>,
    /// "measurement", "theory" or "nothing".
    pub by: &'static str,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// What a reader should know before using it.
    pub warnings: Vec<String>,
}

impl Answer {
    /// To a request.
    pub fn to(arguments: &TransferArgs) -> Result<Self, CommandError> {
        let usage = |error: TheoryError| CommandError::Usage(format!("transfer: {error}"));
        let changes = changes(arguments, usage)?;
        if changes.is_empty() {
            return Err(CommandError::Usage(
                "transfer: nothing changes; give --to-width or --to-rank, unlike where it comes from"
                    .to_owned(),
            ));
        }
        let eta = arguments.from_lr;
        let measured = carried(eta, &changes, |change| {
            change.measured.as_ref().map(|m| [m.lower, m.estimate, m.upper])
        });
        let theory = carried(eta, &changes, |change| change.theory.map(|x| [x; 3]));
        let paper_gamma = paper_exponent(arguments).map_err(usage)?;
        let only_width = changes.iter().all(|change| change.of == "n");
        let paper = paper_gamma
            .filter(|_| only_width)
            .and_then(|gamma| carried(eta, &changes, |_| Some([approximate(gamma); 3])));
        let by = match (&measured, &theory) {
            (Some(_), _) => "measurement",
            (None, Some(_)) => "theory",
            (None, None) => "nothing",
        };
        Ok(Self {
            setting: setting_text(arguments),
            carries: words(arguments.goal),
            from_lr: eta,
            warnings: warnings(arguments, &changes)?,
            assumptions: assumptions(arguments, &changes),
            changes,
            measured,
            theory,
            paper_exact: paper.and(paper_gamma).map(|gamma| gamma.to_string()),
            paper,
            by,
        })
    }
}

/// The setting that the theory analyses.
fn setting(arguments: &TransferArgs) -> Setting {
    let init = theory_init(arguments.init.into());
    Setting {
        optimizer: optimizer(arguments.optimizer),
        multiplier_rank: match arguments.multiplier {
            Multiplier::Constant => Rational::new_raw(0, 1),
            Multiplier::Sqrt => Rational::new_raw(1, 2),
            Multiplier::Inverse => Rational::new_raw(1, 1),
        },
        ..Setting::network(init, arguments.readout)
    }
}

fn changes(
    arguments: &TransferArgs,
    usage: impl Fn(TheoryError) -> CommandError + Copy,
) -> Result<Vec<Change>, CommandError> {
    let TransferArgs { goal, readout, multiplier, .. } = *arguments;
    let init = arguments.init.into();
    let setting = setting(arguments);
    let adam = arguments.optimizer == OptimizerName::Adam;
    let mut changes = Vec::new();
    let mut push = |of, from, to, theory: Option<Rational>, measured: Option<Measured>| {
        changes.push(Change {
            of,
            from,
            to,
            theory: theory.map(approximate),
            theory_exact: theory.map(|x| x.to_string()),
            measured: measured.filter(|_| adam),
        });
    };
    let (from, to) = (arguments.from_width, arguments.to_width.unwrap_or(arguments.from_width));
    if from != to {
        let critical = analyse(&setting).map_err(usage)?.critical;
        let theory = match goal {
            Goal::Optimal => critical.optimal.gamma(),
            Goal::Stable => critical.stable.gamma(),
        };
        push("n", from, to, theory, stored::of_width(goal, init, readout)?);
    }
    let (from, to) = (arguments.from_rank, arguments.to_rank.unwrap_or(arguments.from_rank));
    if from != to {
        let exponents = rank_exponents(&setting).map_err(usage)?;
        let theory = match goal {
            Goal::Optimal => exponents.optimal,
            Goal::Stable => exponents.stable,
        };
        push("r", from, to, theory, stored::of_rank(goal, init, multiplier, readout)?);
    }
    Ok(changes)
}

/// η times every change to the power of its exponent; independent intervals add in squares of
/// logarithms. None if an exponent is missing.
fn carried(
    eta: f64,
    changes: &[Change],
    exponent: impl Fn(&Change) -> Option<[f64; 3]>,
) -> Option<Lr> {
    let (mut log, mut below, mut above) = (eta.ln(), 0.0f64, 0.0f64);
    for change in changes {
        let [lower, middle, upper] = exponent(change)?;
        let size = (f64::from(change.to) / f64::from(change.from)).ln();
        let ends = [(lower - middle) * size, (upper - middle) * size];
        log += middle * size;
        below = below.hypot(ends[0].min(ends[1]));
        above = above.hypot(ends[0].max(ends[1]));
    }
    Some(Lr { value: log.exp(), lower: (log - below).exp(), upper: (log + above).exp() })
}

/// The layer's largest stable exponent, which is what Theorems 1 and 2 state.
fn paper_exponent(arguments: &TransferArgs) -> Result<Option<Rational>, TheoryError> {
    if arguments.goal == Goal::Stable || arguments.optimizer == OptimizerName::Sgd {
        return Ok(None);
    }
    let layer = Setting::layer(theory_init(arguments.init.into()));
    Ok(analyse(&layer)?.critical.stable.gamma())
}

fn words(goal: Goal) -> &'static str {
    match goal {
        Goal::Optimal => "best LR",
        Goal::Stable => "largest stable LR",
    }
}

fn setting_text(arguments: &TransferArgs) -> String {
    let name = arguments.optimizer.name();
    let init = theory_init(arguments.init.into());
    format!("{init}, W_out ~ N(0, n^{}), {name}, η_B = η_A", arguments.readout * -2)
}

fn assumptions(arguments: &TransferArgs, changes: &[Change]) -> Vec<String> {
    let mut assumptions = vec![
        format!(
            "{:e} is the {} of the first model; an error of it is carried along",
            arguments.from_lr,
            words(arguments.goal)
        ),
        "nothing else changes: data, number of steps, depth, everything frozen but its width"
            .to_owned(),
        "the other model is like the synthetic student, one hidden layer with LoRA; larger models \
         were not measured"
            .to_owned(),
    ];
    if changes.iter().any(|change| change.of == "r") {
        assumptions.push(match arguments.multiplier {
            Multiplier::Constant => "the multiplier s is the same at both ranks".to_owned(),
            Multiplier::Sqrt => "the multiplier is s = α/√r with the same α".to_owned(),
            Multiplier::Inverse => "the multiplier is s = α/r with the same α".to_owned(),
        });
    }
    assumptions
}

fn warnings(arguments: &TransferArgs, changes: &[Change]) -> Result<Vec<String>, CommandError> {
    let mut warnings: Vec<String> = changes.iter().flat_map(about).collect();
    let paper = stored::of_paper(arguments.init.into(), arguments.readout)?;
    let width = changes.iter().any(|change| change.of == "n");
    let asked = arguments.goal == Goal::Optimal && arguments.optimizer == OptimizerName::Adam;
    if let Some(paper) = paper.filter(|paper| asked && width && paper.verdict == "refuted") {
        warnings.push(format!(
            "the paper's exponent is of the largest stable LR; for the best LR it is refuted here: {}",
            paper.reason
        ));
    }
    Ok(warnings)
}

/// What is doubtful about one change.
fn about(change: &Change) -> Vec<String> {
    let Some(measured) = &change.measured else {
        return vec![format!("the exponent of {} was not measured in this setting", change.of)];
    };
    let mut warnings = Vec::new();
    if measured.verdict != "holds" {
        warnings.push(format!(
            "the theory's exponent of {}, {}, is {}: {}",
            change.of,
            change.theory_exact.as_deref().unwrap_or("none"),
            measured.verdict,
            measured.reason
        ));
    }
    let within = measured.smallest_used..=measured.largest_used;
    if ![change.from, change.to].iter().all(|&size| within.contains(&f64::from(size))) {
        warnings.push(format!(
            "measured from {} = {} to {} only; beyond that the power is continued",
            change.of, measured.smallest_used, measured.largest_used
        ));
    }
    warnings
}
