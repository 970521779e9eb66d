//! What a learning rate does as the width grows, in names that tables, figures and pages share.

use std::fmt;

use crate::named::named;

named! {
    /// What training does at one learning rate as n → ∞.
    ///
    /// [`Display`](fmt::Display) has the name for readers, [`key`](Self::key) the name in files, and
    /// [`describe`](Self::describe) the meaning in a sentence. The order is that of growing learning
    /// rates.
    enum Regime, "regime" {
        /// Features and output move by o(1), and Z_A stays bounded.
        NoLearning = "no-learning",
        /// Features or output move by Θ(1), and everything stays bounded.
        Learning = "learning",
        /// Features and output move by o(1), while Z_A grows without bound.
        InternallyUnstable = "internally-unstable",
        /// Features or output move by Θ(1) and stay bounded, while Z_A grows without bound.
        LearningInternallyUnstable = "learning-internally-unstable",
        /// Z_B or the output grows without bound.
        Unstable = "unstable",
    }
}

named! {
    /// What one step does to the features Z_B alone, under a learning rate for each factor.
    enum FeatureRegime, "regime of the features" {
        /// No part of ΔZ_B is of order one.
        Lazy = "lazy",
        /// Some part is of order one, but δ1 and δ2 are not both.
        Learning = "learning",
        /// δ1 and δ2 are both of order one.
        Efficient = "efficient",
        /// Z_B grows with the width.
        Unstable = "unstable",
    }
}

impl Regime {
    /// One sentence on its meaning.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::NoLearning => "Features and output move less and less as the width grows.",
            Self::Learning => "Features or output move at order one, and everything stays bounded.",
            Self::InternallyUnstable => {
                "Features and output move less and less, and yet Z_A explodes."
            }
            Self::LearningInternallyUnstable => {
                "Features or output move at order one and stay bounded, but Z_A explodes."
            }
            Self::Unstable => "Z_B or the output explodes: it grows without bound with the width.",
        }
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NoLearning => "no learning",
            Self::Learning => "learning",
            Self::InternallyUnstable => "internally unstable",
            Self::LearningInternallyUnstable => "learning, internally unstable",
            Self::Unstable => "unstable",
        })
    }
}

impl FeatureRegime {
    /// One sentence on its meaning.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Lazy => "No part of ΔZ_B is of order one: the features hardly move.",
            Self::Learning => "Some part of ΔZ_B is of order one, but not both δ1 and δ2.",
            Self::Efficient => "δ1 and δ2 are both of order one: both factors move the features.",
            Self::Unstable => "Z_B or a part of its change explodes.",
        }
    }
}

impl fmt::Display for FeatureRegime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Lazy => "lazy features",
            Self::Learning => "feature learning",
            Self::Efficient => "efficient feature learning",
            Self::Unstable => "unstable features",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn distinct<T: Ord>(names: impl IntoIterator<Item = T>) -> usize {
        names.into_iter().collect::<BTreeSet<T>>().len()
    }

    /// A key is a JSON name, a class and the name of a colour: nothing but letters and hyphens.
    #[test]
    fn no_two_regimes_share_a_name() {
        let shown = Regime::ALL.map(|r| r.to_string());
        assert_eq!(distinct(shown), Regime::ALL.len());
        assert_eq!(distinct(Regime::ALL.map(Regime::describe)), Regime::ALL.len());
        let keys = Regime::ALL.map(Regime::key);
        assert_eq!(distinct(keys), Regime::ALL.len());
        assert!(keys.iter().all(|key| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        // A reader who sees both kinds beside each other must be able to tell them apart.
        let features = FeatureRegime::ALL.map(|r| r.to_string());
        let all = Regime::ALL.map(|r| r.to_string()).into_iter().chain(features);
        assert_eq!(distinct(all), Regime::ALL.len() + FeatureRegime::ALL.len());
        assert_eq!(distinct(FeatureRegime::ALL.map(FeatureRegime::key)), FeatureRegime::ALL.len());
    }

    #[test]
    fn a_name_says_learning_and_instability_where_both_are_true() {
        for (regime, learns, internally_unstable) in [
            (Regime::NoLearning, false, false),
            (Regime::Learning, true, false),
            (Regime::InternallyUnstable, false, true),
            (Regime::LearningInternallyUnstable, true, true),
        ] {
            let name = regime.to_string();
            assert_eq!(name.starts_with("learning"), learns, "{name}");
            assert_eq!(name.ends_with("internally unstable"), internally_unstable, "{name}");
        }
    }
}
