//! `bench`: how fast training is on this machine, against what the machine can do.

mod engine;
mod measure;
mod report;
mod setting;
mod text;

use crate::cli::BenchArgs;
use crate::threads::pool;
use lora_experiment::error::CommandError;
use lora_runner::progress::tell;
use report::Report;
use setting::Setting;

/// Measures and tells. Everything that can be refused is refused before.
pub fn bench(arguments: &BenchArgs) -> Result<String, CommandError> {
    let setting = Setting::new(arguments);
    pool(arguments.threads)?.install(|| {
        let trained_on = engine::choose(arguments, &setting)?;
        trained_on.chosen.announcement().iter().for_each(|line| tell(line));
        let measured = measure::measure(&setting, &trained_on)?;
        let report = Report::new(&setting, &trained_on, &measured).map_err(CommandError::failed)?;
        match arguments.json {
            true => report.json(),
            false => Ok(text::render(&report)),
        }
    })
}
