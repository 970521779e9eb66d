//! One process at a time writes into a directory.

use std::cell::RefCell;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::error::StoreError;
use crate::stored::names::LOCK;
use crate::stored::place::{Place, is_same};

/// How often a lock is tried for: a look at who holds it takes it for an instant.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(60);

/// Held while it lives.
#[derive(Debug)]
pub struct Lock {
    place: Place,
    file: RefCell<File>,
}

impl Lock {
    /// Takes the lock of a directory.
    pub fn take(dir: &Path) -> Result<Self, StoreError> {
        match locked(dir)? {
            Ok(file) => Ok(Self { place: Place::of(dir), file: RefCell::new(file) }),
            Err(who) => Err(StoreError::InUse { path: dir.to_owned(), who }),
        }
    }

    /// The directory that it is of.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Makes sure that nobody else can hold it. One whose file was deleted is taken anew, unless somebody
    /// has done so meanwhile.
    pub fn renew(&self) -> Result<(), StoreError> {
        let dir = self.place.dir();
        if is_same(&self.file.borrow(), &dir.join(LOCK)) {
            return Ok(());
        }
        match locked(dir)? {
            Ok(file) => {
                self.file.replace(file);
                Ok(())
            }
            Err(who) => Err(StoreError::LockLost { path: dir.to_owned(), who }),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing does not do where a child is just being started: it has the file open, too, until
        // its own program begins.
        let _ = self.file.borrow().unlock();
    }
}

/// The file of a directory's lock, taken and signed, or who holds it.
fn locked(dir: &Path) -> Result<Result<File, String>, StoreError> {
    let path = dir.join(LOCK);
    let failed = |error| StoreError::file(&path, error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).map_err(failed)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => {
                sign(&mut file).map_err(failed)?;
                return Ok(Ok(file));
            }
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Ok(Err(signature(&mut file).unwrap_or_else(|| "another process".to_owned())))
}

/// The process that writes into a directory at this moment, in words.
pub fn holder(dir: &Path) -> Option<String> {
    let mut file = File::open(dir.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            Some(signature(&mut file).unwrap_or_else(|| "another process".to_owned()))
        }
        _ => None,
    }
}

/// Writes who holds the lock.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "process {}", std::process::id())
}

/// Who holds the lock, where the system lets a locked file be read.
fn signature(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(100).read_to_string(&mut text).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_told_who_holds_it() {
        let dir = tempfile::TempDir::new().expect("a directory");
        assert_eq!(holder(dir.path()), None);
        let lock = Lock::take(dir.path()).expect("it is free");
        let me = format!("process {}", std::process::id());
        assert_eq!(holder(dir.path()), Some(me.clone()));
        let error = Lock::take(dir.path()).expect_err("it is held");
        assert!(error.to_string().contains(&format!(": {me} is running a sweep in it")), "{error}");
        assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
        drop(lock);
        assert_eq!(holder(dir.path()), None);
        Lock::take(dir.path()).expect("it is free again");
    }
    #[test]
    fn one_whose_file_was_deleted_is_taken_anew_or_given_up() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let lock = Lock::take(dir.path()).expect("it is free");
        let delete = || std::fs::remove_file(dir.path().join(LOCK)).expect("it is there");
        delete();
        lock.renew().expect("nobody else has it");
        Lock::take(dir.path()).expect_err("it is held again");
        delete();
        let other = Lock::take(dir.path()).expect("it is another file");
        let told = lock.renew().expect_err("the other has it").to_string();
        let me = format!("process {}", std::process::id());
        assert!(told.contains(&format!(": {me} is running a sweep in it, too, since ")), "{told}");
        drop(other);
        lock.renew().expect("it is free");
    }
}
