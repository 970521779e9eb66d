//! Where a tracker has a column from, and the column's plain name.

/// Where a tracker has a column from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was set before the run.
    Set,
    /// The name does not say.
    Bare,
    /// It was measured in the run.
    Measured,
}

/// What trackers put before the names of settings and of results.
const BEFORE: [(&str, Origin); 13] = [
    ("config.", Origin::Set),
    ("config/", Origin::Set),
    ("params.", Origin::Set),
    ("param.", Origin::Set),
    ("params/", Origin::Set),
    ("hparams.", Origin::Set),
    ("hparams/", Origin::Set),
    ("args.", Origin::Set),
    ("args/", Origin::Set),
    ("metrics.", Origin::Measured),
    ("metrics/", Origin::Measured),
    ("summary.", Origin::Measured),
    ("summary/", Origin::Measured),
];

impl Origin {
    /// As the name says.
    pub(crate) fn of(name: &str) -> Self {
        let small = name.trim().to_lowercase();
        let found = BEFORE.iter().find(|(before, _)| small.starts_with(before));
        found.map_or(Self::Bare, |(_, origin)| *origin)
    }
}

/// A column's name in small letters, without what a tracker puts before it: `config.Learning-Rate` and
/// `learning rate` are `learning_rate`.
pub(crate) fn plain(name: &str) -> String {
    let small = name.trim().to_lowercase();
    let bare = BEFORE.iter().find_map(|(before, _)| small.strip_prefix(before)).unwrap_or(&small);
    bare.replace(['-', ' ', '/', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_trackers_are_plain_ones() {
        for (name, expected) in [
            ("config.lr", "lr"),
            ("params.lr", "lr"),
            ("metrics.loss", "loss"),
            ("summary/eval/loss", "eval_loss"),
            ("Learning Rate", "learning_rate"),
            ("hidden-size", "hidden_size"),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }
}
