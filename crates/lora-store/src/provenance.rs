//! Which source this program was compiled from.
//!
//! The build script asks git while this crate is compiled, and the answer is part of the program. A
//! program that was compiled at an older commit therefore never signs results with a newer one.
//!
//! The source is *dirty* if a file that the program is compiled from (`crates/`, `experiments/`, the
//! verdicts in `figures/verify/`, the constants in `figures/limit/`, `Cargo.toml`, `Cargo.lock`) differed from the commit or was not part
//! of it. The first edit of a clean source makes cargo ask again, and so does every commit, checkout
//! and staged change. The answer errs on one side only: an edit that is undone by hand, without git,
//! still counts as dirty until git next changes its index.
//!
//! It cannot know a file that git was told to ignore or to assume unchanged, an edit that keeps the
//! file's modification time, dependencies that are patched outside the repository, or the compiler and
//! its flags. It is asked when compilation begins: a file that is edited while the compiler runs is
//! noticed by the next build.

/// Git commit of the source; none if it was compiled outside a checkout or without git.
pub fn commit() -> Option<&'static str> {
    Some(env!("SOURCE_COMMIT")).filter(|commit| !commit.is_empty())
}

/// Whether the source differed from that commit; none where there is no commit.
pub fn dirty() -> Option<bool> {
    env!("SOURCE_DIRTY").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_a_hash_and_comes_with_whether_it_was_clean() {
        assert_eq!(commit().is_some(), dirty().is_some());
        let hash = |commit: &str| {
            commit.len() >= 40 && commit.bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        assert!(commit().is_none_or(hash), "{:?}", commit());
    }
}
