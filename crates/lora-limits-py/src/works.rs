//! The works of this process that write into a folder. Ctrl-C ends a call within two seconds, but what trains then
//! needs longer to finish its batch, which is to be kept: the folder is waited for by the next call in it, and the
//! end of the interpreter waits for all.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use crate::failure::Failure;
use crate::on_thread::StopFlag;

/// Between two looks at what others do.
const LOOK: Duration = Duration::from_millis(50);

static WORKS: Mutex<Vec<Work>> = Mutex::new(Vec::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

struct Work {
    id: u64,
    /// A forked child has this list, but none of the threads.
    process: u32,
    folder: PathBuf,
    stop: StopFlag,
}

/// A folder in which a work of this process writes while this lives.
pub struct InFolder(u64);

impl Drop for InFolder {
    fn drop(&mut self) {
        works().retain(|work| work.id != self.0);
    }
}

fn works() -> MutexGuard<'static, Vec<Work>> {
    WORKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a work in a folder, once no work of this process is left there that was told to stop.
///
/// # Errors
/// [`Failure::Request`] if the new one is told to stop before.
pub fn begin(folder: &Path, stop: &StopFlag) -> Result<InFolder, Failure> {
    loop {
        let mut works = works();
        let place = place(folder);
        let ends = |work: &Work| {
            work.process == std::process::id()
                && work.stop.asked()
                && self::place(&work.folder) == place
        };
        if !works.iter().any(ends) {
            let (id, process) = (NEXT.fetch_add(1, Ordering::SeqCst), std::process::id());
            works.push(Work { id, process, folder: place, stop: stop.clone() });
            return Ok(InFolder(id));
        }
        drop(works);
        if stop.asked() {
            let said = "stopped: what was stopped before in this folder has not ended yet";
            return Err(Failure::Request(format!("{}: {said}", folder.display())));
        }
        std::thread::sleep(LOOK);
    }
}

/// A folder by one name, whether it is there or not.
fn place(folder: &Path) -> PathBuf {
    let found = folder.canonicalize().or_else(|_| std::path::absolute(folder));
    found.unwrap_or_else(|_| folder.to_owned())
}

/// Tells all works to stop, and says in which folders they are.
fn stop_all() -> Vec<String> {
    let works = works();
    let ours = works.iter().filter(|work| work.process == std::process::id());
    ours.map(|work| {
        work.stop.ask();
        work.folder.display().to_string()
    })
    .collect()
}

/// Called at the end of the interpreter: lets every work finish the batch that trains, and keep it. Ctrl-C gives
/// them up.
#[pyfunction]
pub fn _finish(py: Python<'_>) {
    let folders = stop_all();
    if folders.is_empty() {
        return;
    }
    let line = format!(
        "lora_limits: what trains in {} finishes its batch, to keep it; Ctrl-C gives it up",
        folders.join(", ")
    );
    // Nobody may read it any more.
    let _ = writeln!(std::io::stderr(), "{}", crate::failure::harmless(&line));
    while !stop_all().is_empty() && py.check_signals().is_ok() {
        py.detach(|| std::thread::sleep(LOOK));
    }
}
