//! All contestants on one case: agreement first, then turns.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use lora_stats::{Spread, StatsError};
use width_sweep::error::CommandError;

use super::agreement::{TOLERANCE, difference};
use super::case::Case;
use super::contestant::OURS;
use super::material;
use super::options::Options;
use super::row::Row;
use super::runs::Runs;
use super::team::{Place, Team};
use crate::environment;
use crate::others::{Turn, least_disturbed};
use crate::ratio::paired;

/// The results of one case.
pub struct CaseResult {
    /// One row for each contestant that took part, ours first.
    pub rows: Vec<Row>,
    /// The contestants that did not take part, and why.
    pub notes: Vec<String>,
    /// Versions of the libraries.
    pub versions: BTreeMap<String, String>,
}

/// A contestant whose losses agree, with its turns.
struct Member {
    team: Team,
    difference: f64,
    turns: Vec<Turn>,
}

/// Writes the material of a case, checks that the losses agree, and times all contestants.
///
/// # Errors
/// If a file cannot be written, ours fails, or a contestant's losses differ from ours.
pub fn measure(python: &Path, case: &Case, options: &Options) -> Result<CaseResult, CommandError> {
    let folder = environment::work().join("transformers").join(&case.name);
    let runs = material::write(&folder, case, options)?;
    let place = Place {
        python,
        folder: &folder,
        threads: options.threads,
        patience: Duration::from_secs(options.patience),
        sleeps: !options.spin,
    };
    let start = |who| Team::start(who, place);
    let failed = |why| CommandError::Failed(format!("{}: {}: {why}", case.name, OURS.label));
    let mut field =
        vec![Member { team: start(OURS).map_err(failed)?, difference: 0.0, turns: vec![] }];
    let (mut notes, mut versions) = (Vec::new(), BTreeMap::new());
    for who in options.others(case.runs.len()) {
        match start(who) {
            Ok(team) => {
                let difference = checked(case, &field[0].team, &team)?;
                versions.extend(team.versions.clone());
                field.push(Member { team, difference, turns: vec![] });
            }
            Err(why) => {
                // Notes are stored with the results, so they contain no path of this machine.
                let log = format!("target/peer-bench/transformers/{}/{}-0.log", case.name, who.key);
                let note = format!("{}: {} is left out: {why}; see {log}", case.name, who.label);
                eprintln!("{note}");
                notes.push(note);
            }
        }
    }
    turns(&mut field, case, options)?;
    let row = |member: &Member| row(case, &runs, member, &field[0].turns, options);
    let rows = field.iter().map(row).collect::<Result<_, _>>().map_err(CommandError::failed)?;
    Ok(CaseResult { rows, notes, versions })
}

/// The difference of a contestant's losses from ours, which is an error if it is too large: then the two do
/// not compute the same thing.
fn checked(case: &Case, ours: &Team, theirs: &Team) -> Result<f64, CommandError> {
    let difference = difference(&ours.losses, &theirs.losses);
    let (name, label) = (&case.name, theirs.who.label);
    if difference > TOLERANCE {
        let why = format!("{name}: {label} disagrees: losses differ by {difference:.1e}");
        return Err(CommandError::Failed(why));
    }
    eprintln!("{name}: {label} agrees, losses differ by {difference:.1e}");
    Ok(difference)
}

/// Times all contestants in turn, round by round.
fn turns(field: &mut [Member], case: &Case, options: &Options) -> Result<(), CommandError> {
    for round in 1..=options.rounds {
        for member in field.iter_mut() {
            let processes = member.team.ids();
            let turn = || member.team.turn(options.turn, case.steps());
            member.turns.push(least_disturbed(&processes, options.retries, turn)?);
        }
        eprintln!("{}: round {round} of {}", case.name, options.rounds);
    }
    Ok(())
}

fn row(
    case: &Case,
    runs: &Runs,
    member: &Member,
    ours: &[Turn],
    options: &Options,
) -> Result<Row, StatsError> {
    let times = |turns: &[Turn]| turns.iter().map(|turn| turn.ms).collect::<Vec<f64>>();
    let others: Vec<f64> = member.turns.iter().map(|turn| turn.others).collect();
    let (ms, others) = (Spread::of(&times(&member.turns))?, Spread::of(&others)?);
    let ratio = paired(&times(&member.turns), &times(ours))?;
    let ([tokens, padded_tokens], [shortest, longest]) = (runs.tokens(), runs.lengths());
    let text = case.text.filter(|_| options.texts.is_some());
    Ok(Row {
        case: case.name.clone(),
        model: case.model.to_owned(),
        width: case.config.width,
        depth: case.config.depth,
        vocabulary: case.config.vocabulary,
        data: text.map_or("random", |text| text.label()).to_owned(),
        batch: case.sizes.batch,
        shortest,
        longest,
        tokens,
        padded_tokens,
        runs: case.runs.len(),
        steps: case.sizes.steps,
        contestant: member.team.who.key.to_owned(),
        label: member.team.who.label.to_owned(),
        rounds: member.turns.len(),
        ms_per_step: ms.median,
        ms_least: ms.least,
        ms_most: ms.most,
        times_ours: ratio.median,
        times_ours_least: ratio.least,
        times_ours_most: ratio.most,
        others: others.median,
        others_most: others.most,
        loaded_mib: member.team.loaded_mib,
        beyond_mib: member.team.beyond_mib(),
        first_seconds: member.team.first_seconds,
        difference: member.difference,
    })
}
