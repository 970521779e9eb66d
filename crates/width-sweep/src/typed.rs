//! Commands as they are typed.

use std::path::Path;

/// The words of this process's command line that go on with what it does, so without `--fresh`.
pub fn words_to_go_on() -> Vec<String> {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    words.filter(|word| word != "--fresh").collect()
}

/// The line that makes again what is kept of this call, whatever the program was called by.
pub fn again() -> String {
    let mut words = vec!["width-sweep".to_owned()];
    words.extend(words_to_go_on().into_iter().skip(1));
    line(&words)
}

/// The same words for another shard.
pub fn for_shard(words: &[String], shard: impl std::fmt::Display) -> Vec<String> {
    let before = std::iter::once("").chain(words.iter().map(String::as_str));
    let word = |(before, word): (&str, &String)| match word.strip_prefix("--shard=") {
        Some(_) => format!("--shard={shard}"),
        None if before == "--shard" => shard.to_string(),
        None => word.clone(),
    };
    before.zip(words).map(word).collect()
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

/// A line that calls this program, by the name by which it was called.
pub fn call(words: &[&str]) -> String {
    let name = std::env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "width-sweep".to_owned());
    line(&[&[name.as_str()], words].concat())
}

/// The line that draws a run again.
pub fn plot(dir: &Path) -> String {
    call(&["plot", &dir.display().to_string()])
}

/// The line that trains the paper's experiment with these settings.
pub fn run_with(settings: &[String]) -> String {
    let set = settings.iter().map(|set| format!(" --set {}", quoted(set)));
    format!("width-sweep run paper{}", set.collect::<String>())
}

/// Words as a line for a shell.
pub fn line(words: &[impl AsRef<str>]) -> String {
    // Nothing but a NUL could fail.
    let quoter = shlex::Quoter::new().allow_nul(true);
    quoter.join(words.iter().map(AsRef::as_ref)).unwrap_or_default()
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    line(&[word])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_the_words() {
        let words =
            ["merge", "my runs", "it's", "", "$(a) `b` \\ \"^!", "ä\nß", "training.seeds=[0]"];
        assert_eq!(shlex::split(&line(&words)).as_deref(), Some(&words.map(str::to_owned)[..]));
        assert_eq!(line(&["merge", "runs/a-b_1"]), "merge runs/a-b_1");
    }

    #[test]
    fn another_shard_changes_one_word() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (of, expected) in [
            ("x run a --shard 1/3 --out 1/3", "x run a --shard 2/3 --out 1/3"),
            ("x run a --shard=1/3 --quick", "x run a --shard=2/3 --quick"),
        ] {
            assert_eq!(for_shard(&words(of), "2/3"), words(expected));
        }
    }
}
