//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio.

use lora_advice::numbers::{RANKS, WIDTHS, exponent, interval, learning_rate, moderate};
use lora_advice::transfer::{TransferAnswer, TransferRequest};
use lora_theory::Rational;
use pyo3::prelude::*;

use crate::answer::{record, records};
use crate::arguments::{Number, exact, init, maybe, optimizer, rational, read, within, word};
use crate::failure::Failure;
use crate::number::Exact;
use crate::on_thread::on_thread;

records! {
    /// A carried learning rate.
    Transfer {
        /// The setting in words.
        setting: String,
        /// Whether the best or the largest stable learning rate is carried.
        carries: String,
        /// η of the first model.
        from_lr: f64,
        /// η of the other; of A where the factors have different ones.
        lr: LrRange,
        /// η_B of the other, where LoRA+'s ratio was given.
        lr_b: Option<LrRange>,
        /// The one over the other.
        factor: LrRange,
        /// Where the factor comes from: "interpolated", "fit", "theory", "given" or "mixed".
        method: String,
        /// s of both models, where α is known.
        multiplier: Option<(f64, f64)>,
        /// What changes.
        changes: Vec<SizeChange>,
        /// The learning rate by the fitted powers alone, if every change was measured.
        fit: Option<LrRange>,
        /// By the theory's powers alone.
        theory: Option<LrRange>,
        /// By the paper's exponent of the largest stable learning rate, where only the width changes.
        paper: Option<LrRange>,
        /// That exponent.
        paper_exact: Option<Exact>,
        /// What the answer assumes.
        assumptions: Vec<String>,
        /// Reasons for caution.
        warnings: Vec<String>,
    }

    /// A positive number with its interval.
    LrRange {
        /// The number.
        value: f64,
        /// Lower end; equal to `value` for exact exponents.
        lower: f64,
        /// Upper end.
        upper: f64,
    }

    /// How one quantity changes, and what follows for the learning rate.
    SizeChange {
        /// "n", "r", "α" or "η_B/η_A".
        of: String,
        /// From this value …
        #[serde(rename = "from")]
        from_: f64,
        /// … to this.
        to: f64,
        /// Where `factor` comes from.
        method: String,
        /// What the learning rate is multiplied by.
        factor: LrRange,
        /// The theory's exponent; None where it has none.
        theory: Option<f64>,
        /// The same, exact.
        theory_exact: Option<Exact>,
        /// The measured exponent, where the setting was measured.
        measured: Option<MeasuredExponent>,
        /// The smallest and the largest measured size.
        measured_between: Option<(f64, f64)>,
        /// The exponent that was given.
        given: Option<GivenExponent>,
    }

    /// A measured exponent.
    MeasuredExponent {
        /// The claim that it was measured for.
        claim: String,
        /// "η_opt" or "η_stable".
        quantity: String,
        /// The exponent.
        estimate: f64,
        /// Lower end of its 95% interval.
        lower: f64,
        /// Upper end.
        upper: f64,
        /// Smallest width or rank of the fit.
        smallest_used: f64,
        /// Largest.
        largest_used: f64,
        /// Number of widths or ranks.
        points_used: usize,
        /// The verdict on the claimed exponent.
        verdict: String,
        /// Why.
        reason: String,
    }

    /// An exponent of somebody's own.
    GivenExponent {
        /// The exponent.
        exponent: f64,
        /// The same, exact.
        exact: Exact,
        /// Its interval, if one was given.
        interval: Option<(f64, f64)>,
    }
}

/// The interval of an exponent.
fn ends(name: &str, given: Option<&(Number, Number)>) -> Result<Option<[Rational; 2]>, Failure> {
    let both = |(low, high): &(Number, Number)| {
        [low, high]
            .map(|end| exact(name, end, exponent))
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        let wrong =
            |must: String| Failure::argument(name, &format!("{},{}", low.text, high.text), &must);
        interval(&low.text, &high.text).map_err(wrong)
    };
    given.map(both).transpose()
}

