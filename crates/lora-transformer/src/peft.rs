//! Adapters in PEFT's format: to it, and from it.

use std::collections::BTreeMap;

use lora_checkpoint::{self as disk, AdapterConfig, Data, TargetModules, Tensor};
use lora_types::Init;

use crate::adapter::Adapter;
use crate::base::Base;
use crate::error::TransformerError;
use crate::lora::{InitLaw, LoraSpec, Targets};
use crate::net::{Head, Net, Param, Role};
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
        Targets::Pattern(pattern) => TargetModules::Pattern(pattern.clone()),
        // In PEFT the word takes other modules for some heads, so that their names are clearer.
        Targets::AllLinear => TargetModules::Names(
            net.sites
                .iter()
                .zip(&trained.adapters)
                .filter(|(_, adapter)| adapter.is_some())
                .map(|(info, _)| info.name.clone())
                .collect(),
        ),
    };
    let mut saved: Vec<String> = Vec::new();
    for param in trained.own.keys() {
        let module = net.module(*param).split('.').next().unwrap_or_default().to_owned();
        if !saved.contains(&module) {
            saved.push(module);
        }
    }
    let task = match net.head {
        Head::NextToken(_) => Some("CAUSAL_LM"),
        Head::Classifier { .. } => Some("SEQ_CLS"),
        Head::None => None,
    };
    AdapterConfig {
        use_rslora: spec.rslora,
        lora_dropout: f64::from(spec.dropout),
        modules_to_save: saved,
        base_model_name_or_path: Some(base_path.to_owned()),
        task_type: task.map(str::to_owned),
        init_lora_weights: init(spec).to_owned(),
        ..AdapterConfig::new(spec.rank, spec.alpha, targets)
    }
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
/// [`TransformerError::Adapter`] for a module that the model does not have, or of another shape.
pub fn import(net: &Net, adapter: &disk::Adapter) -> Result<Imported, TransformerError> {
    let fail = |why: String| TransformerError::Adapter { why };
    let mut adapters = vec![None; net.sites.len()];
    let mut known = 0;
    for pair in adapter.pairs() {
        let site = net
            .site(pair.module)
            .ok_or_else(|| fail(format!("the base model has no module {}", pair.module)))?;
        let info = &net.sites[site.0];
        let (rank, wanted) = (pair.rank(), [info.inputs, info.outputs]);
        if pair.a.shape.last() != Some(&wanted[0]) || pair.b.shape.first() != Some(&wanted[1]) {
            let (a, b) = (&pair.a.shape, &pair.b.shape);
            return Err(fail(format!(
                "{}: A is {a:?} and B is {b:?}, where the base model has {} inputs and {} outputs",
                pair.module, wanted[0], wanted[1],
            )));
        }
        let scaling = adapter.config.scaling(pair.module, rank) as f32;
        let (a, b) = (pair.a.to_f32(), pair.b.to_f32());
        adapters[site.0] = Some(Adapter { a, b, rank, scaling });
        known += 2;
    }
    let mut own = BTreeMap::new();
    for (name, tensor) in &adapter.tensors {
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        let Some(param) = net.param(name) else { continue };
        let info = &net.params[param.0];
        if tensor.shape != info.shape {
            let (found, wanted) = (&tensor.shape, &info.shape);
            return Err(fail(format!("{name} is {found:?}, where the base model has {wanted:?}")));
        }
        let values = tensor.to_f32();
        let values = match info.role {
            Role::Linear => transposed(&values, info.shape[0], info.shape[1]),
            Role::Table | Role::Bias | Role::Gain => values,
        };
        own.insert(param, values);
        known += 1;
    }
    if known < adapter.tensors.len() {
        let strange = adapter.tensors.keys().find(|name| {
            let name = name.strip_prefix(PREFIX).unwrap_or(name);
            !name.contains(".lora_") && net.param(name).is_none()
        });
        if let Some(name) = strange {
            return Err(fail(format!("the base model has no parameter for {name}")));
        }
    }
    Ok((adapters, own))
}
