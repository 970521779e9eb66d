//! A file that the user names, `--out FILE`: what may be replaced by it, and `-` for standard output.

mod kind;

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

pub use kind::Kind;
use lora_analysis::verdict;
use lora_experiment::error::CommandError;
use lora_runner::progress::tell;
use lora_store::folder::Known;
use lora_store::{run_dir, tables};

/// Standard output, as a file's name.
const STANDARD: &str = "-";

/// What holds results in the directories that this program keeps, by the end of its name.
const OWN: [&str; 12] = [
    ".csv",
    ".json",
    ".lock",
    ".md",
    ".parquet",
    ".part",
    ".png",
    ".sbatch",
    ".sqlite",
    ".sqlite-journal",
    ".svg",
    ".toml",
];

/// Where a file goes, once that has been found to be no loss.
#[derive(Debug)]
pub struct Output {
    /// None for standard output.
    path: Option<PathBuf>,
    /// As the user calls it.
    named: PathBuf,
}

impl Output {
    /// Refuses a place where something would be lost, or where nothing can be written; before anything
    /// is computed. Writes nothing.
    pub fn to(named: &Path, kind: Kind) -> Result<Self, CommandError> {
        let named = named.to_owned();
        if named == Path::new(STANDARD) {
            return Ok(Self { path: None, named });
        }
        match place(&named, kind) {
            Ok(path) => Ok(Self { path: Some(path), named }),
            Err(reason) => Err(CommandError::Usage(format!("--out {}: {reason}", named.display()))),
        }
    }

    /// Writes the file, all of it or nothing.
    pub fn write(
        &self,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), CommandError> {
        match &self.path {
            Some(path) => atomic_files::write(path, fill)
                .map_err(|error| CommandError::file(&self.named, error)),
            None => to_standard(fill)
                .map_err(|error| CommandError::failed(format!("standard output: {error}"))),
        }
    }

    /// What is said of the file, for standard output unless that is the file.
    pub fn told(&self, line: &str) -> String {
        if self.path.is_some() {
            return format!("{line}\n");
        }
        tell(line);
        String::new()
    }
}

/// The file itself, or why it is not to be written. Links are followed: what they lead to is replaced.
fn place(named: &Path, kind: Kind) -> Result<PathBuf, String> {
    let parent = named.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        return Err(format!("there is no directory {}", parent.display()));
    }
    let path = match fs::metadata(named) {
        Ok(there) => {
            let path = fs::canonicalize(named).map_err(|error| error.to_string())?;
            refuse_special(&there)?;
            refuse_own(&path)?;
            if there.len() > 0 && !kind.wrote(&path) {
                let what = kind.words();
                return Err(format!(
                    "is there and is not {what}: move it away, or name another file"
                ));
            }
            path
        }
        Err(_) if named.is_symlink() => return Err("is a link that leads to nothing".to_owned()),
        Err(_) => {
            let dir = fs::canonicalize(parent.unwrap_or(Path::new(".")));
            let dir = dir.map_err(|error| error.to_string())?;
            let name = named.file_name().ok_or("names no file")?;
            refuse_own(&dir.join(name))?;
            named.to_owned()
        }
    };
    atomic_files::clear_of(&path);
    atomic_files::check(&path).map_err(|error| format!("cannot be written: {error}"))?;
    Ok(path)
}

/// A device or a pipe would be written to for good, or replaced by a file.
fn refuse_special(there: &Metadata) -> Result<(), String> {
    let what = atomic_files::kind(there);
    match there {
        there if there.is_file() => Ok(()),
        there if there.is_dir() => Err(format!("is {what}, but must be a file")),
        _ => Err(format!(
            "is {what}, but must be a regular file, or {STANDARD}, which is standard output"
        )),
    }
}

/// Refuses a file of a run, a verification or an export, there or not: it would be taken for theirs.
fn refuse_own(path: &Path) -> Result<(), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let known: [&Known; 3] = [&run_dir::KNOWN, &verdict::KNOWN, &tables::KNOWN];
    let of = path.parent().and_then(|dir| known.into_iter().find(|known| known.wrote(dir)));
    match of {
        Some(known) if OWN.iter().any(|end| name.ends_with(end)) => {
            let by = known.by;
            Err(format!(
                "has the name of a file of the {by} in its directory, and is not replaced: name \
                 another file"
            ))
        }
        _ => Ok(()),
    }
}

/// By way of a file without a name, since what is written goes back and forth in it. A reader that has
/// gone, such as `head`, is no failure.
fn to_standard(fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = tempfile::tempfile()?;
    fill(&mut file)?;
    file.rewind()?;
    let mut out = io::stdout().lock();
    match io::copy(&mut file, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        copied => copied,
    }
}
