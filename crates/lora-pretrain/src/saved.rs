//! What a pretraining keeps on disk to go on: the state of its training, and its losses so far.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use lora_transformer::error::TransformerError;
use lora_transformer::state;
use lora_transformer::trained::Trained;
use sha2::{Digest, Sha256};

/// Writes the file, which replaces an earlier one whole.
pub(crate) fn write(
    path: &Path,
    id: &str,
    trained: &Trained,
    curve: &[f64],
) -> Result<(), TransformerError> {
    let state = state::to_bytes(trained, id);
    let mut losses: Vec<u8> = curve.iter().flat_map(|loss| loss.to_le_bytes()).collect();
    // The state has a digest of its own, which ties the losses to it.
    let digest = Sha256::digest([&state[state.len() - 32..], &losses].concat());
    losses.extend(digest);
    let length = (state.len() as u64).to_le_bytes();
    atomic_files::write(path, |file| {
        [&length[..], &state, &losses].into_iter().try_for_each(|part| file.write_all(part))
    })
    .map_err(|error| fail(path, &error.to_string()))
}

/// Reads the file into a training that has just begun, and gives its losses; none if there is no such file.
pub(crate) fn read(
    path: &Path,
    id: &str,
    trained: &mut Trained,
) -> Result<Option<Vec<f64>>, TransformerError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(path, &error.to_string())),
    };
    let damaged = || fail(path, "the file is damaged: delete it and begin anew");
    let (state, losses) = parts(&bytes).ok_or_else(damaged)?;
    let mut restored = trained.clone();
    state::restore(&mut restored, id, state).map_err(|error| match error {
        TransformerError::State { why } => fail(path, &why),
        other => other,
    })?;
    if losses.len() != restored.step {
        return Err(damaged());
    }
    *trained = restored;
    Ok(Some(losses))
}

/// The state, and the losses behind it.
fn parts(bytes: &[u8]) -> Option<(&[u8], Vec<f64>)> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (state, rest) = rest.split_at_checked(length)?;
    let (losses, digest) = rest.split_last_chunk::<32>()?;
    let of_state = state.last_chunk::<32>()?;
    if Sha256::digest([&of_state[..], losses].concat())[..] != digest[..] {
        return None;
    }
    let (losses, rest) = losses.as_chunks::<8>();
    rest.is_empty().then(|| (state, losses.iter().map(|loss| f64::from_le_bytes(*loss)).collect()))
}

fn fail(path: &Path, why: &str) -> TransformerError {
    TransformerError::State { why: format!("{}: {why}", path.display()) }
}
