//! Texts of topic files on a page of Markdown. They are anybody's: nothing in them may act as
//! markup.

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
            // Between letters, as in Z_A, it is no emphasis; brackets are a link only if more
            // follows.
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

    proptest! {
        #[test]
        fn any_text_stays_in_its_cell_of_a_table(text in "(?s).{0,20}") {
            let page = markdown(&text);
            prop_assert!(!page.contains(['\n', '\r', '<']));
            let bare = page.replace("\\\\", "").replace("\\|", "");
            prop_assert!(!bare.contains('|'), "{page}");
        }
    }
}
