//! The answers that final tests have kept, to compare inits with each other answer by answer.

use std::collections::BTreeMap;

use lora_experiment::cells::Cell;
use lora_store::error::StoreError;
use lora_store::stored::{StoredFinal, StoredRuns};

use crate::finals::{BestRun, best_runs};

/// A best run, and whether it had each answer right.
pub type Answered = (BestRun, Vec<bool>);

/// The answers of the best runs of some cells, by the digest of the final data; a text has none.
///
/// # Errors
///
/// What the database says where it cannot be read.
pub fn answers(
    kept: &StoredRuns,
    cells: &[Cell],
) -> Result<BTreeMap<String, Vec<Answered>>, StoreError> {
    let mut by_data: BTreeMap<String, Vec<Answered>> = BTreeMap::new();
    let finals = kept.database().finals()?;
    if finals.is_empty() {
        return Ok(by_data);
    }
    let best = best_runs(kept, cells)?;
    for StoredFinal { run, data, result } in finals {
        let of = best.iter().find(|best| best.key == run);
        if let Some(of) = of.filter(|_| !result.right.is_empty()) {
            by_data.entry(data).or_default().push((of.clone(), result.right));
        }
    }
    Ok(by_data)
}
