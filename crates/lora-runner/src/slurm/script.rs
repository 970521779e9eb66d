//! The two scripts.

use super::JobOptions;
use lora_experiment::shell::{is_plain, quoted};

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

/// What the scripts are made of.
pub struct Scripts<'a> {
    /// Name of the job.
    pub name: &'a str,
    /// What the program is called with to train, before the shard: "run ./paper.toml".
    pub command: &'a str,
    /// Whether a report on the merged run is written.
    pub report: bool,
    /// The directory, absolute.
    pub dir: &'a str,
    /// This program, absolute.
    pub program: &'a str,
    /// What the jobs are given.
    pub options: &'a JobOptions,
}

impl Scripts<'_> {
    /// The shards. The program runs beside the shell, which hears the time limit come.
    pub fn sweep(&self) -> String {
        let (nodes, dir) = (self.options.shards, self.dir);
        let about =
            format!("# Shard $SLURM_ARRAY_TASK_ID of {nodes}; `width-sweep slurm` wrote this.");
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
        let program = quoted(self.program);
        let command = self.command;
        let quick = if a.quick { " --quick" } else { "" };
        let engine = a.engine.name();
        let cd = quoted(dir);
        format!(
            r#"{head}
cd -- {cd}
program={program}
job=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID
shard=$SLURM_ARRAY_TASK_ID/{nodes}
dir=shard-$SLURM_ARRAY_TASK_ID-of-{nodes}

# Runs that the shard keeps.
kept() {{
  {{ "$program" status "$dir" 2>/dev/null || true; }} | awk '$1 == "all" {{ n = $2 }} END {{ print n + 0 }}'
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

"$program" {command} --shard "$shard" --out .{quick} \
  --engine {engine} --threads "${{SLURM_CPUS_ON_NODE:-1}}" &
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
        )
    }

    /// Tables, figures and the report.
    pub fn merge(&self) -> String {
        let nodes = self.options.shards;
        let report = if self.report { ", and writes the report" } else { "" };
        let about = &format!(
            "# Merges the shards when all are done{report}; `width-sweep slurm` wrote this."
        );
        let options = vec!["--open-mode=append".to_owned(), "--output=logs/merge.log".to_owned()];
        let head = self.head(about, &format!("{}-merge", self.name), options);
        let (cd, program) = (quoted(self.dir), quoted(self.program));
        let report = match self.report {
            true => format!("\"$program\" report {MERGED}\n"),
            false => String::new(),
        };
        format!(
            r#"{head}
cd -- {cd}
program={program}
"$program" merge shard-{{1..{nodes}}}-of-{nodes} --out {MERGED}
{report}"#
        )
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
