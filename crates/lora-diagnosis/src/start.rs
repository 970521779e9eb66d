//! Which init an adapted module looks like.

use serde::Serialize;

use crate::factor::Factor;
use crate::law::LawKind;
use crate::law_test::LawTest;

/// The init.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum InitLook {
    /// A random, B = 0.
    #[serde(rename = "Init[A]")]
    A,
    /// B random, A = 0.
    #[serde(rename = "Init[B]")]
    B,
    /// Both factors random.
    #[serde(rename = "both random")]
    Both,
    /// Of an adapter: its modules differ.
    #[serde(rename = "mixed")]
    Mixed,
    /// Nothing tells.
    #[serde(rename = "unknown")]
    Unknown,
}

impl InitLook {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "Init[A]",
            Self::B => "Init[B]",
            Self::Both => "both random",
            Self::Mixed => "mixed",
            Self::Unknown => "unknown",
        }
    }
}

/// What the config says of the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The law of a random factor.
    pub law: Option<LawKind>,
    /// Whether both are random.
    pub both: bool,
    /// Whether both are computed from something, so that neither starts at zero and no law is theirs.
    pub computed: bool,
}

impl Declared {
    /// By `init_lora_weights`; nothing for `eva` and `mica`, which compute one factor and leave the other zero.
    pub(crate) fn of(init_lora_weights: &str) -> Self {
        let law = |law, both| Self { law: Some(law), both, computed: false };
        match &*init_lora_weights.to_lowercase() {
            "true" => law(LawKind::KaimingUniform, false),
            "false" => law(LawKind::KaimingUniform, true),
            "gaussian" => law(LawKind::Gaussian, false),
            "eva" | "mica" => Self::default(),
            _ => Self { computed: true, ..Self::default() },
        }
    }
}

/// What the entries say of a module's start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Start {
    /// The init.
    pub looks_like: InitLook,
    /// Whether a factor is exactly zero, so that B A = 0 and nothing was learned.
    pub untrained: bool,
    /// The law of the random factor, where it was recognised.
    pub law: Option<LawKind>,
    /// Whether nothing at all speaks against that law.
    pub unmoved: bool,
    /// Why.
    pub because: String,
}

impl Start {
    /// Of both factors.
    pub(crate) fn of(a: &Factor, b: &Factor, declared: Declared) -> Self {
        let law = |factor: &'_ Factor, law| {
            factor.carried(law).or_else(|| factor.near(law)).map(|test| (test.law, test.fits))
        };
        match (a.sizes.is_zero(), b.sizes.is_zero()) {
            (true, true) => Self::new(
                InitLook::Unknown,
                None,
                "both factors are exactly zero, so neither gets a gradient",
            )
            .zero(),
            (false, true) => {
                Self::new(InitLook::A, law(a, declared.law), "B is exactly zero").zero()
            }
            (true, false) => Self::new(InitLook::B, law(b, None), "A is exactly zero").zero(),
            (false, false) => Self::of_moved(a, b, declared),
        }
    }

    fn of_moved(a: &Factor, b: &Factor, declared: Declared) -> Self {
        if declared.computed {
            return Self::new(
                InitLook::Unknown,
                None,
                "the config says that both factors were computed, so neither started at zero, and no law is theirs",
            );
        }
        let law_b = declared.law.filter(|_| declared.both);
        let told = |test: &LawTest| Some((test.law, test.fits));
        match (a.carried(declared.law), b.carried(law_b)) {
            (Some(_), Some(_)) => Self::new(
                InitLook::Both,
                None,
                "the entries of both factors have the rms and the shape of a start",
            ),
            (Some(_), None) if declared.both && b.near(law_b).is_some() => Self::both_near(),
            (None, Some(_)) if declared.both && a.near(declared.law).is_some() => Self::both_near(),
            (Some(of_a), None) => Self::new(
                InitLook::A,
                told(of_a),
                "the entries of A have the rms and the shape of a start, and those of B do not",
            ),
            (None, Some(of_b)) => Self::new(
                InitLook::B,
                told(of_b),
                "the entries of B have the rms and the shape of a start, and those of A do not",
            ),
            (None, None) => Self::of_near(a.near(declared.law), b.near(law_b), declared),
        }
    }

    /// Where both have moved too far to be those of a law.
    fn of_near(a: Option<&LawTest>, b: Option<&LawTest>, declared: Declared) -> Self {
        let told = |test: &LawTest| Some((test.law, test.fits));
        match (a, b) {
            (Some(of_a), None) => Self::new(
                InitLook::A,
                told(of_a),
                "A is of a start's size, and B is not; both have moved",
            ),
            (None, Some(of_b)) => Self::new(
                InitLook::B,
                told(of_b),
                "B is of a start's size, and A is not; both have moved",
            ),
            (Some(_), Some(_)) if declared.both => Self::both_near(),
            (Some(_), Some(_)) => Self::new(
                InitLook::Unknown,
                None,
                "both factors are of a start's size, and both have moved; one of them may have grown to it",
            ),
            (None, None) => Self::new(
                InitLook::Unknown,
                None,
                "neither factor is of a start's size: both have moved too far, or they started otherwise",
            ),
        }
    }

    fn both_near() -> Self {
        Self::new(
            InitLook::Both,
            None,
            "both factors are of a start's size, and the config says that both started so",
        )
    }

    fn new(looks_like: InitLook, law: Option<(LawKind, bool)>, because: &str) -> Self {
        let unmoved = law.is_some_and(|(_, fits)| fits);
        let law = law.map(|(law, _)| law);
        Self { looks_like, untrained: false, law, unmoved, because: because.to_owned() }
    }

    fn zero(self) -> Self {
        Self { untrained: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computed_starts_are_those_of_both_factors() {
        for (key, computed) in [
            ("true", false),
            ("false", false),
            ("gaussian", false),
            ("eva", false),
            ("EVA", false),
            ("mica", false),
            ("pissa", true),
            ("PiSSA_niter_4", true),
            ("olora", true),
            ("corda", true),
            ("loftq", true),
            ("orthogonal", true),
            ("lora_ga", true),
        ] {
            assert_eq!(Declared::of(key).computed, computed, "{key}");
        }
    }
}
