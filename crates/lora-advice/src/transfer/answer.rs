//! The carried learning rate: η' = η times a factor for each change.

use lora_theory::{Rational, Setting, analyse, approximate};
use serde::Serialize;

use crate::transfer::asked::TransferRequest;
use crate::transfer::beside::{Beside, beside};
use crate::transfer::change::{Method, SizeChange, changes};
use crate::transfer::choices::CarriedLr;
use crate::transfer::error::TransferError;
use crate::transfer::factor::{LogFactor, LrRange};
use crate::transfer::remarks::{assumptions, warnings};
use crate::transfer::request::CheckedTransfer;
use crate::transfer::words::{shown, words};
use lora_types::OptimizerKind;

/// The answer to a request.
#[derive(Clone, Debug, Serialize)]
pub struct TransferAnswer {
    /// The setting in words.
    pub setting: String,
    /// Whether the best or the largest stable LR is carried.
    pub carries: &'static str,
    /// η.
    pub from_lr: f64,
    /// η', of A where the factors have different ones.
    pub lr: LrRange,
    /// η'_B, where LoRA+'s ratio was given.
    pub lr_b: Option<LrRange>,
    /// η'/η.
    pub factor: LrRange,
    /// Where the factor comes from; "mixed" if the changes differ in that, "measured" if a run has the other width.
    pub method: &'static str,
    /// s of both models, where α is known.
    pub multiplier: Option<[f64; 2]>,
    /// What changes.
    pub changes: Vec<SizeChange>,
    /// η' by the fitted powers alone, if every change was measured and follows one.
    pub fit: Option<LrRange>,
    /// By the theory's powers alone.
    pub theory: Option<LrRange>,
    /// By the paper's exponent of the largest stable LR, where only the width changes.
    pub paper: Option<LrRange>,
    /// That exponent as a fraction.
    pub paper_exact: Option<String>,
    /// What other laws make of the same change; absent unless a run answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
    /// What the answer assumes.
    pub assumptions: Vec<String>,
    /// Reasons for caution.
    pub warnings: Vec<String>,
}

impl TransferAnswer {
    /// To a request.
    ///
    /// # Errors
    /// [`TransferError`] if the request contradicts itself or has no safe answer.
    pub fn to(arguments: &TransferRequest) -> Result<Self, TransferError> {
        let request = CheckedTransfer::of(arguments)?;
        let changes = changes(&request)?;
        let eta = arguments.from_lr;
        let total =
            changes.iter().fold(LogFactor::default(), |log, change| log.and_at_worst(change.log));
        let range = |log: LogFactor, start: f64| log.times(start).ok_or(TransferError::OutOfRange);
        let lr = range(total.and_at_worst(start(arguments)), eta)?;
        let fit = carried(eta, &changes, |change| {
            change.measured.as_ref().filter(|found| found.is_power()).map(|found| found.exponent())
        });
        let factor = range(total, 1.0)?;
        // The error of the start is in all of these answers alike.
        let beside =
            arguments.run.as_ref().map_or(Vec::new(), |run| beside(&request, run, &factor));
        let differ = beside.iter().filter_map(|other| other.warning(&factor));
        let paper = paper_exponent(&request).filter(|_| changes.iter().all(|c| c.of == "n"));
        let ratio = request.ratio;
        let plus = arguments.lora_plus_ratio.or(arguments.to_lora_plus_ratio);
        Ok(Self {
            setting: setting_text(&request),
            carries: words(arguments.goal),
            from_lr: eta,
            lr,
            lr_b: plus.map(|_| range(total, eta * ratio[1])).transpose()?,
            factor,
            method: method(&changes),
            multiplier: request.s,
            fit,
            theory: carried(eta, &changes, |change| change.theory.map(|x| [x; 3])),
            paper: paper.and_then(|x| carried(eta, &changes, |_| Some([approximate(x); 3]))),
            paper_exact: paper.map(|gamma| gamma.to_string()),
            assumptions: assumptions(&request, &changes),
            warnings: warnings(&request, &changes).into_iter().chain(differ).collect(),
            beside,
            changes,
        })
    }
}

/// The error of a learning rate that a run measured itself; none of one that is taken to be right.
fn start(arguments: &TransferRequest) -> LogFactor {
    let Some([lower, upper]) = arguments.from_interval else { return LogFactor::default() };
    let middle = arguments.from_lr.ln();
    LogFactor {
        middle: 0.0,
        below: (middle - lower.ln()).max(0.0),
        above: (upper.ln() - middle).max(0.0),
    }
}

/// η times every change to the power of its exponent; none if an exponent is missing.
fn carried(
    eta: f64,
    changes: &[SizeChange],
    exponent: impl Fn(&SizeChange) -> Option<[f64; 3]>,
) -> Option<LrRange> {
    let mut log = LogFactor::default();
    for change in changes {
        let size = change.to.ln() - change.from.ln();
        log = log.and_at_worst(LogFactor::power(exponent(change)?, size));
    }
    log.times(eta)
}

fn method(changes: &[SizeChange]) -> &'static str {
    match changes {
        [] => "measured",
        [first, rest @ ..] if rest.iter().any(|change| change.method != first.method) => "mixed",
        [first, ..] => match first.method {
            Method::Interpolated => "interpolated",
            Method::Fit => "fit",
            Method::Theory => "theory",
            Method::Given => "given",
        },
    }
}

/// The layer's largest stable exponent, which Theorems 1 and 2 state.
fn paper_exponent(request: &CheckedTransfer) -> Option<Rational> {
    let arguments = request.arguments;
    let other = arguments.goal == CarriedLr::Stable || arguments.optimizer == OptimizerKind::Sgd;
    if other || arguments.run.is_some() {
        return None;
    }
    let layer = Setting::layer(arguments.init);
    analyse(&layer).ok()?.critical.stable.gamma()
}

fn setting_text(request: &CheckedTransfer) -> String {
    let arguments = request.arguments;
    if let Some(run) = &arguments.run {
        return format!("{}, as measured by {}", arguments.init, run.run);
    }
    let name = arguments.optimizer.key();
    let rates = match request.ratio {
        [1.0, 1.0] => "η_B = η_A".to_owned(),
        [from, to] if from == to => format!("η_B = {} η_A", shown(from)),
        [from, to] => format!("η_B = {} η_A → {} η_A", shown(from), shown(to)),
    };
    let init = &request.setting.init;
    format!("{init}, W_out ~ N(0, n^{}), {name}, {rates}", arguments.readout * -2)
}
