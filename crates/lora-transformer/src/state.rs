//! The state of a run as bytes, so that a long run goes on where it was stopped.
//!
//! Numbers are kept to the bit, little-endian, behind a digest of what they belong to: a state continues a
//! run only on the same model with the same settings.

use sha2::{Digest, Sha256};

use crate::error::TransformerError;
use crate::trained::Trained;

/// What the bytes begin with; the last digit is the format's version.
const MAGIC: &[u8; 8] = b"lltrain1";

/// The state as bytes. `identity` names everything that decides how the run goes on.
pub fn to_bytes(trained: &Trained, identity: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(Sha256::digest(identity));
    bytes.extend((trained.step as u64).to_le_bytes());
    for array in arrays(trained) {
        bytes.extend((array.len() as u64).to_le_bytes());
        array.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

/// Puts a state into a run that has just begun.
///
/// # Errors
/// [`TransformerError::State`] if the bytes are damaged or belong to another run. The run is then as it was.
pub fn restore(
    trained: &mut Trained,
    identity: &str,
    bytes: &[u8],
) -> Result<(), TransformerError> {
    let fail = |why: &str| TransformerError::State { why: why.to_owned() };
    let (content, digest) = bytes
        .split_last_chunk::<32>()
        .ok_or_else(|| fail("the file is too short: delete it and begin anew"))?;
    if Sha256::digest(content)[..] != digest[..] || !content.starts_with(MAGIC) {
        return Err(fail("the file is damaged: delete it and begin anew"));
    }
    let mut rest = &content[MAGIC.len()..];
    if take::<32>(&mut rest) != Some(Sha256::digest(identity).into()) {
        return Err(fail("it belongs to a run with other settings"));
    }
    let mut restored = trained.clone();
    let step = take(&mut rest).map(u64::from_le_bytes).ok_or_else(|| fail("it is cut"))?;
    restored.step = step as usize;
    for array in arrays_mut(&mut restored) {
        let length = take(&mut rest).map(u64::from_le_bytes);
        if length != Some(array.len() as u64) {
            return Err(fail("it belongs to a model of another shape"));
        }
        for value in array {
            *value = take(&mut rest).map(f32::from_le_bytes).ok_or_else(|| fail("it is cut"))?;
        }
    }
    if !rest.is_empty() {
        return Err(fail("it belongs to a model with more parameters"));
    }
    *trained = restored;
    Ok(())
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn arrays(trained: &Trained) -> impl Iterator<Item = &Vec<f32>> {
    let factors = trained.adapters.iter().flatten().flat_map(|adapter| [&adapter.a, &adapter.b]);
    let moments = trained.moments.iter().flat_map(|moments| [&moments.first, &moments.second]);
    factors.chain(trained.own.values()).chain(moments)
}

fn arrays_mut(trained: &mut Trained) -> impl Iterator<Item = &mut Vec<f32>> {
    let factors =
        trained.adapters.iter_mut().flatten().flat_map(|adapter| [&mut adapter.a, &mut adapter.b]);
    let moments =
        trained.moments.iter_mut().flat_map(|moments| [&mut moments.first, &mut moments.second]);
    factors.chain(trained.own.values_mut()).chain(moments)
}
