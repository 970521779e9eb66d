//! What an answer takes for granted, and reasons for caution.

use lora_peft::{AdaptedKind, Role, Start, trained_whole, unmatched};

use super::asked::AdviseRequest;
use super::carried::Carried;
use super::differences::differences;
use super::digits::shown;
use super::law::Law;
use super::lists::{distinct, names};
use super::modules::ModuleAdvice;
use super::side::Side;
use super::together::OneRate;
use crate::transfer::CarriedLr;

/// What is taken for granted.
pub fn assumptions(
    request: &AdviseRequest,
    side: &Side,
    from: Option<&Side>,
    carried: &[&Carried],
    one: Option<&OneRate>,
) -> Vec<String> {
    let mut lines = vec![
        format!("the model is loaded as {}", side.summary().loaded_as),
        "the optimiser is Adam or AdamW with one learning rate for A and B".to_owned(),
        format!(
            "n of a module is its fan-in, all sizes of the model grow together, and the readout is \
             W_out ~ N(0, n^{})",
            request.readout * -2
        ),
    ];
    if side.base.model_type() == "gemma3" {
        lines.push(
            "the language model alone is listed: PEFT also adapts modules of the vision tower whose names fit"
                .to_owned(),
        );
    }
    if one.is_some() {
        lines.push(
            "the known rate is taken to be right for each module by itself, although it was found with one \
             rate for all of them"
                .to_owned(),
        );
    }
    if one.is_some_and(|one| one.differ) {
        lines.push(
            "the one learning rate is the lowest of the modules', and its range goes from the lowest to the \
             highest end of theirs"
                .to_owned(),
        );
    }
    lines.extend(from.and_then(|from| switched(side, from)));
    distinct(lines, carried.iter().flat_map(|found| found.assumptions.clone()))
}

/// How s is counted where rsLoRA is switched.
fn switched(side: &Side, from: &Side) -> Option<String> {
    let rslora = side.config.use_rslora;
    (rslora != from.config.use_rslora).then(|| {
        let (r, s) = (from.config.r, from.config.scaling(from.config.r, from.config.lora_alpha));
        let (one, other) = if rslora { ("α/r", "α/√r") } else { ("α/√r", "α/r") };
        format!(
            "s = {one} becomes s = {other}: at r = {r} the other config's s = {} is that of α = {} here, and \
             what changes in α is counted from there",
            shown(s),
            shown(s * side.config.divisor(r))
        )
    })
}

/// What a reader should know before using the answer about the first of two sides.
pub fn warnings(
    request: &AdviseRequest,
    law: &Law,
    [side, from]: [&Side; 2],
    carried: &[&Carried],
    modules: &[ModuleAdvice],
) -> Vec<String> {
    let mut lines = passed_over(side);
    lines.extend(differences(side, from));
    lines.extend(large_start(side, modules));
    if request.goal == CarriedLr::Optimal {
        lines.extend(beyond_the_law(law, [from, side]));
    }
    lines.extend(without_law(modules));
    lines.extend(spread(modules));
    lines.extend(beside(side));
    distinct(lines, carried.iter().flat_map(|found| found.warnings.clone()))
}

/// Listed names without a module.
fn passed_over(side: &Side) -> Vec<String> {
    let unmatched = unmatched(&side.config, &side.base);
    let each = unmatched.iter().map(|name| {
        let family = side.base.model_type();
        format!("`target_modules` lists {name:?}, and `{family}` has no such module: PEFT passes over it")
    });
    each.collect()
}

/// How much larger a Gaussian A starts than PEFT's default, where that is most.
fn large_start(side: &Side, modules: &[ModuleAdvice]) -> Option<String> {
    let gaussian = side.config.start == Start::Gaussian;
    let widest = modules.iter().filter(|module| gaussian && module.role == Role::Hidden);
    let widest = widest.max_by(|one, other| ratio(one).total_cmp(&ratio(other)))?;
    Some(format!(
        "\"gaussian\" draws the A of `{}` with standard deviation 1/r = {}, which is {:.1} times that of True, \
         and the ratio grows like √n",
        widest.kind,
        shown(widest.std_a),
        ratio(widest)
    ))
}

/// Of the standard deviation of A to that of PEFT's default, 1/√(3n).
fn ratio(module: &ModuleAdvice) -> f64 {
    module.std_a * (3.0 * module.fan_in as f64).sqrt()
}

/// The module that goes furthest beyond the law of a Gaussian start, in one of the configs.
fn beyond_the_law(law: &Law, sides: [&Side; 2]) -> Option<String> {
    let bound = law.bound?;
    let hidden = sides.into_iter().flat_map(|side| side.kinds.iter());
    let hidden = hidden.filter(|kind| kind.module.role == Role::Hidden);
    let further = |worst, kind| match bound.share(kind) > bound.share(worst) {
        true => kind,
        false => worst,
    };
    let worst: &AdaptedKind = hidden.reduce(further)?;
    bound.broken(worst).map(|how| {
        format!(
            "the powers of the best LR hold while {}; in `{}` {how}, so the motion of A leads, and they do not \
             hold there",
            bound.words(),
            worst.module.kind
        )
    })
}

/// Modules of which the theory says nothing.
fn without_law(modules: &[ModuleAdvice]) -> Vec<String> {
    let of = |role| {
        let named = modules.iter().filter(move |module| module.role == role);
        names(named.map(|module| module.kind.as_str()))
    };
    let mut lines = Vec::new();
    for (role, why) in [
        (
            Role::Lookup,
            "an embedding, whose B starts random. A token takes one column of A, so the exponent of the fan-in \
             is 0, and the laws of n are not those of an embedding. It trains at the same learning rate \
             nevertheless, but for PEFT's LoRA+ optimiser, which takes `loraplus_lr_embedding` for it, 1e-6 by \
             default",
        ),
        (
            Role::Output,
            "an output layer, while the theory's LoRA layer is a hidden one. It trains at the same learning \
             rate nevertheless",
        ),
    ] {
        let names = of(role);
        if !names.is_empty() {
            lines.push(format!("{names}: {why}"));
        }
    }
    let unknown = modules.iter().filter(|module| module.role == Role::Hidden);
    for module in unknown {
        if let Some(why) = &module.why_not {
            lines.push(format!("no learning rate is carried to `{}`: {why}", module.kind));
        }
    }
    lines
}

/// How far the modules' rates lie apart.
fn spread(modules: &[ModuleAdvice]) -> Option<String> {
    let rates = || modules.iter().filter_map(|module| module.lr.map(|lr| lr.value));
    let (least, most) = (rates().reduce(f64::min)?, rates().reduce(f64::max)?);
    let ratio = most / least;
    (ratio > 1.05).then(|| {
        format!(
            "the modules' learning rates differ by a factor of {ratio:.2}; the one that is named suits the \
             module with the lowest, and the others may learn more slowly than they could"
        )
    })
}

/// What trains beside the factors.
fn beside(side: &Side) -> Vec<String> {
    let config = &side.config;
    let mut lines = Vec::new();
    if config.lora_bias {
        lines.push(
            "`lora_bias` trains a bias beside each B, of which the theory says nothing".to_owned(),
        );
    }
    if config.bias != "none" {
        lines.push(format!(
            "`bias` is {:?}: biases of the base train, too, of which the theory says nothing",
            config.bias
        ));
    }
    let whole = trained_whole(config, &side.base);
    if !whole.is_empty() {
        let verb = if whole.len() == 1 { "trains" } else { "train" };
        lines.push(format!(
            "{} {verb} whole at the same learning rate, of which the theory says nothing",
            names(whole.iter().map(String::as_str))
        ));
    }
    lines
}
