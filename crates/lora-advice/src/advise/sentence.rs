//! What to do, in a few words.

use lora_theory::{Exponent, TheoryError};
use lora_types::Init;

use super::asked::AdviseRequest;
use super::draw::Draw;
use super::law::{Law, LawRate};
use super::losses::LossRatio;
use crate::transfer::{CarriedLr, LrRange, number};

/// The last sentences: which init, and which learning rate.
///
/// # Errors
/// [`TheoryError`] for a readout outside the calculus.
pub fn advice(
    draw: Draw,
    request: &AdviseRequest,
    law: &Law,
    losses: Option<&LossRatio>,
    lr: Option<&LrRange>,
) -> Result<String, TheoryError> {
    let init = match draw {
        Draw::Of(Init::A) => keep(losses),
        Draw::Of(_) => "Set init_lora_weights=True: with False both factors start random, and the \
                        model is another one before the first step"
            .to_owned(),
        Draw::FixedA => gaussian(request, law)?,
    };
    Ok(format!("{init}. {}.", rate(draw, request, lr)))
}

/// Init\[A\], which PEFT has by default.
fn keep(losses: Option<&LossRatio>) -> String {
    let keep = "Keep init_lora_weights=True, which is Init[A]";
    let Some(LossRatio { ratio, claim, .. }) = losses else { return keep.to_owned() };
    let times = number(ratio.value);
    let against = format!(
        "where this readout was measured, on a synthetic network, it ended at {times} times the loss of Init[B] \
         (claim {claim})"
    );
    match (ratio.upper < 1.0, ratio.lower > 1.0) {
        (true, _) => format!("{keep}: {against}"),
        (_, true) => format!("{keep}, although {against}: PEFT has no Init[B] for linear layers"),
        _ => keep.to_owned(),
    }
}

/// A Gaussian A against PEFT's default.
fn gaussian(request: &AdviseRequest, law: &Law) -> Result<String, TheoryError> {
    let plain = Law::of(Draw::Of(Init::A), request.readout, false)?;
    let [ours, default] =
        [law, &plain].map(|law| exponent(law.rate(request.goal)).unwrap_or("no power of n".into()));
    let goal = words(request.goal);
    Ok(match ours == default {
        true => format!(
            "init_lora_weights=\"gaussian\" and True have the same {goal} in the theory, {ours}; A starts larger \
             with \"gaussian\", and only True was measured"
        ),
        false => format!(
            "Set init_lora_weights=True: the A of \"gaussian\" does not shrink with n, so its {goal} falls like \
             {ours} instead of {default}"
        ),
    })
}

fn exponent(rate: &LawRate) -> Option<String> {
    rate.exponent.map(|exponent: Exponent| exponent.to_string())
}

fn words(goal: CarriedLr) -> &'static str {
    match goal {
        CarriedLr::Optimal => "best learning rate",
        CarriedLr::Stable => "largest stable learning rate",
    }
}

/// The learning rate, which is that of the config as it is.
fn rate(draw: Draw, request: &AdviseRequest, lr: Option<&LrRange>) -> String {
    let before = if draw == Draw::Of(Init::A) { "T" } else { "If you keep the config as it is, t" };
    match (lr, request.goal) {
        (None, _) => "A config alone gives no learning rate: find the best one once, at a small rank or on a \
                      small base of the same family, and it can be carried here"
            .to_owned(),
        (Some(lr), CarriedLr::Optimal) => format!("{before}rain with {}", learning_rate(lr)),
        (Some(lr), CarriedLr::Stable) => {
            format!("{before}he largest stable one is {}", learning_rate(lr))
        }
    }
}

fn learning_rate(lr: &LrRange) -> String {
    let value = number(lr.value);
    match lr.lower == lr.upper {
        true => format!("learning_rate={value}"),
        false => format!(
            "learning_rate={value}, and look between {} and {} if you can afford to",
            number(lr.lower),
            number(lr.upper)
        ),
    }
}
