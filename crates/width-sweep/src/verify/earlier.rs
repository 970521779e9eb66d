//! What an earlier verification left in a directory.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use lora_experiment::error::CommandError;

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
