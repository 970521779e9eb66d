//! What an earlier verification left in a directory.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::CommandError;
use lora_store::stored;

/// What a plan says of its size.
#[derive(Deserialize)]
struct Size {
    quick: bool,
}

/// Refuses to put the results of quick sizes over those of full ones, and the other way round: cells
/// may be shared, but a page would be lost. `plan` is the earlier plan; one that cannot be read says
/// nothing.
pub fn refuse_other_size(dir: &Path, plan: &str, quick: bool) -> Result<(), CommandError> {
    let text = fs::read_to_string(dir.join(plan)).unwrap_or_default();
    let Ok(earlier) = serde_json::from_str::<Size>(&text) else { return Ok(()) };
    if earlier.quick == quick {
        return Ok(());
    }
    let (had, now, way) = if quick {
        ("full verification", "quick one", "leave out --quick")
    } else {
        ("quick verification", "full one", "add --quick")
    };
    Err(CommandError::Usage(format!(
        "--out {}: holds the results of a {had}, which those of a {now} would replace: name another \
         directory, or {way}",
        dir.display()
    )))
}

/// Where versions before the database kept finished cells, and how each of these began.
const OLD_CELLS: (&str, &[u8]) = ("cells", b"# rows: ");

/// Refuses a directory whose runs an older version kept as files of their own.
pub fn refuse_old_cells(dir: &Path) -> Result<(), CommandError> {
    let (name, mark) = OLD_CELLS;
    if dir.join(stored::FILE).exists() {
        return Ok(());
    }
    let Ok(entries) = fs::read_dir(dir.join(name)) else { return Ok(()) };
    let is_cell = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(mark));
    if !entries.flatten().any(|entry| is_cell(&entry.path())) {
        return Ok(());
    }
    Err(CommandError::Usage(format!(
        "--out {}: keeps finished cells in its folder {name}, as an older version did, which this one \
         cannot read: name another directory, or delete that folder to train them anew",
        dir.display()
    )))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn told(plan: &str, quick: bool) -> Option<String> {
        let dir = TempDir::new().expect("a directory");
        fs::write(dir.path().join("plan.json"), plan).expect("a file");
        let refused = refuse_other_size(dir.path(), "plan.json", quick).err();
        refused.map(|error| error.to_string())
    }

    #[test]
    fn results_of_another_size_are_not_replaced() {
        let (full, small) = ("{\"quick\": false, \"claims\": []}", "{\"quick\": true}");
        let refused = told(full, true).expect("a refusal");
        assert!(refused.contains("results of a full verification, which those of a quick one"));
        let refused = told(small, false).expect("a refusal");
        assert!(refused.contains("results of a quick verification, which those of a full one"));
        assert_eq!(told(full, false), None);
        assert_eq!(told(small, true), None);
        assert_eq!(told("", true), None, "of no plan");
    }
}
