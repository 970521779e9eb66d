//! Whole numbers of the command line.

/// A whole number that is large enough.
///
/// # Errors
/// In words, if it is no whole number or too small.
pub fn at_least<const LEAST: usize>(text: &str) -> Result<usize, String> {
    let wanted = format!("must be a whole number of at least {LEAST}");
    text.parse().ok().filter(|&number| number >= LEAST).ok_or(wanted)
}
