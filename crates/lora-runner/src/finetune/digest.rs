//! Digests of files and data.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lora_checkpoint::CheckpointError;
use lora_data::short;
use sha2::{Digest, Sha256};

/// Of a file, or of the files of a folder that decide a model.
pub fn of_model(path: &Path) -> Result<String, CheckpointError> {
    let failed = |file: &Path, source| CheckpointError::Io { file: file.to_owned(), source };
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = fs::read_dir(path).map_err(|error| failed(path, error))?;
        let decides = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let model = name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json");
            model || name == "config.json" || name == "tokenizer.json"
        };
        files = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(|error| failed(path, error))?;
        files.retain(decides);
        files.sort();
    }
    let mut all = Sha256::new();
    for file in files {
        all.update(of_file(&file).map_err(|error| failed(&file, error))?);
    }
    Ok(short(&all.finalize()))
}

fn of_file(path: &Path) -> io::Result<[u8; 32]> {
    let (mut file, mut sha) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(sha.finalize().into()),
            count => sha.update(&buffer[..count]),
        }
    }
}
