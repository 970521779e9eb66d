//! `bench`: how fast training is on this machine, against what the machine can do.

mod text;

use crate::cli::BenchArgs;
use crate::error::CommandError;
use crate::threads::pool;
use lora_runner::bench::{BatchReport, BatchSizes, choose, instruction_set, measure};
use lora_runner::progress::tell;

/// Measures and tells. Everything that can be refused is refused before.
pub fn bench(arguments: &BenchArgs) -> Result<String, CommandError> {
    let sizes = sizes(arguments);
    pool(arguments.threads)?.install(|| {
        let name = arguments.engine.engine;
        let isa = arguments.isa.as_deref().map(|word| instruction_set(word, name)).transpose()?;
        let trained_on = choose(name, isa, &sizes)?;
        trained_on.chosen.announcement().iter().for_each(|line| tell(line));
        let timings = measure(&sizes, &trained_on)?;
        let report =
            BatchReport::new(&sizes, &trained_on, &timings).map_err(CommandError::failed)?;
        if !arguments.json {
            return Ok(text::render(&report));
        }
        serde_json::to_string(&report).map(|json| json + "\n").map_err(CommandError::failed)
    })
}

fn sizes(arguments: &BenchArgs) -> BatchSizes {
    BatchSizes {
        width: arguments.width as usize,
        points: arguments.points as usize,
        test_points: arguments.test_points as usize,
        rank: arguments.rank as usize,
        lrs: arguments.lrs as usize,
        steps: arguments.steps as usize,
        record_every: arguments.record_every as usize,
        repeats: arguments.repeats as usize,
    }
}
