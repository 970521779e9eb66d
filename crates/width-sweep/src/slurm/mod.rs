//! `slurm`: a sweep for a cluster, as a directory with two scripts: the shards, and their merge.

mod submit;

use std::fs;
use std::path::{Path, PathBuf, absolute};

use crate::error::CommandError;
use lora_store::folder::{Folder, Known};

use crate::cli::{SlurmArgs, mistaken};
use crate::typed::line;
use lora_experiment::experiment::Source;
use lora_slurm::{Commands, Job, MERGE, MERGED, SWEEP, Scripts};

/// How a directory of scripts is known.
const KNOWN: Known = Known { files: &[(SWEEP, WROTE)], alone: None, by: "slurm call" };

/// What stands in the scripts.
const WROTE: &str = "`width-sweep slurm` wrote this";

/// Writes the scripts, and submits them if asked to.
pub fn slurm(arguments: &SlurmArgs) -> Result<String, CommandError> {
    let job = job(arguments)?;
    let options = &arguments.options();
    let out = place(arguments, &job.name);
    let dir = text(absolute(&out).map_err(|error| CommandError::file(&out, error))?, "--out")?;
    let program = std::env::current_exe()
        .map_err(|error| CommandError::failed(format!("this program cannot be found: {error}")))?;
    let program = text(program, "this program")?;
    if dir.contains(['%', '\\']) {
        let reason = "must not hold % or \\, which Slurm takes for something else";
        return Err(CommandError::Usage(format!("--out {}: {reason}", out.display())));
    }
    let Job { name, title, files, problems } = &job;
    if name.contains(char::is_control) {
        return Err(CommandError::Usage(format!("{name:?}: must have a name of one line")));
    }
    let commands = &commands(arguments, files);
    let by = WROTE;
    let scripts = Scripts { name, by, commands, dir: &dir, program: &program, options };
    let (sweep, merge) = (scripts.sweep(), scripts.merge());
    let [sweep, merge] = [sweep, merge].map(|script| script.map_err(CommandError::failed));
    let (sweep, merge) = (sweep?, merge?);
    for (file, contents) in files {
        refuse_change(&out.join(file), contents)?;
    }
    let folder = Folder::for_writing(&out, &KNOWN)?;
    folder.write(SWEEP, sweep.as_bytes())?;
    let logs = out.join("logs");
    fs::create_dir_all(&logs).map_err(|error| CommandError::file(&logs, error))?;
    folder.write(MERGE, merge.as_bytes())?;
    for (file, contents) in files {
        folder.write(file, contents.as_bytes())?;
    }
    let names = files.iter().map(|(file, _)| format!("{file}, ")).collect::<String>();
    let names = names.trim_end_matches(", ");
    let names = if names.is_empty() { SWEEP.to_owned() } else { format!("{names}, {SWEEP}") };
    let head = format!(
        "{name}: {title}\n{problems} problems in {} shards; {names} and {MERGE} are in {}\n",
        arguments.nodes,
        out.display()
    );
    let rest = if arguments.submit { submit::submit(&dir)? } else { submit::commands(&dir) };
    Ok(format!("{head}\n{rest}"))
}

fn job(arguments: &SlurmArgs) -> Result<Job, CommandError> {
    let (set, quick) = (arguments.set.clone(), arguments.quick);
    match &arguments.files[..] {
        topics if arguments.verify => Ok(Job::claims(topics, quick, &arguments.only)?),
        [file] => {
            mistaken::refuse_command(Some(file))?;
            Ok(Job::experiment(&Source { file: Some(file.clone()), set, quick })?)
        }
        _ => {
            let reason = "one experiment at a time goes to a cluster; several topic files of claims do \
                          with --verify";
            Err(CommandError::Usage(reason.to_owned()))
        }
    }
}

/// What the jobs call this program with.
fn commands(arguments: &SlurmArgs, files: &[(String, String)]) -> Commands {
    let does = if arguments.verify { "verify" } else { "run" };
    let files = files.iter().map(|(file, _)| format!("./{file}"));
    let only = arguments.only.iter().flat_map(|prefix| ["--only".to_owned(), prefix.clone()]);
    let words: Vec<String> = [does.to_owned()].into_iter().chain(files).chain(only).collect();
    let quick = if arguments.quick { " --quick" } else { "" };
    let (engine, nodes) = (arguments.engine.engine.name(), arguments.nodes);
    let train = format!(
        "{} --shard \"$shard\" --out .{quick} \\\n  --engine {engine} --threads \
         \"${{SLURM_CPUS_ON_NODE:-1}}\"",
        line(&words)
    );
    Commands {
        train,
        kept: "{ \"$program\" status \"$dir\" 2>/dev/null || true; } | \
               awk '$1 == \"all\" { n = $2 } END { print n + 0 }'"
            .to_owned(),
        merge: format!("merge shard-{{1..{nodes}}}-of-{nodes} --out {MERGED}"),
        report: (!arguments.verify).then(|| format!("report {MERGED}")),
    }
}

/// Jobs that are still queued read the experiment when they start.
fn refuse_change(path: &Path, text: &str) -> Result<(), CommandError> {
    match fs::read_to_string(path) {
        Ok(there) if there != text => Err(CommandError::Usage(format!(
            "{}: is another experiment, which jobs of an earlier call may still train: choose \
             another --out, or remove the file",
            path.display()
        ))),
        _ => Ok(()),
    }
}

fn place(arguments: &SlurmArgs, name: &str) -> PathBuf {
    let quick = if arguments.quick { "-quick" } else { "" };
    let default = || Path::new("runs").join(format!("{name}{quick}-slurm"));
    arguments.out.clone().unwrap_or_else(default)
}

/// A path that a script can hold.
fn text(path: PathBuf, what: &str) -> Result<String, CommandError> {
    let whole = path.into_os_string().into_string();
    whole.ok().filter(|path| !path.contains(char::is_control)).ok_or_else(|| {
        CommandError::Usage(format!("{what}: its path must be UTF-8 without line breaks"))
    })
}
