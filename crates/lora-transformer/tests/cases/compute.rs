//! What the engine makes of a case.

use std::collections::BTreeMap;
use std::path::Path;

use lora_checkpoint::{
    Adapter as OnDisk, AdapterConfig, Checkpoint, Data, TargetModules, Tensor, write_tensors,
};
use lora_transformer::base::Base;
use lora_transformer::batch::{Batch, Sequence, Target};
use lora_transformer::lora::{LoraSpec, Targets};
use lora_transformer::model::Keep;
use lora_transformer::net::{Param, Pooling, Role, Task};
use lora_transformer::optimizer::Rule;
use lora_transformer::pass::Gradients;
use lora_transformer::peft;
use lora_transformer::run_spec::{HeadSpec, RunSpec, Training};
use lora_transformer::trainer::Trainer;
use lora_transformer::weight::transposed;
use lora_types::OptimizerKind;
use serde_json::Value;

use super::Case;

type Found = BTreeMap<String, Vec<f64>>;

/// Every value that a case has, as the engine computes it.
pub fn run(case: &Case, ours: Option<&Path>) -> Found {
    let path = case.folder.join(case.settings["model"].as_str().expect("a model"));
    let checkpoint = Checkpoint::open(&path).expect("a checkpoint");
    let task = task(case, &checkpoint);
    let base = Base::new(checkpoint, task, 0).expect("a model");
    let steps = steps(case);
    let rank = case.settings["r"].as_u64().expect("a rank");
    if rank == 0 { forward(case, &base, &steps[0]) } else { train(case, &base, &steps, ours) }
}

fn task(case: &Case, checkpoint: &Checkpoint) -> Task {
    let pooling = match case.settings["pooling"].as_str() {
        Some("mean") => Pooling::Mean,
        _ => Pooling::Cls,
    };
    match case.settings["kind"].as_str().expect("a kind") {
        "causal" => Task::NextToken,
        "encoder" => Task::Hidden,
        _ => {
            let logits = &case.expected["logits/0"].0;
            let labels = checkpoint.config.labels.unwrap_or(logits[0]);
            assert_eq!(labels, logits[0], "{}", case.name);
            Task::Classify { labels, pooling }
        }
    }
}

