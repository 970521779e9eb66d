//! Quasi-random standard normals for expectations over neurons.
//!
//! Neuron i of a replicate takes point i of Sobol's sequence in its first coordinates, in base 2: each
//! bit of i that is set adds, without carries, one direction number of the coordinate. A random
//! digital shift makes every coordinate uniform, so that the mean over a replicate is unbiased and
//! independent replicates tell its error. Any 2^k points in a row from a multiple of 2^k on, projected
//! on one coordinate, fall into each interval of length 2^-k once. Coordinates beyond the first eight
//! are pseudo-random. Box–Muller turns pairs of words into normals.
//!
//! Every number is addressed by (seed, replicate, side, neuron, coordinate): no result depends on the
//! threads.

use lora_random::normal::box_muller;
use lora_random::philox::{Purpose, Stream};

/// The number of quasi-random coordinates: an even number, since Box–Muller takes pairs.
const QUASI_RANDOM: usize = 8;

/// A primitive polynomial over two elements, x^s + a_1 x^(s-1) + … + a_(s-1) x + 1, as its degree s and
/// the bits a_1 … a_(s-1), with the first s direction integers of its coordinate, odd and below 2^k.
type Polynomial = (usize, u32, &'static [u32]);

/// Those of the coordinates after the first, which is van der Corput's sequence (Joe and Kuo 2008).
const POLYNOMIALS: [Polynomial; QUASI_RANDOM - 1] = [
    (1, 0, &[1]),
    (2, 1, &[1, 3]),
    (3, 1, &[1, 3, 1]),
    (3, 2, &[1, 1, 1]),
    (4, 1, &[1, 1, 3, 3]),
    (4, 4, &[1, 3, 5, 13]),
    (5, 2, &[1, 1, 5, 5, 17]),
];

/// The 32 direction numbers of a coordinate.
fn directions(coordinate: usize) -> [u32; 32] {
    let mut v: [u32; 32] = std::array::from_fn(|i| 1 << (31 - i));
    let Some((degree, bits, first)) = coordinate.checked_sub(1).map(|i| POLYNOMIALS[i]) else {
        return v;
    };
    for (i, integer) in first.iter().enumerate() {
        v[i] = integer << (31 - i);
    }
    for i in degree..32 {
        v[i] = v[i - degree] ^ (v[i - degree] >> degree);
        for k in (1..degree).filter(|k| bits >> (degree - 1 - k) & 1 == 1) {
            v[i] ^= v[i - k];
        }
    }
    v
}

/// The expectations over one neuron.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// Over z: A's side.
    Inner = 1,
    /// Over h: a mean field's B.
    Outer = 2,
    /// Over a row of B_0 and h together: B's motion beside a decoder.
    Motion = 3,
}

/// The points of one replicate on one side.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    stream: Stream,
    shifts: [u32; QUASI_RANDOM],
    directions: [[u32; 32]; QUASI_RANDOM],
    quasi_random: usize,
}

impl Sequence {
    /// The points of a replicate for integrals over `dimension` normals.
    pub fn new(seed: u64, replicate: usize, side: Side, dimension: usize) -> Self {
        let stream = Stream::new(seed, address(replicate, side), Purpose::LimitNeurons);
        let quasi_random = dimension.next_multiple_of(2).min(QUASI_RANDOM);
        let blocks = [stream.block(0, 0), stream.block(0, 1)].concat();
        let shifts = std::array::from_fn(|j| blocks[j]);
        let directions = std::array::from_fn(directions);
        Self { stream, shifts, directions, quasi_random }
    }

    /// Fills `out` with the coordinates of neuron `i`.
    pub fn fill(&self, i: usize, out: &mut [f64]) {
        let index = i as u32;
        for (block, chunk) in out.chunks_mut(4).enumerate() {
            // Row 0 holds the shifts.
            let mut words = self.stream.block(index + 1, block as u32);
            for (offset, word) in words.iter_mut().enumerate() {
                let j = 4 * block + offset;
                if j < self.quasi_random {
                    *word = self.shifts[j] ^ point(&self.directions[j], index);
                }
            }
            for (value, normal) in chunk.iter_mut().zip(box_muller(words)) {
                *value = f64::from(normal);
            }
        }
    }
}

/// The most replicates with addresses of their own.
pub(crate) const MOST_REPLICATES: usize = 1 << 20;

/// Where the numbers of a replicate's side begin in the streams of a seed. The replicate has no part in
/// the seed, so that two seeds share no replicate.
fn address(replicate: usize, side: Side) -> usize {
    4 * replicate + side as usize
}

/// One coordinate of a point.
fn point(directions: &[u32; 32], mut index: u32) -> u32 {
    let mut word = 0;
    while index != 0 {
        word ^= directions[index.trailing_zeros() as usize];
        index &= index - 1;
    }
    word
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Every interval of length 1/64 gets one of 64 points, in each coordinate, and every square of side
    /// 1/8 gets one in the first two.
    #[test]
    fn points_fill_the_cube_evenly() {
        for from in [0, 64, 640] {
            let block = |coordinate: usize, bits: u32| -> Vec<u32> {
                let directions = directions(coordinate);
                (from..from + 64).map(|i| point(&directions, i) >> (32 - bits)).collect()
            };
            let distinct = |cells: Vec<u32>| cells.into_iter().collect::<HashSet<_>>().len();
            for coordinate in 0..QUASI_RANDOM {
                assert_eq!(distinct(block(coordinate, 6)), 64, "{coordinate}");
            }
            let squares = block(0, 3).into_iter().zip(block(1, 3)).map(|(x, y)| 8 * x + y);
            assert_eq!(distinct(squares.collect()), 64);
        }
    }

    /// The numbers of two coordinates do not agree by accident of a bad table.
    #[test]
    fn no_two_coordinates_are_equal() {
        let all: HashSet<_> = (0..QUASI_RANDOM).map(directions).collect();
        assert_eq!(all.len(), QUASI_RANDOM);
    }

    /// Seeds, replicates and sides have numbers of their own.
    #[test]
    fn no_two_sequences_share_their_numbers() {
        let mut seen = HashSet::new();
        for seed in 0..3 {
            for replicate in [0, 1, 2, 3, 4, MOST_REPLICATES - 1] {
                for side in [Side::Inner, Side::Outer, Side::Motion] {
                    let mut x = [0.0; 10];
                    Sequence::new(seed, replicate, side, 10).fill(0, &mut x);
                    assert!(seen.insert(x.map(f64::to_bits)), "{seed} {replicate} {side:?}");
                }
            }
        }
    }

    /// The error of a mean of |x|·y² over four normals beats that of random points.
    #[test]
    fn quasi_random_means_are_closer_than_random_ones() {
        let count = 4096;
        let exact = (2.0 / std::f64::consts::PI).sqrt();
        let squared_error = |replicate| {
            let points = Sequence::new(3, replicate, Side::Inner, 4);
            let mut x = [0.0; 4];
            let sum: f64 = (0..count)
                .map(|i| {
                    points.fill(i, &mut x);
                    x[0].abs() * x[1] * x[1]
                })
                .sum();
            (sum / count as f64 - exact).powi(2)
        };
        let rms = ((0..16).map(squared_error).sum::<f64>() / 16.0).sqrt();
        // Random points: √((3 − 2/π)/4096) = 0.024; here 0.002.
        assert!(rms < 0.004, "{rms}");
    }
}
