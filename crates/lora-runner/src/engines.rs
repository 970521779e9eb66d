//! Which engine trains a study, how many cells side by side, and whether they fit into memory.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::sync::Arc;

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::{Scope, Study};
use lora_limit::LimitEngine;
use lora_network::NetworkEngine;
use lora_sim::{CpuEngine, Engine, LayerEngine};
use lora_store::stored::Numerics;

use crate::faulty::Faulty;
use crate::finetune::TransformerEngine;
use crate::interrupt::Finishes;
use crate::memory::{Free, MemoryNeeds, ShortMemory, size};
use crate::meter::Meter;
use crate::progress::Progress;
use crate::states::States;
use crate::watch::Watch;

/// Runs of a batch for which memory is reckoned: of the coarse grid, for two inits.
const RUNS: usize = 2 * 16;

/// The engines of a plan.
pub struct Engines<'e> {
    network: &'e dyn Engine,
    /// The layer alone is always computed on the CPU.
    layer: LayerEngine,
    /// So are linearised networks where the engine of the network has none.
    linearised: CpuEngine,
    /// So are networks with ingredients.
    ingredients: NetworkEngine,
    /// How many of the largest cells may be in memory at the same time.
    largest: usize,
    /// The one of the network where it trains transformers.
    transformer: Option<&'e TransformerEngine>,
    /// Through which that one is watched and stopped.
    watch: Option<Arc<Watch>>,
}

impl<'e> Engines<'e> {
    /// For the largest cells one after another, as a plain experiment has it.
    pub fn one(network: &'e dyn Engine) -> Self {
        let (layer, linearised) = (LayerEngine::new(), CpuEngine::new());
        let ingredients = NetworkEngine::new();
        Self { network, layer, linearised, ingredients, largest: 1, transformer: None, watch: None }
    }

    /// For one of the largest cells in each thread.
    pub fn one_in_each_thread(network: &'e dyn Engine) -> Self {
        Self { largest: rayon::current_num_threads(), ..Self::one(network) }
    }

    /// With the engine of the network, if it trains transformers: it is watched, and makes the final test.
    pub fn with_transformer(self, transformer: Option<&'e TransformerEngine>) -> Self {
        Self { transformer, watch: transformer.map(TransformerEngine::watch), ..self }
    }

    /// The engine of the network, if it trains transformers.
    pub fn transformer(&self) -> Option<&'e TransformerEngine> {
        self.transformer
    }

    /// What watches and stops the engine of the network, if anything does.
    pub fn watch(&self) -> Option<&Watch> {
        self.watch.as_deref()
    }

    /// How far the engine of the network is, where it tells.
    pub fn meter(&self) -> Option<Arc<Meter>> {
        self.watch.as_ref().map(|watch| Arc::clone(&watch.meter))
    }

    /// What the engine of the network finishes before it stops.
    pub fn finishes(&self) -> Finishes {
        if self.watch.is_some() { Finishes::Step } else { Finishes::Batch }
    }

    /// Lets `stop` stop the engine within a batch, where it can be; what is unfinished is kept beside the
    /// database.
    pub fn attend(
        &self,
        stop: impl Fn() -> bool + Send + Sync + 'static,
        progress: &Progress,
        database: &Path,
    ) {
        if let Some(watch) = &self.watch {
            watch.attend(stop, progress.line_printer(), States::beside(database));
        }
    }

    /// The one that trains a study, with its planted fault if it has one, or solves its limits.
    pub fn of(&self, study: &Study) -> Box<dyn Engine + '_> {
        let engine = self.plain(study);
        match (study.fault, study.limit) {
            (Some(fault), _) => Box::new(Faulty::new(engine, fault)),
            (None, Some(limit)) => {
                Box::new(LimitEngine::new(engine, limit.coupled(), limit.quadrature()))
            }
            (None, None) => Box::new(engine),
        }
    }

    fn plain(&self, study: &Study) -> &dyn Engine {
        match study.scope {
            Scope::Network if !study.experiment.is_bare() => &self.ingredients,
            Scope::Network if self.is_linearised_here(study) => &self.linearised,
            Scope::Network => self.network,
            Scope::Layer => &self.layer,
        }
    }

    /// Whether a study is of a linearised network, which the engine of the network does not have.
    fn is_linearised_here(&self, study: &Study) -> bool {
        study.experiment.model.linearised && !self.network.linearises()
    }

    /// The numerics of a plan's engines.
    pub fn numerics(&self, studies: &[Study]) -> Numerics {
        let plain = |study: &Study| study.scope == Scope::Network && study.fault.is_none();
        let layer = (!studies.iter().all(plain)).then(|| self.layer.numerics());
        let linearised = studies.iter().any(|study| self.is_linearised_here(study));
        let linearised = linearised.then(|| self.linearised.numerics());
        let limits = studies.iter().any(|study| study.limit.is_some());
        let (network, own) = (self.network.numerics(), self.ingredients.numerics());
        let others = network != own && studies.iter().any(|study| !study.experiment.is_bare());
        Numerics { network, layer, linearised, ingredients: others.then_some(own), limits }
    }

    /// Cells of a study in groups that are trained side by side: as many as take no more memory than
    /// the largest ones that may be there at the same time.
    pub fn together<'c>(&self, study: &Study, cells: &'c [Cell]) -> Vec<&'c [Cell]> {
        let engine = self.of(study);
        let host = |cell: &Cell| {
            let memory = engine.memory(&study.model(*cell), cell.width, RUNS);
            u128::from(memory.host.max(1))
        };
        let largest = cells.iter().map(host).max().unwrap_or(1);
        let (budget, most) = (largest * self.largest as u128, self.on_device(study, cells));
        let mut groups = Vec::new();
        let mut rest = cells;
        while !rest.is_empty() {
            let mut taken = 0;
            let fits = |cell: &&Cell| {
                taken += host(cell);
                taken <= budget
            };
            let count = rest.iter().take_while(fits).take(most).count().max(1);
            let (group, after) = rest.split_at(count);
            groups.push(group);
            rest = after;
        }
        groups
    }

    /// How many cells of a study fit on the device at the same time. Each takes the memory that it
    /// finds, and another may then find none: so only as many as fit with all their runs. One alone
    /// trains in whatever there is.
    fn on_device(&self, study: &Study, cells: &[Cell]) -> usize {
        let engine = self.plain(study);
        let Some(free) = engine.free_device_memory() else { return cells.len().max(1) };
        let bytes = |cell: &Cell| engine.memory(&study.model(*cell), cell.width, RUNS).device;
        let Some(largest) = cells.iter().max_by_key(|cell| bytes(cell)) else { return 1 };
        // What runs share in one half of the memory, and the runs in the other.
        let fit = |count: &usize| {
            let runs = 2 * count * study.batch_size();
            bytes(largest).saturating_mul(*count as u64) <= free / 2
                && engine.runs_at_once(&study.model(*largest), largest.width, runs) >= runs
        };
        (1..=cells.len()).take_while(fit).last().unwrap_or(1)
    }
}

