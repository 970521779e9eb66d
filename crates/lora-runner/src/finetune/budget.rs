//! Memory of an engine's runs.

use lora_checkpoint::Config;
use lora_sim::spec::Model;
use lora_transformer::batch::largest_slice;
use lora_transformer::model::Keep;

use super::needs::{self, Passes};
use super::{TransformerEngine, adapters};

/// Bytes of the measurements of a module at a step.
const MEASURED: f64 = 12.0 * 16.0;

impl TransformerEngine {
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
        let [weights, widened] = self.source.weights(config, threads);
        let states = needs::states(adapted.entries, runs, threads);
        let measured = (runs * self.records) as f64 * adapted.modules * MEASURED;
        let fixed = weights + widened + states + measured;
        // The final test comes after all training, one run on each thread.
        let lora = fixed + lora.bytes().max(self.tested(config, threads));
        if !self.absent.contains(&width) {
            return lora;
        }
        let rows = largest_slice(section.pretrain_batch, section.context);
        let (longest, keep) = (section.context, Keep::All);
        let passes = Passes { config, threads, rows, longest, features: 0.0, keep };
        lora.max(needs::pretraining(config) + passes.bytes())
    }

    /// Of what the model writes in the final test.
    fn tested(&self, config: &Config, threads: f64) -> f64 {
        let Some(test) = &self.data.final_test else { return 0.0 };
        let [texts, longest] = test.kept(rayon::current_num_threads());
        threads * needs::kept(config, texts, longest)
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
