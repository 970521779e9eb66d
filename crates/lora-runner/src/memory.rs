//! Whether an experiment fits into the memory of this machine and of the engine's device, and which
//! key is to blame if not.

mod amounts;
mod drawing;

use std::fmt::{self, Display, Formatter};

use lora_sim::Engine;
use lora_sim::spec::Model;

use crate::error::RunnerError;
use lora_experiment::experiment::{Experiment, Loaded};
use lora_experiment::study::definition::Study;
use lora_store::rows::StepRow;

pub use amounts::{Free, MemoryNeeds, ShortMemory, short_of, size};
pub use drawing::{PICTURE, check_drawing};

/// A width that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct WidthShortage {
    width: usize,
    short: ShortMemory,
    /// The widest that does.
    fitting: Option<usize>,
}

impl Display for WidthShortage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (width, short) = (self.width, &self.short);
        let (needs, kind, has) = (size(short.needs), short.kind(), short.has());
        write!(f, "width {width} needs {needs} of {kind} and {has}")
    }
}

impl WidthShortage {
    /// The error, with the key to blame.
    pub fn complaint(self, loaded: &Loaded) -> RunnerError {
        let key = blamed(&loaded.experiment);
        let fitting = self.fitting.filter(|_| key == "model.widths");
        let valid = fitting.map_or("smaller".into(), |width| format!("at most {width}"));
        let complaint = loaded.key_error(key, &format!("{self}: must be {valid}"));
        RunnerError::TooLarge { complaint: Box::new(complaint.into()), short: self.short }
    }
}

/// The widest width that needs more memory than is free now.
pub fn shortage(study: &Study, engine: &dyn Engine) -> Option<WidthShortage> {
    shortage_of(study, engine, &Free::now(engine))
}

fn shortage_of(study: &Study, engine: &dyn Engine, free: &Free) -> Option<WidthShortage> {
    let short = |width: usize| free.short(needed(study, engine, width), engine);
    let widths = || study.experiment.model.widths.iter().rev().copied();
    let (width, short_of) = widths().find_map(|width| Some((width, short(width)?)))?;
    let fitting = widths().find(|&width| short(width).is_none());
    Some(WidthShortage { width, short: short_of, fitting })
}

/// Bytes for the problems of a width of an experiment, with measurements.
pub fn needed(study: &Study, engine: &dyn Engine, width: usize) -> MemoryNeeds {
    let (e, runs) = (&study.experiment, study.batch_size());
    match study.transformer() {
        Some(_) => with_measurements(study, engine.memory(&e.model(), width, runs).into()),
        None => with_measurements(study, needed_for(&e.model(), engine, width, runs)),
    }
}

/// Bytes for problems of an experiment, with measurements.
pub fn with_measurements(study: &Study, problems: MemoryNeeds) -> MemoryNeeds {
    let measured = measurements(&study.experiment, study.batch_size() as f64);
    MemoryNeeds { host: problems.host + measured, ..problems }
}

/// Bytes for a batch on a problem, the teacher's or the engine's, with inputs.
pub fn needed_for(m: &Model, engine: &dyn Engine, width: usize, runs: usize) -> MemoryNeeds {
    let float = |size: usize| size as f64;
    let (d, columns) = (float(m.input_dim), float(m.points) + float(m.test_points));
    let (teacher, teacher_rank) = (float(m.teacher.width), float(m.teacher.rank));
    let inputs = 8.0 * d * columns + 4.0 * 64.0 * d;
    let teacher = 8.0 * teacher * (d + 2.0 * teacher_rank + 2.0 * columns);
    let student = engine.memory(m, width, runs);
    let host = inputs + teacher.max(student.host as f64);
    MemoryNeeds { host, device: student.device as f64 }
}

/// Bytes of every loss of a batch and of every record of the sweep.
fn measurements(e: &Experiment, runs: f64) -> f64 {
    let t = &e.training;
    let problems = (e.model.widths.len() * t.seeds.len()) as f64;
    let records = (t.steps / t.record_every) as f64;
    let row = size_of::<StepRow>() as f64;
    runs * 8.0 * t.steps as f64 + problems * runs * records * row
}

/// The size that is furthest above its default; the widths if none is.
fn blamed(e: &Experiment) -> &'static str {
    let usual = Experiment::default();
    let sizes = |e: &Experiment| {
        let (m, t, of) = (&e.model, &e.training, &e.transformer);
        [
            ("model.widths", m.widths.last().copied().unwrap_or_default()),
            ("model.points", m.points),
            ("model.test_points", m.test_points),
            ("model.rank", m.rank),
            ("model.layers", m.layers),
            ("model.outputs", m.outputs),
            ("model.input_dim", m.input_dim),
            ("model.teacher_width", m.teacher_width),
            ("model.teacher_rank", m.teacher_rank),
            ("training.steps", t.steps),
            ("training.seeds", t.seeds.len()),
            ("transformer.depth", of.depth),
            ("transformer.vocabulary", of.vocabulary),
            ("transformer.rank_pattern", of.largest_rank(m.rank)),
        ]
    };
    let excess = |((key, size), (_, usual)): ((&'static str, usize), (&'static str, usize))| {
        (size as f64 / usual as f64, key)
    };
    let all = sizes(e).into_iter().zip(sizes(&usual)).map(excess);
    let above = all.filter(|&(excess, _)| excess > 1.0);
    // Of equals the first.
    above.rev().max_by(|(a, _), (b, _)| a.total_cmp(b)).map_or("model.widths", |(_, key)| key)
}

