//! `report`: from the directory of a run to one HTML page.

use std::io::Write;

use lora_analysis::report::{find_verdicts, gather};
use lora_experiment::error::CommandError;
use lora_runner::progress::tell;
use lora_store::run_dir::Store;

use crate::cli::ReportArgs;
use crate::output::{Kind, Output};

/// Where the page goes by default.
const FILE: &str = "report.html";

/// Writes the page.
pub fn report(arguments: &ReportArgs) -> Result<String, CommandError> {
    let store = Store::for_report(&arguments.dir)?;
    let out = arguments.out.clone().unwrap_or_else(|| store.dir().join(FILE));
    let output = Output::to(&out, Kind::Report)?;
    let verdicts = find_verdicts(&arguments.dir, arguments.verify.as_deref())?;
    let run = store.read_back()?;
    let page = lora_report::render(&gather(&store, &run, verdicts)?);
    run.note().iter().for_each(|note| tell(note));
    output.write(|to| to.write_all(page.as_bytes()))?;
    Ok(output.told(&format!("{} ({} kB)", out.display(), page.len().div_ceil(1000))))
}
