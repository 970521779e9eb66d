//! What a sweep still lacks, and who has to train it.

use lora_experiment::cells::{Cell, words};
use lora_experiment::shard::{Shard, cells_of};
use lora_experiment::study::definition::Study;

use crate::error::{MissingCells, Owner, RunnerError};
use crate::merge::parts::SweepPart;
use crate::replay::Replay;

/// Refuses parts that are not the whole.
pub fn refuse<R>(
    parts: &[SweepPart],
    studies: &[Study],
    replays: &[Replay<R>],
) -> Result<(), RunnerError> {
    let missing = replays.iter().filter(|replay| replay.wanted > 0);
    let mut left: Vec<Cell> = missing.map(|replay| replay.cell).collect();
    if left.is_empty() {
        return Ok(());
    }
    let mut gaps = Vec::new();
    for duty in duties(parts, studies) {
        let cells: Vec<Cell>;
        (cells, left) = left.into_iter().partition(|cell| duty.cells.contains(cell));
        if !cells.is_empty() {
            gaps.push(MissingCells { words: words(studies, &cells), cells, ..duty });
        }
    }
    let (name, problems) = (parts[0].session.name.clone(), replays.len());
    Err(RunnerError::Unfinished { name, problems, gaps })
}

/// Who has which cells to train: the parts that are there, then the shards that are not, of as many as
/// the first has.
fn duties(parts: &[SweepPart], studies: &[Study]) -> Vec<MissingCells> {
    let there = parts.iter().map(|part| {
        let cells = cells_of(studies, part.shard());
        let of = Owner::Part(part.dir.clone(), part.shard());
        gap(part, (of, cells))
    });
    // Without a shard the parts are whole sweeps, and have every cell.
    let first = parts.iter().find_map(|part| Some((part, part.shard()?.of)));
    let absent = first.into_iter().flat_map(|(part, of)| {
        Shard::deal(studies, of).map(move |(shard, cells)| gap(part, (Owner::Absent(shard), cells)))
    });
    there.chain(absent).collect()
}

/// `part` is the one that has the cells, or the first where none has them.
fn gap(part: &SweepPart, (of, cells): (Owner, Vec<Cell>)) -> MissingCells {
    let (command, directory) = (part.manifest.command.clone(), part.manifest.directory.clone());
    MissingCells { of, cells, words: String::new(), command, directory }
}
