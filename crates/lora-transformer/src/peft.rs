//! Adapters in PEFT's format: to it, and from it.

use std::collections::{BTreeMap, BTreeSet};

use lora_checkpoint::{self as disk, AdapterConfig, Data, TargetModules, Tensor};
use lora_types::Init;
use serde_json::{Value, json};

use crate::adapter::Adapter;
use crate::base::Base;
use crate::error::TransformerError;
use crate::lora::{EndPattern, InitLaw, LoraSpec, Targets, scaling};
use crate::net::{Head, Net, Param, Role, SiteInfo};
use crate::trained::Trained;
use crate::weight::transposed;

/// What stands before the names of modules in PEFT's files.
const PREFIX: &str = "base_model.model.";

/// What a run has trained, as PEFT saves it. `base_path` is where PEFT is to find the base model.
pub fn export(base: &Base, trained: &Trained, spec: &LoraSpec, base_path: &str) -> disk::Adapter {
    let net = &base.net;
    let mut tensors = BTreeMap::new();
    for (info, adapter) in net.sites.iter().zip(&trained.adapters) {
        let Some(adapter) = adapter else { continue };
        let (of_a, of_b) = if info.embedding {
            ("lora_embedding_A", "lora_embedding_B")
        } else {
            ("lora_A.weight", "lora_B.weight")
        };
        let mut put = |end: &str, shape: [usize; 2], values: &[f32]| {
            let tensor = Tensor { shape: shape.to_vec(), data: Data::F32(values.to_vec()) };
            tensors.insert(format!("{PREFIX}{}.{end}", info.name), tensor);
        };
        put(of_a, [adapter.rank, info.inputs], &adapter.a);
        put(of_b, [info.outputs, adapter.rank], &adapter.b);
    }
    for (&param, values) in &trained.own {
        let info = &net.params[param.0];
        let data = Data::F32(from_kept(info.role, &info.shape, values));
        let tensor = Tensor { shape: info.shape.clone(), data };
        tensors.insert(format!("{PREFIX}{}", info.name), tensor);
    }
    disk::Adapter { config: config(net, trained, spec, base_path), tensors }
}

/// A parameter in Hugging Face's order, from that in which it is kept.
fn from_kept(role: Role, shape: &[usize], values: &[f32]) -> Vec<f32> {
    match role {
        Role::Linear => transposed(values, shape[1], shape[0]),
        Role::Table | Role::Bias | Role::Gain => values.to_vec(),
    }
}

fn config(net: &Net, trained: &Trained, spec: &LoraSpec, base_path: &str) -> AdapterConfig {
    let targets = match &spec.targets {
        Targets::Names(names) => TargetModules::Names(names.clone()),
        // PEFT takes no blocks beside a pattern.
        Targets::Pattern(pattern) if spec.layers.is_empty() => {
            TargetModules::Pattern(pattern.clone())
        }
        // In PEFT the word takes other modules for some heads, so that their names are clearer.
        Targets::Pattern(_) | Targets::AllLinear => TargetModules::Names(
            net.sites
                .iter()
                .zip(&trained.adapters)
                .filter(|(_, adapter)| adapter.is_some())
                .map(|(info, _)| info.name.clone())
                .collect(),
        ),
    };
    AdapterConfig {
        rank_pattern: pairs(&spec.rank_pattern),
        alpha_pattern: pairs(&spec.alpha_pattern),
        other: left_out(net, spec),
        use_rslora: spec.rslora,
        lora_dropout: f64::from(spec.dropout),
        modules_to_save: saved(net, &trained.own),
        base_model_name_or_path: Some(base_path.to_owned()),
        task_type: task(net, trained).map(str::to_owned),
        init_lora_weights: init(spec).to_owned(),
        ..AdapterConfig::new(spec.rank, spec.alpha, targets)
    }
}

fn pairs<T: Copy>(patterns: &BTreeMap<String, T>) -> Vec<(String, T)> {
    patterns.iter().map(|(text, &value)| (text.clone(), value)).collect()
}