#[cfg(test)]
mod tests {
    use crate::limits::Limit;

    use super::*;
    use crate::fake_engine::FakeEngine;

    #[test]
    fn what_a_work_of_the_processor_lacks_is_said_in_words() {
        assert_eq!(short_of(0.0), None);
        let short = short_of(1e30).expect("no machine has as much");
        assert_eq!(short.needs(), "9e20 GiB");
        assert_eq!((short.kind(), short.device.as_deref()), ("memory", None));
    }

    #[test]
    fn the_size_furthest_above_its_default_is_blamed() {
        let mut experiment = Experiment::default();
        assert_eq!(blamed(&experiment), "model.widths");
        experiment.model.widths = vec![16, 32].into();
        assert_eq!(blamed(&experiment), "model.widths", "no size is above its default");
        experiment.model.points = 1 << 31;
        assert_eq!(blamed(&experiment), "model.points");
        experiment.model.rank = 1 << 31;
        assert_eq!(blamed(&experiment), "model.rank");
    }

    #[test]
    fn the_largest_of_all_sizes_overflow_nothing() {
        let mut experiment = Experiment::default();
        let largest = 1 << 31;
        let m = &mut experiment.model;
        (m.points, m.test_points, m.rank, m.input_dim) = (largest, largest, largest, largest);
        (m.teacher_width, m.teacher_rank, m.explicit_hidden_up_to) = (largest, largest, 0);
        experiment.training.steps = largest;
        let study = Study::of("test", &experiment).expect("a grid");
        let needed = needed(&study, &lora_sim::CpuEngine::new(), largest).host;
        assert!(needed.is_finite() && needed >= u64::MAX as f64);
        assert!(size(needed).ends_with("GiB"));
    }

    #[test]
    fn bytes_are_told_in_a_unit_that_shows_them() {
        for (bytes, text) in [
            (0.0, "0.0 MiB"),
            (600_000.0, "0.6 MiB"),
            (f64::from(1 << 30), "1.0 GiB"),
            (1.5 * 1024f64.powi(4), "1536.0 GiB"),
            (1e20, "9e10 GiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    /// What is said of the widths 16, 32 and 64, which need as many bytes on a device.
    fn shortage_with(free: Free) -> Option<String> {
        let mut experiment = Experiment::default();
        experiment.model.widths = vec![16, 32, 64].into();
        let study = Study::of("test", &experiment).expect("a grid");
        let short = shortage_of(&study, &FakeEngine::default(), &free)?;
        assert_eq!(short.fitting, (free.device == Some(40.0)).then_some(32));
        Some(short.to_string())
    }

    fn free(host: Option<f64>, device: Option<f64>) -> Free {
        Free { host, limit: None, device }
    }

    #[test]
    fn the_message_says_which_memory_is_short() {
        let enough = Some(f64::from(1 << 30));
        assert_eq!(shortage_with(free(enough, enough)), None);
        assert_eq!(shortage_with(free(None, None)), None);
        let device =
            "width 64 needs 0.0 MiB of device memory and the device (Fake) has 0.0 MiB free";
        let short = shortage_with(free(enough, Some(40.0)));
        assert_eq!(short.as_deref(), Some(device));
        let short = shortage_with(free(Some(0.0), Some(0.0)));
        let host = short.expect("neither fits");
        assert!(host.starts_with("width 64 needs ") && host.contains(" MiB of memory and this "));
    }

    #[test]
    fn a_limit_of_the_process_counts_where_it_leaves_less_than_the_machine() {
        let limit = |free| Some(Limit { free, by: "ulimit -v" });
        let machine = Free { host: Some(50.0), limit: None, device: None };
        assert_eq!(Free::of(Some(50), None, None), machine);
        assert_eq!(Free::of(Some(50), limit(60), None), machine);
        let limited = Free { host: Some(40.0), limit: Some("ulimit -v"), device: Some(9.0) };
        assert_eq!(Free::of(Some(50), limit(40), Some(9)), limited);
        assert_eq!(Free::of(None, limit(40), Some(9)), limited);
        let short = shortage_with(limited).expect("nothing fits");
        assert!(short.ends_with(" and ulimit -v leaves 0.0 MiB to this process"), "{short}");
    }
}
