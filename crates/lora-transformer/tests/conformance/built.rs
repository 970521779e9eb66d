//! A model of the suite as this crate's, and arrays in both directions.

use std::collections::BTreeMap;

use lora_conformance::transformer::cases::Case;
use lora_conformance::transformer::engine::{Model, Pairs};
use lora_conformance::transformer::{self as reference, Head, Pooling};
use lora_transformer::adapter::Adapter;
use lora_transformer::base::Base;
use lora_transformer::batch::{Sequence, Target};
use lora_transformer::dropout::Dropout;
use lora_transformer::net::{self, Net, Param, Role, Site, Task};
use lora_transformer::pass::{Gradients, Pass, Values, Wants};
use lora_transformer::weight::transposed;
use ndarray::Array2;

/// A base with adapters.
pub struct Built {
    pub base: Base,
    pub adapters: Vec<Option<Adapter>>,
    /// Of each adapter, in the order of the model.
    pub sites: Vec<Site>,
    dropout: Option<Dropout>,
    own: BTreeMap<Param, Vec<f32>>,
}

impl Built {
    pub fn new(model: &Model) -> Self {
        let net = Net::new(&model.case.config, task(model.case));
        let mut adapters = vec![None; net.sites.len()];
        let mut sites = Vec::new();
        for one in model.adapters {
            let site = net.site(&one.module).unwrap_or_else(|| panic!("no site {}", one.module));
            let (a, b) = (flat(&one.a), flat(&one.b));
            let (rank, scaling) = (one.a.nrows(), one.scaling as f32);
            adapters[site.0] = Some(Adapter { a, b, rank, scaling });
            sites.push(site);
        }
        let values = net.params.iter().map(|info| flat(&model.weights[&info.name])).collect();
        let base = Base::of(net, values, model.case.name.to_owned());
        let mask = |mask: reference::engine::Dropout| Dropout::new(mask.rate as f32, mask.seed, 0);
        let dropout = model.dropout.and_then(mask);
        Self { base, adapters, sites, dropout, own: BTreeMap::new() }
    }

    pub fn pass<'a>(&'a self, wants: &'a Wants) -> Pass<'a> {
        Pass {
            net: &self.base.net,
            values: Values { base: &self.base.weights, own: &self.own },
            adapters: &self.adapters,
            wants,
            dropout: self.dropout,
            observer: None,
            first_row: 0,
        }
    }

    /// Wants every gradient that there is.
    pub fn everything(&self) -> Wants {
        let mut wants = Wants::nothing(&self.base.net);
        for (wants, adapter) in wants.sites.iter_mut().zip(&self.adapters) {
            *wants = [adapter.is_some(); 2];
        }
        wants.params.fill(true);
        wants
    }

    /// Gradients of A and B in the order of the model; empty where there are none.
    pub fn pairs(&self, gradients: &Gradients) -> Pairs {
        let one = |site: &Site| {
            let adapter = self.adapters[site.0].as_ref().expect("adapted");
            let [a, b] = &gradients.sites[site.0];
            (array(a, adapter.inputs()), array(b, adapter.rank))
        };
        self.sites.iter().map(one).collect()
    }

    /// A and B in the order of the model.
    pub fn factors(&self, adapters: &[Option<Adapter>]) -> Pairs {
        let one = |site: &Site| {
            let adapter = adapters[site.0].as_ref().expect("adapted");
            (array(&adapter.a, adapter.inputs()), array(&adapter.b, adapter.rank))
        };
        self.sites.iter().map(one).collect()
    }

    /// Gradients of base tensors under their names, in Hugging Face's shapes.
    pub fn weights(&self, gradients: &Gradients) -> reference::Weights {
        let one = |(param, values): (&Param, &Vec<f32>)| {
            let info = &self.base.net.params[param.0];
            let columns = info.shape.last().copied().unwrap_or(1);
            let values = match info.role {
                Role::Linear => transposed(values, info.shape[1], info.shape[0]),
                _ => values.clone(),
            };
            (info.name.clone(), array(&values, columns))
        };
        gradients.params.iter().map(one).collect()
    }
}

fn task(case: &Case) -> Task {
    let labels = case.config.labels.unwrap_or(1);
    match case.head {
        Head::NextToken => Task::NextToken,
        Head::Classifier { pooling: Pooling::Cls } => {
            Task::Classify { labels, pooling: net::Pooling::Cls }
        }
        Head::Classifier { pooling: Pooling::Mean } => {
            Task::Classify { labels, pooling: net::Pooling::Mean }
        }
    }
}

pub fn flat(array: &Array2<f64>) -> Vec<f32> {
    array.iter().map(|&value| value as f32).collect()
}

/// Rows of so many columns.
pub fn array(values: &[f32], columns: usize) -> Array2<f64> {
    let rows = values.len() / columns;
    let values = values.iter().map(|&value| f64::from(value)).collect();
    Array2::from_shape_vec((rows, columns), values).expect("whole rows")
}

pub fn sequences(batch: &[reference::Sequence]) -> Vec<Sequence> {
    let one = |one: &reference::Sequence| {
        let target = match &one.target {
            reference::Target::Next(next) => Target::Next(next.clone()),
            reference::Target::Label(label) => Target::Label(*label),
        };
        Sequence { ids: one.ids.clone(), target }
    };
    batch.iter().map(one).collect()
}
