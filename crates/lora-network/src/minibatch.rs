//! Which samples the gradient of a step is taken on.

use lora_random::philox::{Purpose, Stream};

/// The weight of each of `points` samples in the gradient of an update: 1/m for the m samples of the
/// minibatch and 0 for the others. m = `size`, or all if it is 0.
///
/// The samples of an update are drawn without replacement, and afresh for each update. They depend on the
/// seed and on the number of the update alone, so that all widths, inits and learning rates of a seed see the
/// same ones.
pub fn minibatch(seed: u64, update: usize, size: usize, points: usize) -> Vec<f64> {
    if size == 0 || size == points {
        return vec![1.0 / points as f64; points];
    }
    let stream = Stream::new(seed, 0, Purpose::Minibatch);
    let mut order: Vec<usize> = (0..points).collect();
    let mut weights = vec![0.0; points];
    // The first `size` steps of a Fisher–Yates shuffle.
    for place in 0..size {
        let word = stream.block(update as u32, (place / 4) as u32)[place % 4];
        // Up to a share of points/2^32 of each choice.
        let ahead = (u64::from(word) * (points - place) as u64) >> 32;
        order.swap(place, place + ahead as usize);
        weights[order[place]] = 1.0 / size as f64;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(weights: &[f64]) -> Vec<usize> {
        (0..weights.len()).filter(|&sample| weights[sample] > 0.0).collect()
    }

    #[test]
    fn a_batch_has_its_size_and_weights_that_add_to_one() {
        for (size, points) in [(1, 5), (4, 5), (7, 40), (40, 40), (0, 40)] {
            let weights = minibatch(3, 9, size, points);
            assert_eq!(chosen(&weights).len(), if size == 0 { points } else { size });
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn seed_and_update_decide_the_samples() {
        let of = |seed, update| chosen(&minibatch(seed, update, 8, 100));
        assert_eq!(of(1, 2), of(1, 2));
        assert_ne!(of(1, 2), of(1, 3));
        assert_ne!(of(1, 2), of(2, 2));
    }

    /// Each of 20 samples is in a batch of 5 with probability 1/4: over 4000 updates 1000 times, with a
    /// standard deviation of 27.
    #[test]
    fn every_sample_is_drawn_as_often_as_another() {
        let mut counts = [0; 20];
        for update in 0..4000 {
            chosen(&minibatch(0, update, 5, 20)).into_iter().for_each(|sample| counts[sample] += 1);
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
