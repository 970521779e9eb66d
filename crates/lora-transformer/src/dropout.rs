//! LoRA's dropout: each input entry of A is zeroed with some probability, and the others are divided by
//! what remains.
//!
//! Whether an entry is zeroed is a function of its address (seed, step, site, row, column), so a mask need
//! not be kept, and depends on no order.

use lora_random::philox::{Purpose, Stream, philox4x32};

use crate::net::Site;

/// The dropout of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    rate: f32,
    seed: u64,
}

impl Dropout {
    /// With this probability (`lora_dropout`), for a run's seed and a step; none if it is 0.
    pub fn new(rate: f32, seed: u64, step: usize) -> Option<Self> {
        let key = [seed as u32, (seed >> 32) as u32];
        let step = [step as u32, (step as u64 >> 32) as u32];
        let words = philox4x32([step[0], step[1], 0, Purpose::Dropout as u32], key);
        let seed = u64::from(words[0]) | u64::from(words[1]) << 32;
        (rate > 0.0).then_some(Self { rate, seed })
    }

    /// Multiplies entries of row-major rows by 0 or by 1 / (1 - rate).
    pub fn apply(&self, site: Site, first_row: usize, cols: usize, values: &mut [f32]) {
        let stream = Stream::new(self.seed, site.0, Purpose::Dropout);
        let keep = 1.0 / (1.0 - self.rate);
        let below = (f64::from(self.rate) * 4_294_967_296.0) as u32;
        for (row, values) in values.chunks_mut(cols).enumerate() {
            for (block, values) in values.chunks_mut(4).enumerate() {
                let words = stream.block((first_row + row) as u32, block as u32);
                for (value, word) in values.iter_mut().zip(words) {
                    *value *= if word < below { 0.0 } else { keep };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_zeroed_and_the_mean_stays() {
        let dropout = Dropout::new(0.3, 5, 7).expect("it drops");
        let (rows, cols) = (200, 50);
        let mut values = vec![1.0f32; rows * cols];
        dropout.apply(Site(3), 0, cols, &mut values);
        let zeros = values.iter().filter(|&&v| v == 0.0).count() as f64 / values.len() as f64;
        // Five standard errors of a share over 10,000 entries.
        assert!((zeros - 0.3).abs() < 5.0 * (0.21f64 / 1e4).sqrt());
        assert!(values.iter().all(|&v| v == 0.0 || (v - 1.0 / 0.7).abs() < 1e-6));
        // Rows are addressed: the second half alone has the same mask.
        let mut half = vec![1.0f32; rows * cols / 2];
        dropout.apply(Site(3), rows / 2, cols, &mut half);
        assert_eq!(half, values[rows * cols / 2..]);
        for other in [Dropout::new(0.3, 5, 8), Dropout::new(0.3, 6, 7)] {
            let mut again = vec![1.0f32; rows * cols];
            other.expect("it drops").apply(Site(3), 0, cols, &mut again);
            assert_ne!(again, values);
        }
        assert_eq!(Dropout::new(0.0, 5, 7), None);
    }
}