/// The keys that leave targets out again.
fn left_out(net: &Net, spec: &LoraSpec) -> BTreeMap<String, Value> {
    let mut keys = BTreeMap::new();
    if let Some(exclude) = &spec.exclude {
        let modules = match exclude {
            Targets::Names(names) => json!(names),
            Targets::Pattern(pattern) => json!(pattern),
            Targets::AllLinear => {
                let sites = exclude.sites(net).unwrap_or_default();
                json!(sites.iter().map(|site| &net.sites[site.0].name).collect::<Vec<_>>())
            }
        };
        keys.insert("exclude_modules".to_owned(), modules);
    }
    if !spec.layers.is_empty() && matches!(spec.targets, Targets::Names(_)) {
        keys.insert("layers_to_transform".to_owned(), json!(spec.layers));
    }
    keys
}

/// The word for what the model does. As a `SEQ_CLS` PEFT saves the classifier whole and drops an adapter
/// that it finds there, so an adapter on the classifier goes without the word.
fn task(net: &Net, trained: &Trained) -> Option<&'static str> {
    let adapted = net.sites.iter().zip(&trained.adapters).filter(|(_, adapter)| adapter.is_some());
    let mut names = adapted.map(|(info, _)| info.name.split('.').next());
    match net.head {
        Head::NextToken(_) => Some("CAUSAL_LM"),
        Head::Classifier { .. } if !names.any(|first| first == Some("classifier")) => {
            Some("SEQ_CLS")
        }
        Head::Classifier { .. } | Head::None => None,
    }
}

