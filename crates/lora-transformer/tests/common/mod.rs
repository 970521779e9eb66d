//! The tiny models of the f64 reference as this crate's models.
#![allow(dead_code)] // Every test file uses a part of it.

use std::collections::BTreeMap;

use lora_conformance::transformer::{self as reference, cases::Case};
use lora_transformer::adapter::Adapter;
use lora_transformer::base::Base;
use lora_transformer::batch::{Sequence, Target};
use lora_transformer::lora::{InitLaw, LoraSpec, Targets};
use lora_transformer::net::{Head, Net, Param, Pooling, Task};
use lora_transformer::pass::{Pass, Values, Wants};
use lora_transformer::run_spec::{HeadSpec, RunSpec, Training};
use ndarray::Array2;

/// The rank of all adapters.
pub const RANK: usize = 3;

/// A tiny model with adapters, here and in the reference.
pub struct Both {
    pub case: Case,
    pub weights: reference::Weights,
    pub base: Base,
    pub adapters: Vec<Option<Adapter>>,
    pub batch: Vec<Sequence>,
    pub own: BTreeMap<Param, Vec<f32>>,
}

impl Both {
    pub fn new(case: Case) -> Self {
        let config = &case.config;
        let weights = reference::random_weights(config, 1);
        let net = Net::new(config, task(&case));
        let of_site = |one: &reference::Adapter| net.site(&one.module).is_some();
        let all = reference::random_adapters(config, RANK, 0.7, 2);
        let mut adapters = vec![None; net.sites.len()];
        for one in all.into_iter().filter(of_site) {
            let site = net.site(&one.module).expect("it was asked");
            let (a, b) = (flat(&one.a), flat(&one.b));
            adapters[site.0] = Some(Adapter { a, b, rank: RANK, scaling: one.scaling as f32 });
        }
        let values = net.params.iter().map(|info| flat(&weights[&info.name])).collect();
        let batch = reference::cases::batch(&case).iter().map(sequence).collect();
        let base = Base::of(net, values, case.name.to_owned());
        let own = BTreeMap::new();
        Self { case, weights, base, adapters, batch, own }
    }

    pub fn all() -> impl Iterator<Item = Self> {
        reference::cases::all().into_iter().map(Self::new)
    }

    pub fn pass<'a>(&'a self, wants: &'a Wants) -> Pass<'a> {
        Pass {
            net: &self.base.net,
            values: Values { base: &self.base.weights, own: &self.own },
            adapters: &self.adapters,
            wants,
            dropout: None,
            observer: None,
            first_row: 0,
        }
    }

    /// The case whose name begins so.
    pub fn named(start: &str) -> Self {
        Self::all().find(|both| both.case.name.starts_with(start)).expect("a case of this name")
    }

    /// A run on every linear module below the head, with the head where it classifies.
    pub fn spec(&self) -> RunSpec {
        let classifies = matches!(self.base.net.head, Head::Classifier { .. });
        let lora = LoraSpec {
            targets: Targets::AllLinear,
            rank: RANK,
            alpha: 4.5,
            law: InitLaw::FanIn,
            seed: 7,
            ..LoraSpec::default()
        };
        let head = classifies.then(|| HeadSpec::new(3e-3));
        let training = Training { steps: 8, seed: 5, ..Training::default() };
        RunSpec { lora, lr: 1e-2, lora_plus_ratio: 1.0, head, training }
    }

    /// Wants the gradient of every adapter.
    pub fn adapters_alone(&self) -> Wants {
        let mut wants = Wants::nothing(&self.base.net);
        for (wants, adapter) in wants.sites.iter_mut().zip(&self.adapters) {
            *wants = [adapter.is_some(); 2];
        }
        wants
    }

    /// Wants every gradient that there is.
    pub fn everything(&self) -> Wants {
        let mut wants = self.adapters_alone();
        wants.params.fill(true);
        wants
    }
}

/// Every module that can be adapted, embeddings and heads included.
pub fn everywhere() -> Targets {
    Targets::Pattern(".*".to_owned())
}

pub fn task(case: &Case) -> Task {
    let labels = case.config.labels.unwrap_or(1);
    match case.head {
        reference::Head::NextToken => Task::NextToken,
        reference::Head::Classifier { pooling: reference::Pooling::Cls } => {
            Task::Classify { labels, pooling: Pooling::Cls }
        }
        reference::Head::Classifier { pooling: reference::Pooling::Mean } => {
            Task::Classify { labels, pooling: Pooling::Mean }
        }
    }
}

pub fn flat(array: &Array2<f64>) -> Vec<f32> {
    array.iter().map(|&value| value as f32).collect()
}

fn sequence(one: &reference::Sequence) -> Sequence {
    let target = match &one.target {
        reference::Target::Next(next) => Target::Next(next.clone()),
        reference::Target::Label(label) => Target::Label(*label),
    };
    Sequence { ids: one.ids.clone(), target }
}
