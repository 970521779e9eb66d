//! A share of a sweep's cells, for a sweep that several machines train.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cells::{Cell, cells};
use crate::study::definition::Study;

/// Most shards of a sweep.
const MOST: u32 = 1 << 16;

/// A text that is no shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be I/K, the shard I of K, with 1 ≤ I ≤ K ≤ {MOST}, such as 2/3")]
pub struct NotAShard;

/// One shard of several, written I/K.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    /// How many there are.
    pub of: u32,
    /// Which one, from 1.
    pub number: u32,
}

impl Shard {
    /// All shards of so many.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (1..=of).map(move |number| Self { of, number })
    }

    /// Its cells, in the order of the plan.
    pub fn cells(self, studies: &[Study]) -> Vec<Cell> {
        split(studies, self.of).swap_remove(self.number as usize - 1)
    }

    /// All shards of so many that have cells, with these.
    pub fn deal(studies: &[Study], of: u32) -> impl Iterator<Item = (Self, Vec<Cell>)> {
        let all = Self::all(of).zip(split(studies, of));
        all.filter(|(_, cells)| !cells.is_empty())
    }

    /// The directory of its store inside the directory of the sweep.
    pub fn dir(self, sweep: &Path) -> PathBuf {
        sweep.join(format!("shard-{}-of-{}", self.number, self.of))
    }

    /// The shard whose directory has this name.
    pub fn of_dir(name: &str) -> Option<Self> {
        let (number, of) = name.strip_prefix("shard-")?.split_once("-of-")?;
        let shard = format!("{number}/{of}").parse().ok()?;
        // Not 01.
        (Self::dir(shard, Path::new("")) == Path::new(name)).then_some(shard)
    }
}

/// The cells of all studies, or of a shard of them.
pub fn cells_of(studies: &[Study], shard: Option<Shard>) -> Vec<Cell> {
    shard.map_or_else(|| cells(studies), |shard| shard.cells(studies))
}

/// Gives every cell to the shard that has least to do so far, the first of several. The plan has the
/// widest of each study first, so that no two loads are further apart than the costliest cell.
/// Drawing the student is a fifth of a cell at n = 1024 and a quarter at n = 8192 of the paper's
/// experiment, too little to be counted apart.
fn split(studies: &[Study], of: u32) -> Vec<Vec<Cell>> {
    let mut shards = vec![Vec::new(); of as usize];
    let mut least: BinaryHeap<_> = (0..shards.len()).map(|shard| Reverse((0, shard))).collect();
    for cell in cells(studies) {
        let Some(Reverse((load, shard))) = least.pop() else { break };
        let cost = studies[cell.study].cost(cell);
        least.push(Reverse((u128::saturating_add(load, cost), shard)));
        shards[shard].push(cell);
    }
    shards
}

impl Display for Shard {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = NotAShard;

    /// Reads I/K.
    ///
    /// # Errors
    /// [`NotAShard`] if the text is none.
    fn from_str(text: &str) -> Result<Self, NotAShard> {
        // A sign is no digit, though a number may have one.
        let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse());
        let parts = text.split_once('/').and_then(|(i, k)| number(i).zip(number(k)));
        match parts {
            Some((Ok(number), Ok(of))) if 1 <= number && number <= of && of <= MOST => {
                Ok(Self { of, number })
            }
            _ => Err(NotAShard),
        }
    }
}

impl TryFrom<String> for Shard {
    type Error = NotAShard;

    fn try_from(text: String) -> Result<Self, NotAShard> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}
