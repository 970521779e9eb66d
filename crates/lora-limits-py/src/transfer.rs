//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio.

use std::ffi::CString;
use std::path::PathBuf;

use lora_advice::numbers::{RANKS, WIDTHS, exponent, interval, learning_rate, moderate};
use lora_advice::transfer::{FinishedRun, TransferAnswer, TransferRequest};
use lora_theory::Rational;
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;

use crate::answer::record;
use crate::arguments::{
    Number, PathArgument, exact, init, maybe, optimizer, rational, within, word,
};
use crate::failure::{Failure, harmless};
use crate::on_thread::on_thread;
use crate::transferred::Transfer;

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

/// What a finished run does not know: it has one rank, one alpha and one readout.
fn of_no_run(given: &[(&str, bool)]) -> Result<(), Failure> {
    let Some((name, _)) = given.iter().find(|(_, given)| *given) else { return Ok(()) };
    let said =
        format!("from_run contradicts {name}: a run has one rank, one alpha and one readout");
    Err(Failure::Request(said))
}

/// Which model's learning rate is known: one that is named, or one of a run.
fn of_start(width: bool, lr: bool, run: bool) -> Result<(), Failure> {
    let said = match (width, lr, run) {
        (true, true, _) | (false, false, true) => return Ok(()),
        (false, false, false) => "from_width and from_lr are needed, or from_run in their place",
        _ => "from_width and from_lr need each other: give both or none",
    };
    Err(Failure::Request(said.to_owned()))
}

/// A public rule stands in the place of an exponent, and says how a width matters.
fn of_rule(to_width: bool, exponents: &[(&str, bool)]) -> Result<(), Failure> {
    let said = match exponents.iter().find(|(_, given)| *given) {
        Some((name, _)) => format!("rule contradicts {name}: give one of them"),
        None if to_width => return Ok(()),
        None => "rule needs to_width, the width to carry the learning rate to".to_owned(),
    };
    Err(Failure::Request(said))
}

