//! `status`: how far a sweep is. It only reads, and works while a sweep runs.

use std::path::{Path, PathBuf};

use crate::cli::StatusArgs;
use lora_experiment::error::CommandError;
use lora_experiment::experiment::Experiment;
use lora_store::kept;
use lora_store::kept::Database;
use lora_store::kept::Replay;
use lora_store::kept::Session;
use lora_store::kept::Shelf;
use lora_store::kept::holder;
use lora_runner::replay;
use crate::merge::shards_in;
use lora_experiment::cells;
use lora_experiment::cells::Cell;
use lora_experiment::shard::Shard;
use lora_experiment::shard::cells_of;
use crate::table::add;
use crate::table::table;

const EXPLANATION: &str = "\
About: how many runs a search needs is known when it has ended. Left is reckoned from the time that
a run took so far, at this width or, in proportion, at the nearest.";

/// The sweep that a directory was last used for, width by width; of the directory of its shards, each
/// of them.
pub fn status(arguments: &StatusArgs) -> Result<String, CommandError> {
    let dir = &arguments.dir;
    let shards = shards_in(dir);
    if dir.join(kept::FILE).exists() || shards.is_empty() {
        let told = of(dir)?.map(|text| format!("{text}\n{EXPLANATION}\n"));
        return Ok(told.unwrap_or_else(|| nothing(dir)));
    }
    let told = |shard: &PathBuf| Ok(of(shard)?.unwrap_or_else(|| nothing(shard)));
    let shards = shards.iter().map(told).collect::<Result<Vec<_>, CommandError>>()?;
    Ok(format!("{}\n{EXPLANATION}\n", shards.join("\n")))
}

fn nothing(dir: &Path) -> String {
    format!("{}: no sweep has begun yet\n", dir.display())
}

/// Of one directory that has a database; none if no sweep has begun in it.
fn of(dir: &Path) -> Result<Option<String>, CommandError> {
    let database = Database::of_sweep(dir)?;
    let Some(session) = database.last_session()? else { return Ok(None) };
    let experiment = session.experiment()?;
    let shelf = Shelf::new(&database, &experiment, session.numerics.clone())?;
    let shard = session.manifest()?.shard;
    let cells = cells_of(&experiment, shard);
    let replays = replay::of_cells(&experiment, cells, |cell, run| shelf.get(cell, run))?;
    Ok(Some(render((dir, shard), &session, &experiment, &replays)))
}

fn render(
    (dir, shard): (&Path, Option<Shard>),
    session: &Session,
    e: &Experiment,
    replays: &[Replay],
) -> String {
    let (name, title, numerics) = (&session.name, &e.title, &session.numerics);
    let ended = replays.iter().all(|replay| replay.wanted == 0);
    let state = match holder(dir) {
        Some(who) => format!("running: {who}"),
        None if ended => "all runs are done".to_owned(),
        None => "stopped: the command that began it goes on where it was".to_owned(),
    };
    let cells: Vec<Cell> = replays.iter().map(|replay| replay.cell).collect();
    let shard =
        shard.map_or(String::new(), |shard| format!("shard {shard}: {}\n", plan::words(&cells)));
    let widths = widths(e, replays);
    format!("{name}: {title}\n{shard}numerics: {numerics}\n{state}\n\n{widths}\n")
}

/// Kept runs of several cells, and those that they need in all.
#[derive(Clone, Debug, Default)]
struct Count {
    done: usize,
    needed: usize,
    ended: bool,
    diverged: usize,
    spent: f64,
    /// Time left, if anything tells.
    left: Option<f64>,
}

