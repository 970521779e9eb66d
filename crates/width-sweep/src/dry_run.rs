//! `run --dry-run`: what a run would do, without doing it.

use std::path::Path;

use lora_analysis::duration;
use lora_constants::Cost;
use lora_sim::Engine;
use lora_sweep::{SweepError, limit_question};

use crate::error::CommandError;

use lora_experiment::cells::words;
use lora_experiment::experiment::{Experiment, Loaded, transformer_words as words};
use lora_experiment::shard::{Shard, cells_of};
use lora_experiment::study::definition::Study;
use lora_runner::engine::{Chosen, Why};
use lora_runner::memory::{Free, MemoryNeeds, needed, size};
use lora_tables::plain::{add, table, wrapped};

const EXPLANATION: &str = "\
A problem is a width with a seed; they come one after another, so memory is that of one. Runs are
those that the search is expected to need, and at once how many of them are trained together.";

/// Floating-point operations that take ten minutes or so on two cores: what takes less is soon known.
const SHORT: f64 = 2e14;

/// The plan of an experiment that has been found to fit, as text.
pub fn render(
    (loaded, shard): (&Loaded, Option<Shard>),
    chosen: &Chosen,
    (out, limit): (&Path, &str),
) -> String {
    let engine = chosen.engine.as_ref();
    let studies = std::slice::from_ref(&loaded.study);
    let free = Free::now(engine);
    let (name, title) = (&loaded.name, &loaded.experiment.title);
    let (line, table, verdict) =
        (line(chosen), plan((&loaded.study, shard), engine, free), verdict(free));
    let setting = setting((loaded, shard), chosen);
    let shard = shard.map_or(String::new(), |shard| {
        format!("shard {shard}: {}\n", words(studies, &shard.cells(studies)))
    });
    let out = out.display();
    format!(
        "{name}: {title}\n{shard}{line}\n{setting}\n{table}\n\n{EXPLANATION}\n{limit}{verdict}\n\
         Nothing was trained or written; a run writes to {out}.\n"
    )
}

/// What the limit n → ∞ takes, where it is one of the widths.
pub fn limit(
    (named, shard): ((&str, bool), Option<Shard>),
    e: &Experiment,
) -> Result<String, CommandError> {
    let Some(question) = limit_question(named, e)? else { return Ok(String::new()) };
    if shard.is_some() {
        return Ok("n = ∞: no shard solves the limit; `merge` does\n".to_owned());
    }
    let cost = Cost::of(&question).map_err(SweepError::from)?;
    let seconds = cost.seconds().map_err(SweepError::from)?;
    let (bytes, time, width) = (size(cost.bytes), duration(seconds), question.width);
    Ok(format!(
        "n = ∞: about {} runs of the limit, coupled to runs of n = {width}; memory: {bytes}; time: about {time}, from a \
         small limit that was timed here\n",
        cost.runs
    ))
}

/// What a transformer is, what there is of its bases, and how long it trains.
fn setting((loaded, shard): (&Loaded, Option<Shard>), chosen: &Chosen) -> String {
    let e = &loaded.experiment;
    if loaded.study.transformer().is_none() {
        return String::new();
    }
    let seeds = match e.training.seeds.len() {
        1 => "one seed".to_owned(),
        several => format!("{several} seeds"),
    };
    let optimizer = e.training.optimizer.to_string();
    let setting = wrapped(&format!("setting: {}", words::setting(e, &optimizer, &seeds)));
    let notes: String = chosen.notes.iter().map(|note| format!("{note}\n")).collect();
    let studies = std::slice::from_ref(&loaded.study);
    let work = chosen
        .transformer
        .as_ref()
        .map_or(0.0, |engine| engine.operations(&loaded.study, &cells_of(studies, shard)));
    format!("{setting}\n{notes}{}", time(work, lora_runner::finetune::rate))
}

/// How long so many floating-point operations take at the rate of this machine, which is asked for only where they
/// are many.
fn time(work: f64, rate: impl FnOnce() -> f64) -> String {
    if work < SHORT {
        return "time: not known before the first runs are done; `status` tells then\n".to_owned();
    }
    let rate = rate();
    let about = match work / rate {
        s if s < 6000.0 => format!("{:.0} minutes", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.0} hours", s / 3600.0),
        s => format!("{:.0} days", s / (24.0 * 3600.0)),
    };
    let rate = rate / 1e9;
    format!(
        "time: about {about} at the {rate:.0} GFLOP/s that products reach here now; `status` tells better \
         after the first runs\n"
    )
}

/// The engine, and what was typed where it was asked for.
fn line(chosen: &Chosen) -> String {
    match chosen.why {
        Why::Named(name) => {
            format!("engine: {} (--engine {})", chosen.engine.describe(), name.name())
        }
        _ => chosen.line(),
    }
}