/// Carries a learning rate to a model of another width, rank, alpha or LoRA+ ratio. Nothing is trained.
///
/// Between measured widths and ranks it interpolates, beyond them it follows the fitted power, and where
/// nothing was measured the theory's.
///
/// Args:
///     from_width: n of the model whose learning rate is known.
///     from_lr: that learning rate η; of A where the factors have different ones.
///     from_run: the folder of a finished run, whose widths take the place of the stored measurements. Without
///         from_width and from_lr it starts from the run's own learning rate at its width nearest to to_width.
///     to_width: n of the other model; the same if None.
///     from_rank: LoRA rank r of the first model; 4 if None.
///     to_rank: r of the other; the same if None.
///     multiplier: how s goes with the rank: "inverse" (α/r), "sqrt" (α/√r) or "constant".
///     from_alpha: PEFT's lora_alpha of the first model: s = alpha/r, or alpha/√r with rslora.
///     to_alpha: of the other; the same if None.
///     rslora: both models have s = alpha/√r.
///     lora_plus_ratio: η_B/η_A of the first model.
///     to_lora_plus_ratio: of the other; the same if None.
///     exponent: your own exponent of the width, in place of ours.
///     exponent_interval: its interval, the lower end first.
///     rule: a public rule in place of an exponent: "tinker-llama" (n^-0.781) or "tinker-qwen" (n^-0.0775).
///     rank_exponent: your own exponent of the rank.
///     rank_exponent_interval: its interval.
///     init: "A", "B" or "AB": which factor starts random.
///     goal: "optimal" for the learning rate that trains best, "stable" for the largest with Z_B = O(1).
///     readout: a in W_out ~ N(0, n^-2a); 1/2 if None.
///     optimizer: "adam", "adamw", "signsgd" or "sgd"; "adam" if None.
///
/// Warns:
///     UserWarning: of a run of an older version, whose tables cannot be checked.
///
/// Raises:
///     LoraLimitsError: for a request that contradicts itself, that has no safe answer, or whose run is damaged.
///     OSError: for a file that cannot be read.
#[pyfunction]
#[pyo3(signature = (
    *, from_width=None, from_lr=None, from_run=None, to_width=None, from_rank=None, to_rank=None, multiplier=None,
    from_alpha=None, to_alpha=None, rslora=false, lora_plus_ratio=None, to_lora_plus_ratio=None, exponent=None,
    exponent_interval=None, rule=None, rank_exponent=None, rank_exponent_interval=None, init="A".to_owned(),
    goal="optimal".to_owned(), readout=None, optimizer=None,
))]
#[pyo3(
    text_signature = "(*, from_width=None, from_lr=None, from_run=None, to_width=None, from_rank=None, to_rank=None, multiplier=None, from_alpha=None, to_alpha=None, rslora=False, lora_plus_ratio=None, to_lora_plus_ratio=None, exponent=None, exponent_interval=None, rule=None, rank_exponent=None, rank_exponent_interval=None, init='A', goal='optimal', readout=None, optimizer=None)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn transfer(
    py: Python<'_>,
    from_width: Option<i64>,
    from_lr: Option<Number>,
    from_run: Option<PathArgument>,
    to_width: Option<i64>,
    from_rank: Option<i64>,
    to_rank: Option<i64>,
    multiplier: Option<String>,
    from_alpha: Option<Number>,
    to_alpha: Option<Number>,
    rslora: bool,
    lora_plus_ratio: Option<Number>,
    to_lora_plus_ratio: Option<Number>,
    exponent: Option<Number>,
    exponent_interval: Option<(Number, Number)>,
    rule: Option<String>,
    rank_exponent: Option<Number>,
    rank_exponent_interval: Option<(Number, Number)>,
    init: String,
    goal: String,
    readout: Option<Number>,
    optimizer: Option<String>,
) -> PyResult<Transfer> {
    of_start(from_width.is_some(), from_lr.is_some(), from_run.is_some())?;
    if from_run.is_some() {
        of_no_run(&[
            ("from_rank", from_rank.is_some()),
            ("to_rank", to_rank.is_some()),
            ("multiplier", multiplier.is_some()),
            ("from_alpha", from_alpha.is_some()),
            ("to_alpha", to_alpha.is_some()),
            ("rslora", rslora),
            ("lora_plus_ratio", lora_plus_ratio.is_some()),
            ("to_lora_plus_ratio", to_lora_plus_ratio.is_some()),
            ("rank_exponent", rank_exponent.is_some()),
            ("rank_exponent_interval", rank_exponent_interval.is_some()),
            ("readout", readout.is_some()),
            ("optimizer", optimizer.is_some()),
        ])?;
        if to_width.is_none() {
            let said = "from_run needs to_width, the width to carry the learning rate to";
            return Err(Failure::Request(said.to_owned()).into());
        }
    }
    if rule.is_some() {
        let exponents =
            [("exponent", exponent.is_some()), ("exponent_interval", exponent_interval.is_some())];
        of_rule(to_width.is_some(), &exponents)?;
    }
    let plain = TransferRequest::default();
    let (widths, ranks) = ((*WIDTHS.start(), *WIDTHS.end()), (*RANKS.start(), *RANKS.end()));
    let size =
        |name, given: Option<i64>, range| given.map(|given| within(name, given, range)).transpose();
    let of_size = |name, given: &Option<Number>| maybe(name, given.as_ref(), moderate);
    let lr = maybe("from_lr", from_lr.as_ref(), learning_rate)?;
    let asked = TransferRequest {
        from_width: size("from_width", from_width, widths)?.unwrap_or(plain.from_width),
        from_lr: lr.unwrap_or(plain.from_lr),
        to_width: size("to_width", to_width, widths)?,
        from_rank: size("from_rank", from_rank, ranks)?.unwrap_or(plain.from_rank),
        to_rank: size("to_rank", to_rank, ranks)?,
        multiplier: multiplier.map(|of| word("multiplier", &of)).transpose()?,
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
        optimizer: optimizer.map(|of| self::optimizer(&of)).transpose()?.unwrap_or(plain.optimizer),
        rule: rule.map(|of| word("rule", &of)).transpose()?,
        run: None,
        from_interval: None,
    };
    let run = from_run.map(|PathArgument(dir)| dir);
    let (answer, note) = on_thread(py, move |_| answered(asked, run, lr), |_| Ok(()))?;
    if let Some(note) = note {
        let said = CString::new(harmless(&note))?;
        PyErr::warn(py, &py.get_type::<PyUserWarning>(), &said, 1)?;
    }
    Ok(answer)
}

/// The answer, by what a run measured where one is named, with a note on that run.
fn answered(
    asked: TransferRequest,
    run: Option<PathBuf>,
    lr: Option<f64>,
) -> Result<(Transfer, Option<String>), Failure> {
    let Some(dir) = run else { return Ok((record(&TransferAnswer::to(&asked)?)?, None)) };
    let (found, note) = FinishedRun::open(&dir)?;
    let run = found.measured(asked.init, asked.goal)?;
    let asked = match lr {
        Some(_) => asked.with_run(run),
        None => asked.from_own(run),
    };
    Ok((record(&TransferAnswer::to(&asked)?)?, note))
}

/// An exponent of somebody's own.
fn own(name: &str, given: Option<&Number>) -> Result<Option<Rational>, Failure> {
    given.map(|given| exact(name, given, exponent)).transpose()
}