/// Each width, widest first as in the run, then the whole.
fn widths(e: &Experiment, replays: &[Replay]) -> String {
    let mut out = table(&["n", "done", "needed", "diverged", "spent", "left"]);
    let mut widths: Vec<usize> = replays.iter().map(|replay| replay.cell.width).collect();
    widths.dedup();
    let mut counts: Vec<Count> = widths.iter().map(|&width| count(e, replays, width)).collect();
    let costs: Vec<(usize, f64)> = costs(&widths, &counts);
    for (&width, count) in widths.iter().zip(&mut counts) {
        let missing = (count.needed - count.done) as f64;
        count.left = cost(&costs, width).map(|cost| cost * missing).or(count.left);
        add(&mut out, row(width.to_string(), count));
    }
    let whole = counts.into_iter().reduce(|a, b| Count {
        done: a.done + b.done,
        needed: a.needed + b.needed,
        ended: a.ended && b.ended,
        diverged: a.diverged + b.diverged,
        spent: a.spent + b.spent,
        left: a.left.zip(b.left).map(|(a, b)| a + b),
    });
    add(&mut out, row("all".to_owned(), &whole.unwrap_or_default()));
    out.trim_fmt()
}

fn count(e: &Experiment, replays: &[Replay], width: usize) -> Count {
    let mut count = Count { ended: true, ..Count::default() };
    for replay in replays.iter().filter(|replay| replay.cell.width == width) {
        count.done += replay.kept;
        count.needed += replay.expected(e);
        count.ended &= replay.wanted == 0;
        count.diverged += replay.diverged;
        count.spent += replay.seconds;
    }
    count
}

/// Seconds a run at the widths that have any.
fn costs(widths: &[usize], counts: &[Count]) -> Vec<(usize, f64)> {
    let known = widths.iter().zip(counts).filter(|(_, count)| count.done > 0);
    known.map(|(&width, count)| (width, count.spent / count.done as f64)).collect()
}

/// Seconds a run at a width: a step is linear in width, so in proportion to the nearest known.
fn cost(known: &[(usize, f64)], width: usize) -> Option<f64> {
    let distance = |&(other, _): &(usize, f64)| (other as f64 / width as f64).ln().abs();
    let nearest = known.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.map(|&(other, seconds)| seconds * width as f64 / other as f64)
}

fn row(label: String, count: &Count) -> Vec<String> {
    let about = if count.ended { "" } else { "about " };
    let left = match count.left {
        _ if count.ended => "–".to_owned(),
        Some(seconds) => duration(seconds),
        None => "?".to_owned(),
    };
    let needed = format!("{about}{}", count.needed);
    let (done, diverged) = (count.done.to_string(), count.diverged.to_string());
    vec![label, done, needed, diverged, duration(count.spent), left]
}

/// A time with two digits or so.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 100.0 => format!("{s:.0} s"),
        s if s < 6000.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lora_runner::sweep::Results;

    fn replay(width: usize, kept: usize, wanted: usize, seconds: f64) -> Replay {
        let cell = Cell { width, seed: 0 };
        Replay { cell, kept, diverged: 1, seconds, wanted, results: Results::default() }
    }

    fn shown(replays: &[Replay]) -> Vec<Vec<String>> {
        let mut e = Experiment::default();
        (e.model.widths, e.training.seeds) = (vec![16, 64], vec![0]);
        let words = |line: &str| {
            let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
            cells.map(str::to_owned).collect()
        };
        widths(&e, replays).lines().skip(1).map(words).collect()
    }

    #[test]
    fn what_has_ended_is_exact_and_what_has_not_is_reckoned_in_proportion() {
        let expected = lora_experiment::cells::expected_runs(&Experiment::default());
        let rows = shown(&[replay(64, 20, 0, 40.0), replay(16, 0, 22, 0.0)]);
        assert_eq!(rows[0], ["64", "20", "20", "1", "40 s", "–"]);
        // Two seconds a run at n = 64 are half a second at n = 16.
        let left = duration(0.5 * expected as f64);
        let about = format!("about {expected}");
        assert_eq!(rows[1], ["16", "0", &about, "1", "0.0 s", &left]);
        assert_eq!(rows[2], ["all", "20", &format!("about {}", 20 + expected), "2", "40 s", &left]);
    }

    #[test]
    fn nothing_done_tells_no_time() {
        let rows = shown(&[replay(64, 0, 22, 0.0), replay(16, 0, 22, 0.0)]);
        assert!(rows.iter().all(|row| row[5] == "?"), "{rows:?}");
    }
}
