//! Minus signs in texts for readers. Machine-readable cells keep the ASCII hyphen.

/// A text with a typographic minus before each negative number and each negative power of ten.
/// Hyphens between words or digits stay.
///
/// ```
/// use lora_analysis::minus::minus_signs;
///
/// let text = "the finite-width fit gives -0.5 [-0.6, -0.4] (p = 2e-3)";
/// assert_eq!(minus_signs(text), "the finite-width fit gives −0.5 [−0.6, −0.4] (p = 2e−3)");
/// ```
pub fn minus_signs(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let shown = |(at, &c): (usize, &char)| if c == '-' && is_minus(&all, at) { '−' } else { c };
    all.iter().enumerate().map(shown).collect()
}

fn is_minus(all: &[char], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|place| all[place]);
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let number = all.get(at + 1).is_some_and(|&c| c.is_ascii_digit() || c == '∞');
    let starts = before(1).is_none_or(|c| !c.is_alphanumeric());
    let power_of_ten = before(1) == Some('e') && digit(before(2));
    number && (starts || power_of_ten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_have_a_minus() {
        for (text, shown) in [
            ("-1", "−1"),
            ("n^-1/2 and 2^-7", "n^−1/2 and 2^−7"),
            ("at most -∞", "at most −∞"),
            ("1.2e-5", "1.2e−5"),
            ("e-5", "e-5"),
            ("rank-4 adapter, 10-20, a - b", "rank-4 adapter, 10-20, a - b"),
            ("−3/4 already", "−3/4 already"),
            ("-", "-"),
        ] {
            assert_eq!(minus_signs(text), shown);
        }
    }
}
