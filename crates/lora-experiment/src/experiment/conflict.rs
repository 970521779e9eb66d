//! A key that does not go with another one.

/// A key whose value does not go with that of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The key that is wrong.
    pub key: &'static str,
    /// The other key.
    pub other: Option<&'static str>,
    /// What the first must be.
    pub valid: String,
}

/// The refusal of a key beside another one, with what would be valid.
pub fn conflict<T>(
    key: &'static str,
    other: Option<&'static str>,
    valid: impl Into<String>,
) -> Result<T, Conflict> {
    Err(Conflict { key, other, valid: valid.into() })
}
