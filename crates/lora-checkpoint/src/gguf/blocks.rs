//! Quantised blocks as 32-bit numbers, with the roundings of ggml.

use std::io::Read;
use std::path::Path;

use half::f16;

use super::kind::Kind;
use crate::error::CheckpointError;

/// Blocks that are read at once.
const PIECE: usize = 256;

/// Reads `count` numbers, a multiple of the kind's block.
pub(super) fn read(
    path: &Path,
    from: &mut impl Read,
    count: usize,
    kind: Kind,
) -> Result<Vec<f32>, CheckpointError> {
    let (block, bytes) = (kind.block(), kind.block_bytes());
    let mut all = Vec::with_capacity(count);
    let mut piece = vec![0; PIECE.min(count / block) * bytes];
    while all.len() < count {
        let blocks = ((count - all.len()) / block).min(PIECE);
        let read = &mut piece[..blocks * bytes];
        from.read_exact(read).map_err(|error| CheckpointError::io(path, error))?;
        for block in read.chunks_exact(bytes) {
            dequantise(kind, block, &mut all);
        }
    }
    Ok(all)
}

/// Appends the numbers of one block.
fn dequantise(kind: Kind, block: &[u8], to: &mut Vec<f32>) {
    // Each is converted once, and not for every number.
    let scale = || half(block, 0);
    let scale_and_min = || (half(block, 0), half(block, 2));
    match kind {
        Kind::Q4_0 => {
            let scale = scale();
            nibbles(&block[2..], |q| scale * (f32::from(q) - 8.0), to);
        }
        Kind::Q4_1 => {
            let (scale, min) = scale_and_min();
            nibbles(&block[4..], |q| scale * f32::from(q) + min, to);
        }
        Kind::Q5_0 => {
            let scale = scale();
            five_bits(&block[2..], |q| scale * (f32::from(q) - 16.0), to);
        }
        Kind::Q5_1 => {
            let (scale, min) = scale_and_min();
            five_bits(&block[4..], |q| scale * f32::from(q) + min, to);
        }
        Kind::Q8_0 => {
            let scale = scale();
            to.extend(block[2..].iter().map(|&q| scale * f32::from(q as i8)));
        }
        Kind::Q4_K => q4_k(block, to),
        Kind::Q5_K => q5_k(block, to),
        Kind::Q6_K => q6_k(block, to),
        Kind::F32 | Kind::F16 | Kind::BF16 => {}
    }
}

