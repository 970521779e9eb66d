//! How initial weights and learning rates depend on the width.
//!
//! The rules of muP are those for Adam in tables 3 and 8 of Yang et al., "Tensor Programs V"
//! (arXiv 2203.03466), relative to a base width n₀:
//!
//! | | initial variance, standard | in muP | learning rate, standard | in muP |
//! |---|---|---|---|---|
//! | embedding | 1 | 1 | η | η |
//! | gains | (all 1) | (all 1) | η | η |
//! | matrices of blocks | 1/fan-in | 1/fan-in | η | η n₀/n |
//! | head | 1/n | n₀/n² | η | η n₀/n |
//!
//! The embedding's variance of 1 is a choice of this program. A model's `o_proj` and `down_proj` start with
//! another factor 1/(2 · depth) in their variance, so that the sum of all branches does not grow with the
//! depth. Attention divides by the root of the head's size, as in the standard parametrisation: heads keep
//! their size as the width grows, so muP's other power of it is a constant.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_transformer::net::{Net, Param, Role};
use serde::{Deserialize, Serialize};

/// How initial weights and learning rates depend on the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Parametrisation {
    /// Every variance is 1/fan-in, and one learning rate is for all.
    Standard,
    /// The maximal update parametrisation. At `base_width` it is the standard one, to the byte.
    #[serde(rename = "mup")]
    MuP {
        /// n₀.
        base_width: usize,
    },
}

impl Parametrisation {
    /// n₀/n, or 1 in the standard parametrisation.
    fn shrink(self, width: usize) -> f64 {
        match self {
            Self::Standard => 1.0,
            Self::MuP { base_width } => base_width as f64 / width as f64,
        }
    }

    /// The factor of a parameter's learning rate.
    pub fn rate(self, net: &Net, param: Param) -> f64 {
        match net.params[param.0].role {
            // Blocks and head.
            Role::Linear => self.shrink(net.config.width),
            Role::Table | Role::Bias | Role::Gain => 1.0,
        }
    }

    /// Standard deviation of a matrix at the start.
    pub fn deviation(self, net: &Net, param: Param) -> f64 {
        let info = &net.params[param.0];
        if info.role == Role::Table {
            return 1.0;
        }
        let fan_in = info.shape.last().map_or(1.0, |&inputs| inputs as f64);
        let factor = if param.0 >= net.head_from {
            self.shrink(net.config.width).sqrt()
        } else if ends_branch(net.module(param)) {
            1.0 / (2.0 * net.config.depth as f64).sqrt()
        } else {
            1.0
        };
        factor / fan_in.sqrt()
    }

    /// A parameter at the start, in Hugging Face's shape. Every entry depends on the seed and its place alone.
    pub fn draw(self, net: &Net, param: Param, seed: u64) -> Vec<f32> {
        let info = &net.params[param.0];
        let count = info.shape.iter().product();
        match info.role {
            Role::Bias => vec![0.0; count],
            Role::Gain => vec![1.0; count],
            Role::Linear | Role::Table => {
                let std = self.deviation(net, param) as f32;
                let stream = Stream::new(seed, param.0, Purpose::BaseWeights);
                let mut values = vec![0.0; count];
                let cols = info.shape.last().copied().unwrap_or(1).max(1);
                for (row, values) in values.chunks_mut(cols).enumerate() {
                    fill_row(&stream, row, std, values);
                }
                values
            }
        }
    }
}

/// Whether a module's outputs are added to the residual stream.
fn ends_branch(module: &str) -> bool {
    module.ends_with(".o_proj") || module.ends_with(".down_proj")
}
