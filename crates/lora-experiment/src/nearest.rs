//! "Did you mean …?"

/// How alike two words are, from 0 to 1; case and the kind of dash do not count.
pub fn likeness(word: &str, other: &str) -> f64 {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    strsim::normalized_damerau_levenshtein(&plain(word), &plain(other))
}

/// Least likeness of words that one may have been meant by the other.
pub const ALIKE: f64 = 0.6;

/// The candidate most like `word`, if any is alike.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// ", did you mean …?", or nothing if no candidate is alike.
pub fn hint<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |name| format!(", did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_word_and_another_word_finds_none() {
        let commands = ["run", "predict", "plot", "list"];
        assert_eq!(nearest("predct", commands), Some("predict"));
        assert_eq!(nearest("Plots", commands), Some("plot"));
        assert_eq!(nearest("wide", commands), None);
        assert_eq!(nearest("", commands), None);
    }
}
