//! The tokens that the runs train on: of a text, or random.

use std::path::Path;

use lora_random::philox::{Purpose, Stream};
use lora_text::Tokenizer;
use lora_text::data::{read_sst2, read_text, windows};
use lora_transformer::order::Order;
use width_sweep::error::CommandError;

use super::runs::Tokens;

/// Tokens below this are special in the vocabularies that are used here.
const FIRST: u32 = 5;

/// Sentences are cut at this length.
const LONGEST_SENTENCE: usize = 128;

/// Sizes of batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Number of batches, one a step.
    pub steps: usize,
    /// Sequences in a batch.
    pub batch: usize,
    /// The shortest sequence, in tokens.
    pub shortest: usize,
    /// The longest sequence.
    pub longest: usize,
}

/// Random tokens, with all lengths from the shortest to the longest alike.
pub fn random(sizes: Sizes, vocabulary: usize, classes: Option<usize>) -> Vec<Vec<Tokens>> {
    let stream = Stream::new(0, vocabulary, Purpose::Shuffle);
    let below = |row: usize, place: usize, end: usize| {
        let word = stream.block(row as u32, (place / 4) as u32)[place % 4];
        ((u64::from(word) * end as u64) >> 32) as u32
    };
    let one = |row: usize| {
        let length = sizes.shortest + below(row, 0, sizes.longest - sizes.shortest + 1) as usize;
        let id = |place| FIRST + below(row, place + 2, vocabulary - FIRST as usize);
        let label = classes.map(|classes| below(row, 1, classes));
        Tokens { ids: (0..length).map(id).collect(), label }
    };
    let batch =
        |step: usize| (0..sizes.batch).map(|place| one(step * sizes.batch + place)).collect();
    (0..sizes.steps).map(batch).collect()
}

/// Sentences of SST-2 in the order of a seed, as they come.
///
/// # Errors
/// If a file cannot be read.
pub fn sst2(
    table: &Path,
    model: &Path,
    steps: usize,
    batch: usize,
) -> Result<Vec<Vec<Tokens>>, CommandError> {
    let tokenizer = Tokenizer::open(model).map_err(CommandError::failed)?;
    let rows = read_sst2(table).map_err(CommandError::failed)?;
    let one = |&index: &u32| {
        let row = &rows[index as usize];
        let mut ids = tokenizer.encode(&row.text, true).map_err(CommandError::failed)?;
        ids.truncate(LONGEST_SENTENCE);
        Ok(Tokens { ids, label: Some(row.label) })
    };
    let mut order = Order::new(rows.len(), batch, 0);
    (0..steps).map(|step| order.step(step).iter().map(one).collect()).collect()
}

/// Windows of a text in the order of a seed.
///
/// # Errors
/// If a file cannot be read, or the text has no window of this length.
pub fn wikitext(text: &Path, model: &Path, sizes: Sizes) -> Result<Vec<Vec<Tokens>>, CommandError> {
    let tokenizer = Tokenizer::open(model).map_err(CommandError::failed)?;
    let text = read_text(text).map_err(CommandError::failed)?;
    let windows = windows(&tokenizer, &text, sizes.longest).map_err(CommandError::failed)?;
    if windows.is_empty() {
        return Err(CommandError::Failed("the text of the sweep is too short".to_owned()));
    }
    let mut order = Order::new(windows.len(), sizes.batch, 0);
    let one = |&index: &u32| Tokens { ids: windows[index as usize].clone(), label: None };
    Ok((0..sizes.steps).map(|step| order.step(step).iter().map(one).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_tokens_have_the_sizes_that_are_asked_for() {
        let sizes = Sizes { steps: 3, batch: 40, shortest: 5, longest: 9 };
        let batches = random(sizes, 64, Some(2));
        assert_eq!((batches.len(), batches[0].len()), (3, 40));
        let all: Vec<&Tokens> = batches.iter().flatten().collect();
        let lengths: std::collections::BTreeSet<usize> =
            all.iter().map(|one| one.ids.len()).collect();
        assert!(lengths.iter().copied().eq(5..=9), "{lengths:?}");
        assert!(all.iter().flat_map(|one| &one.ids).all(|&id| (FIRST..64).contains(&id)));
        assert!(
            all.iter().any(|one| one.label == Some(1))
                && all.iter().any(|one| one.label == Some(0))
        );
        assert_ne!(batches[0], batches[1]);
        let even = Sizes { shortest: 4, longest: 4, ..sizes };
        assert!(
            random(even, 64, None)
                .iter()
                .flatten()
                .all(|one| one.ids.len() == 4 && one.label.is_none())
        );
    }
}