/// What is trained whole, for `modules_to_save`: each module by the shortest beginning of its name under
/// which every parameter is trained. In RoBERTa that is `classifier`, in BERT `bert.pooler` without the rest
/// of `bert`.
fn saved(net: &Net, own: &BTreeMap<Param, Vec<f32>>) -> Vec<String> {
    let under = |param: Param, start: &str| {
        let rest = net.module(param).strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let whole = |start: &str| {
        let mut all = (0..net.params.len()).map(Param).filter(|&param| under(param, start));
        all.all(|param| own.contains_key(&param))
    };
    let mut names: Vec<String> = Vec::new();
    for &param in own.keys() {
        let module = net.module(param);
        let ends = module.match_indices('.').map(|(end, _)| end).chain([module.len()]);
        let name = ends.map(|end| &module[..end]).find(|start| whole(start)).unwrap_or(module);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The word that PEFT has for an init. Where it has none, the factors are loaded over whatever it draws.
fn init(spec: &LoraSpec) -> &'static str {
    match (spec.init, spec.law) {
        (Init::A, InitLaw::Gaussian) => "gaussian",
        (Init::A, InitLaw::Kaiming) => "true",
        _ => "false",
    }
}

/// Adapters by site, and parameters that are replaced whole, from what PEFT has saved.
pub type Imported = (Vec<Option<Adapter>>, BTreeMap<Param, Vec<f32>>);

/// Reads what PEFT has saved.
///
/// # Errors
/// [`TransformerError::Adapter`] for a module that the model does not have, for factors that do not fit it or
/// have another rank than the configuration says, for a factor without its partner, and for any other tensor
/// that is no parameter of the model; [`TransformerError::Pattern`] for a pattern of ranks or alphas that is
/// no regular expression.
pub fn import(net: &Net, adapter: &disk::Adapter) -> Result<Imported, TransformerError> {
    let config = &adapter.config;
    let ranks = compiled("rank_pattern", &config.rank_pattern)?;
    let alphas = compiled("alpha_pattern", &config.alpha_pattern)?;
    let mut adapters = vec![None; net.sites.len()];
    let mut pairs = BTreeSet::new();
    for pair in adapter.pairs() {
        let site = net
            .site(pair.module)
            .ok_or_else(|| fail(format!("the base model has no module {}", pair.module)))?;
        check_pair(&net.sites[site.0], &pair)?;
        let rank = pair.rank();
        check_rank(&pair, first(&ranks, pair.module).unwrap_or(config.r))?;
        let alpha = first(&alphas, pair.module).unwrap_or(config.lora_alpha);
        let scaling = scaling(config.use_rslora, rank, alpha) as f32;
        let (a, b) = (pair.a.to_f32(), pair.b.to_f32());
        let earlier = adapters[site.0].replace(Adapter { a, b, rank, scaling });
        refuse_second(earlier.is_some(), pair.module)?;
        pairs.insert((pair.module, pair.embedding));
    }
    let mut own = BTreeMap::new();
    for (name, tensor) in &adapter.tensors {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        if factor(name).is_some_and(|factor| pairs.contains(&factor)) {
            continue;
        }
        let (param, values) = whole(net, name, tensor)?;
        refuse_second(own.insert(param, values).is_some(), name)?;
    }
    Ok((adapters, own))
}

/// Patterns in PEFT's order.
fn compiled<T: Copy>(
    key: &'static str,
    patterns: &[(String, T)],
) -> Result<Vec<(EndPattern, T)>, TransformerError> {
    patterns.iter().map(|(text, value)| Ok((EndPattern::new(key, text)?, *value))).collect()
}

/// The value of the first pattern that matches a module.
fn first<T: Copy>(patterns: &[(EndPattern, T)], module: &str) -> Option<T> {
    patterns.iter().find(|(pattern, _)| pattern.is_match(module)).map(|(_, value)| *value)
}

fn check_rank(pair: &disk::Pair, wanted: usize) -> Result<(), TransformerError> {
    let (rank, module) = (pair.rank(), pair.module);
    if rank == wanted {
        return Ok(());
    }
    Err(fail(format!("{module} has factors of rank {rank}, where the configuration says {wanted}")))
}

fn fail(why: String) -> TransformerError {
    TransformerError::Adapter { why }
}

fn refuse_second(is_second: bool, name: &str) -> Result<(), TransformerError> {
    if is_second { Err(fail(format!("{name} is there twice"))) } else { Ok(()) }
}

/// Checks both factors of a module.
fn check_pair(info: &SiteInfo, pair: &disk::Pair) -> Result<(), TransformerError> {
    let (rank, module) = (pair.rank(), pair.module);
    let fits = |tensor: &Tensor, shape: [usize; 2]| {
        tensor.shape == shape && Some(tensor.data.len()) == shape[0].checked_mul(shape[1])
    };
    if pair.embedding != info.embedding {
        let kind = if info.embedding { "an embedding" } else { "a linear module" };
        return Err(fail(format!("{module} is {kind}, and its factors have other names")));
    }
    if rank == 0 || !fits(pair.a, [rank, info.inputs]) || !fits(pair.b, [info.outputs, rank]) {
        let (a, b) = (&pair.a.shape, &pair.b.shape);
        return Err(fail(format!(
            "{module}: A is {a:?} and B is {b:?}, where the base model has {} inputs and {} outputs",
            info.inputs, info.outputs,
        )));
    }
    Ok(())
}

/// The module of a factor, and whether it is an embedding.
fn factor(name: &str) -> Option<(&str, bool)> {
    const ENDS: [(&str, bool); 4] = [
        (".lora_A.weight", false),
        (".lora_B.weight", false),
        (".lora_embedding_A", true),
        (".lora_embedding_B", true),
    ];
    ENDS.iter().find_map(|&(end, embedding)| Some((name.strip_suffix(end)?, embedding)))
}

/// A parameter that is replaced whole.
fn whole(net: &Net, name: &str, tensor: &Tensor) -> Result<(Param, Vec<f32>), TransformerError> {
    let param = net.param(name).ok_or_else(|| match factor(name) {
        Some(_) => fail(format!("{name} has no partner")),
        None => fail(format!("the base model has no parameter for {name}")),
    })?;
    let info = &net.params[param.0];
    if tensor.shape != info.shape || tensor.data.len() != info.shape.iter().product::<usize>() {
        let (found, wanted) = (&tensor.shape, &info.shape);
        return Err(fail(format!("{name} is {found:?}, where the base model has {wanted:?}")));
    }
    let values = tensor.to_f32();
    Ok((
        param,
        match info.role {
            Role::Linear => transposed(&values, info.shape[0], info.shape[1]),
            Role::Table | Role::Bias | Role::Gain => values,
        },
    ))
}
