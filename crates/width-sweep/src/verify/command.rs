//! The command: suite → studies → verdicts → files, page and table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lora_sim::Engine;
use lora_stats::Verdict;
use rayon::prelude::*;
use serde::Serialize;

use lora_runner::verify::cache::CELLS;
use lora_runner::verify::cache::Cache;
use lora_runner::verify::cell;
use crate::verify::earlier::refuse_other_size;
use lora_runner::verify::engines;
use lora_runner::verify::engines::Engines;
use lora_runner::verify::fault::Faulty;
use lora_analysis::verdict::judge::All;
use lora_analysis::verdict::judge::Judged;
use lora_analysis::verdict::judge::judge;
use lora_experiment::study::kept_plan;
use lora_experiment::study::kept_plan::KeptPlan;
use lora_experiment::study::kept_plan::PLAN;
use lora_runner::verify::measured::Measured;
use lora_experiment::study::plan::Plan;
use lora_analysis::verdict::rejudge::rejudge;
use lora_experiment::study::sizes;
use lora_experiment::study::definition::Point;
use lora_experiment::study::definition::Study;
use lora_experiment::study::suite::Suite;
use lora_analysis::verdict::values::Measurements;
use lora_runner::verify::cost;
use lora_analysis::verdict::figures;
use lora_analysis::verdict::files;
use lora_analysis::verdict::page;
use lora_experiment::study::plan;
use lora_analysis::verdict::table;
use crate::cli::VerifyArgs;
use lora_store::digest;
use lora_store::digest::Digests;
use lora_experiment::error::CommandError;
use lora_store::folder::Folder;
use lora_store::folder::Known;
use lora_store::manifest::Manifest;
use lora_runner::memory::PICTURE;
use lora_runner::memory::check_drawing;
use lora_runner::progress::Bar;
use lora_experiment::warnings;

/// How a verification's directory is known.
pub const KNOWN: Known =
    Known { files: &[(PLAN, "\"claims\"")], alone: None, by: "verification" };
/// The same once its plan was deleted, which is confessed, or spoilt, which is refused.
const LOST: Known = Known { files: &[], ..KNOWN };

/// Bytes for drawing a claim: the picture of all verdicts has a line of some 53 pixels for each.
const CLAIM: f64 = 3.0 * (1 << 20) as f64;

/// Measures and judges every claim.
pub fn verify(arguments: &VerifyArgs) -> Result<String, CommandError> {
    let mut suite = Suite::load(&arguments.topics, arguments.quick)?;
    suite.restrict(&arguments.only)?;
    if let Some(dir) = &arguments.rejudge {
        return rejudge(suite, dir);
    }
    let plan = plan::plan(&suite, arguments.quick)?;
    if arguments.list {
        return Ok(format!("{}\n{}", plan::render(&plan), cost::render(&suite)));
    }
    crate::run::pool(arguments.threads)?.install(|| carry_out(arguments, &suite, &plan))
}

/// Everything after the plan, on the threads of the pool.
fn carry_out(arguments: &VerifyArgs, suite: &Suite, plan: &Plan) -> Result<String, CommandError> {
    let chosen = engines::choose_for(arguments.engine.engine, suite)?;
    let ending = if arguments.quick { "-quick" } else { "" };
    let default = || PathBuf::from("runs").join(format!("verify{ending}"));
    check_drawing(PICTURE.max(CLAIM * suite.claims.len() as f64))?;
    let out = arguments.out.clone().unwrap_or_else(default);
    refuse_other_size(&out, PLAN, arguments.quick)?;
    let lost = !KNOWN.wrote(&out) && kept_plan::has_cells(&out);
    let folder = Folder::for_writing(&out, if lost { &LOST } else { &KNOWN })?;
    let cache = Cache::new(folder.dir().join(CELLS))?;
    let engines = Engines::new(chosen.engine.as_ref());
    let (mut kept, suite) = keep(&folder, (suite, plan), &cache, &engines)?;
    chosen.announce();
    for study in &suite.studies {
        warnings::announce(&format!("study {}: ", study.id), &sizes::warnings(study));
    }
    let started = Instant::now();
    let reused = AtomicUsize::new(0);
    let begin = |study: &Study| match kept.begin(&study.id) {
        true => folder.write_json(PLAN, &kept),
        false => Ok(()),
    };
    let all = measure(&suite, &engines, (&cache, &reused), begin)?;
    let judged: Vec<Judged> =
        suite.claims.iter().map(|claim| judge(claim, &all)).collect::<Result<_, _>>()?;
    let digests = write(&folder, &suite, &judged, &all, arguments.quick)?;
    let seconds = started.elapsed().as_secs_f64();
    let text = serde_json::to_vec(plan).map_err(CommandError::failed)?;
    let engine = chosen.engine.describe();
    let manifest = VerifyManifest {
        cells: all.values().map(|measured| measured.cells.len()).sum(),
        cells_at_hand: reused.into_inner(),
        run: Manifest {
            digests,
            ..Manifest::of("verify", arguments.quick, (&text, Vec::new()), engine, seconds)
        },
    };
    folder.write_json("manifest.json", &manifest)?;
    finish(&folder, &judged, seconds)
}

