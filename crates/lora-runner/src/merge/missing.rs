//! What a sweep still lacks, and the commands that train it.

use crate::merge::parts::Part;
use crate::replay::Replay;
use lora_experiment::cells::{Cell, words};
use lora_experiment::error::CommandError;
use lora_experiment::shard::{Shard, cells_of};
use lora_experiment::shell;
use lora_experiment::study::definition::Study;

/// Who is to train cells.
struct Gap {
    /// In words.
    who: String,
    /// What to type.
    command: String,
    /// Which.
    cells: Vec<Cell>,
}

/// Refuses parts that are not the whole.
pub fn refuse<R>(
    parts: &[Part],
    studies: &[Study],
    replays: &[Replay<R>],
) -> Result<(), CommandError> {
    let missing = replays.iter().filter(|replay| replay.wanted > 0);
    let missing: Vec<Cell> = missing.map(|replay| replay.cell).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut left = missing.clone();
    let mut gaps = String::new();
    for duty in duties(parts, studies) {
        let cells: Vec<Cell>;
        (cells, left) = left.into_iter().partition(|cell| duty.cells.contains(cell));
        if !cells.is_empty() {
            gaps += &Gap { cells, ..duty }.line(studies);
        }
    }
    let (name, problems, lacks) = (&parts[0].session.name, replays.len(), missing.len());
    Err(CommandError::Unfinished(format!(
        "{name} is not whole, {lacks} of its {problems} problems are not finished:{gaps}"
    )))
}

impl Gap {
    fn line(&self, studies: &[Study]) -> String {
        let (who, cells, command) = (&self.who, words(studies, &self.cells), &self.command);
        // What an earlier version trained does not tell its command.
        let command = if command.is_empty() { "the command that began it" } else { command };
        format!("\n{who} ({cells}):\n  {command}")
    }
}

/// Who has which cells to train: the parts that are there, then the shards that are not, of as many as
/// the first has.
fn duties(parts: &[Part], studies: &[Study]) -> Vec<Gap> {
    let there = parts.iter().map(|part| {
        let dir = part.dir.display();
        let what = part.shard().map_or("the sweep".to_owned(), |shard| format!("shard {shard}"));
        let who = format!("{what} in {dir} is not finished; this goes on where it was");
        let cells = cells_of(studies, part.shard());
        Gap { who, command: typed(part, &part.manifest.command), cells }
    });
    // Without a shard the parts are whole sweeps, and have every cell.
    let first = parts.iter().find_map(|part| Some((part, part.shard()?.of)));
    let absent = first.into_iter().flat_map(|(part, of)| {
        Shard::deal(studies, of).map(move |(shard, cells)| {
            let who = format!("shard {shard} is not among the directories; this trains it");
            Gap { who, command: of_shard(part, shard), cells }
        })
    });
    there.chain(absent).collect()
}

/// The command of a part, for another shard.
fn of_shard(part: &Part, shard: Shard) -> String {
    let mut before = "";
    let mut line = Vec::new();
    for word in &part.manifest.command {
        line.push(match word.strip_prefix("--shard=") {
            Some(_) => format!("--shard={shard}"),
            None if before == "--shard" => shard.to_string(),
            None => word.clone(),
        });
        before = word;
    }
    typed(part, &line)
}

/// A command of a part's as it is typed here; none where an earlier version did not note it.
fn typed(part: &Part, command: &[String]) -> String {
    match command {
        [] => String::new(),
        words => shell::line_in(part.manifest.directory.as_deref(), words),
    }
}
