//! What the page says of plans that were not kept.

use crate::verdict::escape::markdown;
use crate::verdict::judge::Judged;
use lora_experiment::study::suite::Suite;

/// Most names that are listed.
const MOST_NAMES: usize = 10;

/// Of the whole suite; nothing if every plan is the one from before measuring.
pub fn render(suite: &Suite) -> String {
    let mut out = String::new();
    let changed = suite.claims.iter().filter(|claim| !claim.changed.is_empty()).count();
    if changed > 0 {
        out += &format!(
            "\n**{changed} of {} claims were not planned as they are judged here before their study \
             was measured.** Each says how beside its verdict; `plan.json` has the whole.\n",
            suite.claims.len()
        );
    }
    let left = &suite.left_out;
    if !left.is_empty() {
        let names = left[..left.len().min(MOST_NAMES)].join(", ");
        let more = left.len().saturating_sub(MOST_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        out += &format!(
            "\nPlanned and measured in this directory, and not judged in this call: {names}{more}.\n"
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
