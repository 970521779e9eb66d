//! The two scripts.

use super::JobOptions;
use shlex::{QuoteError, try_quote};

/// The array of shards.
pub const SWEEP: &str = "sweep.sbatch";
/// What follows it.
pub const MERGE: &str = "merge.sbatch";

/// Where the merged sweep goes, inside the directory.
pub const MERGED: &str = "merged";

/// Seconds before the time limit at which a job stops by itself.
const NOTICE: u32 = 120;
/// Seconds after which it does not wait for its batch any longer.
const PATIENCE: u32 = 90;

/// What a job calls the program with, as bash takes it, after the program's name.
pub struct Commands {
    /// Trains the shard `$shard`, which reads `2/8`, in a directory below this one.
    pub train: String,
    /// A whole line, with the program as `"$program"`: prints how many runs the directory `$dir` of a
    /// shard keeps, and 0 where there is none.
    pub kept: String,
    /// Merges all shards into [`MERGED`].
    pub merge: String,
    /// Makes the report on the merged run; none where there is no report.
    pub report: Option<String>,
}

/// What the scripts are made of.
pub struct Scripts<'a> {
    /// Name of the job.
    pub name: &'a str,
    /// What the scripts say of who wrote them.
    pub by: &'a str,
    /// What the program is called with.
    pub commands: &'a Commands,
    /// The directory, absolute.
    pub dir: &'a str,
    /// This program, absolute.
    pub program: &'a str,
    /// What the jobs are given.
    pub options: &'a JobOptions,
}

impl Scripts<'_> {
    /// The shards. The program runs beside the shell, which hears the time limit come.
    ///
    /// # Errors
    ///
    /// [`QuoteError`] where a path holds a NUL, which no shell takes.
    pub fn sweep(&self) -> Result<String, QuoteError> {
        let (nodes, dir) = (self.options.shards, self.dir);
        let about = format!("# Shard $SLURM_ARRAY_TASK_ID of {nodes}; {}.", self.by);
        let mut options = vec![
            format!("--array=1-{nodes}"),
            "--requeue".to_owned(),
            "--open-mode=append".to_owned(),
            "--output=logs/shard-%a.log".to_owned(),
            format!("--signal=B:USR1@{NOTICE}"),
        ];
        let a = self.options;
        options.extend(a.cpus_per_task.map(|count| format!("--cpus-per-task={count}")));
        options.extend((!a.gres.is_empty()).then(|| format!("--gres={}", a.gres.join(","))));
        let head = self.head(&about, self.name, options);
        let (cd, program) = (try_quote(dir)?, try_quote(self.program)?);
        let Commands { train, kept, .. } = self.commands;
        Ok(format!(
            r#"{head}
cd -- {cd}
program={program}
job=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID
shard=$SLURM_ARRAY_TASK_ID/{nodes}
dir=shard-$SLURM_ARRAY_TASK_ID-of-{nodes}

# Runs that the shard keeps.
kept() {{
  {kept}
}}
before=$(kept)

# Back into the queue, under the same number, to continue. A job whose time limit left no batch finished
# stays ended: the next time would end as this one did.
again() {{
  if [ ! "$limit" ] || [ "$(kept)" -gt "$before" ]; then
    scontrol requeue "$job"
  else
    echo "shard $shard: the time limit is too short for one batch; give more --time" >&2
  fi
}}

# The time limit is near: the program finishes its batch, if that takes no longer than there is left.
run='' near='' limit=''
# shellcheck disable=SC2317 # A signal calls it.
near_limit() {{
  heard=yes limit=yes
  if [ "$run" ]; then kill -TERM "$run" || true; fi
  if [ ! "$near" ]; then
    {{ trap 'kill "$!"; exit' TERM; sleep {PATIENCE} & wait "$!"; again; }} &
    near=$!
  fi
}}
trap near_limit USR1
# This one Slurm sends to the program, too.
trap 'heard=yes' TERM

"$program" {train} &
run=$!
# The limit may have been heard just before.
if [ "$limit" ]; then kill -TERM "$run" || true; fi

# A signal ends the waiting, not the program.
heard=yes
while [ "$heard" ]; do
  heard=
  code=0
  wait "$run" || code=$?
done
if [ "$near" ]; then kill "$near" || true; fi
# The program was told to stop, and Slurm does not know of an end: that is its time limit, a preemption
# with time to stop, or a signal by hand, but neither scancel nor scontrol requeue.
if [ "$code" -eq 130 ] || [ "$code" -eq 143 ]; then
  if [ "$(squeue --noheader --format=%T --jobs="$job")" = RUNNING ]; then again; fi
fi
exit "$code"
"#
        ))
    }

    /// Tables, figures and the report.
    ///
    /// # Errors
    ///
    /// [`QuoteError`] where a path holds a NUL, which no shell takes.
    pub fn merge(&self) -> Result<String, QuoteError> {
        let Commands { merge, report, .. } = self.commands;
        let too = if report.is_some() { ", and writes the report" } else { "" };
        let about = &format!("# Merges the shards when all are done{too}; {}.", self.by);
        let options = vec!["--open-mode=append".to_owned(), "--output=logs/merge.log".to_owned()];
        let head = self.head(about, &format!("{}-merge", self.name), options);
        let (cd, program) = (try_quote(self.dir)?, try_quote(self.program)?);
        let report = report.as_ref().map(|report| format!("\"$program\" {report}\n"));
        let report = report.unwrap_or_default();
        Ok(format!(
            r#"{head}
cd -- {cd}
program={program}
"$program" {merge}
{report}"#
        ))
    }

    /// Everything before the commands. The options of the call come last, so that they win.
    fn head(&self, about: &str, job: &str, options: Vec<String>) -> String {
        let a = self.options;
        let asked = [("partition", &a.partition), ("time", &a.time), ("mem", &a.mem)];
        let asked = asked
            .into_iter()
            .filter_map(|(name, value)| value.as_ref().map(|value| format!("--{name}={value}")));
        let own = [format!("--job-name={job}"), format!("--chdir={}", self.dir)];
        let all = own.into_iter().chain(options).chain(asked).chain(a.more.iter().cloned());
        let lines: String = all.map(|option| format!("#SBATCH {}\n", directive(&option))).collect();
        format!("#!/usr/bin/env bash\n{about}\n{lines}set -euo pipefail\n")
    }
}

/// Whether a character means itself to sbatch.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "-_=+./:,@%".contains(c)
}

/// An option as sbatch reads it in a script: quotes hold blanks and number signs, and a backslash
/// takes the meaning of a quote or of itself.
fn directive(option: &str) -> String {
    if option.chars().all(is_plain) {
        return option.to_owned();
    }
    format!("\"{}\"", option.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_quoted_where_sbatch_would_take_it_apart() {
        for (option, expected) in [
            ("--mem=16G", "--mem=16G"),
            ("--output=logs/shard-%a.log", "--output=logs/shard-%a.log"),
            ("--constraint=a&b", r#""--constraint=a&b""#),
            ("--comment=it's #1", r#""--comment=it's #1""#),
            (r#"--comment=a "b" \c"#, r#""--comment=a \"b\" \\c""#),
        ] {
            assert_eq!(directive(option), expected);
        }
    }
}