/// Writes the plan before anything is trained, kept as it was for what was measured before. Returns
/// it, and the suite with what each claim must confess of it.
fn keep(
    folder: &Folder,
    (suite, plan): (&Suite, &Plan),
    cache: &Cache,
    engines: &Engines,
) -> Result<(KeptPlan, Suite), CommandError> {
    let mut kept = KeptPlan::read(folder.dir())?;
    let mut at_hand = BTreeSet::new();
    for study in &suite.studies {
        if with_engine(study, engines, |engine| cache.has_any(study, engine))? {
            at_hand.insert(study.id.clone());
        }
    }
    let confessions = kept.take_up(plan.entries()?, at_hand)?;
    folder.write_json(PLAN, &kept)?;
    let mut suite = suite.clone();
    suite.left_out = kept.left_out(&confessions);
    for claim in &mut suite.claims {
        claim.changed = confessions.get(&claim.id).cloned().unwrap_or_default();
    }
    Ok((kept, suite))
}

/// Uses the engine of a study, with its planted fault if it has one.
fn with_engine<T>(study: &Study, engines: &Engines, using: impl FnOnce(&dyn Engine) -> T) -> T {
    let inner = engines.of(study);
    match study.fault {
        Some(fault) => using(&Faulty::new(inner, fault)),
        None => using(inner),
    }
}

/// Where a verification's results come from.
#[derive(Serialize)]
struct VerifyManifest {
    /// Points and seeds of all studies.
    cells: usize,
    /// Those of them that an earlier call had trained; the wall time is without them.
    cells_at_hand: usize,
    #[serde(flatten)]
    run: Manifest,
}

fn finish(folder: &Folder, judged: &[Judged], seconds: f64) -> Result<String, CommandError> {
    let mut text = table::render(judged);
    text += &format!(
        "\n{}: RESULTS.md, verdicts.json, claims.csv, tests.csv, slopes.csv, values.csv\n",
        folder.dir().display()
    );
    text += &format!("{seconds:.0} s\n");
    let passed: Vec<&str> = table::controls(judged)
        .filter(|judged| judged.verdict != Verdict::Refuted)
        .map(|judged| judged.claim.id.as_str())
        .collect();
    if passed.is_empty() {
        return Ok(text);
    }
    Err(CommandError::Failed(format!(
        "negative controls were not refuted, so the verdicts cannot be trusted: {}\n\n{text}",
        passed.join(", ")
    )))
}

/// Trains what the cache does not hold; `begin` is told of a study before it is.
fn measure<'s>(
    suite: &'s Suite,
    engines: &Engines,
    (cache, reused): (&Cache, &AtomicUsize),
    mut begin: impl FnMut(&Study) -> Result<(), CommandError>,
) -> Result<All<'s>, CommandError> {
    let total: usize = suite.studies.iter().map(|study| study.points().len()).sum();
    let bar = Bar::new()?;
    bar.gauge().set_length(total as u64);
    let mut all = All::new();
    for study in &suite.studies {
        bar.set_at_hand(study.id.clone());
        begin(study)?;
        all.insert(study.id.clone(), measure_study(study, engines, (cache, &bar, reused))?);
    }
    Ok(all)
}

/// Cells side by side: narrow ones do not fill the cores alone.
fn measure_study<'s>(
    study: &'s Study,
    engines: &Engines,
    (cache, bar, reused): (&Cache, &Bar, &AtomicUsize),
) -> Result<Measurements<'s>, CommandError> {
    with_engine(study, engines, |engine| {
        measure_on(study, engine, engines.abreast(study), (cache, bar, reused))
    })
}

fn measure_on<'s>(
    study: &'s Study,
    engine: &dyn Engine,
    abreast: usize,
    (cache, bar, reused): (&Cache, &Bar, &AtomicUsize),
) -> Result<Measurements<'s>, CommandError> {
    let cell = |point: &Point| -> Result<((usize, u64), Vec<Measured>), CommandError> {
        let path = cache.path(study, point, engine)?;
        let rows = match cache.get(&path) {
            Some(rows) => {
                reused.fetch_add(1, Ordering::Relaxed);
                rows
            }
            None => {
                let rows = cell::train(study, point, engine)?;
                cache.put(&path, &rows)?;
                rows
            }
        };
        bar.gauge().inc(1);
        Ok(((point.x, point.seed), rows))
    };
    let mut cells = BTreeMap::new();
    for points in study.points().chunks(abreast) {
        let trained = points.par_iter().with_max_len(1).map(cell);
        cells.extend(trained.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Measurements { study, cells })
}

/// Writes tables, figures and page; the digests of what is read back.
fn write(
    folder: &Folder,
    suite: &Suite,
    judged: &[Judged],
    all: &All,
    quick: bool,
) -> Result<Digests, CommandError> {
    folder.write_json("verdicts.json", &files::verdicts(judged, quick))?;
    folder.write_csv("claims.csv", &files::claim_rows(judged))?;
    folder.write_csv("tests.csv", &files::test_rows(judged))?;
    folder.write_csv("slopes.csv", &files::slope_rows(judged))?;
    folder.write_csv("values.csv", &files::value_rows(all))?;
    let figures = figures::draw(folder, suite, judged, quick)?;
    folder.write("RESULTS.md", page::render(suite, judged, &figures, quick).as_bytes())?;
    let tables = ["verdicts.json", "claims.csv", "tests.csv", "slopes.csv", "values.csv"];
    let pictures = figures.iter().map(|name| format!("{name}.svg"));
    let read_back: Vec<String> = tables.map(str::to_owned).into_iter().chain(pictures).collect();
    digest::of_files(folder.dir(), &read_back)
}
