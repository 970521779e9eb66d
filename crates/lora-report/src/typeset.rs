//! Indices and powers in plain text: `η_{opt}`, `Z_B`, `n^{−1}`, `n^-1/2`.

use maud::{Markup, html};

/// A piece of text, on the line, below it or above it.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Plain(&'t str),
    Low(&'t str),
    High(String),
}

/// As HTML.
pub(crate) fn typeset(text: &str) -> Markup {
    html! {
        @for piece in pieces(text) {
            @match piece {
                Piece::Plain(text) => (text),
                Piece::Low(text) => sub { (text) },
                Piece::High(text) => sup { (text) },
            }
        }
    }
}

/// For places that take no markup: `Z_A`.
pub(crate) fn flat(text: &str) -> String {
    text.replace("_{", "_").replace("^{", "^").replace('}', "")
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(found) = text[at..].find(['_', '^']) {
        let mark = at + found;
        let (before, after) = (&text[..mark], &text[mark + 1..]);
        let raised = text[mark..].starts_with('^');
        let Some((inside, length)) = raised_or_lowered(before, after, raised) else {
            at = mark + 1;
            continue;
        };
        pieces.push(Piece::Plain(&text[plain..mark]));
        pieces.push(if raised {
            Piece::High(inside.replace('-', "−"))
        } else {
            Piece::Low(inside)
        });
        at = mark + 1 + length;
        plain = at;
    }
    pieces.push(Piece::Plain(&text[plain..]));
    pieces
}

/// The text above or below the line, and how many bytes it takes with its braces.
fn raised_or_lowered<'t>(before: &str, after: &'t str, raised: bool) -> Option<(&'t str, usize)> {
    if let Some(rest) = after.strip_prefix('{') {
        let (inside, _) = rest.split_once('}')?;
        return Some((inside, inside.len() + 2));
    }
    let length = if raised {
        power_length(after)
    } else {
        // Not every underscore: names of files and keys have some.
        let symbol = before.ends_with(['Z', 'η', 'W']);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        if symbol { letters } else { 0 }
    };
    (length > 0).then(|| (&after[..length], length))
}

/// The length of a number, a fraction or a Greek letter, with its sign.
fn power_length(text: &str) -> usize {
    let sign = text.chars().next().filter(|c| ['-', '−'].contains(c)).map_or(0, char::len_utf8);
    let rest = &text[sign..];
    let digits = number_length(rest);
    let greek = rest.chars().next().filter(|c| ('α'..='ω').contains(c)).map_or(0, char::len_utf8);
    match digits.max(greek) {
        0 => 0,
        length => sign + length,
    }
}

/// The length of an integer, a fraction or a decimal; a full stop that ends a sentence stays out.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| {
        let rest = &text[from..];
        from + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let whole = digits(0);
    let more = if text[whole..].starts_with(['/', '.']) { digits(whole + 1) } else { whole };
    if whole == 0 || more <= whole + 1 { whole } else { more }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        typeset(text).into_string()
    }

    #[test]
    fn indices_and_powers_are_set() {
        assert_eq!(shown("η_{opt} of n"), "η<sub>opt</sub> of n");
        assert_eq!(shown("Θ(n^-1/2), n^{−1}"), "Θ(n<sup>−1/2</sup>), n<sup>−1</sup>");
        assert_eq!(shown("like n^−0.78."), "like n<sup>−0.78</sup>.");
        assert_eq!(shown("ΔZ_B, s = n^σ r^-τ"), "ΔZ<sub>B</sub>, s = n<sup>σ</sup> r<sup>−τ</sup>");
    }

    #[test]
    fn other_marks_stay_and_all_is_escaped() {
        assert_eq!(shown("train_loss ^ _ Z_"), "train_loss ^ _ Z_");
        assert_eq!(shown("x_{<b>"), "x_{&lt;b&gt;");
        assert_eq!(shown("x_{<b>}"), "x<sub>&lt;b&gt;</sub>");
    }
}
