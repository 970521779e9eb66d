//! An experiment file with assignments after it, each behind `--set` at the start of a line; and the
//! same text as a topic file of claims.
#![no_main]

#[path = "../../holds/mod.rs"]
mod holds;

use holds::says_something;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut parts = text.split("\n--set ");
    let file = parts.next().unwrap_or_default();
    let set: Vec<String> = parts.map(str::to_owned).collect();
    holds::experiment::experiment(file, &set, &says_something);
    holds::experiment::topic(file, &says_something);
});
