//! What differs between two configs beside the sizes that the laws know.

use lora_peft::{AdaptedKind, Role, trained_whole};

use super::lists::names;
use super::side::Side;

/// Reasons for caution with a learning rate of another config.
pub fn differences(side: &Side, from: &Side) -> Vec<String> {
    let lines = [
        of_depth(side, from),
        of_heads(side, from),
        of_modules(side, from),
        of_what_else_trains(side, from),
        of_proportions(side, from),
    ];
    lines.into_iter().flatten().collect()
}

fn of_depth(side: &Side, from: &Side) -> Option<String> {
    let [before, here] = [from, side].map(|side| side.base.depth);
    (before != here).then(|| {
        format!(
            "the number of layers changes from {before} to {here}, which no law here accounts for"
        )
    })
}

fn of_heads(side: &Side, from: &Side) -> Option<String> {
    let [before, here] = [from, side].map(|side| side.base.head(side.config.head));
    (before != here).then(|| {
        format!(
            "the other config is of {}, and this one of {}: another head and another loss, which no law here \
             accounts for",
            before.describe(),
            here.describe()
        )
    })
}

/// Kinds with the layers in which they are adapted; none stands for all layers, or for no layer at all.
fn adapted(side: &Side) -> Vec<(&str, Option<Vec<usize>>)> {
    let mut all: Vec<(&str, Vec<usize>)> = Vec::new();
    for AdaptedKind { module, layers, .. } in &side.kinds {
        match all.iter_mut().find(|(kind, _)| *kind == module.kind) {
            Some((_, known)) => known.extend(layers),
            None => all.push((&module.kind, layers.clone())),
        }
    }
    let every = |layers: &Vec<usize>| layers.is_empty() || layers.len() == side.base.depth;
    let sorted = all.into_iter().map(|(kind, mut layers)| {
        layers.sort_unstable();
        (kind, Some(layers).filter(|layers| !every(layers)))
    });
    sorted.collect()
}

fn of_modules(side: &Side, from: &Side) -> Option<String> {
    let [here, before] = [side, from].map(adapted);
    let alone = |ours: &[(&str, _)], theirs: &[(&str, _)]| {
        let unknown =
            ours.iter().filter(|(kind, _)| !theirs.iter().any(|(other, _)| other == kind));
        names(unknown.map(|(kind, _)| *kind))
    };
    let moved = here.iter().filter(|(kind, layers)| {
        before.iter().any(|(other, known)| other == kind && known != layers)
    });
    let parts = [
        (alone(&here, &before), "here alone"),
        (alone(&before, &here), "in the other config alone"),
        (names(moved.map(|(kind, _)| *kind)), "in other layers"),
    ];
    let parts = parts.iter().filter(|(names, _)| !names.is_empty());
    let parts: Vec<String> = parts.map(|(names, where_to)| format!("{names} {where_to}")).collect();
    (!parts.is_empty()).then(|| {
        format!(
            "the two configs do not adapt the same modules ({}): the known rate was found with other modules \
             in motion, which no law here accounts for",
            parts.join(", ")
        )
    })
}

/// Biases, and modules that train whole.
fn of_what_else_trains(side: &Side, from: &Side) -> Option<String> {
    let [here, before] = [side, from].map(|side| {
        let mut whole = trained_whole(&side.config, &side.base);
        whole.sort_unstable();
        [
            format!("{:?}", side.config.bias),
            side.config.lora_bias.to_string(),
            if whole.is_empty() { "empty".to_owned() } else { whole.join(", ") },
        ]
    });
    let keys = ["`bias`", "`lora_bias`", "what trains whole"];
    let pairs =
        keys.iter().zip(before.iter().zip(&here)).filter(|(_, (before, here))| before != here);
    let parts: Vec<String> = pairs
        .map(|(key, (before, here))| format!("{key} is {before} there and {here} here"))
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "what trains beside the factors differs from the other config, which no law here accounts for: {}",
            parts.join(", ")
        )
    })
}

/// Modules whose fan-out does not grow with their fan-in.
fn of_proportions(side: &Side, from: &Side) -> Option<String> {
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
