//! What holds of any checkpoint: it is refused in one line, or all that it promises can be read.
#![allow(dead_code)] // each target takes its part

use std::fmt::Display;
use std::fs;
use std::path::Path;

use lora_checkpoint::Checkpoint;
use tempfile::TempDir;

/// A folder for the files of one target.
pub fn scratch() -> TempDir {
    TempDir::new().expect("a directory")
}

/// The first part of an input, up to a byte of 0, and the rest.
pub fn two(input: &[u8]) -> (&[u8], &[u8]) {
    let end = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    (&input[..end], input.get(end + 1..).unwrap_or_default())
}

/// Puts a file into a folder.
pub fn put(dir: &Path, file: &str, bytes: &[u8]) {
    fs::write(dir.join(file), bytes).expect("a file");
}

/// A refusal is one line that names a file below `path`, or `path`.
pub fn told(path: &Path, error: &impl Display) {
    let text = error.to_string();
    assert!(text.lines().count() == 1 && text.len() < 2000, "{text}");
    assert!(text.starts_with(&path.display().to_string()), "{text}");
}

/// Opens a checkpoint and reads all of it.
pub fn read_all(path: &Path) {
    let bytes = Checkpoint::bytes(path);
    match Checkpoint::open(path) {
        Ok(mut checkpoint) => {
            let names: Vec<String> = checkpoint.names().map(str::to_owned).collect();
            let mut read = 0;
            for name in names {
                let tensor = checkpoint.take(&name).expect("what was promised is there");
                assert_eq!(tensor.len(), tensor.shape.iter().product::<usize>());
                read += tensor.data.bytes();
            }
            assert_eq!(read, bytes.expect("its headers are sound"));
            checkpoint.label();
        }
        Err(error) => told(path, &error),
    }
}
