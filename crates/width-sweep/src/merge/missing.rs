//! What a sweep still lacks, and the commands that train it.

use super::parts::Part;
use crate::error::CommandError;
use crate::kept::Replay;
use crate::plan::{Cell, words};
use crate::shard::{Shard, cells_of};
use crate::shell;

/// Who is to train some of the missing cells.
struct Gap {
    /// In words.
    who: String,
    /// What to type.
    command: String,
    cells: Vec<Cell>,
}

/// Refuses parts that are not the whole.
pub fn refuse(parts: &[Part], replays: &[Replay]) -> Result<(), CommandError> {
    let missing = replays.iter().filter(|replay| replay.wanted > 0);
    let missing: Vec<Cell> = missing.map(|replay| replay.cell).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut gaps: Vec<Gap> = Vec::new();
    for &cell in &missing {
        let (who, command) = responsible(parts, cell);
        match gaps.iter_mut().find(|gap| gap.command == command) {
            Some(gap) => gap.cells.push(cell),
            None => gaps.push(Gap { who, command, cells: vec![cell] }),
        }
    }
    let gaps: String = gaps.iter().map(Gap::line).collect();
    let (name, problems, lacks) = (&parts[0].session.name, replays.len(), missing.len());
    Err(CommandError::Unfinished(format!(
        "{name} is not whole, {lacks} of its {problems} problems are not finished:{gaps}"
    )))
}

impl Gap {
    fn line(&self) -> String {
        let (who, cells, command) = (&self.who, words(&self.cells), &self.command);
        // What an earlier version trained does not tell its command.
        let command = if command.is_empty() { "the command that began it" } else { command };
        format!("\n{who} ({cells}):\n  {command}")
    }
}

/// Who has a cell to train, and how: the part that it belongs to, or a shard that is not there.
fn responsible(parts: &[Part], cell: Cell) -> (String, String) {
    let has = |part: &&Part| cells_of(&part.experiment, part.shard()).contains(&cell);
    let Some(part) = parts.iter().find(has) else { return absent(parts, cell) };
    let dir = part.dir.display();
    let who = match part.shard() {
        Some(shard) => {
            format!("shard {shard}, in {dir}, is not finished; this goes on where it was")
        }
        None => format!("the sweep in {dir} is not finished; this goes on where it was"),
    };
    (who, shell::line(&part.manifest.command))
}

/// The shard of a cell, none of whose kind is there: one of as many as the first has.
fn absent(parts: &[Part], cell: Cell) -> (String, String) {
    let first = parts.iter().find_map(|part| Some((part, part.shard()?.of)));
    // A part that is no shard is the whole sweep, and has every cell.
    let (part, of) = first.unwrap_or((&parts[0], 1));
    let has = |shard: &Shard| shard.cells(&part.experiment).contains(&cell);
    let shard = Shard::all(of).find(has).unwrap_or(Shard { of, number: 1 });
    (format!("shard {shard} is not among the directories; this trains it"), of_shard(part, shard))
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
    shell::line(&line)
}
