//! Whether an experiment fits into this machine's memory, and which key is to blame if not.

use lora_sim::Engine;

use crate::error::CommandError;
use crate::experiment::{Experiment, Loaded};
use crate::manifest::memory_available;
use crate::plan::batch_size;
use crate::rows::StepRow;

/// Refuses an experiment that needs more memory than is free.
pub fn check(loaded: &Loaded, engine: &dyn Engine) -> Result<(), CommandError> {
    let Some(free) = memory_available() else { return Ok(()) };
    let experiment = &loaded.experiment;
    let fits = |width: usize| needed(experiment, engine, width) <= free as f64;
    let widths = &experiment.model.widths;
    let Some(&width) = widths.iter().rev().find(|&&width| !fits(width)) else { return Ok(()) };
    let key = blamed(experiment);
    let fitting = widths.iter().rev().find(|&&width| fits(width)).filter(|_| key == "model.widths");
    let valid = fitting.map_or("smaller".into(), |width| format!("at most {width}"));
    let (needs, free) = (gib(needed(experiment, engine, width)), gib(free as f64));
    Err(loaded.complaint(
        key,
        &format!(
            "width {width} needs {needs} of memory and this machine has {free} free: must be {valid}"
        ),
    ))
}

/// Bytes for the problems of a width, the teacher's or the engine's, with inputs and measurements.
/// In floating point, where nothing overflows.
fn needed(e: &Experiment, engine: &dyn Engine, width: usize) -> f64 {
    let m = &e.model;
    let float = |size: usize| size as f64;
    let (d, columns) = (float(m.input_dim), float(m.points) + float(m.test_points));
    let (teacher, teacher_rank) = (float(m.teacher_width), float(m.teacher_rank));
    let inputs = 8.0 * d * columns + 4.0 * 64.0 * d;
    let teacher = 8.0 * teacher * (d + 2.0 * teacher_rank + 2.0 * columns);
    let student = engine.memory(&e.model(), width, batch_size(e)).host as f64;
    inputs + teacher.max(student) + measurements(e, float(batch_size(e)))
}

/// Bytes of every loss of a batch and of every record of the sweep.
fn measurements(e: &Experiment, runs: f64) -> f64 {
    let t = &e.training;
    let problems = (e.model.widths.len() * t.seeds.len()) as f64;
    let records = (t.steps / t.record_every) as f64;
    let row = size_of::<StepRow>() as f64;
    runs * 8.0 * t.steps as f64 + problems * runs * records * row
}

/// The size that is furthest above its default.
fn blamed(e: &Experiment) -> &'static str {
    let usual = Experiment::default();
    let sizes = |e: &Experiment| {
        let (m, t) = (&e.model, &e.training);
        [
            ("model.widths", m.widths.last().copied().unwrap_or_default()),
            ("model.points", m.points),
            ("model.test_points", m.test_points),
            ("model.rank", m.rank),
            ("model.input_dim", m.input_dim),
            ("model.teacher_width", m.teacher_width),
            ("model.teacher_rank", m.teacher_rank),
            ("training.steps", t.steps),
            ("training.seeds", t.seeds.len()),
        ]
    };
    let excess = |((key, size), (_, usual)): ((&'static str, usize), (&'static str, usize))| {
        (size as f64 / usual as f64, key)
    };
    let all = sizes(e).into_iter().zip(sizes(&usual)).map(excess);
    // Of equals the first.
    all.rev().max_by(|(a, _), (b, _)| a.total_cmp(b)).map_or("model.widths", |(_, key)| key)
}

/// Bytes in words.
pub fn gib(bytes: f64) -> String {
    let gib = bytes / f64::from(1 << 30);
    if gib < 1e5 { format!("{gib:.1} GiB") } else { format!("{gib:.0e} GiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_furthest_above_its_default_is_blamed() {
        let mut experiment = Experiment::default();
        assert_eq!(blamed(&experiment), "model.widths");
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
        let needed = needed(&experiment, &lora_sim::CpuEngine::new(), largest);
        assert!(needed.is_finite() && needed >= u64::MAX as f64);
        assert!(gib(needed).ends_with("GiB"));
    }
}
