//! Sequences packed one after another, without padding, in slices that are computed apart.
//!
//! A slice holds whole sequences. How a batch is cut depends on its lengths alone, so the sums over slices,
//! which are taken in their order, do not depend on threads.

use std::ops::Range;

/// Tokens for which a slice is cut: products of this many rows are near the machine's best rate, and what
/// is kept of them for the backward pass stays small.
const SLICE: usize = 256;

/// One sequence with what is to be learned from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Tokens.
    pub ids: Vec<u32>,
    /// What the model should say.
    pub target: Target,
}

/// What the model should say of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Nothing: its outputs alone are wanted.
    None,
    /// At each place a token, or nothing where that is masked.
    Next(Vec<Option<u32>>),
    /// A class.
    Label(u32),
}

impl Sequence {
    /// A text whose every token, but the first, is to be predicted from those before it.
    pub fn text(ids: Vec<u32>) -> Self {
        let next = ids.iter().skip(1).map(|&id| Some(id)).chain([None]).take(ids.len()).collect();
        Self { ids, target: Target::Next(next) }
    }

    /// A text of a class.
    pub fn labelled(ids: Vec<u32>, label: u32) -> Self {
        Self { ids, target: Target::Label(label) }
    }

    /// How many predictions are asked of it.
    pub fn targets(&self) -> usize {
        match &self.target {
            Target::None => 0,
            Target::Next(next) => next.iter().flatten().count(),
            Target::Label(_) => 1,
        }
    }
}

/// Sequences that are computed together.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    /// All tokens.
    pub ids: Vec<u32>,
    /// Rows of each sequence.
    pub rows: Vec<Range<usize>>,
    /// The sequences.
    pub sequences: Vec<&'a Sequence>,
    /// Number of the first row among all rows of the batch.
    pub first_row: usize,
}

/// A batch, cut into slices.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// In the order of the sequences.
    pub slices: Vec<Slice<'a>>,
    /// Predictions over which the loss is the mean.
    pub targets: usize,
    /// Length of the longest sequence.
    pub longest: usize,
}

impl<'a> Batch<'a> {
    /// Of these sequences, which [`Base::check`](crate::base::Base::check) takes. Empty ones are left out.
    pub fn new(sequences: impl IntoIterator<Item = &'a Sequence>) -> Self {
        let sequences: Vec<_> = sequences.into_iter().filter(|s| !s.ids.is_empty()).collect();
        let tokens: usize = sequences.iter().map(|sequence| sequence.ids.len()).sum();
        let count = tokens.div_ceil(SLICE).max(2.min(sequences.len())).max(1);
        let each = tokens.div_ceil(count).max(1);
        let mut slices: Vec<Slice> = Vec::new();
        let mut first_row = 0;
        for &sequence in &sequences {
            let length = sequence.ids.len();
            if slices.last().is_none_or(|last| last.full(each, length)) {
                slices.push(Slice::empty(first_row));
            }
            if let Some(last) = slices.last_mut() {
                last.push(sequence);
            }
            first_row += length;
        }
        let targets = sequences.iter().map(|sequence| sequence.targets()).sum();
        let longest = sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0);
        Self { slices, targets, longest }
    }

    /// Tokens of all sequences.
    pub fn tokens(&self) -> usize {
        self.slices.iter().map(|slice| slice.ids.len()).sum()
    }
}

/// Tokens of the largest slice of a batch of sequences of one length; a bound for shorter ones.
pub fn largest_slice(sequences: usize, length: usize) -> usize {
    let (count, tokens) = (sequences as u64, (sequences as u64).saturating_mul(length as u64));
    let slices = tokens.div_ceil(SLICE as u64).max(2.min(count)).max(1);
    let (each, length) = (tokens.div_ceil(slices), length as u64);
    // As many sequences as come nearest to the wanted size; of two that are as near, the larger number.
    let most = (2 * each + length).checked_div(2 * length).unwrap_or(0);
    (most.clamp(1, count.max(1)) * length) as usize
}

impl<'a> Slice<'a> {
    fn empty(first_row: usize) -> Self {
        Self { ids: Vec::new(), rows: Vec::new(), sequences: Vec::new(), first_row }
    }

    /// Whether a sequence of this length would exceed the wanted size by more than it now falls short.
    fn full(&self, wanted: usize, length: usize) -> bool {
        let with = self.ids.len() + length;
        with > wanted && with - wanted > wanted.saturating_sub(self.ids.len())
    }

    fn push(&mut self, sequence: &'a Sequence) {
        let from = self.ids.len();
        self.ids.extend_from_slice(&sequence.ids);
        self.rows.push(from..self.ids.len());
        self.sequences.push(sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Slices hold every sequence once, in order, and their sizes differ by little more than one
        /// sequence.
        #[test]
        fn slices_are_whole_sequences_of_nearly_equal_size(
            lengths in prop::collection::vec(0usize..90, 0..60),
        ) {
            let sequences: Vec<_> = lengths.iter()
                .map(|&length| Sequence::text((0..length as u32).collect()))
                .collect();
            let batch = Batch::new(&sequences);
            let all = batch.slices.iter().flat_map(|slice| slice.sequences.iter().copied());
            prop_assert!(all.eq(sequences.iter().filter(|sequence| !sequence.ids.is_empty())));
            let mut first_row = 0;
            for slice in &batch.slices {
                prop_assert_eq!(slice.first_row, first_row);
                for (rows, sequence) in slice.rows.iter().zip(&slice.sequences) {
                    prop_assert_eq!(&slice.ids[rows.clone()], &sequence.ids[..]);
                }
                prop_assert!(!slice.ids.is_empty() && slice.ids.len() <= SLICE + 90);
                first_row += slice.ids.len();
            }
            let targets: usize = lengths.iter().map(|&length| length.saturating_sub(1)).sum();
            prop_assert_eq!(batch.targets, targets);
            prop_assert_eq!(batch.longest, lengths.iter().copied().max().unwrap_or(0));
        }
    }

    proptest! {
        #[test]
        fn the_largest_slice_is_known_beforehand(count in 1usize..40, length in 1usize..700) {
            let sequences = vec![Sequence::text(vec![1; length]); count];
            let batch = Batch::new(&sequences);
            let largest = batch.slices.iter().map(|slice| slice.ids.len()).max();
            prop_assert_eq!(Some(largest_slice(count, length)), largest);
        }
    }

    #[test]
    fn two_sequences_are_two_slices() {
        let sequences = [Sequence::text(vec![1; 9]), Sequence::text(vec![2; 9])];
        assert_eq!(Batch::new(&sequences).slices.len(), 2);
        assert_eq!(sequences[0].target, Target::Next([vec![Some(1); 8], vec![None]].concat()));
    }

    #[test]
    fn a_long_sequence_is_a_slice_and_a_short_one_asks_for_nothing() {
        let long = [Sequence::text(vec![1; 3 * SLICE])];
        assert_eq!(Batch::new(&long).slices.len(), 1);
        assert_eq!(Batch::new(&long).targets, 3 * SLICE - 1);
        for ids in [vec![], vec![5]] {
            let Sequence { target, .. } = Sequence::text(ids.clone());
            assert_eq!(target, Target::Next(vec![None; ids.len()]));
        }
        let labels = [Sequence::labelled(vec![5], 0), Sequence::labelled(vec![], 1)];
        let batch = Batch::new(&labels);
        assert_eq!((batch.slices.len(), batch.targets, batch.longest), (1, 1, 1));
        let none = Batch::new(&[]);
        assert_eq!((none.slices.len(), none.targets, none.longest), (0, 0, 0));
    }
}
