//! Standard normals addressed by (seed, width, purpose, row, column).
//!
//! Box–Muller on pairs of Philox words, in f64, rounded once to f32. A block gives four normals without
//! rejection, so entry (row, column) does not depend on how many numbers were drawn before it. With
//! 32-bit uniforms the largest |z| is √(2 ln 2³³) ≈ 6.76.

use crate::philox::Stream;

/// Four normals from a block of four words.
#[inline]
pub fn box_muller(words: [u32; 4]) -> [f32; 4] {
    let [a, b] = pair(words[0], words[1]);
    let [c, d] = pair(words[2], words[3]);
    [a, b, c, d]
}

#[inline]
fn pair(radius_word: u32, angle_word: u32) -> [f32; 2] {
    // (w + 1/2) 2^-32 lies strictly between 0 and 1.
    let uniform = |word: u32| (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0);
    let radius = (-2.0 * uniform(radius_word).ln()).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * uniform(angle_word)).sin_cos();
    [(radius * cos) as f32, (radius * sin) as f32]
}

/// Fills `out` with columns 0, 1, … of row `row`, each times `std`.
pub fn fill_row(stream: &Stream, row: usize, std: f32, out: &mut [f32]) {
    for (block, chunk) in out.chunks_mut(4).enumerate() {
        let normals = box_muller(stream.block(row as u32, block as u32));
        for (value, normal) in chunk.iter_mut().zip(normals) {
            *value = std * normal;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::philox::Purpose;

    #[test]
    fn moments_and_tails_are_those_of_a_standard_normal() {
        let stream = Stream::new(3, 64, Purpose::StudentHidden);
        let count = 1 << 20;
        let mut values = vec![0.0f32; count];
        fill_row(&stream, 5, 1.0, &mut values);
        let moment =
            |k: i32| values.iter().map(|&v| f64::from(v).powi(k)).sum::<f64>() / count as f64;
        let beyond = values.iter().filter(|v| v.abs() > 1.959_964).count() as f64 / count as f64;
        // Five standard errors of each estimate, for count = 2^20.
        let root = (count as f64).sqrt();
        assert!(moment(1).abs() < 5.0 / root);
        assert!((moment(2) - 1.0).abs() < 5.0 * 2f64.sqrt() / root);
        assert!(moment(3).abs() < 5.0 * 15f64.sqrt() / root);
        assert!((moment(4) - 3.0).abs() < 5.0 * 96f64.sqrt() / root);
        assert!((beyond - 0.05).abs() < 5.0 * (0.05f64 * 0.95).sqrt() / root);
    }

    #[test]
    fn a_shorter_row_is_a_prefix_of_a_longer_one() {
        let stream = Stream::new(11, 100, Purpose::AdapterB);
        let (mut short, mut long) = (vec![0.0; 7], vec![0.0; 30]);
        fill_row(&stream, 2, 0.5, &mut short);
        fill_row(&stream, 2, 0.5, &mut long);
        assert_eq!(short[..], long[..7]);
    }
}
