//! Numbers of a request as they are given in words: what each may be, and the message for what it may not.

/// The best value of a column of which higher values are better.
///
/// # Errors
/// What it must be, in words.
pub fn finite(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
    value.ok_or_else(|| "must be a finite number, such as 1 or 100".to_owned())
}

/// The bound on the rms of Z_B.
///
/// # Errors
/// What it must be, in words.
pub fn above_zero(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_normal() && *value > 0.0);
    value.ok_or_else(|| "must be a finite number above 0, such as 10".to_owned())
}

/// The tolerance of the basin.
///
/// # Errors
/// What it must be, in words.
pub fn share(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (0.0..=100.0).contains(value));
    value.ok_or_else(|| "must be a number from 0 to 100, such as 0.1".to_owned())
}
