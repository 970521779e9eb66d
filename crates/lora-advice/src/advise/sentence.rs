//! What to do, in a few words.

use lora_peft::Role;
use lora_theory::{Exponent, TheoryError};
use lora_types::Init;

use super::asked::AdviseRequest;
use super::draw::Draw;
use super::law::{Law, LawRate};
use super::lists::names;
use super::losses::LossRatio;
use super::modules::ModuleAdvice;
use super::together::OneRate;
use crate::transfer::{CarriedLr, number};

/// The last sentences: which init, and which learning rate.
///
/// # Errors
/// [`TheoryError`] for a readout outside the calculus.
pub fn advice(
    request: &AdviseRequest,
    law: &Law,
    losses: Option<&LossRatio>,
    modules: &[ModuleAdvice],
    one: Option<&OneRate>,
) -> Result<String, TheoryError> {
    if modules.iter().all(|module| module.role != Role::Hidden) {
        let adapted = names(modules.iter().map(|module| module.kind.as_str()));
        return Ok(format!(
            "There is no advice for {adapted}: the theory is of hidden linear layers, and this config adapts none."
        ));
    }
    let init = match law.draw {
        Draw::Of(Init::A) => keep(losses),
        Draw::Of(_) => "Set init_lora_weights=True: with False both factors start random, and the \
                        model is another one before the first step"
            .to_owned(),
        Draw::FixedA => gaussian(request, law)?,
    };
    Ok(format!("{init}. {}.", rate(law.draw, request, one)))
}

/// Init\[A\], which PEFT has by default.
fn keep(losses: Option<&LossRatio>) -> String {
    let keep = "Keep init_lora_weights=True, which is Init[A]";
    let Some(LossRatio { ratio, claim, widths, .. }) = losses else { return keep.to_owned() };
    let times = number(ratio.value);
    let [narrow, wide] = widths;
    let against = format!(
        "where this readout was measured, by `verify` on a synthetic network of widths {narrow} to {wide}, its \
         train loss ended at {times} times that of Init[B] (claim {claim})"
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
        [law, &plain].map(|law| exponent(law.rate(request.goal)).unwrap_or("none".to_owned()));
    let goal = words(request.goal);
    let bound = law.bound.filter(|_| request.goal == CarriedLr::Optimal);
    let holds = bound.map_or(String::new(), |bound| format!(" while {}", bound.words()));
    Ok(match ours == default {
        true => format!(
            "init_lora_weights=\"gaussian\" and True have the same power of n in their {goal}, {ours}, in the \
             theory; A starts larger with \"gaussian\", and only True was measured"
        ),
        false => format!(
            "Set init_lora_weights=True: the A of \"gaussian\" does not shrink with n, so its {goal} falls like \
             {ours} instead of {default}{holds}"
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
fn rate(draw: Draw, request: &AdviseRequest, one: Option<&OneRate>) -> String {
    let before = if draw == Draw::Of(Init::A) { "T" } else { "If you keep the config as it is, t" };
    let Some(one) = one else {
        return "A config alone gives no learning rate: find the best one once, at a small rank or on a small \
                base of the same family, and it can be carried here"
            .to_owned();
    };
    let rate = learning_rate(one);
    let told = match request.goal {
        CarriedLr::Optimal => format!("{before}rain with {rate}"),
        CarriedLr::Stable => format!("{before}he largest stable one is {rate}"),
    };
    if one.without.is_empty() {
        return told;
    }
    let without = names(one.without.iter().map(String::as_str));
    format!("{told}. No rate was carried to {without}, so this one is a start and no more")
}

fn learning_rate(one: &OneRate) -> String {
    let [value, lower, upper] = [one.lr.value, one.lr.lower, one.lr.upper].map(number);
    let of_all = if one.differ { " of all modules" } else { "" };
    match one.basis.without_range() {
        None => format!(
            "learning_rate={value}, and look between {lower} and {upper} if you can afford to, the 95% range of \
             the measured factors{of_all}"
        ),
        Some(why) if one.differ => {
            format!("learning_rate={value} ({why}; other modules want up to {upper})")
        }
        Some(why) => format!("learning_rate={value} ({why})"),
    }
}
