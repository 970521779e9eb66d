//! Modules that differ in their layer alone.

use crate::module::Module;
use crate::select::AdaptedModule;
use crate::start::Stds;

/// Adapted modules of one kind, shape, rank and α.
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptedKind {
    /// The first of them; `kind` is what they have in common.
    pub module: Module,
    /// Their layers; empty for a module outside of the layers.
    pub layers: Vec<usize>,
    /// The rank.
    pub r: u32,
    /// α.
    pub alpha: f64,
    /// s; PEFT's `scaling`.
    pub scaling: f64,
    /// Standard deviations of the entries of the initial factors; none where they are computed.
    pub stds: Option<Stds>,
}

impl AdaptedKind {
    /// Number of modules.
    pub fn count(&self) -> usize {
        self.layers.len().max(1)
    }

    fn holds(&self, other: &AdaptedModule) -> bool {
        let (one, module) = (&self.module, &other.module);
        one.kind == module.kind
            && (one.fan_in, one.fan_out) == (module.fan_in, module.fan_out)
            && (self.r, self.alpha) == (other.r, other.alpha)
    }
}

/// The kinds of some modules, in the order in which they appear.
pub fn kinds(modules: Vec<AdaptedModule>) -> Vec<AdaptedKind> {
    let mut all: Vec<AdaptedKind> = Vec::new();
    for one in modules {
        let layer = one.module.layer;
        match all.iter_mut().find(|kind| kind.holds(&one)) {
            Some(kind) => kind.layers.extend(layer),
            None => {
                let AdaptedModule { module, r, alpha, scaling, stds } = one;
                let layers = layer.into_iter().collect();
                all.push(AdaptedKind { module, layers, r, alpha, scaling, stds });
            }
        }
    }
    all
}
