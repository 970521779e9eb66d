//! What an answer takes for granted, and reasons for caution.

use lora_peft::{AdaptedKind, Role, Start};

use super::asked::AdviseRequest;
use super::carried::Carried;
use super::digits::shown;
use super::modules::ModuleAdvice;
use super::side::Side;

/// What is taken for granted.
pub fn assumptions(
    request: &AdviseRequest,
    side: &Side,
    from: Option<&Side>,
    carried: &[&Carried],
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
    let switched = from.filter(|from| from.config.use_rslora != side.config.use_rslora);
    if let Some(from) = switched {
        let (r, s) = (from.config.r, from.config.scaling(from.config.r, from.config.lora_alpha));
        let (one, other) = match side.config.use_rslora {
            true => ("α/r", "α/√r"),
            false => ("α/√r", "α/r"),
        };
        lines.push(format!(
            "s = {one} becomes s = {other}: at r = {r} the other config's s = {} is that of α = {} here, and \
             what changes in α is counted from there",
            shown(s),
            shown(s * side.config.divisor(r))
        ));
    }
    distinct(lines, carried.iter().flat_map(|found| found.assumptions.clone()))
}

/// What a reader should know before using the answer.
pub fn warnings(
    side: &Side,
    from: Option<&Side>,
    carried: &[&Carried],
    modules: &[ModuleAdvice],
) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(from) = from.filter(|from| from.base.depth != side.base.depth) {
        let depths = [from, side].map(|side| side.base.depth);
        lines.push(format!(
            "the number of layers changes from {} to {}, which no law here accounts for",
            depths[0], depths[1]
        ));
    }
    lines.extend(from.and_then(|from| proportions(side, from)));
    lines.extend(large_start(side, modules));
    lines.extend(without_law(modules));
    lines.extend(spread(modules));
    lines.extend(beside(side));
    distinct(lines, carried.iter().flat_map(|found| found.warnings.clone()))
}

/// Modules whose fan-out does not grow with their fan-in.
fn proportions(side: &Side, from: &Side) -> Option<String> {
    let bends = |kind: &&AdaptedKind| {
        from.like(kind).is_some_and(|known| {
            let [one, other] = [&known.module, &kind.module];
            one.fan_in as u128 * other.fan_out as u128 != one.fan_out as u128 * other.fan_in as u128
        })
    };
    let hidden = side.kinds.iter().filter(|kind| kind.module.role == Role::Hidden);
    let names = names(hidden.filter(bends).map(|kind| kind.module.kind.as_str()));
    (!names.is_empty()).then(|| {
        format!(
            "fan-in and fan-out of {names} do not grow alike: the law has one n for both, and takes the fan-in"
        )
    })
}

/// Names of kinds as a list, each once.
fn names<'a>(kinds: impl Iterator<Item = &'a str>) -> String {
    distinct(Vec::new(), kinds.map(|kind| format!("`{kind}`"))).join(", ")
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
            "an embedding, whose B starts random whatever the config says. A token takes one column of A, so \
             the exponent of the fan-in is 0, and the laws of n are not those of an embedding. It trains at \
             the same learning rate nevertheless",
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
             module with the lowest, and the others learn more slowly than they could"
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
    if !config.modules_to_save.is_empty() {
        lines.push(format!(
            "{} train whole at the same learning rate, of which the theory says nothing",
            config.modules_to_save.join(", ")
        ));
    }
    lines
}

/// Lines, each once.
fn distinct(mut lines: Vec<String>, more: impl Iterator<Item = String>) -> Vec<String> {
    for line in more {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
