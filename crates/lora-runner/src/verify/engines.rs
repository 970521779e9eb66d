//! Which engine trains a study of a verification, and whether its cells fit into memory.

use std::fmt::{self, Display, Formatter};

use lora_sim::{Engine, LayerEngine};

use lora_experiment::study::definition::Point;
use lora_experiment::study::definition::Rates;
use lora_experiment::study::definition::Scope;
use lora_experiment::study::definition::Study;
use lora_experiment::study::suite::Suite;
use width_sweep::cli::EngineName;
use crate::engine::Chosen;
use crate::engine::choose;
use lora_experiment::error::CommandError;
use crate::memory::Free;
use crate::memory::Needed;
use crate::memory::Short;
use crate::memory::size;
use lora_experiment::cells::batch_size;

/// Runs of a batch: of the coarse grid, for two inits.
const RUNS: usize = 2 * 16;

/// The engines of a verification.
pub struct Engines<'e> {
    network: &'e dyn Engine,
    /// The layer alone is always computed on the CPU.
    layer: LayerEngine,
}

impl<'e> Engines<'e> {
    /// With the one that trains the whole network.
    pub fn new(network: &'e dyn Engine) -> Self {
        Self { network, layer: LayerEngine::new() }
    }

    /// The one that trains a study.
    pub fn of(&self, study: &Study) -> &dyn Engine {
        match study.scope {
            Scope::Network => self.network,
            Scope::Layer => &self.layer,
        }
    }

    /// How many cells of a study are trained side by side, at most. On a device each takes the
    /// memory that it finds, and another may then find none: so only as many as fit with all their
    /// runs. One alone trains in whatever there is.
    pub fn abreast(&self, study: &Study) -> usize {
        let (engine, points) = (self.of(study), study.points());
        let Some(free) = engine.free_device_memory() else { return points.len().max(1) };
        let bytes = |point: &Point| engine.memory(&point.model, point.width, RUNS).device;
        let Some(largest) = points.iter().max_by_key(|point| bytes(point)) else { return 1 };
        // What runs share in one half of the memory, and the runs in the other.
        let fit = |cells: &usize| {
            let runs = 2 * cells * runs(study);
            bytes(largest).saturating_mul(*cells as u64) <= free / 2
                && engine.runs_at_once(&largest.model, largest.width, runs) >= runs
        };
        (1..=points.len()).take_while(fit).last().unwrap_or(1)
    }
}

/// Runs of a study's first batch, the largest: later ones only refine.
fn runs(study: &Study) -> usize {
    match &study.rates {
        Rates::Search(_) => batch_size(&study.experiment),
        Rates::Powers { pairs, .. } => pairs.len() * study.experiment.training.inits.len(),
    }
}

/// The engine for the studies of the network, in whose memory every cell must fit.
pub fn choose_for(name: EngineName, suite: &Suite) -> Result<Chosen, CommandError> {
    let fitting = choose(name)?.fitting(|engine| shortage(suite, engine, Free::now(engine)));
    fitting.map_err(|short| {
        let advice = match short.short.device {
            Some(_) => "--quick or --only other claims",
            None => "--quick, fewer --threads, or --only other claims",
        };
        CommandError::Usage(format!("{short}: try {advice}{}", short.short.way_out()))
    })
}

/// A study with cells that do not fit.
struct Shortage {
    study: String,
    cells: usize,
    short: Short,
}

impl Display for Shortage {
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
fn shortage(suite: &Suite, network: &dyn Engine, free: Free) -> Option<Shortage> {
    let (engines, threads) = (Engines::new(network), rayon::current_num_threads());
    suite.studies.iter().find_map(|study| {
        let short = free.short(largest(study, engines.of(study), threads), network)?;
        let cells = if short.device.is_some() { 1 } else { threads };
        Some(Shortage { study: study.id.clone(), cells, short })
    })
}

/// Bytes of the largest cell: on the host times the threads.
fn largest(study: &Study, engine: &dyn Engine, threads: usize) -> Needed {
    let needed = |point: &Point| engine.memory(&point.model, point.width, RUNS);
    let memory: Vec<_> = study.points().iter().map(needed).collect();
    let most = |bytes: Option<u64>| bytes.unwrap_or(0) as f64;
    Needed {
        host: most(memory.iter().map(|memory| memory.host).max()) * threads as f64,
        device: most(memory.iter().map(|memory| memory.device).max()),
    }
}

#[cfg(test)]
mod tests {
    use lora_sim::CpuEngine;

    use lora_analysis::verdict::planted::suite;
    use super::*;
    use crate::fake_engine::FakeEngine;

    const ENOUGH: Option<f64> = Some(1e15);

    fn free(host: Option<f64>, device: Option<f64>) -> Free {
        Free { host, limit: None, device }
    }

    /// What is short for the planted studies: of the layer first, then of the network.
    fn short(network: &dyn Engine, free: Free) -> Option<String> {
        shortage(&suite(""), network, free).map(|short| short.to_string())
    }

    #[test]
    fn the_layer_needs_no_device() {
        let suite = suite("");
        let [layer, network] = [0, 1].map(|study| &suite.studies[study]);
        let fake = FakeEngine::default();
        let engines = Engines::new(&fake);
        assert!(engines.of(layer).numerics().starts_with("layer-"));
        assert_eq!(engines.of(network).numerics(), "fake-1");
        assert_eq!(largest(layer, engines.of(layer), 2).device, 0.0);
        assert_eq!(largest(network, engines.of(network), 2).device, f64::from(1 << 16));
    }

    #[test]
    fn only_as_many_cells_as_a_device_holds_whole_are_side_by_side() {
        let suite = suite("");
        let [layer, network] = [0, 1].map(|study| &suite.studies[study]);
        let (cells, runs) = (network.points().len(), runs(network));
        let abreast = |free: u64, at_once: usize| {
            Engines::new(&FakeEngine { free, at_once }).abreast(network)
        };
        let widest = 1 << 16;
        assert_eq!(abreast(u64::MAX, usize::MAX), cells);
        assert_eq!(abreast(2 * 3 * widest, usize::MAX), 3, "three drawn in half of the memory");
        assert_eq!(abreast(u64::MAX, 2 * 2 * runs), 2, "two trained in the other half");
        assert_eq!(abreast(widest, 1), 1);
        assert_eq!(Engines::new(&FakeEngine::default()).abreast(layer), layer.points().len());
        assert_eq!(Engines::new(&CpuEngine::new()).abreast(network), cells);
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
