//! The parameters of a model by the names of its modules.

use lora_checkpoint::Config;
use ndarray::Array2;

use super::inputs::{Adapter, Weights};
use super::names::{LM_HEAD, TOKENS};
use super::tensors::{Kind, Tensor, tensors};

/// A model: its configuration, base tensors and adapters.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub config: &'a Config,
    pub weights: &'a Weights,
    pub adapters: &'a [Adapter],
}

impl<'a> Parameters<'a> {
    /// The model, if what is given fits together; otherwise this panics with what does not.
    pub fn new(config: &'a Config, weights: &'a Weights, adapters: &'a [Adapter]) -> Self {
        let parameters = Self { config, weights, adapters };
        let tensors = tensors(config);
        for tensor in &tensors {
            parameters.check_shape(tensor);
            parameters.check_bias(tensor, &tensors);
        }
        for adapter in adapters {
            parameters.check_adapter(adapter, &tensors);
        }
        parameters
    }

    /// The name of a module's weight. A tied head has the token embedding's.
    pub fn weight_name(&self, module: &str) -> String {
        let shared = module == LM_HEAD && self.config.tied_head;
        format!("{}.weight", if shared { TOKENS } else { module })
    }

    /// A module's weight.
    pub fn weight(&self, module: &str) -> &'a Array2<f64> {
        let name = self.weight_name(module);
        self.weights.get(&name).unwrap_or_else(|| panic!("no tensor {name}"))
    }

    /// A module's bias, if it has one.
    pub fn bias(&self, module: &str) -> Option<&'a Array2<f64>> {
        self.weights.get(&format!("{module}.bias"))
    }

    /// The adapters on a module, with their places.
    pub fn adapters_on(&self, module: &str) -> impl Iterator<Item = (usize, &'a Adapter)> {
        self.adapters.iter().enumerate().filter(move |(_, adapter)| adapter.module == module)
    }

    fn check_shape(&self, tensor: &Tensor) {
        if let Some(given) = self.weights.get(&tensor.name()) {
            assert_eq!(given.shape(), tensor.shape, "shape of {}", tensor.name());
        }
    }

    // Modules look for a bias by its name, so one too many or too few would go unnoticed.
    fn check_bias(&self, weight: &Tensor, tensors: &[Tensor]) {
        let given = self.weights.contains_key(&weight.name());
        if weight.kind != Kind::Linear || !given {
            return;
        }
        let of = |other: &&Tensor| other.module == weight.module && other.kind == Kind::Bias;
        let wanted = tensors.iter().find(of).is_some();
        let has = self.bias(&weight.module).is_some();
        assert_eq!(has, wanted, "{}: a bias, given and configured", weight.module);
    }

    fn check_adapter(&self, adapter: &Adapter, tensors: &[Tensor]) {
        let Adapter { module, a, b, .. } = adapter;
        let tied = [self.config.vocabulary, self.config.width];
        let found = tensors.iter().find(|tensor| tensor.module == *module);
        let (kind, shape) = match found {
            Some(tensor) => (tensor.kind, tensor.shape),
            None if module == LM_HEAD => (Kind::Linear, tied),
            None => panic!("no module {module} to adapt"),
        };
        let [outputs, inputs] = match kind {
            Kind::Linear => shape,
            Kind::Embedding => [shape[1], shape[0]],
            Kind::Gain | Kind::Bias => panic!("{module} is a norm and takes no adapter"),
        };
        assert_eq!([b.nrows(), a.ncols()], [outputs, inputs], "B and A of {module}");
        assert_eq!(a.nrows(), b.ncols(), "ranks of A and B of {module}");
    }
}
