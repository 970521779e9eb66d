//! The header of a GGUF file, read from front to back. It knows how many bytes are left, so that no count
//! can ask for more memory than the file could fill.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::error::CheckpointError;

const MAGIC: [u8; 4] = *b"GGUF";
/// The longest text. The longest that models have are templates of some ten kilobytes.
const LONGEST_TEXT: u64 = 16 << 20;

pub(super) struct Cursor<'a> {
    pub(super) path: &'a Path,
    from: BufReader<&'a File>,
    whole: u64,
    left: u64,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(path: &'a Path, file: &'a File) -> Result<Self, CheckpointError> {
        let whole = file.metadata().map_err(|error| CheckpointError::io(path, error))?.len();
        Ok(Self { path, from: BufReader::new(file), whole, left: whole })
    }

    /// Reads the first bytes, and gives the counts of tensors and of keys.
    pub(super) fn counts(&mut self) -> Result<(u64, u64), CheckpointError> {
        if self.array::<4>()? != MAGIC {
            return Err(self.refuse("is no GGUF file: it does not begin with `GGUF`"));
        }
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            let endian = if version.swap_bytes() <= 3 { ", big endian" } else { "" };
            return Err(self.refuse(format!(
                "is a GGUF file of version {version}{endian}; valid is 2 or 3, little endian"
            )));
        }
        Ok((self.u64()?, self.u64()?))
    }

    /// Bytes of the file.
    pub(super) fn whole(&self) -> u64 {
        self.whole
    }

    /// Bytes that were read.
    pub(super) fn place(&self) -> u64 {
        self.whole - self.left
    }

    pub(super) fn refuse(&self, what: impl Into<String>) -> CheckpointError {
        CheckpointError::damaged(self.path, what)
    }

    /// Refuses a count of things of at least so many bytes that the rest of the file cannot hold.
    pub(super) fn fits(&self, count: u64, each: u64, what: &str) -> Result<usize, CheckpointError> {
        match count.checked_mul(each) {
            Some(bytes) if bytes <= self.left => Ok(count as usize),
            _ => Err(self.refuse(format!(
                "is not whole: it promises {count} {what}, and {} bytes are left",
                self.left
            ))),
        }
    }

    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>, CheckpointError> {
        let mut bytes = vec![0; self.fits(count, 1, "bytes")?];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), CheckpointError> {
        self.fits(bytes.len() as u64, 1, "bytes")?;
        self.from.read_exact(bytes).map_err(|error| CheckpointError::io(self.path, error))?;
        self.left -= bytes.len() as u64;
        Ok(())
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CheckpointError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, CheckpointError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, CheckpointError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn text(&mut self) -> Result<String, CheckpointError> {
        let length = self.u64()?;
        if length > LONGEST_TEXT {
            return Err(self.refuse(format!(
                "promises a text of {length} bytes; the longest may have {LONGEST_TEXT}"
            )));
        }
        let bytes = self.bytes(length)?;
        String::from_utf8(bytes).map_err(|_| self.refuse("has a text that is not UTF-8"))
    }
}
