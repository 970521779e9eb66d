//! Texts of topic files on a page of Markdown, and in a table that a spreadsheet may open. They are
//! anybody's: nothing in them may act as markup or as a formula.

/// A text on one line: what is no character to be read becomes a blank.
pub fn line(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text inside a line of Markdown, also in a cell of a table, that reads as it is written.
pub fn markdown(text: &str) -> String {
    let text: Vec<char> = line(text).chars().collect();
    let mut out = String::new();
    for (at, &c) in text.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| text[at]);
        let after = text.get(at + 1).copied();
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '\\' | '|' | '`' | '*' | '~' | '$' => out.extend(['\\', c]),
            // Between letters, as in Z_A, it is no emphasis; brackets are a link only if more follows.
            '_' if !(is_word(before) && is_word(after)) => out += "\\_",
            ']' if matches!(after, Some('(' | '[' | ':')) => out += "\\]",
            _ => out.push(c),
        }
    }
    out
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

/// What makes a spreadsheet take a cell for a formula, at its beginning.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text as a cell: with an apostrophe before what a spreadsheet would take for a formula.
pub fn cell(text: &str) -> String {
    let formula = text.trim_start_matches('\'').starts_with(FORMULA);
    if formula { format!("'{text}") } else { text.to_owned() }
}

/// The text of a cell.
pub fn uncell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if text.trim_start_matches('\'').starts_with(FORMULA) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_acts_as_markup() {
        for (text, page) in [
            ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
            ("a | b", "a \\| b"),
            ("one\n# two\r\n", "one # two"),
            ("`code` *and* _more_", "\\`code\\` \\*and\\* \\_more\\_"),
            ("[a](http://b) ![c](d)", "[a\\](http://b) ![c\\](d)"),
            ("&lt; and C:\\n", "&amp;lt; and C:\\\\n"),
            ("$x$ and ~~y~~", "\\$x\\$ and \\~\\~y\\~\\~"),
        ] {
            assert_eq!(markdown(text), page);
        }
    }

    #[test]
    fn what_the_built_in_topics_say_reads_as_it_is_written() {
        for text in ["Z_A is Θ(n^1/2).", "Init[A], η_opt at γ = −1/2", "δ1 = s B ΔZ_A (Theorem 1)"]
        {
            assert_eq!(markdown(text), text);
        }
    }

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_texts_of_their_own() {
        for text in ["=HYPERLINK(\"x\")", "+1", "-1/2", "@SUM(A1)", "\t=1", "\r=1", "'=1"] {
            let cell = cell(text);
            assert!(cell.starts_with('\''), "{cell}");
            assert_eq!(uncell(&cell), text);
        }
        for text in ["Z_A is Θ(n^1/2).", "−1/2", "", "it's", "'quoted'"] {
            assert_eq!(cell(text), text);
            assert_eq!(uncell(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_from_its_cell(text in "[-=+@'\t\ra]{0,4}\\PC{0,8}") {
            let cell = cell(&text);
            prop_assert!(!cell.starts_with(FORMULA));
            prop_assert_eq!(uncell(&cell), text);
        }

        #[test]
        fn any_text_stays_in_its_cell_of_a_table(text in "(?s).{0,20}") {
            let page = markdown(&text);
            prop_assert!(!page.contains(['\n', '\r', '<']));
            let bare = page.replace("\\\\", "").replace("\\|", "");
            prop_assert!(!bare.contains('|'), "{page}");
        }
    }
}
