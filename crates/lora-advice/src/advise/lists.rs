//! Lists in words.

/// Names of kinds as a list, each once.
pub fn names<'a>(kinds: impl Iterator<Item = &'a str>) -> String {
    distinct(Vec::new(), kinds.map(|kind| format!("`{kind}`"))).join(", ")
}

/// Lines, each once.
pub fn distinct(mut lines: Vec<String>, more: impl Iterator<Item = String>) -> Vec<String> {
    for line in more {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
