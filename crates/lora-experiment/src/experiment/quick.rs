//! What quick sizes change: sizes only, and only to smaller ones, so that every part of a sweep
//! still runs.

use lora_types::Width;
use toml::{Table, Value};

use crate::experiment::Experiment;

/// Widths of a quick run.
const WIDTHS: [usize; 5] = [64, 128, 256, 512, 1024];
/// Most training points.
const POINTS: usize = 128;
/// Most held-out points.
const TEST_POINTS: usize = 32;
/// Most steps.
const STEPS: usize = 60;
/// Most steps of a pretraining.
const PRETRAIN_STEPS: usize = 150;
/// Most seeds.
const SEEDS: usize = 5;

/// The experiment's table with the quick sizes over it, then its own `[quick]` table over those.
pub fn apply(table: &Table, experiment: &Experiment, own: &Table) -> Table {
    let mut quick = table.clone();
    merge(&mut quick, sizes(experiment));
    merge(&mut quick, own.clone());
    quick
}

/// The keys that are too large for a quick run.
fn sizes(e: &Experiment) -> Table {
    let mut over = Table::new();
    let mut set = |section: &str, key: &str, value: Value| {
        let section = over.entry(section).or_insert_with(|| Value::Table(Table::new()));
        section.as_table_mut().expect("made a table").insert(key.to_owned(), value);
    };
    let whole = |size: usize| Value::Integer(size as i64);
    // The widths of a transformer are those of its checkpoint, or as costly as its file says.
    let synthetic = e.model.kind.is_synthetic();
    if synthetic && e.model.widths.last() > WIDTHS.last() {
        let limit = e.model.widths.has_infinite().then(|| Value::String(Width::Infinite.key()));
        let widths = WIDTHS.map(whole).into_iter().chain(limit);
        set("model", "widths", Value::Array(widths.collect()));
        set("figures", "norm_widths", Value::Array(Vec::new()));
    }
    for (section, key, size, most, read) in [
        ("model", "points", e.model.points, POINTS, synthetic),
        ("model", "test_points", e.model.test_points, TEST_POINTS, synthetic),
        ("training", "batch", e.training.batch, POINTS, synthetic),
        ("training", "steps", e.training.steps, STEPS, true),
        ("transformer", "pretrain_steps", e.transformer.pretrain_steps, PRETRAIN_STEPS, !synthetic),
    ] {
        if read && size > most {
            set(section, key, whole(most));
        }
    }
    if e.training.seeds.len() > SEEDS {
        let seeds = e.training.seeds.iter().take(SEEDS);
        set(
            "training",
            "seeds",
            Value::Array(seeds.map(|&seed| Value::Integer(seed as i64)).collect()),
        );
    }
    over
}

/// Puts `over` on `under`, tables entry by entry.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}