/// A study with cells that do not fit.
pub struct StudyShortage {
    study: String,
    cells: usize,
    /// Of which memory, and how much.
    pub short: ShortMemory,
}

impl Display for StudyShortage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { study, cells, short } = self;
        let (needs, kind, has) = (size(short.needs / *cells as f64), short.kind(), short.has());
        write!(f, "study {study}: needs {needs} of {kind}")?;
        if short.device.is_none() {
            write!(f, " in each of {cells} threads")?;
        }
        write!(f, " and {has}")
    }
}

/// The first study whose largest cells need more memory than is free: one in each thread on the
/// host, one alone on the device.
pub fn shortage(studies: &[Study], network: &dyn Engine, free: Free) -> Option<StudyShortage> {
    let (engines, threads) = (Engines::one(network), rayon::current_num_threads());
    studies.iter().find_map(|study| {
        let short = free.short(largest(study, engines.of(study).as_ref(), threads), network)?;
        let cells = if short.device.is_some() { 1 } else { threads };
        Some(StudyShortage { study: study.id.clone(), cells, short })
    })
}

/// Bytes of the largest cell: on the host times the threads.
fn largest(study: &Study, engine: &dyn Engine, threads: usize) -> MemoryNeeds {
    let needed = |cell: &Cell| engine.memory(&study.model(*cell), cell.width, RUNS);
    let memory: Vec<_> = study.cells(0).iter().map(needed).collect();
    let most = |bytes: Option<u64>| bytes.unwrap_or(0) as f64;
    MemoryNeeds {
        host: most(memory.iter().map(|memory| memory.host).max()) * threads as f64,
        device: most(memory.iter().map(|memory| memory.device).max()),
    }
}

#[cfg(test)]
mod tests {
    use lora_experiment::study::suite::Suite;

    use super::*;
    use crate::fake_engine::FakeEngine;

    const TOPIC: &str = r#"
title = "planted"
alternatives = { step = "1/4" }
reason = "planted"

[[study]]
id = "given"
about = "given rates"
scope = "layer"
at = "2^8..2^16"
seeds = 8
inits = ["A", "B"]
gammas = ["-1/2", "-1"]

[[study]]
id = "searched"
about = "a search"
at = "2^8..2^16"
seeds = 8
inits = ["A", "B"]
goal = "optimum"
"#;

    fn studies() -> Vec<Study> {
        Suite::of(&[("planted", TOPIC)], false).expect("a good topic").studies
    }

    const ENOUGH: Option<f64> = Some(1e15);

    fn free(host: Option<f64>, device: Option<f64>) -> Free {
        Free { host, limit: None, device }
    }

    /// What is short for the planted studies: of the layer first, then of the network.
    fn short(network: &dyn Engine, free: Free) -> Option<String> {
        shortage(&studies(), network, free).map(|short| short.to_string())
    }

