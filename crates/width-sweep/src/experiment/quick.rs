//! What `--quick` changes: sizes only, so that every part of a sweep still runs.

use toml::{Table, Value};

const QUICK: &str = r#"
model.widths = [64, 128, 256, 512, 1024]
model.points = 128
model.test_points = 32
training.steps = 60
training.record_every = 2
figures.norm_widths = []
"#;

/// Puts the quick sizes over an experiment's table, then its own `[quick]` table over those.
pub fn apply(table: &mut Table, own: Option<Value>) {
    let quick = QUICK.parse::<Table>().expect("QUICK is valid TOML");
    merge(table, quick);
    if let Some(Value::Table(own)) = own {
        merge(table, own);
    }
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
