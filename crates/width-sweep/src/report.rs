//! `report`: from the directory of a run or of a diagnosis to one HTML page.

use std::io::Write;
use std::path::Path;

use crate::error::CommandError;
use lora_analysis::report::{PageCommands, find_verdicts, gather};
use lora_diagnosis::{KNOWN, page};
use lora_runner::progress::tell;
use lora_store::folder::holds;
use lora_store::output::{FileKind, Output};
use lora_store::run_dir::Store;

use crate::cli::ReportArgs;
use crate::diagnose::said;
use crate::out_file;

/// Where the page goes by default.
const FILE: &str = "report.html";

/// What stands in pages of versions that wrote no mark.
const OLD_PAGE: &str = "<script type=\"application/json\" id=\"data-run\">";

/// What a reader of the page may type, in a checkout.
const TYPED: PageCommands = PageCommands {
    run: "cargo run -p width-sweep -- run again.toml --out runs/again",
    report: "cargo run -p width-sweep -- report runs/again",
    verify: "cargo run -p width-sweep -- verify",
};

const PAGE: FileKind = FileKind {
    words: "a page that report wrote",
    wrote: |path| holds(path, lora_report::MARK) || holds(path, OLD_PAGE),
};

/// Writes the page.
pub fn report(arguments: &ReportArgs) -> Result<String, CommandError> {
    let diagnosed = KNOWN.wrote(&arguments.dir);
    if diagnosed && arguments.verify.is_some() {
        return Err(CommandError::Usage(
            "report: --verify is for runs, not for a diagnosis".into(),
        ));
    }
    let out = arguments.out.clone().unwrap_or_else(|| arguments.dir.join(FILE));
    if diagnosed {
        let output = out_file::open(&out, &PAGE)?;
        return written(&output, &out, &page(&arguments.dir).map_err(said)?);
    }
    let store = Store::for_report(&arguments.dir)?;
    let output = out_file::open(&out, &PAGE)?;
    let verdicts = find_verdicts(&arguments.dir, arguments.verify.as_deref(), &TYPED)?;
    let run = store.read_back()?;
    let page = lora_report::render(&gather(&store, &run, verdicts, &TYPED)?);
    run.note().iter().for_each(|note| tell(note));
    written(&output, &out, &page)
}

/// Writes the page, and says where it is.
fn written(output: &Output, out: &Path, page: &str) -> Result<String, CommandError> {
    output.write(|to| to.write_all(page.as_bytes()))?;
    let line = format!("{} ({} kB)", out.display(), page.len().div_ceil(1000));
    Ok(out_file::told(output, &line))
}
