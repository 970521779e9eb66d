//! Commands as they are typed.

/// The words of this process's command line that go on with what it does, so without `--fresh`.
pub fn words_to_go_on() -> Vec<String> {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    words.filter(|word| word != "--fresh").collect()
}

/// The directory that this process works in.
pub fn directory() -> Option<String> {
    std::env::current_dir().ok().map(|dir| dir.to_string_lossy().into_owned())
}

/// A line to be typed here that acts in the directory it belongs to.
pub fn line_in(dir: Option<&str>, words: &[impl AsRef<str>]) -> String {
    let line = line(words);
    match dir {
        Some(dir) if directory().as_deref() != Some(dir) => format!("cd {} && {line}", quoted(dir)),
        _ => line,
    }
}

/// The name by which this program was called.
pub fn program() -> String {
    let name = std::env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "width-sweep".to_owned())
}

/// Words as a line for a shell.
pub fn line(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// Whether a character means itself, to a shell and to Slurm.
pub fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "-_=+./:,@%".contains(c)
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        for (word, expected) in [
            ("runs/a-b_1", "runs/a-b_1"),
            ("training.steps=200", "training.steps=200"),
            ("my runs", "'my runs'"),
            ("training.seeds=[0,1]", "'training.seeds=[0,1]'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
        assert_eq!(line(&["merge", "my runs"]), "merge 'my runs'");
    }
}
