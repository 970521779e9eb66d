//! Digests of data.

use lora_transformer::batch::Sequence;
use lora_types::hex;
use sha2::{Digest, Sha256};

/// Digits of a digest: as many as tell apart what anybody has.
const DIGITS: usize = 12;

/// The first digits of a SHA-256 in hex.
pub fn short(bytes: &[u8]) -> String {
    hex(&bytes[..DIGITS / 2])
}

/// Of sequences in some parts, and of what else decides what is measured on them, where there is such.
pub fn of_sequences(parts: &[&Vec<Sequence>], more: Option<String>) -> String {
    let mut sha = Sha256::new();
    for (part, sequences) in (0u8..).zip(parts) {
        for sequence in *sequences {
            sha.update([part]);
            sha.update((sequence.ids.len() as u64).to_le_bytes());
            sequence.ids.iter().for_each(|id| sha.update(id.to_le_bytes()));
            sha.update(format!("{:?}", sequence.target));
        }
    }
    more.iter().for_each(|more| sha.update(more));
    short(&sha.finalize())
}
