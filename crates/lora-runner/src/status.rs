//! How far the runs of a plan are: what is stored, what is needed, and the time that is left.

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;

use crate::replay::Replay;

/// The runs of several cells: those that are stored, and those that are needed in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunCount {
    /// Runs that are stored.
    pub done: usize,
    /// Runs that are needed in all: an estimate until every search has ended.
    pub needed: usize,
    /// Whether every search has ended.
    pub ended: bool,
    /// Stored runs that diverged.
    pub diverged: usize,
    /// Seconds that the stored runs took.
    pub spent: f64,
    /// Seconds that the missing runs will take; none where no run is stored.
    pub left: Option<f64>,
    /// Cost of the stored runs, in the units of [`Study::cost`].
    cost: f64,
}

/// The runs of each width, widest first as in a run, and of all; of each study where there are several.
/// A width and a study come with their names.
pub fn counts(studies: &[Study], replays: &[Replay<()>]) -> (Vec<(String, RunCount)>, RunCount) {
    let several = studies.len() > 1;
    let same = |a: &Replay<()>, b: &Replay<()>| match several {
        true => a.cell.study == b.cell.study,
        false => a.cell.width == b.cell.width,
    };
    let groups: Vec<&[Replay<()>]> = replays.chunk_by(same).collect();
    let mut counts: Vec<RunCount> = groups.iter().map(|group| count(studies, group)).collect();
    let known: Vec<(f64, f64)> = groups.iter().zip(&counts).filter_map(known).collect();
    for (group, count) in groups.iter().zip(&mut counts) {
        count.left = left(studies, group, &known);
    }
    let whole = counts.iter().cloned().reduce(RunCount::plus).unwrap_or_default();
    let name = |group: &&[Replay<()>]| match (group[0].cell, several) {
        (cell, true) => studies[cell.study].id.clone(),
        (cell, false) => cell.width.to_string(),
    };
    (groups.iter().map(name).zip(counts).collect(), whole)
}

impl RunCount {
    fn plus(self, other: Self) -> Self {
        Self {
            done: self.done + other.done,
            needed: self.needed + other.needed,
            ended: self.ended && other.ended,
            diverged: self.diverged + other.diverged,
            spent: self.spent + other.spent,
            cost: self.cost + other.cost,
            left: self.left.zip(other.left).map(|(a, b)| a + b),
        }
    }
}

fn count(studies: &[Study], replays: &[Replay<()>]) -> RunCount {
    let mut count = RunCount { ended: true, ..RunCount::default() };
    for replay in replays {
        count.done += replay.kept;
        count.needed += replay.expected(studies);
        count.ended &= replay.wanted == 0;
        count.diverged += replay.diverged;
        count.spent += replay.seconds;
        count.cost += replay.kept as f64 * cost_of_run(studies, replay.cell);
    }
    count
}

/// Cost of one run of a cell, as the plan reckons it.
fn cost_of_run(studies: &[Study], cell: Cell) -> f64 {
    let study = &studies[cell.study];
    study.cost(cell) as f64 / study.expected_runs().max(1) as f64
}

/// The mean cost of a run of a group, and the seconds that a unit of cost took; none where no run is
/// done.
fn known((_, count): (&&[Replay<()>], &RunCount)) -> Option<(f64, f64)> {
    let done = count.done as f64;
    (count.done > 0).then(|| (count.cost / done, count.spent / count.cost))
}

/// Seconds that the missing runs of a group take, reckoned from the group whose runs cost most nearly
/// the same.
fn left(studies: &[Study], group: &[Replay<()>], known: &[(f64, f64)]) -> Option<f64> {
    let missing = |replay: &Replay<()>| {
        let runs = replay.expected(studies) - replay.kept;
        runs as f64 * cost_of_run(studies, replay.cell)
    };
    let cost = cost_of_run(studies, group[0].cell);
    let distance = |(other, _): &(f64, f64)| (other / cost).ln().abs();
    let nearest = known.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.map(|(_, seconds)| group.iter().map(missing).sum::<f64>() * seconds)
}
