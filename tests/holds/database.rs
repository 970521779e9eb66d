//! The database of kept runs, spoilt.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lora_store::error::StoreError;
use lora_store::stored::{Database, FILE, blob};
use tempfile::TempDir;

use super::{Told, says_something, soon};

/// Runs by key: what each was, and its trajectory, as text and bytes that have every bit.
pub type Runs = BTreeMap<[u8; 32], (String, Vec<u8>)>;

/// A database that is whole, and a place for what is made of it.
pub struct Whole {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it keeps.
    pub runs: Runs,
    dir: TempDir,
}

impl Whole {
    /// The one that `inputs/kept.toml` tells of.
    pub fn new() -> Self {
        let bytes = include_bytes!("../inputs/kept.sqlite").to_vec();
        let dir = TempDir::new().expect("a directory");
        let mut whole = Self { bytes, runs: Runs::new(), dir };
        let runs = whole.read(&whole.bytes, &says_something).expect("it is whole");
        whole.runs = runs;
        assert_eq!(whole.runs.len(), 42);
        whole
    }

    /// What bytes keep that are taken for a database.
    fn read(&self, bytes: &[u8], told: Told) -> Result<Runs, StoreError> {
        let dir = self.dir.path();
        for file in fs::read_dir(dir).expect("a directory").flatten() {
            fs::remove_file(file.path()).expect("it is removed");
        }
        fs::write(dir.join(FILE), bytes).expect("a file");
        soon(|| runs(dir, told))
    }

    /// Bytes are refused, or every run that they give is kept in the whole, to the bit. How many they
    /// give; none if refused.
    pub fn holds(&self, bytes: &[u8], told: Told) -> Option<usize> {
        match self.read(bytes, told) {
            Ok(runs) => {
                for (key, run) in &runs {
                    assert_eq!(self.runs.get(key), Some(run));
                }
                Some(runs.len())
            }
            Err(error) => {
                assert!(error.to_string().contains(FILE), "{error}");
                told(error);
                None
            }
        }
    }
}

/// All that is kept in a directory, read as `export` does, and the call that began last.
fn runs(dir: &Path, told: Told) -> Result<Runs, StoreError> {
    let database = Database::for_reading(dir)?;
    database.check_whole()?;
    let mut runs = Runs::new();
    for listed in database.list()? {
        let Some(kept) = database.get(&listed.key)? else { panic!("{listed:?} is not there") };
        let bits = listed.lr.to_bits();
        runs.insert(listed.key, (format!("{listed:?} {bits}"), blob::encode(&kept.trajectory)));
    }
    if let Some(Err(error)) = database.last_session()?.map(|session| session.request()) {
        told(error);
    }
    Ok(runs)
}
