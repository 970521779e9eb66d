//! What a config says of an adapter that is already trained: ranks, multipliers, the start.

use std::path::Path;

use lora_checkpoint::{CheckpointError, JsonFile};

use crate::config::PeftConfig;
use crate::select::Patterns;

/// The rank and the multiplier of a module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multiplier {
    /// The rank.
    pub r: u32,
    /// α.
    pub alpha: f64,
    /// s, the multiplier of B A; PEFT's `scaling`.
    pub scaling: f64,
}

/// A trained adapter's config, asked by the names of modules.
pub struct TrainedConfig {
    config: PeftConfig,
    ranks: Patterns<u32>,
    alphas: Patterns<f64>,
}

impl TrainedConfig {
    /// Reads `adapter_config.json` of a folder. Keys that choose modules are passed over, since the weights
    /// say which were adapted. So is what adds to s B A or scales it, such as DoRA.
    ///
    /// # Errors
    /// If the file cannot be read, if a value is wrong, or if the factors are not those of a product s B A.
    pub fn open(dir: &Path) -> Result<Self, CheckpointError> {
        let config = PeftConfig::of_trained(&JsonFile::open(&dir.join(crate::config::FILE))?)?;
        let (ranks, alphas) = (Patterns::ranks(&config)?, Patterns::alphas(&config)?);
        Ok(Self { config, ranks, alphas })
    }

    /// The config.
    pub fn config(&self) -> &PeftConfig {
        &self.config
    }

    /// The rank and the multiplier of a module by its name in the base model.
    pub fn of(&self, module: &str) -> Multiplier {
        let r = self.ranks.of(module).unwrap_or(self.config.r);
        let alpha = self.alphas.of(module).unwrap_or(self.config.lora_alpha);
        Multiplier { r, alpha, scaling: self.config.scaling(r, alpha) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn opened(text: &str) -> Result<TrainedConfig, String> {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("adapter_config.json"), text).expect("a file");
        TrainedConfig::open(dir.path())
            .map_err(|error| error.to_string().replace(&format!("{}/", dir.path().display()), ""))
    }

    #[test]
    fn the_first_pattern_that_matches_counts_and_choices_of_modules_do_not() {
        let config = opened(
            r#"{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "use_rslora": true, "use_dora": true,
                "task_type": "SEQ_2_SEQ_LM", "target_modules": 7, "layers_pattern": "h",
                "rank_pattern": {"layers.1.q": 4, "q": 2}, "alpha_pattern": {"v": 3.0}}"#,
        )
        .expect("it is read");
        let of = |name: &str| {
            let Multiplier { r, alpha, scaling } = config.of(name);
            (r, alpha, scaling)
        };
        assert_eq!(of("layers.1.q"), (4, 16.0, 8.0));
        assert_eq!(of("layers.0.q"), (2, 16.0, 16.0 / 2f64.sqrt()));
        assert_eq!(of("layers.0.v"), (8, 3.0, 3.0 / 8f64.sqrt()));
        assert_eq!(of("layers.0.xq"), (8, 16.0, 16.0 / 8f64.sqrt()));
    }

    #[test]
    fn what_makes_other_factors_is_refused() {
        let refused = opened(r#"{"peft_type": "LORA", "use_qalora": true}"#).err();
        assert_eq!(
            refused.as_deref(),
            Some(
                "adapter_config.json: `use_qalora` is true; valid is false: what is said here is of a \
                 product s B A alone"
            )
        );
    }
}
