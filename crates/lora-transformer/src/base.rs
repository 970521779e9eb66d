//! A frozen model: its parts and its weights.

use lora_checkpoint::{Checkpoint, Tensor};
use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use rayon::prelude::*;

use crate::error::TransformerError;
use crate::net::{Head, Net, Param, ParamInfo, Pooling, Role, Task};
use crate::weight::Weight;

/// Standard deviation of a new head's weights: `initializer_range` of BERT's families.
const NEW_HEAD_STD: f32 = 0.02;

/// A frozen model, which any number of runs share.
#[derive(Debug)]
pub struct Base {
    /// Its parts.
    pub net: Net,
    /// Its parameters.
    pub weights: Vec<Weight>,
    /// The model in words, with what was lost in its file.
    pub label: String,
    /// Names of the parameters that the file lacks and that were drawn instead.
    pub new: Vec<String>,
}

impl Base {
    /// A checkpoint's model for a task. What its head lacks is drawn from `head_seed`: weights with a
    /// standard deviation of 0.02, biases of zero.
    ///
    /// # Errors
    /// [`TransformerError::Checkpoint`] for a tensor that cannot be read, [`TransformerError::Task`] for a
    /// head that the family does not have.
    pub fn new(
        mut checkpoint: Checkpoint,
        task: Task,
        head_seed: u64,
    ) -> Result<Self, TransformerError> {
        check(&checkpoint, task)?;
        let net = Net::new(&checkpoint.config, task);
        let label = checkpoint.label();
        let mut find = |(index, info): (usize, &ParamInfo)| {
            // A language model's head is a part of it; a classifier's may be new.
            let head = index >= net.head_from && task != Task::NextToken;
            let found = (!head || checkpoint.has(&info.name)).then(|| checkpoint.take(&info.name));
            Ok(found.transpose()?.filter(|tensor| !head || tensor.shape == info.shape))
        };
        let found = net.params.iter().enumerate().map(&mut find);
        let found: Vec<_> = found.collect::<Result<_, TransformerError>>()?;
        let lacks = |(info, found): (&ParamInfo, &Option<Tensor>)| {
            found.is_none().then(|| info.name.clone())
        };
        let new = net.params.iter().zip(&found).filter_map(lacks).collect();
        let weight = |(index, found): (usize, Option<Tensor>)| match found {
            Some(tensor) => kept(net.params[index].role, tensor),
            None => drawn(&net, Param(index), head_seed),
        };
        let weights = found.into_par_iter().enumerate().map(weight).collect();
        Ok(Self { net, weights, label, new })
    }

    /// Of weights in f32, in Hugging Face's shapes, in the order of the parameters.
    ///
    /// # Panics
    /// If there are more or fewer arrays, or entries of one, than [`Net::params`] says.
    pub fn of(net: Net, weights: Vec<Vec<f32>>, label: String) -> Self {
        assert_eq!(weights.len(), net.params.len(), "one array for each parameter");
        for (info, data) in net.params.iter().zip(&weights) {
            assert_eq!(
                data.len(),
                info.shape.iter().product::<usize>(),
                "entries of {}",
                info.name
            );
        }
        let keep = |(info, data): (&crate::net::ParamInfo, Vec<f32>)| {
            let shape = info.shape.clone();
            kept(info.role, Tensor { shape, data: lora_checkpoint::Data::F32(data) })
        };
        let weights = net.params.iter().zip(weights).map(keep).collect();
        Self { net, weights, label, new: Vec::new() }
    }

    /// Bytes that the weights take.
    pub fn bytes(&self) -> u64 {
        self.weights.iter().map(|weight| weight.bytes()).sum()
    }
}

impl Net {
    /// The parameters of modules of the head, by a part of their names.
    ///
    /// # Errors
    /// [`TransformerError::NoModule`] for a name that no module of a classification head has.
    pub fn head_params(&self, modules: &[String]) -> Result<Vec<Param>, TransformerError> {
        let classifies = matches!(self.head, Head::Classifier { .. });
        let from = if classifies { self.head_from } else { self.params.len() };
        let head: Vec<Param> = (from..self.params.len()).map(Param).collect();
        let is = |param: Param, name: &str| self.module(param).split('.').any(|part| part == name);
        if let Some(name) = modules.iter().find(|name| !head.iter().any(|&param| is(param, name))) {
            let mut valid: Vec<&str> = head.iter().map(|&param| self.module(param)).collect();
            valid.dedup();
            let valid = if valid.is_empty() { "no such head".to_owned() } else { valid.join(", ") };
            return Err(TransformerError::NoModule {
                key: "modules_to_save",
                pattern: name.clone(),
                valid,
            });
        }
        Ok(head.into_iter().filter(|&param| modules.iter().any(|name| is(param, name))).collect())
    }
}

fn check(checkpoint: &Checkpoint, task: Task) -> Result<(), TransformerError> {
    let family = checkpoint.config.family;
    let refuse =
        |kind, task| Err(TransformerError::Task { family: format!("{family:?}"), kind, task });
    match task {
        Task::NextToken if !family.is_causal() => refuse("an encoder", "to predict the next token"),
        Task::Classify { .. } if family.is_causal() => {
            refuse("a causal language model", "as a classifier")
        }
        Task::Classify { labels, .. } if labels < 2 => {
            Err(TransformerError::out_of_range("labels", labels, "write 2 or more"))
        }
        _ => Ok(()),
    }
}

/// A tensor as it is kept: linear weights as \[in, out\], vectors in f32.
fn kept(role: Role, tensor: Tensor) -> Weight {
    match role {
        Role::Linear => Weight::transposed(&tensor),
        Role::Table => Weight::new(tensor),
        Role::Bias | Role::Gain => Weight::widened(&tensor),
    }
}

fn drawn(net: &Net, param: Param, seed: u64) -> Weight {
    let info = &net.params[param.0];
    let mut values = vec![0.0; info.shape.iter().product()];
    match info.role {
        Role::Bias => (),
        Role::Gain => values.fill(1.0),
        Role::Linear | Role::Table => {
            let stream = Stream::new(seed, param.0, Purpose::BaseWeights);
            fill_row(&stream, 0, NEW_HEAD_STD, &mut values);
        }
    }
    Weight::of(values)
}

/// The family's own pooling where a checkpoint has the layer for it, and the mean elsewhere.
pub fn natural_pooling(checkpoint: &Checkpoint) -> Pooling {
    let bare = checkpoint.config.family == lora_checkpoint::Family::Bert
        && !checkpoint.has("bert.pooler.dense.weight");
    if bare { Pooling::Mean } else { Pooling::Cls }
}
