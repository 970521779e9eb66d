//! `slurm`: a sweep for a cluster, as a directory with two scripts: the shards, and their merge.

mod script;
mod submit;

use std::fs;
use std::path::{Path, PathBuf, absolute};

use toml::Table;

use crate::cli::{SlurmArgs, mistaken};
use lora_experiment::cells::cells;
use lora_experiment::error::CommandError;
use lora_experiment::experiment::{Experiment, Loaded, Source, load};
use lora_store::folder::{Folder, Known};
use script::{MERGE, SWEEP, Scripts};

/// How a directory of scripts is known.
const KNOWN: Known = Known { files: &[(SWEEP, WROTE)], alone: None, by: "slurm call" };

/// What stands in the scripts.
const WROTE: &str = "`width-sweep slurm` wrote this";

/// Writes the scripts, and submits them if asked to.
pub fn slurm(arguments: &SlurmArgs) -> Result<String, CommandError> {
    mistaken::refuse_command(Some(&arguments.experiment))?;
    let source = Source {
        file: Some(arguments.experiment.clone()),
        set: arguments.set.clone(),
        quick: arguments.quick,
    };
    let loaded = load(&source)?;
    let out = place(arguments, &loaded.name);
    let dir = text(absolute(&out).map_err(|error| CommandError::file(&out, error))?, "--out")?;
    let program = std::env::current_exe()
        .map_err(|error| CommandError::failed(format!("this program cannot be found: {error}")))?;
    let program = text(program, "this program")?;
    if dir.contains(['%', '\\']) {
        let reason = "must not hold % or \\, which Slurm takes for something else";
        return Err(CommandError::Usage(format!("--out {}: {reason}", out.display())));
    }
    let Loaded { name, experiment, study, .. } = &loaded;
    if name.contains(char::is_control) {
        return Err(CommandError::Usage(format!("{name:?}: must have a name of one line")));
    }
    let scripts = Scripts { name, dir: &dir, program: &program, arguments };

    let (file, experiment_text) = (format!("{name}.toml"), resolved(experiment, arguments.quick)?);
    refuse_change(&out.join(&file), &experiment_text)?;
    let folder = Folder::for_writing(&out, &KNOWN)?;
    folder.write(SWEEP, scripts.sweep().as_bytes())?;
    let logs = out.join("logs");
    fs::create_dir_all(&logs).map_err(|error| CommandError::file(&logs, error))?;
    folder.write(MERGE, scripts.merge().as_bytes())?;
    folder.write(&file, experiment_text.as_bytes())?;
    let (problems, nodes) = (cells(std::slice::from_ref(study)).len(), arguments.nodes);
    let head = format!(
        "{name}: {}\n{problems} problems in {nodes} shards; {name}.toml, {SWEEP} and {MERGE} are in {}\n",
        experiment.title,
        out.display()
    );
    let rest = if arguments.submit { submit::submit(&dir)? } else { submit::commands(&dir) };
    Ok(format!("{head}\n{rest}"))
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

/// The experiment with every key. If it is a quick one, `--quick` must leave it as it is.
fn resolved(experiment: &Experiment, quick: bool) -> Result<String, CommandError> {
    let mut table = Table::try_from(experiment).map_err(CommandError::failed)?;
    if quick {
        let mut own = table.clone();
        own.remove("title");
        table.insert("quick".to_owned(), own.into());
    }
    toml::to_string(&table).map_err(CommandError::failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_experiment_stays_as_it_is() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("mine.toml");
        // More steps than a quick run has by itself.
        fs::write(&path, "[quick.training]\nsteps = 90\n").expect("written");
        let source = |quick| Source { file: Some(path.clone()), set: Vec::new(), quick };
        let loaded = load(&source(true)).expect("it loads");
        assert_eq!(loaded.experiment.training.steps, 90);
        fs::write(&path, resolved(&loaded.experiment, true).expect("a text")).expect("written");
        assert_eq!(load(&source(true)).expect("it loads").experiment, loaded.experiment);
        let full = resolved(&loaded.experiment, false).expect("a text");
        assert!(!full.contains("quick"), "{full}");
    }
}
