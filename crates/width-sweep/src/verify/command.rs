//! The command: topics → plan → training → verdicts → files, page and table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use crate::error::{CommandError, way_out};
use lora_analysis::verdict::KNOWN;
use lora_analysis::verdict::rejudge::rejudge;
use lora_analysis::verdict::run_summary::RunSummaries;
use lora_experiment::cells;
use lora_experiment::request::Request;
use lora_experiment::shard::{Shard, cells_of};
use lora_experiment::study::plan::{self, Plan};
use lora_experiment::study::plan_file::{PLAN, PlanFile};
use lora_experiment::study::sizes;
use lora_experiment::study::suite::Suite;
use lora_runner::cost;
use lora_runner::engine::{Chosen, EngineName, choose};
use lora_runner::engines::{Engines, shortage};
use lora_runner::memory::{Free, PICTURE, check_drawing};
use lora_runner::progress::tell;
use lora_runner::replay::Replay;
use lora_store::folder::{Folder, Known};
use lora_store::manifest::{Manifest, utc};
use lora_store::stored::{self, Database, refuse_old_cells};
use lora_sweep::{Measured, TrainingCall, place};

use super::results::{Finished, conclude};
use crate::cli::VerifyArgs;
use crate::run::{announce, shard_text};
use crate::terminal::Terminal;
use crate::threads;
use lora_tables::verdicts;

/// A verification's directory once its plan was deleted, which is confessed, or spoilt, which is
/// refused.
const LOST: Known = Known { files: &[], ..KNOWN };

/// Bytes for drawing a claim: the picture of all verdicts has a line of some 53 pixels for each.
const CLAIM: f64 = 3.0 * (1 << 20) as f64;

/// Measures and judges every claim.
pub fn verify(arguments: &VerifyArgs) -> Result<String, CommandError> {
    let mut suite = Suite::load(&arguments.topics, arguments.quick)?;
    suite.restrict(&arguments.only)?;
    if let Some(dir) = &arguments.rejudge {
        return Ok(rejudge(suite, dir, verdicts::render)?);
    }
    let plan = plan::plan(&suite, arguments.quick);
    if arguments.list {
        return Ok(format!("{}\n{}", plan::render(&plan), cost::render(&suite.studies)));
    }
    threads::pool(arguments.threads)?.install(|| carry_out(arguments, &suite, &plan))
}

/// Everything after the plan, on the threads of the pool.
fn carry_out(arguments: &VerifyArgs, suite: &Suite, plan: &Plan) -> Result<String, CommandError> {
    let chosen = choose_for(arguments.engine.engine, suite)?;
    if arguments.shard.is_none() {
        check_drawing(PICTURE.max(CLAIM * suite.claims.len() as f64))?;
    }
    let whole = place(arguments.out.as_deref(), "verify", arguments.quick);
    let out = arguments.shard.map_or_else(|| whole.clone(), |shard| shard.dir(&whole));
    let lost = !KNOWN.wrote(&out) && out.join(stored::FILE).exists();
    let known = if lost { &LOST } else { &KNOWN };
    check(&out, known, plan)?;
    let folder = Folder::for_writing(&out, known)?;
    let database = Database::for_writing(&out, arguments.fresh)?;
    chosen.announcement().iter().for_each(|line| tell(line));
    for study in &suite.studies {
        announce(&format!("study {}: ", study.id), &sizes::warnings(study));
    }
    let measured = train(arguments, (suite, plan), &chosen, (&folder, &database));
    let concluded = measured.and_then(|(measured, suite)| match arguments.shard {
        None => conclude(&folder, Finished::new(&suite, measured), arguments.quick),
        Some(shard) => Ok(tell_shard(&measured, &suite, shard, (&whole, &out))),
    });
    concluded.map_err(|error| database.gone().map_or(error, CommandError::from))
}

/// The engine for the studies of the network, in whose memory every cell must fit.
fn choose_for(name: EngineName, suite: &Suite) -> Result<Chosen, CommandError> {
    let short = |engine: &dyn lora_sim::Engine| shortage(&suite.studies, engine, Free::now(engine));
    choose(name)?.fitting(short).map_err(|short| {
        let advice = match short.short.device {
            Some(_) => "--quick or --only other claims",
            None => "--quick, fewer --threads, or --only other claims",
        };
        CommandError::Usage(format!("{short}: try {advice}{}", way_out(&short.short)))
    })
}

