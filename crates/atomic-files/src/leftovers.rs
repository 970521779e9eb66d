//! Hidden files that killed processes have left.

use std::fs::{self, File};
use std::path::Path;

/// The end of a hidden file's name.
pub const ENDING: &str = ".part";

/// Number of random letters and digits before the ending. It is longer than any file extension, so that
/// another kind of hidden file, such as SQLite's `.runs.sqlite.part`, is not mistaken for one.
pub const RANDOM: usize = 10;

/// Removes the hidden files that killed processes left in a directory. Files that a process is still
/// writing stay, and so do files with other names.
pub fn clear(dir: &Path) {
    clear_where(dir, |_| true);
}

/// Removes the hidden files that killed processes left of one file.
pub fn clear_of(path: &Path) {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.");
    // Between the prefix and the ending are the random characters and nothing else.
    let length = prefix.len() + RANDOM + ENDING.len();
    clear_where(dir.unwrap_or(Path::new(".")), |hidden| {
        hidden.starts_with(&prefix) && hidden.len() == length
    });
}

fn clear_where(dir: &Path, wanted: impl Fn(&str) -> bool) {
    // A file that cannot be read or removed does no harm.
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = is_hidden_part(&name) && wanted(&name);
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            remove_if_unused(&entry.path());
        }
    }
}

/// Whether a name has the form of this crate's hidden files: `.NAME.XXXXXXXXXX.part`.
fn is_hidden_part(name: &str) -> bool {
    let Some((hidden, random)) = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(ENDING))
        .and_then(|name| name.rsplit_once('.'))
    else {
        return false;
    };
    let drawn = random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    !hidden.is_empty() && drawn
}

/// Removes a file that no process has locked. A writer locks its file and then checks that it still
/// exists.
fn remove_if_unused(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    if file.try_lock().is_ok() {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Part;

    #[test]
    fn only_what_a_killed_process_left_is_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        let left = [".figure.png.aB3xY9zZ01.part", ".runs.csv.0000000000.part"];
        let others = [
            ".runs.sqlite.part",
            ".trial.part",
            "figure.png.aB3xY9zZ01.part",
            ".x.toolong.part",
            ".x.aB3-Y9zZ01.part",
            "..aB3xY9zZ01.part.txt",
            ".aB3xY9zZ01.part",
        ];
        for name in left.into_iter().chain(others) {
            fs::write(at(name), "half").expect("a file");
        }
        fs::create_dir(at(".dir.aB3xY9zZ01.part")).expect("a directory");
        let writing = Part::new(&at("figure.png")).expect("it begins");
        clear(dir.path());
        for name in left {
            assert!(!at(name).exists(), "{name} is left");
        }
        for name in others.into_iter().chain([".dir.aB3xY9zZ01.part"]) {
            assert!(at(name).exists(), "{name} is gone");
        }
        writing.keep().expect("it was in use and is still there");
        clear(Path::new("no such directory"));
    }

    #[test]
    fn beside_a_file_only_its_own_leftovers_are_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        let (own, other) = (".page.html.aB3xY9zZ01.part", ".page.html.old.aB3xY9zZ01.part");
        for name in [own, other] {
            fs::write(at(name), "half").expect("a file");
        }
        clear_of(&at("page.html"));
        assert!(!at(own).exists() && at(other).exists());
    }
}
