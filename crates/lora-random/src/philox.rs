//! Philox4x32-10, the counter-based generator behind every random number of the simulation.
//!
//! Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). A block of four 32-bit
//! words is a pure function of a 128-bit counter and a 64-bit key, so any entry of any matrix can
//! be drawn alone, in any order, on any machine.

use rand::RngCore;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The Philox4x32-10 block function.
#[inline]
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let mut c = counter;
    let mut k = key;
    for _ in 0..10 {
        let left = u64::from(MULTIPLIERS[0]) * u64::from(c[0]);
        let right = u64::from(MULTIPLIERS[1]) * u64::from(c[2]);
        c = [
            (right >> 32) as u32 ^ c[1] ^ k[0],
            right as u32,
            (left >> 32) as u32 ^ c[3] ^ k[1],
            left as u32,
        ];
        k = [k[0].wrapping_add(WEYL[0]), k[1].wrapping_add(WEYL[1])];
    }
    c
}

/// The use of a random stream. It is part of the address, so no two uses share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Purpose {
    /// Inputs X.
    Inputs = 1,
    /// The teacher's W_in.
    TeacherIn = 2,
    /// The teacher's W_out.
    TeacherOut = 3,
    /// The teacher's A.
    TeacherA = 4,
    /// The teacher's B.
    TeacherB = 5,
    /// The student's W_in.
    StudentIn = 6,
    /// The student's W_h, row by row.
    StudentHidden = 7,
    /// The student's W_out.
    StudentOut = 8,
    /// Rows of W_h Z drawn from their exact distribution given Z.
    SampledHidden = 9,
    /// A random A_0. Its rows are the columns of A, so that a range of neurons can be drawn alone.
    AdapterA = 10,
    /// A random B_0, row by row.
    AdapterB = 11,
    /// The outside backward signal G of the layer alone, row by row.
    BackwardSignal = 12,
    /// The masks of LoRA's dropout in a transformer.
    Dropout = 13,
    /// The weights of a transformer that is pretrained here.
    BaseWeights = 14,
    /// The order of the sequences of a transformer's training.
    Shuffle = 15,
    /// The neurons over which an infinitely wide network takes expectations.
    LimitNeurons = 16,
    /// What stays random in an infinitely wide network: u⁰, f⁰ and the decoder's neurons.
    LimitStart = 17,
    /// The labels of a synthetic network's samples, one row each.
    Labels = 18,
    /// The training samples of a synthetic network's minibatches, one row for each update.
    Minibatch = 19,
    /// The vectors from which Lanczos' method starts, a row for each step of training.
    CurvatureStart = 20,
}

/// The random numbers of one (seed, width, purpose).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    seed: u64,
    width: u32,
    purpose: Purpose,
}

impl Stream {
    /// Data and teacher do not depend on the student's width and have width 0.
    pub fn new(seed: u64, width: usize, purpose: Purpose) -> Self {
        Self { seed, width: width as u32, purpose }
    }

    /// Words 4·`block` to 4·`block` + 3 of row `row`.
    #[inline]
    pub fn block(&self, row: u32, block: u32) -> [u32; 4] {
        let key = [self.seed as u32, (self.seed >> 32) as u32];
        philox4x32([block, row, self.width, self.purpose as u32], key)
    }

    /// A sequential generator over the stream, for `rand_distr` and `ndarray-rand`.
    pub fn rng(self) -> StreamRng {
        StreamRng { stream: self, next_block: 0, words: [0; 4], used: 4 }
    }
}

/// [`Stream`] read in order, from row 0 on.
#[derive(Clone, Debug)]
pub struct StreamRng {
    stream: Stream,
    next_block: u64,
    words: [u32; 4],
    used: usize,
}

impl RngCore for StreamRng {
    fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            let row = (self.next_block >> 32) as u32;
            self.words = self.stream.block(row, self.next_block as u32);
            self.next_block += 1;
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    fn next_u64(&mut self) -> u64 {
        let low = u64::from(self.next_u32());
        low | u64::from(self.next_u32()) << 32
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(4) {
            chunk.copy_from_slice(&self.next_u32().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known-answer vectors published with Random123.
    #[test]
    fn known_answers() {
        let cases: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in cases {
            assert_eq!(philox4x32(counter, key), expected);
        }
    }

    #[test]
    fn sequential_reading_follows_the_address() {
        let stream = Stream::new(7, 128, Purpose::Inputs);
        let mut rng = stream.rng();
        let read: Vec<u32> = (0..8).map(|_| rng.next_u32()).collect();
        assert_eq!(read, [stream.block(0, 0), stream.block(0, 1)].concat());
    }
}