/// Carries a learning rate to a model of another width, rank, alpha or LoRA+ ratio. Nothing is trained.
///
/// Between measured widths and ranks it interpolates, beyond them it follows the fitted power, and where
/// nothing was measured the theory's.
///
/// Args:
///     from_width: n of the model whose learning rate is known.
///     from_lr: that learning rate η; of A where the factors have different ones.
///     to_width: n of the other model; the same if None.
///     from_rank: LoRA rank r of the first model.
///     to_rank: r of the other; the same if None.
///     multiplier: how s goes with the rank: "inverse" (α/r), "sqrt" (α/√r) or "constant".
///     from_alpha: PEFT's lora_alpha of the first model: s = alpha/r, or alpha/√r with rslora.
///     to_alpha: of the other; the same if None.
///     rslora: both models have s = alpha/√r.
///     lora_plus_ratio: η_B/η_A of the first model.
///     to_lora_plus_ratio: of the other; the same if None.
///     exponent: your own exponent of the width, in place of ours.
///     exponent_interval: its interval, the lower end first.
///     rank_exponent: your own exponent of the rank.
///     rank_exponent_interval: its interval.
///     init: "A", "B" or "AB": which factor starts random.
///     goal: "optimal" for the learning rate that trains best, "stable" for the largest with Z_B = O(1).
///     readout: a in W_out ~ N(0, n^-2a); 1/2 if None.
///     optimizer: "adam", "adamw", "signsgd" or "sgd".
///
/// Raises:
///     LoraLimitsError: for a request that contradicts itself, or that has no safe answer.
#[pyfunction]
#[pyo3(signature = (
    *, from_width, from_lr, to_width=None, from_rank=4, to_rank=None, multiplier=None, from_alpha=None, to_alpha=None,
    rslora=false, lora_plus_ratio=None, to_lora_plus_ratio=None, exponent=None, exponent_interval=None,
    rank_exponent=None, rank_exponent_interval=None, init="A".to_owned(), goal="optimal".to_owned(), readout=None,
    optimizer="adam".to_owned(),
))]
#[pyo3(
    text_signature = "(*, from_width, from_lr, to_width=None, from_rank=4, to_rank=None, multiplier=None, from_alpha=None, to_alpha=None, rslora=False, lora_plus_ratio=None, to_lora_plus_ratio=None, exponent=None, exponent_interval=None, rank_exponent=None, rank_exponent_interval=None, init='A', goal='optimal', readout=None, optimizer='adam')"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn transfer(
    py: Python<'_>,
    from_width: i64,
    from_lr: Number,
    to_width: Option<i64>,
    from_rank: i64,
    to_rank: Option<i64>,
    multiplier: Option<String>,
    from_alpha: Option<Number>,
    to_alpha: Option<Number>,
    rslora: bool,
    lora_plus_ratio: Option<Number>,
    to_lora_plus_ratio: Option<Number>,
    exponent: Option<Number>,
    exponent_interval: Option<(Number, Number)>,
    rank_exponent: Option<Number>,
    rank_exponent_interval: Option<(Number, Number)>,
    init: String,
    goal: String,
    readout: Option<Number>,
    optimizer: String,
) -> PyResult<Transfer> {
    let plain = TransferRequest::default();
    let (widths, ranks) = ((*WIDTHS.start(), *WIDTHS.end()), (*RANKS.start(), *RANKS.end()));
    let of_width = |name, width| within(name, width, widths);
    let of_rank = |name, rank| within(name, rank, ranks);
    let of_size = |name, given: &Option<Number>| maybe(name, given.as_ref(), moderate);
    let asked = TransferRequest {
        from_width: of_width("from_width", from_width)?,
        from_lr: read("from_lr", &from_lr, learning_rate)?,
        to_width: to_width.map(|width| of_width("to_width", width)).transpose()?,
        from_rank: of_rank("from_rank", from_rank)?,
        to_rank: to_rank.map(|rank| of_rank("to_rank", rank)).transpose()?,
        multiplier: multiplier.map(|rule| word("multiplier", &rule)).transpose()?,
        from_alpha: of_size("from_alpha", &from_alpha)?,
        to_alpha: of_size("to_alpha", &to_alpha)?,
        rslora,
        lora_plus_ratio: of_size("lora_plus_ratio", &lora_plus_ratio)?,
        to_lora_plus_ratio: of_size("to_lora_plus_ratio", &to_lora_plus_ratio)?,
        exponent: own("exponent", exponent.as_ref())?,
        exponent_interval: ends("exponent_interval", exponent_interval.as_ref())?,
        rank_exponent: own("rank_exponent", rank_exponent.as_ref())?,
        rank_exponent_interval: ends("rank_exponent_interval", rank_exponent_interval.as_ref())?,
        init: self::init(Some(&init))?.unwrap_or(plain.init),
        goal: word("goal", &goal)?,
        readout: rational("readout", readout.as_ref())?.unwrap_or(plain.readout),
        optimizer: self::optimizer(&optimizer)?,
        ..plain
    };
    on_thread(py, move |_| record(&TransferAnswer::to(&asked)?), |_| Ok(()))
}

/// An exponent of somebody's own.
fn own(name: &str, given: Option<&Number>) -> Result<Option<Rational>, Failure> {
    given.map(|given| exact(name, given, exponent)).transpose()
}
