//! What a pass through the model reads, and the gradients that it leaves.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::adapter::Adapter;
use crate::dropout::Dropout;
use crate::net::{Linear, Net, Norm, Param, Site};
use crate::observe::Observer;
use crate::weight::Weight;

/// Everything that a pass reads.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// The parts of the model.
    pub net: &'a Net,
    /// Its parameters.
    pub values: Values<'a>,
    /// The adapter of each site that has one.
    pub adapters: &'a [Option<Adapter>],
    /// Which parameters and factors want a gradient.
    pub wants: &'a Wants,
    /// LoRA's dropout, in training.
    pub dropout: Option<Dropout>,
    /// Who looks at what goes in and out of modules.
    pub observer: Option<&'a Mutex<dyn Observer + Send>>,
    /// The number of the first row among all rows of the batch, for dropout.
    pub first_row: usize,
}

impl<'a> Pass<'a> {
    /// The observer, if there is one.
    pub fn observer(&self) -> Option<MutexGuard<'a, dyn Observer + Send + 'static>> {
        self.observer.map(|observer| observer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Parameters: the base's, with those in their place that a run trains whole.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// Of the base, by parameter.
    pub base: &'a [Weight],
    /// Of the run.
    pub own: &'a BTreeMap<Param, Vec<f32>>,
}

impl<'a> Values<'a> {
    /// Hands all entries of a parameter to `with`.
    pub fn with<R>(&self, param: Param, with: impl FnOnce(&[f32]) -> R) -> R {
        match self.own.get(&param) {
            Some(own) => with(own),
            None => self.base[param.0].with(with),
        }
    }

    /// A vector, which is always kept in f32.
    pub fn vector(&self, param: Param) -> &'a [f32] {
        match self.own.get(&param) {
            Some(own) => own,
            None => self.base[param.0].plain().unwrap_or(&[]),
        }
    }

    /// Adds a row of a table to `out`.
    pub fn add_row(&self, param: Param, row: usize, scratch: &mut [f32], out: &mut [f32]) {
        let from = row * out.len();
        match self.own.get(&param) {
            Some(own) => scratch.copy_from_slice(&own[from..from + out.len()]),
            None => self.base[param.0].copy(from, scratch),
        }
        crate::vector::add(out, scratch);
    }
}

/// Which parameters and factors want a gradient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wants {
    /// By parameter.
    pub params: Vec<bool>,
    /// By site: A, and B.
    pub sites: Vec<[bool; 2]>,
}

impl Wants {
    /// No gradient at all, for a model of these parts.
    pub fn nothing(net: &Net) -> Self {
        Self { params: vec![false; net.params.len()], sites: vec![[false; 2]; net.sites.len()] }
    }

    /// Whether a parameter wants one.
    pub fn param(&self, param: Param) -> bool {
        self.params[param.0]
    }

    /// Whether a factor of a site wants one.
    pub fn site(&self, site: Site) -> bool {
        self.sites[site.0] != [false; 2]
    }

    /// Whether anything of a linear module wants one.
    pub fn linear(&self, linear: &Linear) -> bool {
        self.site(linear.site)
            || self.param(linear.weight)
            || linear.bias.is_some_and(|bias| self.param(bias))
    }

    /// Whether anything of a norm wants one.
    pub fn norm(&self, norm: &Norm) -> bool {
        self.param(norm.gain) || norm.bias.is_some_and(|bias| self.param(bias))
    }
}

/// Gradients of the loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gradients {
    /// Of A \[r, in\] and B \[out, r\], by site; empty where none is wanted.
    pub sites: Vec<[Vec<f32>; 2]>,
    /// Of whole parameters, in the layout in which they are kept.
    pub params: BTreeMap<Param, Vec<f32>>,
}

impl Gradients {
    /// Zeros for everything that is wanted.
    pub fn zero(net: &Net, adapters: &[Option<Adapter>], wants: &Wants) -> Self {
        let of_site = |(adapter, wants): (&Option<Adapter>, &[bool; 2])| {
            let size = |factor: usize| match adapter {
                Some(adapter) if wants[factor] => [&adapter.a, &adapter.b][factor].len(),
                _ => 0,
            };
            [0, 1].map(|factor| vec![0.0; size(factor)])
        };
        let wanted = (0..net.params.len()).map(Param).filter(|&param| wants.param(param));
        let zeros = |param: Param| vec![0.0; net.params[param.0].shape.iter().product()];
        Self {
            sites: adapters.iter().zip(&wants.sites).map(of_site).collect(),
            params: wanted.map(|param| (param, zeros(param))).collect(),
        }
    }

    /// Adds others, entry by entry.
    pub fn add(&mut self, other: &Self) {
        for (own, other) in self.arrays_mut().zip(other.arrays()) {
            crate::vector::add(own, other);
        }
    }

    /// Multiplies all entries.
    pub fn scale(&mut self, factor: f32) {
        self.arrays_mut().for_each(|array| crate::vector::scale(array, factor));
    }

    /// Every array, in an order of its own.
    pub fn arrays(&self) -> impl Iterator<Item = &Vec<f32>> {
        self.sites.iter().flatten().chain(self.params.values())
    }

    /// Every array, in the same order.
    pub fn arrays_mut(&mut self) -> impl Iterator<Item = &mut Vec<f32>> {
        self.sites.iter_mut().flatten().chain(self.params.values_mut())
    }

    /// The Euclidean norm over all entries.
    pub fn norm(&self) -> f64 {
        self.arrays().map(|array| crate::vector::squares(array)).sum::<f64>().sqrt()
    }
}
