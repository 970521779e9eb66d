//! The whole answer.

use lora_peft::Start;
use serde::Serialize;

use super::asked::{AdviseRequest, KnownRate};
use super::carried::{Carried, Carrier};
use super::draw::Draw;
use super::error::AdviseError;
use super::law::Law;
use super::lora_plus::LoraPlusRates;
use super::losses::LossRatio;
use super::modules::ModuleAdvice;
use super::remarks::{assumptions, warnings};
use super::sentence::advice;
use super::side::{ModelSummary, Side};
use super::together::OneRate;
use crate::transfer::{CarriedLr, LrRange, TransferError};

/// The answer to somebody with a PEFT config.
#[derive(Clone, Debug, Serialize)]
pub struct AdviseAnswer {
    /// The model.
    pub model: ModelSummary,
    /// Whether the best or the largest stable learning rate is meant.
    pub carries: &'static str,
    /// a in W_out ~ N(0, n^-2a), as a fraction.
    pub readout: String,
    /// The law of the linear modules.
    pub law: Law,
    /// Init\[A\] against Init\[B\] with this readout, if it was measured.
    pub losses: Option<LossRatio>,
    /// Every kind of adapted module.
    pub modules: Vec<ModuleAdvice>,
    /// The known learning rate of the other config.
    pub from_lr: Option<f64>,
    /// One learning rate for all modules: the lowest of theirs, in a range that holds all of theirs.
    pub lr: Option<LrRange>,
    /// What LoRA+ would have in its place, at a ratio of 16 for example.
    pub lora_plus: Option<LoraPlusRates>,
    /// What the answer assumes.
    pub assumptions: Vec<String>,
    /// Reasons for caution.
    pub warnings: Vec<String>,
    /// What to do, in a sentence or two.
    pub advice: String,
}

impl AdviseAnswer {
    /// To a request.
    ///
    /// # Errors
    /// [`AdviseError`] for a file that is at fault, for a start or a pair of models of which the theory says
    /// nothing, and for a learning rate that is carried to no module.
    pub fn to(request: &AdviseRequest) -> Result<Self, AdviseError> {
        let side = Side::read(&request.peft, &request.model)?;
        let draw = draw(&side)?;
        let law = Law::of(draw, request.readout, side.config.use_rslora)?;
        let known = request.from.as_ref();
        let from = known.map(|known| other_side(request, known, &side)).transpose()?;
        let pair = known.map(|known| known.lr).zip(from.as_ref());
        let carried = pair.map(|(lr, from)| carry(request, &law, lr, from, &side));
        let carried = carried.transpose()?;
        let of_kind = |(at, kind)| {
            let carried = carried.as_ref().map(|all: &Vec<_>| &all[at]);
            ModuleAdvice::of(kind, &law, carried)
        };
        let modules: Vec<ModuleAdvice> = side.kinds.iter().enumerate().map(of_kind).collect();
        let found: Vec<&Carried> = carried.iter().flatten().flatten().collect();
        let one = OneRate::of(&modules);
        let lr = one.as_ref().map(|one| one.lr);
        let losses = LossRatio::at(request.readout);
        Ok(Self {
            model: side.summary(),
            carries: match request.goal {
                CarriedLr::Optimal => "best LR",
                CarriedLr::Stable => "largest stable LR",
            },
            readout: request.readout.to_string(),
            from_lr: known.map(|known| known.lr),
            assumptions: assumptions(request, &side, from.as_ref(), &found, one.as_ref()),
            warnings: warnings(
                request,
                &law,
                [&side, from.as_ref().unwrap_or(&side)],
                &found,
                &modules,
            ),
            advice: advice(request, &law, losses.as_ref(), &modules, one.as_ref())?,
            lora_plus: lr.and_then(|lr| LoraPlusRates::instead_of(&lr, law.rate(request.goal))),
            lr,
            losses,
            modules,
            law,
        })
    }
}

/// The start of a config, which must be one that the theory knows.
fn draw(side: &Side) -> Result<Draw, AdviseError> {
    let start = &side.config.start;
    let how = match start {
        Start::Computed { how, .. } => how,
        _ => "",
    };
    Draw::of(start).ok_or_else(|| AdviseError::NoTheory {
        file: side.config.file.clone(),
        name: start.key().to_owned(),
        how,
    })
}

/// The config of the known learning rate, which must be like the other one.
fn other_side(request: &AdviseRequest, known: &KnownRate, to: &Side) -> Result<Side, AdviseError> {
    if known.peft.is_none() && known.model.is_none() {
        return Err(AdviseError::KnownOfNothing);
    }
    let peft = known.peft.as_ref().unwrap_or(&request.peft);
    let model = known.model.as_ref().unwrap_or(&request.model);
    let from = Side::read(peft, model)?;
    let [ours, other] = [to, &from].map(|side| side.base.model_type());
    if ours != other {
        let file = from.base.file;
        return Err(AdviseError::OtherFamily { file, from: other, to: ours });
    }
    draw(&from)?;
    if from.config.start != to.config.start {
        return Err(AdviseError::OtherStart {
            from: from.config.start.key().to_owned(),
            to: to.config.start.key().to_owned(),
            file: from.config.file,
        });
    }
    Ok(from)
}

/// What becomes of the known rate at every kind of module.
fn carry(
    request: &AdviseRequest,
    law: &Law,
    lr: f64,
    from: &Side,
    to: &Side,
) -> Result<Vec<Result<Carried, String>>, AdviseError> {
    let (goal, readout) = (request.goal, request.readout);
    let carrier = Carrier { from, to, lr, goal, readout, law };
    let all: Vec<_> = to.kinds.iter().map(|kind| carrier.to(kind)).collect();
    if all.iter().any(Result::is_ok) {
        return Ok(all);
    }
    let why = all.into_iter().find_map(Result::err);
    Err(why.map_or(AdviseError::Transfer(TransferError::NothingChanges), |why| {
        AdviseError::CarriedToNone { why }
    }))
}
