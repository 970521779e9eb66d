//! Which sequences a step takes: every epoch has them all once, in an order of its own.

use lora_random::philox::{Purpose, Stream};

/// The order of training sequences.
#[derive(Clone, Debug)]
pub struct Order {
    count: usize,
    batch: usize,
    seed: u64,
    /// The epoch whose order is kept, with that order.
    kept: Option<(usize, Vec<u32>)>,
}

impl Order {
    /// Of `count` sequences in batches of `batch`; the last batch of an epoch may be smaller.
    pub fn new(count: usize, batch: usize, seed: u64) -> Self {
        Self { count, batch: batch.max(1), seed, kept: None }
    }

    /// Steps of an epoch.
    pub fn steps(&self) -> usize {
        self.count.div_ceil(self.batch)
    }

    /// The sequences of a step, which counts from 0. It depends on the seed and the step alone.
    pub fn step(&mut self, step: usize) -> &[u32] {
        let steps = self.steps().max(1);
        let (epoch, place) = (step / steps, step % steps * self.batch);
        if self.kept.as_ref().is_none_or(|(kept, _)| *kept != epoch) {
            self.kept = Some((epoch, shuffled(self.count, self.seed, epoch)));
        }
        let order = self.kept.as_ref().map_or(&[][..], |(_, order)| order);
        &order[place.min(order.len())..(place + self.batch).min(order.len())]
    }
}

/// Numbers below `count`, sorted by a random key each.
fn shuffled(count: usize, seed: u64, epoch: usize) -> Vec<u32> {
    let stream = Stream::new(seed, epoch, Purpose::Shuffle);
    let key = |number: u32| {
        let [a, b, c, _] = stream.block(number, 0);
        (a, b, c, number)
    };
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.sort_by_cached_key(|&number| key(number));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_every_sequence_once_and_epochs_differ() {
        let mut order = Order::new(10, 4, 7);
        assert_eq!(order.steps(), 3);
        let mut epoch = |from: usize| -> Vec<u32> {
            (from..from + 3).flat_map(|step| order.step(step).to_vec()).collect()
        };
        let (first, second) = (epoch(0), epoch(3));
        assert_ne!(first, second);
        for mut epoch in [first.clone(), second.clone()] {
            epoch.sort_unstable();
            assert!(epoch.into_iter().eq(0..10));
        }
        // Asked in any order, a step is the same.
        let mut again = Order::new(10, 4, 7);
        assert_eq!(again.step(5), &second[8..]);
        assert_eq!(again.step(0), &first[..4]);
        assert_ne!(Order::new(10, 4, 8).step(0), &first[..4]);
    }
}
