//! Which engine trains a study of a verification, and whether its cells fit into memory.

use std::fmt::{self, Display, Formatter};

use lora_sim::{Engine, LayerEngine};

use super::study::{Point, Scope, Study};
use super::suite::Suite;
use crate::cli::EngineName;
use crate::engine::{Chosen, choose};
use crate::error::CommandError;
use crate::memory::{Free, Needed, Short, size};

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
}

/// The engine for the studies of the network, in whose memory every cell must fit.
pub fn choose_for(name: EngineName, suite: &Suite) -> Result<Chosen, CommandError> {
    let fitting = choose(name)?.fitting(|engine| shortage(suite, engine, Free::now(engine)));
    fitting.map_err(|short| {
        CommandError::Usage(format!(
            "{short}: try --quick, fewer --threads, or --only other claims"
        ))
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
        write!(f, "study {study}: needs {needs} of {kind} in each of {cells} threads and {has}")
    }
}

/// The first study whose largest cell, one in each thread, needs more memory than is free.
fn shortage(suite: &Suite, network: &dyn Engine, free: Free) -> Option<Shortage> {
    let (engines, cells) = (Engines::new(network), rayon::current_num_threads());
    suite.studies.iter().find_map(|study| {
        let short = free.short(largest(study, engines.of(study), cells), network)?;
        Some(Shortage { study: study.id.clone(), cells, short })
    })
}

/// Bytes of the largest cell, times the cells side by side.
fn largest(study: &Study, engine: &dyn Engine, cells: usize) -> Needed {
    let needed = |point: &Point| engine.memory(&point.model, point.width, RUNS);
    let memory: Vec<_> = study.points().iter().map(needed).collect();
    let most = |bytes: Option<u64>| bytes.unwrap_or(0) as f64 * cells as f64;
    Needed {
        host: most(memory.iter().map(|memory| memory.host).max()),
        device: most(memory.iter().map(|memory| memory.device).max()),
    }
}

#[cfg(test)]
mod tests {
    use lora_sim::CpuEngine;

    use super::super::planted::suite;
    use super::*;
    use crate::fake_engine::FakeEngine;

    const ENOUGH: Option<f64> = Some(1e15);

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
        assert_eq!(largest(network, engines.of(network), 2).device, 2.0 * f64::from(1 << 16));
    }

    #[test]
    fn what_is_short_is_named_with_its_study_and_its_memory() {
        let cells = rayon::current_num_threads();
        let fake = FakeEngine::default();
        assert_eq!(short(&fake, Free { host: ENOUGH, device: ENOUGH }), None);
        let device = short(&fake, Free { host: ENOUGH, device: Some(1000.0) });
        let expected = format!(
            "study searched: needs 0.1 MiB of device memory in each of {cells} threads and the \
             device (Fake) has 0.0 MiB free"
        );
        assert_eq!(device, Some(expected));
        let host = short(&CpuEngine::new(), Free { host: Some(0.0), device: None });
        let host = host.expect("nothing fits");
        assert!(host.starts_with("study given: needs ") && host.contains("B of memory in each of"));
        assert!(host.ends_with("threads and this machine has 0.0 MiB free"), "{host}");
    }
}
