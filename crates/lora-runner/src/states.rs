//! The states of runs that are in work: a file each, in a directory beside the database. What a file holds
//! is for the engine to know. It goes when its run is in the database.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lora_store::error::StoreError;
use lora_store::folder::{Folder, Known};
use lora_store::stored::Hash;
use lora_types::hex;

/// The directory's name.
pub const FOLDER: &str = "unfinished";

/// What a file's name ends with.
const ENDING: &str = ".state";

/// The least time between two states of a run.
const PACE: Duration = Duration::from_secs(30);

/// Between two states of a run a hundred times as long passes as it took to write one, so that writing
/// takes a hundredth of the time at most.
const SHARE: u32 = 100;

/// No other program writes to the directory, so nothing tells whose it is.
const ANY: Known = Known { files: &[], alone: None, by: "run" };

/// A directory of states.
#[derive(Debug)]
pub struct States {
    dir: PathBuf,
    pace: Duration,
    share: u32,
    /// Once something was written.
    folder: Mutex<Option<Folder>>,
    failed: AtomicBool,
}

impl States {
    /// The one of a database.
    pub fn beside(database: &Path) -> Self {
        let dir = database.parent().unwrap_or(Path::new("")).join(FOLDER);
        let (folder, failed) = Default::default();
        Self { dir, pace: PACE, share: SHARE, folder, failed }
    }

    /// With a state at every step, whatever that costs: for tests of what a killed process leaves.
    pub fn at_every_step(self) -> Self {
        Self { pace: Duration::ZERO, share: 0, ..self }
    }

    /// How long a run goes on before it writes its next state, where the last took `written`.
    pub fn pause(&self, written: Duration) -> Duration {
        self.pace.max(written.saturating_mul(self.share))
    }

    /// The file of a run.
    pub fn path(&self, key: &Hash) -> PathBuf {
        self.dir.join(name(key))
    }

    /// What is kept of a run.
    ///
    /// # Errors
    ///
    /// What the system says of a file that is there and cannot be read.
    pub fn read(&self, key: &Hash) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(key)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps the state of a run, in place of an earlier one. The first failure comes back; after it none
    /// does, since a run can do without.
    ///
    /// # Errors
    ///
    /// As [`Folder::for_writing`] and [`Folder::write`].
    pub fn write(&self, key: &Hash, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.folder().and_then(|folder| folder.write(&name(key), bytes));
        match written {
            Err(error) if !self.failed.swap(true, Ordering::SeqCst) => Err(error),
            _ => Ok(()),
        }
    }

    fn folder(&self) -> Result<Folder, StoreError> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*folder {
            return Ok(folder.clone());
        }
        let made = Folder::for_writing(&self.dir, &ANY)?;
        Ok(folder.insert(made).clone())
    }

    /// Drops what is kept of a run. A file that stays does no harm: the next sweep drops it.
    pub fn forget(&self, key: &Hash) {
        let _ = fs::remove_file(self.path(key));
    }

    /// The runs of which something is kept.
    pub fn keys(&self) -> Vec<Hash> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries.filter_map(|entry| key(&entry.file_name().to_string_lossy())).collect()
    }

    /// Removes the directory if it is empty. The next state makes it anew.
    pub fn tidy(&self) {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        if fs::remove_dir(&self.dir).is_ok() {
            *folder = None;
        }
    }

    /// Drops everything.
    pub fn clear(&self) {
        self.keys().iter().for_each(|key| self.forget(key));
        self.tidy();
    }
}

fn name(key: &Hash) -> String {
    hex(key) + ENDING
}

fn key(name: &str) -> Option<Hash> {
    let digits = name.strip_suffix(ENDING)?.as_bytes();
    let mut key = Hash::default();
    if digits.len() != 2 * key.len() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_kept_until_it_is_forgotten_and_nothing_is_left() {
        let dir = tempfile::tempdir().expect("a directory");
        let states = || States::beside(&dir.path().join("runs.sqlite"));
        let [first, second] = [[1; 32], [0xab; 32]];
        assert!(states().read(&first).expect("it can be asked").is_none());
        assert!(states().keys().is_empty() && !dir.path().join(FOLDER).exists());
        for (key, bytes) in [(first, "old"), (first, "new"), (second, "other")] {
            states().write(&key, bytes.as_bytes()).expect("it is written");
        }
        assert_eq!(states().read(&first).expect("a file").as_deref(), Some(&b"new"[..]));
        let mut keys = states().keys();
        keys.sort_unstable();
        assert_eq!(keys, [first, second]);
        states().forget(&first);
        states().tidy();
        assert_eq!(states().keys(), [second]);
        states().clear();
        assert!(!dir.path().join(FOLDER).exists());
    }

    /// A sweep tidies up after each of its cells, and the next one keeps its states all the same.
    #[test]
    fn states_are_kept_after_the_directory_was_tidied_away() {
        let dir = tempfile::tempdir().expect("a directory");
        let states = States::beside(&dir.path().join("runs.sqlite"));
        for key in [[1; 32], [2; 32]] {
            states.write(&key, b"state").expect("it is written");
            assert_eq!(states.read(&key).expect("a file").as_deref(), Some(&b"state"[..]));
            states.forget(&key);
            states.tidy();
            assert!(!dir.path().join(FOLDER).exists());
        }
    }

    #[test]
    fn a_disk_that_refuses_is_told_of_once() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join(FOLDER), "no directory").expect("a file");
        let states = States::beside(&dir.path().join("runs.sqlite"));
        assert!(states.write(&[1; 32], b"state").is_err());
        assert!(states.write(&[2; 32], b"state").is_ok(), "it was told");
    }

    #[test]
    fn writing_takes_a_hundredth_of_the_time() {
        let states = States::beside(Path::new("runs.sqlite"));
        assert_eq!(states.pause(Duration::from_millis(1)), Duration::from_secs(30));
        assert_eq!(states.pause(Duration::from_secs(2)), Duration::from_secs(200));
    }
}
