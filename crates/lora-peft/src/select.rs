//! Which modules are adapted, with which rank and α.

use lora_checkpoint::CheckpointError;
use regex::Regex;

use crate::base::BaseModel;
use crate::config::{Names, PeftConfig, Targets};
use crate::head::Head;
use crate::module::{Class, Module, Role};
use crate::pattern::{LAYER, Matcher, end, ends_in, layer_number, part, refusal};
use crate::start::Stds;

/// A module with its adapter.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptedModule {
    /// The module.
    pub module: Module,
    /// Its rank.
    pub r: u32,
    /// Its α.
    pub alpha: f64,
    /// s, the multiplier of B A; PEFT's `scaling`.
    pub scaling: f64,
    /// Standard deviations of the entries of the initial factors; none where they are computed.
    pub stds: Option<Stds>,
}

/// The modules that PEFT adapts, in the order of the model.
///
/// # Errors
/// If no listed name, or the pattern, is that of a module, if nothing is left to adapt, if a pattern is no
/// regular expression, or if the family has no model for the config's task.
pub fn adapted(
    config: &PeftConfig,
    base: &BaseModel,
) -> Result<Vec<AdaptedModule>, CheckpointError> {
    let head = base.head(config.head);
    let modules = base.modules(head).ok_or_else(|| no_head(config, base, head))?;
    let taken = Selection::of(config, base, head, &modules)?;
    let chosen: Vec<Module> = modules.into_iter().filter(|module| taken.takes(module)).collect();
    if chosen.is_empty() {
        return Err(refusal(
            config,
            "target_modules",
            &shown(config),
            "nothing of it is left to adapt behind `exclude_modules`, `modules_to_save` and \
             `layers_to_transform`",
        ));
    }
    let lookup = chosen.iter().find(|module| module.class == Class::Embedding);
    if let Some(module) = lookup.filter(|_| config.lora_bias) {
        let valid = format!("valid is false, since `{}` is an embedding", module.name);
        return Err(refusal(config, "lora_bias", "true", valid));
    }
    let (ranks, alphas) = (Patterns::ranks(config)?, Patterns::alphas(config)?);
    let adapt = |module: Module| {
        let r = ranks.of(&module.name).unwrap_or(config.r);
        let alpha = alphas.of(&module.name).unwrap_or(config.lora_alpha);
        let stds = config.start.stds(&module, r);
        AdaptedModule { scaling: config.scaling(r, alpha), stds, module, r, alpha }
    };
    Ok(chosen.into_iter().map(adapt).collect())
}

/// Everything that decides whether a module is adapted.
struct Selection<'a> {
    targets: &'a Targets,
    /// The head whose output PEFT leaves out of `all-linear`.
    head: Head,
    names: Option<Matcher>,
    excluded: Option<Matcher>,
    saved: Vec<Regex>,
    layers: Option<(&'a [usize], Vec<Regex>)>,
}

impl<'a> Selection<'a> {
    fn of(
        config: &'a PeftConfig,
        base: &BaseModel,
        head: Head,
        modules: &[Module],
    ) -> Result<Self, CheckpointError> {
        let key = "target_modules";
        let names = match &config.targets {
            Targets::AllLinear => None,
            Targets::Default => Some(Matcher::Ends(defaults(config, base)?)),
            Targets::Named(names) => Some(Matcher::of(config, key, names)?),
        };
        check_names(config, base, names.as_ref(), modules)?;
        let exclude = config.exclude.as_ref();
        let excluded =
            exclude.map(|names| Matcher::of(config, "exclude_modules", names)).transpose()?;
        let task = config.head.map_or(&[][..], Head::saved).iter().copied();
        let saved = config.modules_to_save.iter().map(String::as_str).chain(task);
        let saved = saved.map(|name| part(config, name)).collect::<Result<_, _>>()?;
        let layers = match config.layers.as_deref().filter(|layers| !layers.is_empty()) {
            Some(layers) => Some((layers, layer_number(config)?)),
            None => None,
        };
        Ok(Self { targets: &config.targets, head, names, excluded, saved, layers })
    }

    fn takes(&self, module: &Module) -> bool {
        let name = &module.name;
        let excluded = self.excluded.as_ref().is_some_and(|names| names.is_match(name));
        if excluded || self.saved.iter().any(|saved| saved.is_match(name)) {
            return false;
        }
        match &self.names {
            None => {
                let logits = module.role == Role::Output && self.head == Head::Language;
                module.class != Class::Embedding && !logits
            }
            Some(names) => names.is_match(name) && self.takes_layer(name),
        }
    }

