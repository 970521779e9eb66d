//! The advice on errors of the store.

use std::path::Path;

use lora_store::error::{DatabaseFault, Fate, OutputFault, Remedy, StoreError};
use lora_store::stored;

use super::CommandError;
use crate::typed;

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        use StoreError::{
            InUse, KeyChanged, ManifestChanged, NothingStored, OldCells, OtherKind, OtherNumerics,
            OtherProgram, OtherVersion, OutputDirectory, OutputFile, Request,
        };
        let said = format!("{error}{}", advice(&error));
        match error {
            Request(error) => error.into(),
            OutputFile { .. } | OutputDirectory { .. } | InUse { .. } | OldCells { .. } => {
                Self::Usage(format!("--out {said}"))
            }
            StoreError::NotARun { .. }
            | StoreError::NotASweep { .. }
            | StoreError::Changed { .. }
            | StoreError::ExperimentChanged(_)
            | ManifestChanged(_)
            | KeyChanged { .. }
            | OtherNumerics { .. }
            | OtherKind { .. }
            | OtherVersion { .. }
            | OtherProgram(_)
            | NothingStored(_) => Self::Usage(said),
            other => failed(&other, &said),
        }
    }
}

/// What failed with a file is told on one line: it may quote the file.
fn failed(error: &StoreError, said: &str) -> CommandError {
    let path = path(error);
    let reason = path.and_then(|path| said.strip_prefix(&format!("{}: ", path.display())));
    match (path, reason) {
        (Some(path), Some(reason)) => CommandError::file(path, reason),
        _ => CommandError::Failed(said.to_owned()),
    }
}

/// The file that an error is about.
fn path(error: &StoreError) -> Option<&Path> {
    match error {
        StoreError::File { path, .. }
        | StoreError::Content { path, .. }
        | StoreError::DirectoryGone(path)
        | StoreError::Gone { path, .. }
        | StoreError::DatabaseGone(path)
        | StoreError::Damaged { path, .. }
        | StoreError::Database { path, .. }
        | StoreError::StartedOver(path) => Some(path),
        _ => None,
    }
}

const GO_ON: &str = "run the same again to go on";
const RUN_AGAIN_HERE: &str = "put it back, or run the experiment again with this --out, which trains \
                              nothing that runs.sqlite keeps";
const START_OVER: &str = "run the same again to start over";

/// What follows the message: what to do about it.
fn advice(error: &StoreError) -> String {
    let fixed = match error {
        StoreError::OutputFile { fault, .. } => match fault {
            OutputFault::OtherContent(_) => ": move it away, or name another file",
            OutputFault::Special(_) => ", or -, which is standard output",
            OutputFault::NameOfResult(_) => ": name another file",
            _ => "",
        },
        StoreError::DirectoryGone(_) => ": move it back, and call the same again",
        StoreError::ExperimentChanged(_) => "; put the file back, or run it with another --out",
        StoreError::InUse { .. } => "; wait until it has ended, or choose another --out",
        StoreError::OtherNumerics { .. } => {
            ": choose another --out, or start over with --fresh, which deletes those runs"
        }
        StoreError::OldCells { .. } => {
            ": name another directory, or delete that folder to train them anew"
        }
        StoreError::OtherKind { .. } => ": choose another --out",
        StoreError::OtherVersion { .. } => {
            ": use the program that wrote it, or choose another --out"
        }
        StoreError::OtherProgram(_) => ": move it away, or choose another --out",
        StoreError::Damaged { .. } => {
            ": move it away, or start over with run --fresh, which deletes it"
        }
        StoreError::StartedOver(_) => ": export it again",
        StoreError::Conflict { .. } => {
            ": train the shard of one of them anew, with --fresh, where it can be trusted"
        }
        _ => return of_data(error),
    };
    fixed.to_owned()
}

/// The same where it names what is in the error, or how to go on.
fn of_data(error: &StoreError) -> String {
    match error {
        StoreError::Changed { remedy, .. } => format!("; {}", of_remedy(remedy)),
        StoreError::ManifestChanged(_) => format!("; {RUN_AGAIN_HERE}"),
        StoreError::KeyChanged { path, values, .. } => {
            let path = path.display().to_string();
            let run = typed::call(&["run", &path, "--out", "NEW"]);
            format!(": put {} back, or train what is new: {run}", values[0])
        }
        StoreError::LockLost { .. } => format!(
            "; this one stops, and what it finished is kept: wait until the other has ended, and {GO_ON}"
        ),
        StoreError::Gone { fate, .. } => match fate {
            Fate::Moved(_) => format!(
                "; what was finished before is kept there: move it back, or give --out the new place, \
                 and {GO_ON}"
            ),
            Fate::Deleted => format!("; the runs that were kept in it are lost: {START_OVER}"),
            Fate::Unknown => format!(
                "; what was finished before is kept if it was moved: move it back to go on, or \
                 {START_OVER}"
            ),
        },
        StoreError::DatabaseGone(_) => format!(
            "; what was finished before is kept only if it was moved: move it back to go on, or \
             {START_OVER}"
        ),
        StoreError::Database { fault, .. } => {
            let kept = ". What was finished before is kept: ";
            match fault {
                DatabaseFault::DiskFull | DatabaseFault::System(_) => {
                    format!("{kept}put that right and {GO_ON}")
                }
                DatabaseFault::Busy => format!("{kept}close it and {GO_ON}"),
                DatabaseFault::SameRun => {
                    format!("{kept}wait until the other has ended, and {GO_ON}")
                }
                DatabaseFault::Other(_) => String::new(),
            }
        }
        _ => String::new(),
    }
}

fn of_remedy(remedy: &Remedy) -> String {
    match remedy {
        Remedy::Wait(who) => {
            format!("{who} is running a sweep in the directory: wait until it has ended")
        }
        Remedy::RunAgain => "put it back, or run the experiment again".to_owned(),
        Remedy::RunAgainHere => RUN_AGAIN_HERE.to_owned(),
        Remedy::FromDatabase(dir) => {
            let dir = dir.display().to_string();
            let line = typed::call(&["plot", &dir, "--rebuild"]);
            format!("this makes it again from {}: {line}", stored::FILE)
        }
        Remedy::DrawAgain(dir) => format!("this draws it again: {}", typed::plot(dir)),
        Remedy::VerifyAgain => {
            "put it back, or call verify again as before, which writes it anew of the \
                                runs it keeps"
                .to_owned()
        }
    }
}
