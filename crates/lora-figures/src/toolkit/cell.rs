//! Texts in tables that a spreadsheet may open. They are anybody's: none may act as a formula.

/// What makes a spreadsheet take a cell for a formula, at its beginning.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text as a cell of a table: with an apostrophe before what a spreadsheet would take for a formula. Numbers
/// are no texts, and stay as they are.
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
    use super::*;

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

    #[test]
    fn apostrophes_of_the_text_itself_stay() {
        for text in ["'", "''=1", "'-", "'a", "-'"] {
            let cell = cell(text);
            assert!(!cell.starts_with(FORMULA));
            assert_eq!(uncell(&cell), text);
        }
    }
}
