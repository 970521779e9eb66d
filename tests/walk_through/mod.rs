//! The commands that a page of the documentation shows, and what it shows of their output.

use std::fs;
use std::path::{Path, PathBuf};

use crate::session::Session;

/// The root of the checkout, where the commands of the documentation are typed.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a documented command prints.
pub fn printed(command: &str) -> String {
    let words = command.replace("\\\n", " ");
    let words = words.trim().strip_prefix("cargo run -p width-sweep -- ").expect("our command");
    let words: Vec<&str> = words.split_whitespace().collect();
    let output =
        Session::new().command().current_dir(root()).args(words).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {told}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Blocks of a page that begin with ```` ```LANGUAGE ````, in their order.
pub fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let rest = page.split(&format!("```{language}\n")).skip(1).collect::<Vec<_>>();
    rest.into_iter().filter_map(|rest| rest.split("```").next()).collect()
}

/// Checks that a page has `least` commands or more, and that each prints every line of the block of text that follows
/// it, in this order. A line … stands for any.
pub fn prints_what_it_shows(page: &str, least: usize) {
    let page = fs::read_to_string(root().join(page)).expect("the page");
    let (commands, outputs) = (blocks(&page, "sh"), blocks(&page, "text"));
    assert!(commands.len() >= least && commands.len() == outputs.len());
    let says = |shown: &&str| shown.lines().filter(|line| line.len() > 20).count() >= 3;
    assert!(outputs.iter().all(says), "a block of the page shows next to nothing");
    for (command, shown) in commands.into_iter().zip(outputs) {
        let whole = printed(command);
        let mut lines = whole.lines().map(str::trim_end);
        for line in shown.lines().map(str::trim_end).filter(|line| *line != "…") {
            assert!(
                lines.any(|printed| printed == line),
                "{command}does not print\n{line}\nbut\n{whole}"
            );
        }
    }
}
