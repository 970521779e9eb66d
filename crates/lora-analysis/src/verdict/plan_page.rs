//! What the page says of plans that changed after measuring.

use crate::verdict::escape::markdown;
use crate::verdict::tested::Judged;
use lora_experiment::study::suite::Suite;

/// Most names that are listed.
const MOST_NAMES: usize = 10;

/// About the whole suite; nothing if no plan changed after measuring.
pub fn render(suite: &Suite) -> String {
    let mut out = String::new();
    let changed = suite.claims.iter().filter(|claim| !claim.changed.is_empty()).count();
    if changed > 0 {
        out += &format!(
            "\n**The plan of {changed} of {} claims changed after their study was measured.** The change \
             stands beside the verdict of each, and `plan.json` lists all changes.\n",
            suite.claims.len()
        );
    }
    let left = &suite.left_out;
    if !left.is_empty() {
        let names = left[..left.len().min(MOST_NAMES)].join(", ");
        let more = left.len().saturating_sub(MOST_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out += &format!(
            "\nThis call judged only a part of what was planned and measured in this directory. It left \
             out {names}{more}.\n"
        );
    }
    out
}

/// Before the reason of a verdict.
pub fn beside(judged: &Judged) -> String {
    let changed = &judged.claim.changed;
    if changed.is_empty() {
        String::new()
    } else {
        format!("**{}**; ", markdown(&changed.join("; ")))
    }
}
