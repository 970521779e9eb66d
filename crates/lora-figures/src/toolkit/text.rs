//! Text with superscripts and subscripts: `n^{−3/4}`, `Z_{A}`. [`literal`] text has none.

use std::borrow::Cow;

use crate::toolkit::font::plain_width;

/// Size of a raised or lowered part.
const SMALL: f64 = 0.72;

/// Within a mark, what keeps it from being one. It is not drawn.
const JOINER: char = '\u{2060}';

/// Text that shows as it stands, for the names that others give: of modules, folders, tables and columns.
///
/// ```
/// use lora_figures::literal;
/// assert_eq!(literal("layers.0.q_proj"), "layers.0.q_proj");
/// assert_ne!(literal("q_{proj}"), "q_{proj}", "a mark is broken by a character that is not drawn");
/// ```
pub fn literal(name: &str) -> Cow<'_, str> {
    if next_mark(name).is_none() {
        return Cow::Borrowed(name);
    }
    let broken = |mark: &str| format!("{}{JOINER}{{", &mark[..1]);
    Cow::Owned(name.replace("^{", &broken("^{")).replace("_{", &broken("_{")))
}

/// One run of text at one height.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub text: String,
    /// Distance from the start of the text, in points.
    pub offset: f64,
    /// Upward shift of the baseline, in points.
    pub rise: f64,
    pub size: f64,
}

/// Splits marked text into runs and returns them with the total width. An unclosed mark is plain text.
pub(crate) fn runs(text: &str, size: f64, bold: bool) -> (Vec<Run>, f64) {
    let mut out: Vec<Run> = Vec::new();
    let mut offset = 0.0;
    let mut push = |part: &str, rise: f64, size: f64| {
        let part = &*part.replace(JOINER, "");
        let inner = part.trim();
        // Outer spaces become distance: an SVG would drop them.
        let lead = plain_width(&part[..part.len() - part.trim_start().len()], size, bold);
        if !inner.is_empty() {
            out.push(Run { text: inner.to_owned(), offset: offset + lead, rise, size });
        }
        offset += plain_width(part, size, bold);
    };
    let mut rest = text;
    while let Some((at, end)) = next_mark(rest) {
        push(&rest[..at], 0.0, size);
        let rise = if rest[at..].starts_with('^') { 0.36 * size } else { -0.16 * size };
        push(&rest[at + 2..end], rise, SMALL * size);
        rest = &rest[end + 1..];
    }
    push(rest, 0.0, size);
    (out, offset)
}

/// Byte positions of the next `^{` or `_{` and of its closing brace.
fn next_mark(text: &str) -> Option<(usize, usize)> {
    let at = [text.find("^{"), text.find("_{")].into_iter().flatten().min()?;
    let end = at + text[at..].find('}')?;
    Some((at, end))
}

/// Width of marked text in points.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    runs(text, size, bold).1
}

/// Breaks marked text into lines no wider than `limit`, at most `max_lines`, the last ending in "…" if text is left.
pub(crate) fn wrap(text: &str, size: f64, bold: bool, limit: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace().flat_map(|w| pieces(w, size, bold, limit)) {
            let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
            if width(&longer, size, bold) <= limit {
                line = longer;
            } else {
                lines.push(std::mem::replace(&mut line, word));
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    if lines.len() > max_lines {
        lines.truncate(max_lines);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// A word, cut where it alone is wider than the line.
fn pieces(word: &str, size: f64, bold: bool, limit: f64) -> Vec<String> {
    if width(word, size, bold) <= limit {
        return vec![word.to_owned()];
    }
    let mut out = vec![String::new()];
    let mut used = 0.0;
    for c in word.chars() {
        let step = plain_width(c.encode_utf8(&mut [0; 4]), size, bold);
        if used + step > limit && used > 0.0 {
            out.push(String::new());
            used = 0.0;
        }
        used += step;
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out
}

/// `text` cut to fit `limit`, ending in "…" if it was too wide.
pub(crate) fn fit(text: &str, size: f64, bold: bool, limit: f64) -> String {
    if width(text, size, bold) <= limit {
        return text.to_owned();
    }
    let plain: Vec<char> = text.chars().collect();
    let kept = (0..plain.len()).rev().find_map(|n| {
        let cut: String = plain[..n].iter().chain(std::iter::once(&'…')).collect();
        (width(&cut, size, bold) <= limit).then_some(cut)
    });
    kept.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_runs() {
        let (parts, total) = runs("n^{−1} and Z_{A}", 10.0, false);
        let texts: Vec<&str> = parts.iter().map(|r| r.text.as_str()).collect();
        assert_eq!(texts, ["n", "−1", "and Z", "A"]);
        assert!(parts[1].rise > 0.0 && parts[3].rise < 0.0);
        assert!(total > parts[3].offset);
        assert_eq!(runs("a^{b", 10.0, false).0.len(), 1);
    }

    /// A name shows as it stands, however it is cut, and takes the room of what shows.
    #[test]
    fn names_have_no_marks() {
        for name in ["q_proj", "h.0.attn.c_attn", "lora_{A}^{2}.w_{", "^{", "_{a}_{b}", ""] {
            let (parts, total) = runs(&literal(name), 10.0, false);
            let shown: Vec<&str> = parts.iter().map(|run| run.text.as_str()).collect();
            assert_eq!(shown.concat(), name);
            assert!(parts.iter().all(|run| run.rise == 0.0 && run.size == 10.0), "{parts:?}");
            assert!((total - plain_width(name, 10.0, false)).abs() < 1e-9);
        }
        let long = "lora_{A}".repeat(9);
        assert!(runs(&long, 10.0, false).0.len() > 9, "the control is typeset");
        let cut = fit(&literal(&long), 10.0, false, 100.0);
        assert!(runs(&cut, 10.0, false).0.iter().all(|run| run.rise == 0.0), "{cut}");
        let lines = wrap(&literal(&long), 10.0, false, 100.0, 99).concat();
        let shown: String = runs(&lines, 10.0, false).0.into_iter().map(|run| run.text).collect();
        assert_eq!(shown, long);
    }

    #[test]
    fn lines_fit_and_lose_no_word() {
        let text = "a caption of several words ".repeat(20);
        let lines = wrap(&text, 7.0, false, 100.0, 99);
        assert!(lines.len() > 5 && lines.iter().all(|l| width(l, 7.0, false) <= 100.0));
        assert_eq!(lines.join(" "), text.trim());
        assert_eq!(wrap(&text, 7.0, false, 100.0, 2).len(), 2);
        assert!(wrap(&"x".repeat(500), 7.0, false, 100.0, 99).len() > 5);
        assert!(width(&fit(&text, 7.0, false, 50.0), 7.0, false) <= 50.0);
    }
}
