//! `advise`: which init and which learning rate a PEFT config wants.

use lora_advice::advise::{AdviseAnswer, AdviseRequest, KnownRate};
use lora_advice::numbers::learning_rate;
use lora_advice::transfer::TransferRequest;
use pyo3::prelude::*;

use crate::answer::{record, records};
use crate::arguments::{Number, maybe, rational, word};
use crate::cells::column;
use crate::config::config;
use crate::failure::Failure;
use crate::law::Law;
use crate::on_thread::on_thread;
use crate::table::Table;
use crate::transferred::{LrRange, SizeChange};

records! {
    /// The answer to somebody with a PEFT config.
    Advice {
        /// The base model.
        model: ModelSummary,
        /// Whether the best or the largest stable learning rate is meant.
        carries: String,
        /// a in W_out ~ N(0, n^-2a), as a fraction.
        readout: String,
        /// The law of the linear modules.
        law: Law,
        /// Init[A] against Init[B] with this readout, if it was measured.
        losses: Option<LossRatio>,
        /// Every kind of adapted module.
        modules: Vec<ModuleAdvice>,
        /// The known learning rate of the other config.
        from_lr: Option<f64>,
        /// One learning rate for all modules: the lowest of theirs, in a range that holds all of theirs.
        lr: Option<LrRange>,
        /// What LoRA+ would have in its place, at a ratio of 16 for example.
        lora_plus: Option<LoraPlusRates>,
        /// What the answer assumes.
        assumptions: Vec<String>,
        /// Reasons for caution.
        warnings: Vec<String>,
        /// What to do, in a sentence or two.
        advice: String,
    }
    {
        /// The modules as a table: a row for each kind.
        #[getter]
        fn table(&self) -> PyResult<Table> {
            let of = || self.modules.iter();
            let lr = |end: fn(&LrRange) -> f64| of().map(move |one| one.lr.as_ref().map(end));
            Ok(Table::of(vec![
                column("kind", of().map(|one| one.kind.clone())),
                column("count", of().map(|one| one.count)),
                column("init", of().map(|one| one.init.clone())),
                column("fan_in", of().map(|one| one.fan_in)),
                column("fan_out", of().map(|one| one.fan_out)),
                column("r", of().map(|one| one.r as usize)),
                column("alpha", of().map(|one| one.alpha)),
                column("scaling", of().map(|one| one.scaling)),
                column("std_a", of().map(|one| one.std_a)),
                column("std_b", of().map(|one| one.std_b)),
                column("lr", lr(|lr| lr.value)),
                column("lr_lower", lr(|lr| lr.lower)),
                column("lr_upper", lr(|lr| lr.upper)),
                column("by", of().map(|one| one.by.clone())),
                column("why_not", of().map(|one| one.why_not.clone())),
            ])?)
        }
    }

    /// A base model in a few words.
    ModelSummary {
        /// Its family.
        model_type: String,
        /// n of the residual stream.
        width: usize,
        /// Number of layers.
        layers: usize,
        /// What it is loaded as.
        loaded_as: String,
        /// Number of adapted modules.
        adapted: usize,
    }

    /// The loss under Init[A] over that under Init[B], each at its own best learning rate.
    LossRatio {
        /// The claim that it was measured for: that the ratio is below 1.
        claim: String,
        /// The smallest and the largest width that it was measured at, in the synthetic network.
        widths: (usize, usize),
        /// The ratio with its 95% interval.
        ratio: LrRange,
        /// Whether the claim holds.
        verdict: String,
    }

    /// Learning rates of the two factors in place of one for both.
    LoraPlusRates {
        /// η_B/η_A, PEFT's loraplus_lr_ratio.
        ratio: f64,
        /// η_A, PEFT's learning_rate beside that ratio.
        lr_a: f64,
        /// η_B.
        lr_b: f64,
    }

    /// One kind of adapted module, over the layers that have it.
    ModuleAdvice {
        /// What its modules have in common, such as "self_attn.q_proj".
        kind: String,
        /// The whole name of the first.
        name: String,
        /// Their layers; empty outside of the layers.
        layers: Vec<usize>,
        /// Number of modules.
        count: usize,
        /// How the base made it: "linear", "conv1d" or "embedding".
        #[serde(rename = "class")]
        class_: String,
        /// Where it stands: "hidden", "lookup" or "output".
        role: String,
        /// n: inputs of A.
        fan_in: usize,
        /// Outputs of B.
        fan_out: usize,
        /// The rank.
        r: u32,
        /// α.
        alpha: f64,
        /// s, PEFT's scaling.
        scaling: f64,
        /// The start in the paper's terms.
        init: String,
        /// Standard deviation of the entries of A, r × fan_in, before the first step.
        std_a: f64,
        /// Of B, fan_out × r.
        std_b: f64,
        /// The learning rate here, where one is carried.
        lr: Option<LrRange>,
        /// A factor for each size that changes.
        changes: Vec<SizeChange>,
        /// Where the learning rate comes from.
        by: Option<String>,
        /// Why no learning rate is carried here.
        why_not: Option<String>,
    }
}

/// Says how a PEFT config starts, what the theory makes of it, and which learning rate it wants. No weight is
/// read and nothing is trained.
///
/// A config is an object with to_dict() (PEFT's LoraConfig, a config of transformers), a dict, or the path of its
/// JSON file or folder.
///
/// Args:
///     peft_config: of the adapter.
///     model_config: of the base model.
///     from_peft: the config for which a learning rate is known; the same if None.
///     from_model: the base for which it is known; the same if None.
///     from_lr: that learning rate η, which is taken to be right.
///     goal: "optimal" if it is the one that trains best, "stable" if it is the largest with Z_B = O(1).
///     readout: a in W_out ~ N(0, n^-2a); 1/2 if None.
///
/// Raises:
///     LoraLimitsError: for a config that is at fault, and for a request to which no answer is safe.
///     OSError: for a file that cannot be read.
#[pyfunction]
#[pyo3(signature = (
    peft_config, model_config, *, from_peft=None, from_model=None, from_lr=None, goal="optimal".to_owned(), readout=None,
))]
#[pyo3(
    text_signature = "(peft_config, model_config, *, from_peft=None, from_model=None, from_lr=None, goal='optimal', readout=None)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn advise(
    py: Python<'_>,
    peft_config: &Bound<'_, PyAny>,
    model_config: &Bound<'_, PyAny>,
    from_peft: Option<&Bound<'_, PyAny>>,
    from_model: Option<&Bound<'_, PyAny>>,
    from_lr: Option<Number>,
    goal: String,
    readout: Option<Number>,
) -> PyResult<Advice> {
    let lr = maybe("from_lr", from_lr.as_ref(), learning_rate)?;
    for (name, given) in [("from_peft", from_peft), ("from_model", from_model)] {
        if given.is_some() && lr.is_none() {
            return Err(Failure::Request(format!(
                "{name} needs from_lr, the learning rate that is known of it"
            ))
            .into());
        }
    }
    let peft = from_peft.map(|of| config("from_peft", of)).transpose()?;
    let model = from_model.map(|of| config("from_model", of)).transpose()?;
    let standard = TransferRequest::default().readout;
    let asked = AdviseRequest {
        peft: config("peft_config", peft_config)?,
        model: config("model_config", model_config)?,
        from: lr.map(|lr| KnownRate { peft, model, lr }),
        goal: word("goal", &goal)?,
        readout: rational("readout", readout.as_ref())?.unwrap_or(standard),
    };
    on_thread(py, move |_| record(&AdviseAnswer::to(&asked)?), |_| Ok(()))
}
