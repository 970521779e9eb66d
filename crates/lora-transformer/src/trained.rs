//! What a run has of its own: adapters, parameters that it trains whole, and the state of its optimiser.

use std::collections::BTreeMap;

use lora_types::Factor;

use crate::adapter::Adapter;
use crate::base::Base;
use crate::error::TransformerError;
use crate::lora;
use crate::net::{Param, Site};
use crate::optimizer::{Moments, Rule};
use crate::pass::{Gradients, Wants};
use crate::run_spec::RunSpec;

/// Everything that a run changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// By site.
    pub adapters: Vec<Option<Adapter>>,
    /// Parameters that are trained whole, in the layout in which the base keeps them.
    pub own: BTreeMap<Param, Vec<f32>>,
    /// Which entries are trained.
    pub wants: Wants,
    /// One for each array of [`Gradients::arrays`].
    pub moments: Vec<Moments>,
    /// Learning rate of each array, before the schedule.
    rates: Vec<f64>,
    /// Whether weight decay acts on an array.
    decays: Vec<bool>,
    /// Updates made so far.
    pub step: usize,
}

impl Trained {
    /// The start of a LoRA run. A module that is trained whole gets no adapter, whatever the targets say.
    ///
    /// # Errors
    /// As [`RunSpec::check`], [`Net::head_params`](crate::net::Net::head_params) and [`lora::adapters`].
    pub fn lora(base: &Base, spec: &RunSpec) -> Result<Self, TransformerError> {
        spec.check()?;
        let head =
            spec.head.as_ref().map(|head| base.net.head_params(&head.modules)).transpose()?;
        let head = head.unwrap_or_default();
        let adapters = lora::adapters(&base.net, &spec.lora, &head)?;
        let mut wants = Wants::nothing(&base.net);
        let train = spec.lora.train;
        for (wants, adapter) in wants.sites.iter_mut().zip(&adapters) {
            let adapted = adapter.is_some();
            *wants = [Factor::A, Factor::B].map(|factor| adapted && train.includes(factor));
        }
        let mut own = BTreeMap::new();
        for param in head {
            wants.params[param.0] = true;
            own.insert(param, base.weights[param.0].to_vec());
        }
        let rates = [spec.lr, spec.lr * spec.lora_plus_ratio];
        let head_lr = spec.head.as_ref().map_or(spec.lr, |head| head.lr);
        let plan = Plan { factors: rates, params: &|_| head_lr, decays: &|_| true };
        Ok(Self::start(base, adapters, own, wants, (&spec.training.rule, plan)))
    }

    /// The start of a training of all parameters, with a learning rate for each.
    pub fn whole(base: &Base, rule: &Rule, rate: &dyn Fn(Param) -> f64) -> Self {
        let mut wants = Wants::nothing(&base.net);
        wants.params.fill(true);
        let values = base.weights.iter().map(|weight| weight.to_vec());
        let own = values.enumerate().map(|(index, values)| (Param(index), values)).collect();
        // Gains and biases do not decay, as is usual.
        let decays = |param: Param| base.net.params[param.0].shape.len() > 1;
        let plan = Plan { factors: [0.0; 2], params: rate, decays: &decays };
        let adapters = vec![None; base.net.sites.len()];
        Self::start(base, adapters, own, wants, (rule, plan))
    }

    fn start(
        base: &Base,
        adapters: Vec<Option<Adapter>>,
        own: BTreeMap<Param, Vec<f32>>,
        wants: Wants,
        (rule, plan): (&Rule, Plan),
    ) -> Self {
        let zero = Gradients::zero(&base.net, &adapters, &wants);
        let moments = zero.arrays().map(|array| rule.moments(array.len())).collect();
        let of_sites = zero.sites.iter().flat_map(|_| plan.factors);
        let rates = of_sites.chain(own.keys().map(|&param| (plan.params)(param))).collect();
        let factors = zero.sites.iter().flat_map(|_| [true; 2]);
        let decays = factors.chain(own.keys().map(|&param| (plan.decays)(param))).collect();
        Self { adapters, own, wants, moments, rates, decays, step: 0 }
    }

    /// The adapter of a site.
    pub fn adapter(&self, site: Site) -> Option<&Adapter> {
        self.adapters[site.0].as_ref()
    }

    /// One update of all arrays, with their learning rates times `factor`.
    pub fn update(&mut self, rule: &Rule, factor: f64, gradients: &Gradients) {
        self.step += 1;
        let factors = self.adapters.iter_mut().flat_map(|adapter| match adapter {
            Some(adapter) => [Some(&mut adapter.a), Some(&mut adapter.b)],
            None => [None, None],
        });
        let arrays = factors.chain(self.own.values_mut().map(Some));
        let constants = self.rates.iter().zip(&self.decays);
        let gradients = gradients.arrays().zip(&mut self.moments);
        for ((array, (gradient, moments)), (rate, decays)) in arrays.zip(gradients).zip(constants) {
            let Some(array) = array.filter(|_| !gradient.is_empty()) else { continue };
            let weight_decay = if *decays { rule.weight_decay } else { 0.0 };
            let rule = Rule { weight_decay, ..*rule };
            rule.update(self.step, factor * rate, array, moments, gradient);
        }
    }
}

/// Learning rates and weight decay.
struct Plan<'p> {
    /// Of A, and of B.
    factors: [f64; 2],
    params: &'p dyn Fn(Param) -> f64,
    decays: &'p dyn Fn(Param) -> bool,
}