/// The 16-bit number at a place.
fn half(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

/// 32 numbers of 4 bits: first the low halves of 16 bytes, then the high ones.
fn nibbles(bytes: &[u8], value: impl Fn(u8) -> f32, to: &mut Vec<f32>) {
    to.extend(bytes.iter().map(|byte| value(byte & 15)));
    to.extend(bytes.iter().map(|byte| value(byte >> 4)));
}

/// 32 numbers of 5 bits: a word with the highest bits, then nibbles.
fn five_bits(bytes: &[u8], value: impl Fn(u8) -> f32, to: &mut Vec<f32>) {
    let (high, low) = bytes.split_at(4);
    let high = u32::from_le_bytes([high[0], high[1], high[2], high[3]]);
    let bit = |at: usize| ((high >> at & 1) as u8) << 4;
    to.extend(low.iter().enumerate().map(|(at, byte)| value(byte & 15 | bit(at))));
    to.extend(low.iter().enumerate().map(|(at, byte)| value(byte >> 4 | bit(at + 16))));
}

/// Scale and minimum of the 8 parts of a block of 256, 6 bits each, packed in 12 bytes.
fn packed_scale(scales: &[u8], part: usize) -> (f32, f32) {
    let (scale, min) = if part < 4 {
        (scales[part] & 63, scales[part + 4] & 63)
    } else {
        let low = scales[part + 4];
        (low & 15 | scales[part - 4] >> 6 << 4, low >> 4 | scales[part] >> 6 << 4)
    };
    (f32::from(scale), f32::from(min))
}

fn q4_k(block: &[u8], to: &mut Vec<f32>) {
    let (scales, quants) = (&block[4..16], &block[16..]);
    for part in 0..8 {
        let (scale, min) = packed_scale(scales, part);
        let (scale, min) = (half(block, 0) * scale, half(block, 2) * min);
        let bytes = &quants[part / 2 * 32..][..32];
        to.extend(bytes.iter().map(|byte| scale * f32::from(byte >> (part % 2 * 4) & 15) - min));
    }
}

fn q5_k(block: &[u8], to: &mut Vec<f32>) {
    let (scales, high, quants) = (&block[4..16], &block[16..48], &block[48..]);
    for part in 0..8 {
        let (scale, min) = packed_scale(scales, part);
        let (scale, min) = (half(block, 0) * scale, half(block, 2) * min);
        let bytes = &quants[part / 2 * 32..][..32];
        to.extend(bytes.iter().zip(high).map(|(byte, high)| {
            let q = byte >> (part % 2 * 4) & 15 | (high >> part & 1) << 4;
            scale * f32::from(q) - min
        }));
    }
}

fn q6_k(block: &[u8], to: &mut Vec<f32>) {
    let (low, rest) = block.split_at(128);
    let (high, rest) = rest.split_at(64);
    let (scales, d) = (&rest[..16], half(rest, 16));
    for at in 0..256 {
        // Each half of a block packs four runs of 32 numbers.
        let (part, run, place) = (at / 128, at % 128 / 32, at % 32);
        let nibble = low[64 * part + run % 2 * 32 + place] >> (run / 2 * 4) & 15;
        let upper = high[32 * part + place] >> (2 * run) & 3;
        let q = f32::from(nibble | upper << 4) - 32.0;
        to.push(d * f32::from(scales[at / 16] as i8) * q);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(kind: Kind, block: &[u8]) -> Vec<f32> {
        assert_eq!(block.len(), kind.block_bytes());
        read(Path::new("a"), &mut &block[..], kind.block(), kind).expect("a block")
    }

    fn halves(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| f16::from_f32(*number).to_le_bytes()).collect()
    }

    #[test]
    fn blocks_of_32_follow_their_formulas() {
        let nibbles: Vec<u8> = (0..16).map(|k| k | (15 - k) << 4).collect();
        let q4_0 = values(Kind::Q4_0, &[halves(&[0.5]), nibbles.clone()].concat());
        assert_eq!((q4_0[0], q4_0[15], q4_0[16], q4_0[31]), (-4.0, 3.5, 3.5, -4.0));
        let q4_1 = values(Kind::Q4_1, &[halves(&[0.5, 10.0]), nibbles.clone()].concat());
        assert_eq!((q4_1[1], q4_1[16]), (10.5, 17.5));
        // The highest bits of the first and of the last number are set.
        let high = 0x8000_0001_u32.to_le_bytes().to_vec();
        let q5_0 = values(Kind::Q5_0, &[halves(&[2.0]), high.clone(), nibbles.clone()].concat());
        assert_eq!((q5_0[0], q5_0[1], q5_0[31]), (0.0, -30.0, 0.0));
        let q5_1 = values(Kind::Q5_1, &[halves(&[2.0, 1.0]), high, nibbles].concat());
        assert_eq!((q5_1[0], q5_1[1], q5_1[31]), (33.0, 3.0, 33.0));
        let bytes: Vec<u8> = (-16..16).map(|k: i8| k as u8).collect();
        let q8_0 = values(Kind::Q8_0, &[halves(&[0.25]), bytes].concat());
        assert_eq!((q8_0[0], q8_0[31]), (-4.0, 3.75));
    }

    #[test]
    fn blocks_of_256_unpack_their_scales() {
        // Parts 0 to 3 have scale 1 to 4 and minimum 1; part 4 has scale 16 + 2 and minimum 32 + 3.
        let scales = [1 | 64, 2, 3, 4, 1 | 128, 1, 1, 1, 2 | 3 << 4, 0, 0, 0].to_vec();
        let q4_k =
            values(Kind::Q4_K, &[halves(&[1.0, 0.5]), scales.clone(), vec![0x31; 128]].concat());
        assert_eq!((q4_k[0], q4_k[32], q4_k[128]), (0.5, 5.5, 18.0 - 17.5));
        let q5_k = values(
            Kind::Q5_K,
            &[halves(&[1.0, 0.5]), scales, vec![0b10; 32], vec![0x31; 128]].concat(),
        );
        assert_eq!((q5_k[0], q5_k[32]), (0.5, 2.0 * 19.0 - 0.5));
        let scales: Vec<u8> = (0..16).map(|k| if k == 15 { 255 } else { k }).collect();
        let q6_k = values(
            Kind::Q6_K,
            &[vec![0x21; 128], vec![0b11_10_01_00; 64], scales, halves(&[1.0])].concat(),
        );
        // Runs 0 to 3 have the numbers 1, 16 + 1, 32 + 2 and 48 + 2, all minus 32.
        assert_eq!((q6_k[16], q6_k[32], q6_k[64], q6_k[255]), (-31.0, -30.0, 8.0, -18.0));
    }
}
