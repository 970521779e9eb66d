//! A question to the theory: the settings that it is about, one for each init.

use lora_theory::{Exponent, Factor, Init, InitStd, Rate, Rational, Setting, TheoryError, Trained};

use super::{InitAnswer, PredictError, PredictRequest};

/// A question that makes sense.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// As it was asked.
    pub asked: &'a PredictRequest,
    /// One setting for each init.
    pub settings: Vec<Setting>,
    /// The γ at which to show everything; `None` for the critical ones.
    pub at: Option<Rational>,
    /// Whether some factor's learning rate follows γ, so that there are critical ones.
    pub scans: bool,
}

impl<'a> Question<'a> {
    /// Checks what is asked.
    ///
    /// # Errors
    /// [`PredictError`] if learning rates are given that contradict each other or the trained factors.
    pub fn of(asked: &'a PredictRequest) -> Result<Self, PredictError> {
        let (rate_a, rate_b) = rates(asked)?;
        let scanned = |(factor, rate): (Factor, Rate)| {
            asked.train.includes(factor) && matches!(rate, Rate::Scanned(_))
        };
        let scans = [(Factor::A, rate_a), (Factor::B, rate_b)].into_iter().any(scanned);
        if !scans && asked.lr.is_some() {
            return Err(PredictError::NothingFollowsGamma);
        }
        let setting = |init| Setting {
            optimizer: asked.optimizer,
            train: asked.train,
            rate_a,
            rate_b,
            rank: asked.rank,
            multiplier_rank: asked.multiplier_rank,
            multiplier_width: asked.multiplier_width,
            steps: asked.steps,
            ..scope(asked, init)
        };
        Ok(Self {
            settings: inits(asked).into_iter().map(setting).collect(),
            at: asked.lr.or((!scans).then(|| Rational::from_integer(0))),
            scans,
            asked,
        })
    }

    /// The answer for every setting.
    ///
    /// # Errors
    /// [`TheoryError`] for a setting outside the calculus.
    pub fn answers(&self) -> Result<Vec<InitAnswer>, TheoryError> {
        self.settings.iter().map(InitAnswer::to).collect()
    }
}

/// Whether both factors start random: with a growing rank the calculus then gives upper bounds.
pub(super) fn both_random(init: InitStd) -> bool {
    match init {
        InitStd::Of(init) => init == Init::AB,
        InitStd::Custom { a, b } => a != Exponent::Zero && b != Exponent::Zero,
    }
}

fn scope(asked: &PredictRequest, init: InitStd) -> Setting {
    match asked.layer {
        true => Setting::layer(init),
        false => Setting::network(init, asked.readout),
    }
}

fn inits(asked: &PredictRequest) -> Vec<InitStd> {
    match (asked.init, asked.std) {
        (_, Some([a, b])) => vec![InitStd::Custom { a, b }],
        (Some(init), _) => vec![init.into()],
        _ => vec![Init::A.into(), Init::B.into()],
    }
}

fn rates(asked: &PredictRequest) -> Result<(Rate, Rate), PredictError> {
    let (zero, trained) = (Rational::from_integer(0), asked.train);
    if let (Some(_), Trained::A | Trained::B) = (asked.lr_ratio, trained) {
        return Err(PredictError::RatioOfOne { trained });
    }
    for (factor, rate) in [(Factor::A, asked.lr_a), (Factor::B, asked.lr_b)] {
        if rate.is_some() && !trained.includes(factor) {
            return Err(PredictError::RateOfUntrained { factor, trained });
        }
    }
    let ratio = asked.lr_ratio.unwrap_or(zero);
    Ok((
        asked.lr_a.map_or(Rate::Scanned(zero), Rate::Fixed),
        asked.lr_b.map_or(Rate::Scanned(ratio), Rate::Fixed),
    ))
}