    #[test]
    fn the_layer_needs_no_device() {
        let studies = studies();
        let [layer, network] = [&studies[0], &studies[1]];
        let fake = FakeEngine::default();
        let engines = Engines::one(&fake);
        assert!(engines.of(layer).numerics().starts_with("layer-"));
        assert_eq!(engines.of(network).numerics(), "fake-1");
        assert_eq!(largest(layer, engines.plain(layer), 2).device, 0.0);
        assert_eq!(largest(network, engines.plain(network), 2).device, f64::from(1 << 16));
    }

    /// Stored runs are looked up by the numerics of the plan, and trained by the engine of the study.
    #[test]
    fn every_built_in_study_is_kept_under_the_numerics_of_its_engine() {
        let studies = Suite::load(&[], true).expect("the built-in topics").studies;
        let (cpu, mut limits) = (CpuEngine::new(), 0);
        let engines = Engines::one(&cpu);
        let numerics = engines.numerics(&studies);
        for study in &studies {
            let own = engines.of(study);
            assert_eq!(own.numerics(), numerics.of(study), "{}", study.id);
            assert!(numerics.has(&own.numerics()), "{}", study.id);
            if study.limit.is_some() {
                limits += 1;
                let host =
                    |engine: &dyn Engine| engine.memory(&study.experiment.model(), 256, RUNS).host;
                assert!(host(own.as_ref()) > host(&cpu), "{}", study.id);
            }
        }
        assert!(limits > 0);
    }

    #[test]
    fn linearised_networks_need_no_device_and_have_the_numerics_of_the_cpu() {
        let network = studies().remove(1);
        let mut linear = network.clone();
        linear.experiment.model.linearised = true;
        let (fake, cpu) = (FakeEngine::default(), CpuEngine::new());
        let engines = Engines::one(&fake);
        assert_eq!(engines.of(&linear).numerics(), cpu.numerics());
        let numerics = engines.numerics(&[network.clone(), linear.clone()]);
        assert_eq!(numerics.of(&network), "fake-1");
        assert_eq!(numerics.of(&linear), cpu.numerics());
        assert_eq!(Engines::one(&cpu).numerics(&[linear]).linearised, None, "one engine has both");
    }

    #[test]
    fn networks_with_ingredients_have_an_engine_of_their_own() {
        let network = studies().remove(1);
        let mut normed = network.clone();
        normed.experiment.model.norm = lora_types::Norm::Rms;
        let fake = FakeEngine::default();
        let engines = Engines::one(&fake);
        let own = engines.ingredients.numerics();
        assert_eq!(engines.of(&normed).numerics(), own);
        let numerics = engines.numerics(&[network.clone(), normed.clone()]);
        assert_eq!(
            [numerics.of(&network), numerics.of(&normed)],
            ["fake-1".to_owned(), own.clone()]
        );
        assert!(numerics.has(&own));
        assert_eq!(Numerics::parse(&numerics.to_string()), numerics);
        assert_eq!(engines.numerics(&[network]).ingredients, None);
    }

    #[test]
    fn only_as_many_cells_as_a_device_holds_whole_are_side_by_side() {
        let studies = studies();
        let network = &studies[1];
        let (cells, runs) = (network.cells(1), network.batch_size());
        let together = |free: u64, at_once: usize| {
            let fake = FakeEngine { free, at_once };
            Engines { largest: usize::MAX, ..Engines::one(&fake) }.together(network, &cells)[0]
                .len()
        };
        let widest = 1 << 16;
        assert_eq!(together(u64::MAX, usize::MAX), cells.len());
        assert_eq!(together(2 * 3 * widest, usize::MAX), 3, "three drawn in half of the memory");
        assert_eq!(together(u64::MAX, 2 * 2 * runs), 2, "two trained in the other half");
        assert_eq!(together(widest, 1), 1);
    }

    #[test]
    fn narrow_cells_are_side_by_side_where_a_wide_one_fits() {
        let studies = studies();
        let (network, cpu) = (&studies[1], CpuEngine::new());
        let cells = network.cells(1);
        let groups = |largest| Engines { largest, ..Engines::one(&cpu) }.together(network, &cells);
        for largest in [1, 2] {
            let groups = groups(largest);
            assert_eq!(groups.concat(), cells, "each once and in order");
            assert_eq!(groups[0].len(), largest, "the widest");
            assert!(groups.last().expect("one").len() > 8 * largest, "the narrowest");
        }
    }

    #[test]
    fn what_is_short_is_named_with_its_study_and_its_memory() {
        let fake = FakeEngine::default();
        assert_eq!(short(&fake, free(ENOUGH, ENOUGH)), None);
        let device = short(&fake, free(ENOUGH, Some(1000.0)));
        let expected = "study searched: needs 0.1 MiB of device memory and the device (Fake) has \
                        0.0 MiB free";
        assert_eq!(device.as_deref(), Some(expected));
        let host = short(&CpuEngine::new(), free(Some(0.0), None));
        let host = host.expect("nothing fits");
        assert!(host.starts_with("study given: needs ") && host.contains("B of memory in each of"));
        assert!(host.ends_with("threads and this machine has 0.0 MiB free"), "{host}");
    }
}
