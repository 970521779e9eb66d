//! Memory of an engine's runs.

use lora_checkpoint::Config;
use lora_data::Held;
use lora_sim::Memory;
use lora_sim::spec::Model;
use lora_transformer::batch::largest_slice;
use lora_transformer::model::Keep;

use super::needs::{self, Passes};
use super::{TransformerEngine, adapters};

/// Bytes of a token of the data, with what is to follow it.
const TOKEN: f64 = 12.0;

/// Bytes of the measurements of a module at a step.
const MEASURED: f64 = 12.0 * 16.0;

impl TransformerEngine {
    /// What the problems of a width need while they are trained, without the final test: the part that keeping
    /// less of a forward pass makes smaller.
    pub fn training_memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        self.on_host(self.training(model, width, runs))
    }

    /// With the data. A number beyond the largest integer is the largest integer.
    pub(super) fn on_host(&self, bytes: f64) -> Memory {
        Memory::on_host((TOKEN * self.data.tokens() as f64 + bytes) as u64)
    }

    /// Bytes of the base, of states, and of what the final test has in memory, which comes after all training.
    pub(super) fn testing(&self, model: &Model, width: usize, runs: usize) -> f64 {
        let config = self.source.config(&self.section, width);
        self.fixed(model, width, runs) + self.tested(&config)
    }

    /// Bytes of the base, of passes and of states, while LoRA is trained or the base is pretrained.
    pub(super) fn training(&self, model: &Model, width: usize, runs: usize) -> f64 {
        let section = &self.section;
        let config = &self.source.config(section, width);
        let threads = rayon::current_num_threads() as f64;
        let adapted = self.adapted(model, width);
        let longest = self.data.longest();
        let lora = Passes {
            config,
            threads,
            rows: largest_slice(section.batch.min(self.data.train.len()), longest),
            longest,
            features: adapted.features / config.depth as f64,
            keep: self.keep(width),
        };
        let lora = self.fixed(model, width, runs) + lora.bytes();
        if !self.absent.contains(&width) {
            return lora;
        }
        let rows = largest_slice(section.pretrain_batch, section.context);
        let (longest, keep) = (section.context, Keep::All);
        let passes = Passes { config, threads, rows, longest, features: 0.0, keep };
        lora.max(needs::pretraining(config) + passes.bytes())
    }

    /// Of the base, and of what runs keep.
    fn fixed(&self, model: &Model, width: usize, runs: usize) -> f64 {
        let threads = rayon::current_num_threads() as f64;
        let adapted = self.adapted(model, width);
        let [weights, widened] =
            self.source.weights(&self.source.config(&self.section, width), threads);
        // A base stays in memory until the end.
        let weights = self.base_seeds.len() as f64 * weights;
        let states = needs::states(adapted.entries, runs, threads);
        let measured = (runs * self.records) as f64 * adapted.modules * MEASURED;
        weights + widened + states + measured
    }

    /// Of what the model reads and writes in the final test: all keys and values, and a prompt on each thread.
    pub(super) fn tested(&self, config: &Config) -> f64 {
        let Some(test) = &self.data.final_test else { return 0.0 };
        let threads = rayon::current_num_threads();
        let Held { texts, longest, prompt } = test.held(threads, self.best_runs);
        needs::kept(config, texts, longest) + threads as f64 * needs::reading(config, prompt)
    }

    fn adapted(&self, model: &Model, width: usize) -> Adapted {
        let net = self.source.net(&self.section, width, self.data.labels);
        let mut adapted = Adapted::default();
        // Whether there are such modules was checked before.
        for place in adapters::places_of(&self.section, model, &net).unwrap_or_default() {
            let (info, rank) = (&net.sites[place.site.0], place.rank as f64);
            adapted.modules += 1.0;
            adapted.features += rank;
            adapted.entries += rank * (info.inputs + info.outputs) as f64;
        }
        adapted
    }
}

/// What LoRA adapts.
#[derive(Default)]
struct Adapted {
    modules: f64,
    /// r, summed over modules.
    features: f64,
    /// Entries of all A and B.
    entries: f64,
}