/// Each width, widest first as in the run, then the whole and what is free.
fn plan((study, shard): (&Study, Option<Shard>), engine: &dyn Engine, free: Free) -> String {
    let mut out = table(&["n", "problems", "runs", "at once", "memory", "device memory"]);
    let cells = cells_of(std::slice::from_ref(study), shard);
    let mut most = MemoryNeeds { host: 0.0, device: 0.0 };
    let device = |bytes: f64| free.device.map(|_| bytes);
    for of_width in cells.chunk_by(|a, b| a.width == b.width) {
        let (width, problems) = (of_width[0].width, of_width.len());
        let needs = needed(study, engine, width);
        most =
            MemoryNeeds { host: most.host.max(needs.host), device: most.device.max(needs.device) };
        let at_once = engine.runs_at_once(&study.experiment.model(), width, study.batch_size());
        let counts = [width, problems, problems * study.expected_runs(), at_once];
        let counts = counts.map(|count| count.to_string());
        add(&mut out, row(counts, [Some(needs.host), device(needs.device)]));
    }
    let whole = [cells.len(), cells.len() * study.expected_runs()].map(|count| count.to_string());
    let [problems, runs] = whole;
    let counts = ["all".to_owned(), problems, runs, String::new()];
    add(&mut out, row(counts, [Some(most.host), device(most.device)]));
    add(&mut out, row(["free", "", "", ""].map(str::to_owned), [free.host, free.device]));
    out.trim_fmt()
}

fn row(counts: [String; 4], sizes: [Option<f64>; 2]) -> Vec<String> {
    let told = |bytes: Option<f64>| bytes.map_or("–".to_owned(), size);
    counts.into_iter().chain(sizes.map(told)).collect()
}

/// A plan is printed only of what fits; but a machine may not tell.
fn verdict(free: Free) -> String {
    match (free.host, free.limit) {
        (Some(_), None) => "It fits.".to_owned(),
        (Some(_), Some(limit)) => {
            format!("It fits. What is free is what {limit} leaves to this process.")
        }
        (None, _) => {
            "Whether it fits cannot be told: this machine does not say what it has free.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use lora_experiment::experiment::Experiment;

    use super::*;
    use lora_runner::fake_engine::FakeEngine;

    fn cells(line: &str) -> Vec<&str> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
    }

    #[test]
    fn every_width_has_its_row_and_the_totals_follow() {
        let mut e = Experiment::default();
        (e.model.widths, e.training.seeds) = (vec![16, 1 << 30].into(), vec![0, 1, 2]);
        let study = Study::of("test", &e).expect("a grid");
        let runs = 3 * study.expected_runs();
        let gib = f64::from(1 << 30);
        let free = Free { host: Some(4.0 * gib), limit: None, device: Some(2.0 * gib) };
        let text = plan((&study, None), &FakeEngine::default(), free);
        let rows: Vec<Vec<&str>> = text.lines().map(cells).collect();
        assert_eq!(rows.len(), 5, "{text}");
        let (each, both) = (runs.to_string(), (2 * runs).to_string());
        assert_eq!(rows[1], ["1073741824", "3", &each, "3", "1.0 GiB", "1.0 GiB"], "{text}");
        assert_eq!(rows[2][..4], ["16", "3", &each, "3"], "{text}");
        assert_eq!(rows[3], ["all", "6", &both, "1.0 GiB", "1.0 GiB"], "{text}");
        assert_eq!(rows[4], ["free", "4.0 GiB", "2.0 GiB"], "{text}");
    }

    #[test]
    fn a_time_is_told_in_the_unit_that_suits_it_and_not_reckoned_for_what_is_short() {
        let told = |seconds: f64| time(seconds * 2e11, || 2e11);
        let at = "at the 200 GFLOP/s that products reach here now; `status` tells better after the \
                  first runs\n";
        for (seconds, about) in
            [(1200.0, "20 minutes"), (36_000.0, "10 hours"), (864_000.0, "10 days")]
        {
            assert_eq!(told(seconds), format!("time: about {about} {at}"));
        }
        let short = time(1e13, || panic!("nobody asks for the rate"));
        assert_eq!(short, "time: not known before the first runs are done; `status` tells then\n");
    }

    #[test]
    fn an_engine_in_the_hosts_memory_needs_no_other() {
        let e = Experiment::default();
        let free = Free { host: Some(f64::from(1 << 30)), limit: None, device: None };
        let study = Study::of("test", &e).expect("a grid");
        let text = plan((&study, None), &lora_sim::CpuEngine::new(), free);
        assert!(text.lines().skip(1).all(|line| line.ends_with('–')), "{text}");
    }

    #[test]
    fn a_machine_that_does_not_tell_its_memory_gets_no_verdict() {
        let free = |host, limit| Free { host, limit, device: None };
        assert_eq!(verdict(free(Some(1.0), None)), "It fits.");
        assert_eq!(
            verdict(free(Some(1.0), Some("ulimit -v"))),
            "It fits. What is free is what ulimit -v leaves to this process."
        );
        assert!(verdict(free(None, None)).contains("cannot be told"));
    }
}
