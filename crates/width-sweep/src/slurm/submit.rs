//! Submitting the scripts, or saying how.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::error::CommandError;
use crate::typed::{call, quoted};
use lora_slurm::{MERGE, MERGED, SWEEP};

/// The merge is no use, and would wait for ever, if a shard fails.
const INVALID: &str = "--kill-on-invalid-dep=yes";

/// The commands that submit the scripts of a directory, as text.
pub fn commands(dir: &str) -> String {
    let [sweep, merge] = [SWEEP, MERGE].map(|script| path(dir, script));
    let [sweep, merge] = [&sweep, &merge].map(|script| quoted(script));
    format!(
        "This submits them:\n  job=$(sbatch --parsable {sweep})\n  sbatch {INVALID} \
         --dependency=afterok:\"${{job%%;*}}\" {merge}\n"
    )
}

/// Submits both scripts and says how to watch them.
pub fn submit(dir: &str) -> Result<String, CommandError> {
    let sweep = sbatch(&[path(dir, SWEEP)], dir)?;
    let after = format!("--dependency=afterok:{sweep}");
    let merge = sbatch(&[INVALID.to_owned(), after, path(dir, MERGE)], dir).map_err(|error| {
        let then = format!("job {sweep} is submitted: take it back with `scancel {sweep}`");
        CommandError::Failed(format!("{error}; {then}"))
    })?;
    let status = call(&["status", dir]);
    let [logs, merged] = ["logs", MERGED].map(|name| path(dir, name));
    Ok(format!(
        "submitted: job {sweep}, the shards, and job {merge}, their merge\n\nTo watch them:\n  squeue \
         --jobs {sweep},{merge}\n  {status}\n  tail -f {}/*.log\nTables and figures will be in {merged}\n",
        quoted(&logs)
    ))
}

fn path(dir: &str, name: &str) -> String {
    Path::new(dir).join(name).display().to_string()
}

/// Calls sbatch and gives the job's number.
fn sbatch(words: &[String], dir: &str) -> Result<String, CommandError> {
    let output = Command::new("sbatch").arg("--parsable").args(words).output();
    let output = output.map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "there is no such program here".to_owned(),
            _ => error.to_string(),
        };
        let scripts = quoted(dir);
        CommandError::Failed(format!(
            "sbatch: {why}, but --submit needs it; the scripts are in {scripts}: without --submit the \
             commands for a machine that has it are printed"
        ))
    })?;
    let told = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    // NUMBER, or NUMBER;CLUSTER.
    let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let number = answer.split(';').next().unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if !output.status.success() || !is_number {
        return Err(CommandError::Failed(format!("sbatch: {told}{answer}")));
    }
    Ok(number.to_owned())
}