fn steps(case: &Case) -> Vec<Vec<Sequence>> {
    let number = |value: &Value| value.as_i64().expect("a number");
    let ids = |value: &Value| -> Vec<u32> {
        value.as_array().expect("tokens").iter().map(|id| number(id) as u32).collect()
    };
    let sequence = |value: &Value| {
        let target = match (&value["targets"], &value["label"]) {
            (Value::Array(targets), _) => {
                Target::Next(targets.iter().map(|id| u32::try_from(number(id)).ok()).collect())
            }
            (_, Value::Number(_)) => Target::Label(number(&value["label"]) as u32),
            _ => Target::None,
        };
        Sequence { ids: ids(&value["ids"]), target }
    };
    let batch = |value: &Value| value.as_array().expect("a batch").iter().map(sequence).collect();
    case.batches.as_array().expect("batches").iter().map(batch).collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// Outputs of each sequence, by number.
fn outputs(trainer: &Trainer, batch: &[Sequence], kind: &str) -> Found {
    let one = |(k, sequence): (usize, &Sequence)| {
        (format!("{kind}/{k}"), wide(&trainer.outputs(&Batch::new([sequence])).concat()))
    };
    batch.iter().enumerate().map(one).collect()
}

/// A base model alone: outputs, loss, and the gradients of all its weights.
fn forward(case: &Case, base: &Base, batch: &[Sequence]) -> Found {
    let whole = Trainer::whole(base, Training::default(), &|_| 1.0).expect("a training");
    if case.settings["kind"] == "encoder" {
        return outputs(&whole, batch, "hidden");
    }
    let mut found = outputs(&whole, batch, "logits");
    let (loss, gradients) = whole.gradients(&Batch::new(batch), 0);
    found.insert("loss".to_owned(), vec![loss.mean()]);
    for (param, gradient) in &gradients.params {
        found.insert(
            format!("base_gradient/{}", base.net.params[param.0].name),
            wide(&in_order(base, *param, gradient)),
        );
    }
    found
}

/// A parameter in Hugging Face's order.
fn in_order(base: &Base, param: Param, values: &[f32]) -> Vec<f32> {
    let info = &base.net.params[param.0];
    match info.role {
        Role::Linear => transposed(values, info.shape[1], info.shape[0]),
        _ => values.to_vec(),
    }
}

fn pattern<T>(values: &Value, read: fn(&Value) -> Option<T>) -> BTreeMap<String, T> {
    let all = values.as_object().expect("an object").iter();
    all.map(|(text, value)| (text.clone(), read(value).expect("a number"))).collect()
}

fn spec(case: &Case) -> RunSpec {
    let settings = &case.settings;
    let number = |key: &str| settings[key].as_f64();
    let names = |key: &str| -> Vec<String> {
        let list = settings[key].as_array().expect("names");
        list.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    let betas = [0, 1].map(|place| settings["betas"][place].as_f64().expect("a number"));
    let kind = match settings["optimizer"].as_str() {
        Some("sgd") => OptimizerKind::Sgd,
        _ => OptimizerKind::AdamW,
    };
    let rule = Rule {
        kind,
        betas,
        epsilon: number("eps").expect("eps"),
        weight_decay: number("weight_decay").expect("weight_decay"),
    };
    let trains_head = settings["train_head"] == true;
    let head = trains_head.then(|| HeadSpec {
        lr: number("head_lr").expect("head_lr"),
        modules: names("head_modules"),
    });
    let modules = |key: &str| match settings[key].as_str() {
        Some(pattern) => Targets::Pattern(pattern.to_owned()),
        None => Targets::Names(names(key)),
    };
    let excludes = settings["exclude_modules"] != serde_json::json!([]);
    let layers = settings["layers_to_transform"].as_array().expect("blocks");
    let lora = LoraSpec {
        targets: modules("target_modules"),
        exclude: excludes.then(|| modules("exclude_modules")),
        layers: layers.iter().map(|block| block.as_u64().expect("a block") as usize).collect(),
        rank: settings["r"].as_u64().expect("r") as usize,
        rank_pattern: pattern(&settings["rank_pattern"], |rank| Some(rank.as_u64()? as usize)),
        alpha: number("lora_alpha").expect("lora_alpha"),
        alpha_pattern: pattern(&settings["alpha_pattern"], Value::as_f64),
        rslora: settings["use_rslora"] == true,
        ..LoraSpec::default()
    };
    let training =
        Training { rule, clip: number("max_grad_norm"), keep: Keep::All, ..Training::default() };
    let lora_plus_ratio = number("loraplus_lr_ratio").expect("loraplus_lr_ratio");
    RunSpec { lora, lr: number("lr").expect("lr"), lora_plus_ratio, head, training }
}

/// The start of a case, in PEFT's format.
fn start(case: &Case, spec: &RunSpec) -> OnDisk {
    // Which modules are adapted is in the names of the tensors.
    let targets = TargetModules::Names(Vec::new());
    let mut config = AdapterConfig::new(spec.lora.rank, spec.lora.alpha, targets);
    config.use_rslora = spec.lora.rslora;
    config.rank_pattern = spec.lora.rank_pattern.clone().into_iter().collect();
    config.alpha_pattern = spec.lora.alpha_pattern.clone().into_iter().collect();
    let tensor = |(shape, values): &(Vec<usize>, Vec<f64>)| Tensor {
        shape: shape.clone(),
        data: Data::F32(values.iter().map(|&value| value as f32).collect()),
    };
    let tensors = case.initial.iter().map(|(name, one)| (name.clone(), tensor(one))).collect();
    OnDisk { config, tensors }
}

fn train(case: &Case, base: &Base, steps: &[Vec<Sequence>], ours: Option<&Path>) -> Found {
    let spec = spec(case);
    let mut trainer = Trainer::new(base, &spec).expect("a run");
    let (adapters, own) = peft::import(&base.net, &start(case, &spec)).expect("the start");
    let places =
        |adapters: &[Option<_>]| -> Vec<bool> { adapters.iter().map(Option::is_some).collect() };
    assert_eq!(places(&adapters), places(&trainer.trained.adapters), "{}: modules", case.name);
    assert!(own.keys().eq(trainer.trained.own.keys()), "{}: modules of the head", case.name);
    (trainer.trained.adapters, trainer.trained.own) = (adapters, own);

    let mut found = outputs(&trainer, &steps[0], "logits");
    let mut losses = Vec::new();
    let accumulation = case.settings["accumulation"].as_u64().expect("a number") as usize;
    for (index, batches) in steps.chunks(accumulation).enumerate() {
        let factor = case.settings["schedule"][index].as_f64().expect("a factor");
        let batches: Vec<Batch> = batches.iter().map(Batch::new).collect();
        let step = trainer.step_at(factor, &batches);
        losses.push(step.loss);
        if index == 0 {
            found.extend(named("gradient", &gradient_file(base, &trainer, &spec, step.gradients)));
        }
    }
    found.insert("losses".to_owned(), losses);
    let last = outputs(&trainer, &steps[0], "final_logits");
    let base_path = case.settings["model"].as_str().unwrap_or_default();
    let adapter = peft::export(base, &trainer.trained, &spec.lora, base_path);
    if let Some(ours) = ours.filter(|_| case.planted().is_none()) {
        leave(&ours.join(&case.name), &adapter, &last, case);
    }
    found.extend(named("final", &adapter));
    found.extend(last);
    found
}

fn named(kind: &str, adapter: &OnDisk) -> Found {
    let tensors = adapter.tensors.iter();
    tensors.map(|(name, tensor)| (format!("{kind}/{name}"), wide(&tensor.to_f32()))).collect()
}

/// Gradients under the names of the adapter's file.
fn gradient_file(base: &Base, trainer: &Trainer, spec: &RunSpec, gradients: Gradients) -> OnDisk {
    let mut like = trainer.trained.clone();
    for (adapter, [a, b]) in like.adapters.iter_mut().zip(gradients.sites) {
        if let Some(adapter) = adapter {
            (adapter.a, adapter.b) = (a, b);
        }
    }
    like.own = gradients.params;
    peft::export(base, &like, &spec.lora, "")
}

/// Leaves the adapter and its logits for PEFT.
fn leave(folder: &Path, adapter: &OnDisk, logits: &Found, case: &Case) {
    adapter.write(&folder.join("adapter")).expect("an adapter on disk");
    let tensors = logits.iter().map(|(name, values)| {
        let name = name.replace("final_logits", "logits");
        let shape = case.expected[&format!("final_{name}")].0.clone();
        let data = Data::F32(values.iter().map(|&value| value as f32).collect());
        (name, Tensor { shape, data })
    });
    write_tensors(&folder.join("logits.safetensors"), &tensors.collect()).expect("logits on disk");
}