/// Trains what is not kept. The plan is written before, and noted is in it which studies have begun.
/// The suite comes back with what each claim must confess.
fn train(
    arguments: &VerifyArgs,
    (suite, plan): (&Suite, &Plan),
    chosen: &Chosen,
    (folder, database): (&Folder, &Database),
) -> Result<(Measured<RunSummaries>, Suite), CommandError> {
    let (request, shard) = (&Request::Topics(suite.request.clone()), arguments.shard);
    database.refuse_other_kind(request)?;
    let engine = chosen.engine.as_ref();
    let engines = &Engines::one_in_each_thread(engine);
    let (studies, caller) = (suite.studies.as_slice(), &Terminal);
    let training = TrainingCall { request, studies, engines, database, shard, caller };
    let replayed = training.replay(&cells_of(&suite.studies, shard))?;
    let begun = begun(suite, &replayed.1);
    let (mut kept, suite) = keep(folder, (suite, plan), begun)?;
    let text = serde_json::to_vec(plan).map_err(CommandError::failed)?;
    let text = (text.as_slice(), Vec::new());
    let manifest = Manifest::of("verify", arguments.quick, text, engine.describe(), 0.0);
    let begin = |study: usize| match kept.begin(&suite.studies[study].id) {
        true => folder.write_json(PLAN, &kept),
        false => Ok(()),
    };
    let measured = training.train(replayed, manifest, begin)?;
    Ok((measured, suite))
}

/// The studies that have kept runs.
fn begun<R>(suite: &Suite, replayed: &[Replay<R>]) -> BTreeSet<String> {
    let begun = replayed.iter().filter(|replay| replay.kept > 0);
    begun.map(|replay| suite.studies[replay.cell.study].id.clone()).collect()
}

/// Writes the plan before anything is trained, kept as it was for what was measured before. Returns
/// it, and the suite with what each claim must confess of it.
fn keep(
    folder: &Folder,
    (suite, plan): (&Suite, &Plan),
    begun: BTreeSet<String>,
) -> Result<(PlanFile, Suite), CommandError> {
    let path = folder.dir().join(PLAN);
    let text = folder.read(PLAN)?;
    let mut kept = PlanFile::read(&path, text.as_deref(), !begun.is_empty())?;
    let confessions = kept.update(plan.entries()?, begun, utc(Some(SystemTime::now())))?;
    folder.write_json(PLAN, &kept)?;
    let mut suite = suite.clone();
    suite.left_out = kept.left_out(&confessions);
    confess(&mut suite, confessions);
    Ok((kept, suite))
}

fn confess(suite: &mut Suite, confessions: BTreeMap<String, Vec<String>>) {
    for claim in &mut suite.claims {
        claim.changed = confessions.get(&claim.id).cloned().unwrap_or_default();
    }
}

fn tell_shard(
    measured: &Measured<RunSummaries>,
    suite: &Suite,
    shard: Shard,
    places: (&Path, &Path),
) -> String {
    let cells = shard.cells(&suite.studies);
    let part = match cells.len() {
        0 => cells::words(&suite.studies, &cells),
        count => format!("{count} problems"),
    };
    let claims = suite.claims.len();
    shard_text(measured, &format!("verify: {claims} claims"), (shard, &part), places)
}

/// Judges what shards have measured, in the directory that they were merged into. The plan is that
/// of the first shard.
pub fn conclude_merged(
    folder: &Folder,
    suite: &Suite,
    (measured, quick): (Measured<RunSummaries>, bool),
    shard: &Path,
) -> Result<String, CommandError> {
    let plan = plan::plan(suite, quick);
    if folder.read(PLAN)?.is_none()
        && let Some(text) = Folder::existing(shard).read(PLAN)?
    {
        folder.write(PLAN, text.as_bytes())?;
    }
    let all = suite.studies.iter().map(|study| study.id.clone()).collect();
    let (_, suite) = keep(folder, (suite, &plan), all)?;
    conclude(folder, Finished::new(&suite, measured), quick)
}

/// Refuses a directory that cannot take the results of this plan; writes nothing.
pub fn check(out: &Path, known: &Known, plan: &Plan) -> Result<(), CommandError> {
    refuse_old_cells(out)?;
    Folder::check(out, known)?;
    let text = Folder::existing(out).read(PLAN)?;
    let mut earlier = PlanFile::read(&out.join(PLAN), text.as_deref(), false)?;
    earlier.update(plan.entries()?, BTreeSet::new(), None)?;
    Ok(())
}
