//! `status`: how far a sweep is. It only reads, and works while a sweep runs.

use std::path::{Path, PathBuf};

use crate::cli::StatusArgs;
use crate::error::CommandError;
use lora_constants::question_of;
use lora_experiment::cells::{self, Cell};
use lora_experiment::request::Request;
use lora_experiment::shard::{Shard, cells_of};
use lora_experiment::study::definition::Study;
use lora_runner::merge::shards_in;
use lora_runner::replay::{self, Replay};
use lora_runner::status::{self, RunCount};
use lora_store::stored::{self, Database, Numerics, Session, StoredRuns, holder};
use lora_sweep::{LimitState, SweepError, final_words, limit_state};
use lora_tables::plain::{add, table};

const EXPLANATION: &str = "\
About: how many runs a search needs is known when it has ended. Left is reckoned from the time that
a run took so far, at this width or, in proportion, at the nearest.";

/// The sweep that a directory was last used for, width by width; of the directory of its shards, each
/// of them.
pub fn status(arguments: &StatusArgs) -> Result<String, CommandError> {
    let dir = &arguments.dir;
    let shards = shards_in(dir);
    if dir.join(stored::FILE).exists() || shards.is_empty() {
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

/// Of one directory that has a database; none if nothing has begun in it.
fn of(dir: &Path) -> Result<Option<String>, CommandError> {
    let database = Database::of_sweep(dir)?;
    let Some(session) = database.last_session()? else { return Ok(None) };
    let (request, shard) = (session.request()?, session.manifest()?.shard);
    let studies = request.studies(&session.name)?;
    let kept = StoredRuns::new(&database, &studies, Numerics::parse(&session.numerics))?;
    let cells = cells_of(&studies, shard);
    let replays = replay::of_cells::<()>(&kept, &cells)?;
    let title = match &request {
        Request::Experiment(experiment) => experiment.title.clone(),
        Request::Topics(topics) => match topics.suite()?.studies.len() {
            1 => "one study of claims".to_owned(),
            count => format!("{count} studies of claims"),
        },
    };
    let told = render((dir, shard), (&session, &title), &studies, &replays);
    let limit = limit((dir, shard), &session, &request)?;
    let told = told + &limit;
    let finals = final_words(&kept, &cells)?;
    Ok(Some(if finals.is_empty() { told } else { format!("{told}\n{finals}") }))
}

/// How far the limit n → ∞ is, where it is one of the widths.
fn limit(
    (dir, shard): (&Path, Option<Shard>),
    session: &Session,
    request: &Request,
) -> Result<String, CommandError> {
    let Request::Experiment(experiment) = request else { return Ok(String::new()) };
    let named = (session.name.as_str(), session.manifest()?.quick);
    let Some(question) = question_of(named, experiment).map_err(SweepError::from)? else {
        return Ok(String::new());
    };
    if shard.is_some() {
        return Ok("n = ∞: no shard solves the limit; `merge` does\n".to_owned());
    }
    let LimitState { kept, expected, complete } = limit_state(dir, &question)?;
    let about = if complete { "" } else { "about " };
    Ok(format!("n = ∞: {kept} of {about}{expected} runs of the limit are kept\n"))
}

fn render(
    (dir, shard): (&Path, Option<Shard>),
    (session, title): (&Session, &str),
    studies: &[Study],
    replays: &[Replay<()>],
) -> String {
    let (name, numerics) = (&session.name, &session.numerics);
    let ended = replays.iter().all(|replay| replay.wanted == 0);
    let state = match holder(dir) {
        Some(who) => format!("running: {who}"),
        None if ended => "all runs are done".to_owned(),
        None => "stopped: the command that began it continues it".to_owned(),
    };
    let cells: Vec<Cell> = replays.iter().map(|replay| replay.cell).collect();
    let part = match studies {
        [_] => cells::words(studies, &cells),
        _ => format!("{} problems", cells.len()),
    };
    let shard = shard.map_or(String::new(), |shard| format!("shard {shard}: {part}\n"));
    let counts = table_of(studies, replays);
    format!("{name}: {title}\n{shard}numerics: {numerics}\n{state}\n\n{counts}\n")
}

/// Each width, widest first as in the run, then the whole; each study where there are several.
fn table_of(studies: &[Study], replays: &[Replay<()>]) -> String {
    let first = if studies.len() > 1 { "study" } else { "n" };
    let mut out = table(&[first, "done", "needed", "diverged", "spent", "left"]);
    let (groups, whole) = status::counts(studies, replays);
    for (label, count) in &groups {
        add(&mut out, row(label.clone(), count));
    }
    add(&mut out, row("all".to_owned(), &whole));
    out.trim_fmt()
}

fn row(label: String, count: &RunCount) -> Vec<String> {
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
    use lora_experiment::experiment::Experiment;

    fn replay(width: usize, kept: usize, wanted: usize, seconds: f64) -> Replay<()> {
        let cell = Cell { study: 0, width, rank: 4, seed: 0 };
        Replay { cell, kept, diverged: 1, seconds, wanted, results: () }
    }

    fn shown(replays: &[Replay<()>]) -> Vec<Vec<String>> {
        let mut e = Experiment::default();
        (e.model.widths, e.training.seeds) = (vec![16, 64].into(), vec![0]);
        let words = |line: &str| {
            let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
            cells.map(str::to_owned).collect()
        };
        let studies = [Study::of("test", &e).expect("a grid")];
        table_of(&studies, replays).lines().skip(1).map(words).collect()
    }

    #[test]
    fn what_has_ended_is_exact_and_what_has_not_is_reckoned_in_proportion() {
        let expected = Study::of("test", &Experiment::default()).expect("a grid").expected_runs();
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