    /// Whether the layer is a chosen one. PEFT asks only where a name ends in one of the list.
    fn takes_layer(&self, name: &str) -> bool {
        let Some((layers, numbers)) = &self.layers else { return true };
        if let Targets::Named(Names::Ends(all)) = self.targets
            && all.iter().any(|whole| whole == name)
        {
            return true;
        }
        let found = numbers.iter().find_map(|number| number.captures(name));
        let digits = found.as_ref().and_then(|found| found.name(LAYER));
        let layer = digits.and_then(|digits| digits.as_str().parse::<usize>().ok());
        layer.is_some_and(|layer| layers.contains(&layer))
    }
}

/// PEFT's own choice for a family.
fn defaults(config: &PeftConfig, base: &BaseModel) -> Result<Vec<String>, CheckpointError> {
    let valid = || {
        let family = base.model_type();
        format!("valid is a list of names or a pattern, since PEFT has no default for `{family}`")
    };
    let names = base.default_targets();
    let names = names.ok_or_else(|| refusal(config, "target_modules", "null", valid()))?;
    Ok(names.iter().map(|&name| name.to_owned()).collect())
}

/// Listed names of `target_modules` that are those of no module. PEFT passes over them, as long as
/// another name is a module's. Of a model that is known in part, none is returned.
pub fn unmatched(config: &PeftConfig, base: &BaseModel) -> Vec<String> {
    let Targets::Named(Names::Ends(all)) = &config.targets else { return Vec::new() };
    let modules = base.modules(base.head(config.head)).unwrap_or_default();
    if base.is_part() {
        return Vec::new();
    }
    let unknown = |end: &&String| !modules.iter().any(|module| ends_in(&module.name, end));
    all.iter().filter(unknown).cloned().collect()
}

/// Refuses a list or a pattern of which the model has no module.
fn check_names(
    config: &PeftConfig,
    base: &BaseModel,
    names: Option<&Matcher>,
    modules: &[Module],
) -> Result<(), CheckpointError> {
    let unknown = match names {
        None => None,
        Some(Matcher::Ends(all)) => {
            let known = |end: &String| modules.iter().any(|module| ends_in(&module.name, end));
            match all.first() {
                None => Some("[]".to_owned()),
                Some(name) => (!all.iter().any(known)).then(|| format!("{name:?}")),
            }
        }
        Some(Matcher::Whole(pattern)) => {
            let none = !modules.iter().any(|module| pattern.is_match(&module.name));
            none.then(|| shown(config))
        }
    };
    let Some(unknown) = unknown else { return Ok(()) };
    let valid = format!(
        "`{}` has no such module; valid are names that end in {}",
        base.model_type(),
        last_words(modules)
    );
    Err(refusal(config, "target_modules", &unknown, valid))
}

/// The last words of names, each once.
fn last_words(modules: &[Module]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for module in modules {
        let word = module.name.rsplit('.').next().unwrap_or(&module.name);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

fn shown(config: &PeftConfig) -> String {
    match &config.targets {
        Targets::Default => "null".to_owned(),
        Targets::AllLinear => "\"all-linear\"".to_owned(),
        Targets::Named(Names::Ends(all)) => format!("{all:?}"),
        Targets::Named(Names::Pattern(pattern)) => format!("{pattern:?}"),
    }
}

fn no_head(config: &PeftConfig, base: &BaseModel, head: Head) -> CheckpointError {
    let family = base.model_type();
    let valid = format!("`{family}` is not known as {}", head.describe());
    let task = if config.head.is_some() { "of this name" } else { "null" };
    refusal(config, "task_type", task, valid)
}

/// Patterns with a value each; the first that matches counts.
pub(crate) struct Patterns<T>(Vec<(Regex, T)>);

impl Patterns<u32> {
    pub(crate) fn ranks(config: &PeftConfig) -> Result<Self, CheckpointError> {
        Self::new(config, "rank_pattern", &config.rank_pattern)
    }
}

impl Patterns<f64> {
    pub(crate) fn alphas(config: &PeftConfig) -> Result<Self, CheckpointError> {
        Self::new(config, "alpha_pattern", &config.alpha_pattern)
    }
}

impl<T: Copy> Patterns<T> {
    fn new(config: &PeftConfig, key: &str, all: &[(String, T)]) -> Result<Self, CheckpointError> {
        let compiled = all.iter().map(|(text, value)| Ok((end(config, key, text)?, *value)));
        compiled.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn of(&self, name: &str) -> Option<T> {
        self.0.iter().find(|(pattern, _)| pattern.is_match(name)).map(|(_, value)| *value)
    }
}
