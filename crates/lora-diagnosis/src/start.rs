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
    pub(crate) fn of(a: &Factor, b: &Factor) -> Self {
        match (a.sizes.is_zero(), b.sizes.is_zero()) {
            (true, true) => Self::new(
                InitLook::Unknown,
                None,
                "both factors are exactly zero, so neither gets a gradient",
            )
            .zero(),
            (false, true) => {
                Self::new(InitLook::A, a.fitting().or(a.near()), "B is exactly zero").zero()
            }
            (true, false) => {
                Self::new(InitLook::B, b.fitting().or(b.near()), "A is exactly zero").zero()
            }
            (false, false) => Self::of_moved(a, b),
        }
    }

    fn of_moved(a: &Factor, b: &Factor) -> Self {
        match (a.fitting(), b.fitting()) {
            (Some(of_a), None) => Self::new(
                InitLook::A,
                Some(of_a),
                "the entries of A are those of a start, and those of B are not",
            ),
            (None, Some(of_b)) => Self::new(
                InitLook::B,
                Some(of_b),
                "the entries of B are those of a start, and those of A are not",
            ),
            (Some(_), Some(_)) => {
                Self::new(InitLook::Both, None, "the entries of both factors are those of a start")
            }
            (None, None) => Self::of_near(a, b),
        }
    }

    /// Where both have moved too far for a law to hold.
    fn of_near(a: &Factor, b: &Factor) -> Self {
        match (a.near(), b.near()) {
            (Some(of_a), None) => Self::new(
                InitLook::A,
                Some(of_a),
                "A is of a start's size and fills its directions as evenly, and B is not; both have moved",
            ),
            (None, Some(of_b)) => Self::new(
                InitLook::B,
                Some(of_b),
                "B is of a start's size and fills its directions as evenly, and A is not; both have moved",
            ),
            (Some(_), Some(_)) => Self::new(
                InitLook::Unknown,
                None,
                "both factors are of a start's size, and both have moved",
            ),
            (None, None) => Self::new(
                InitLook::Unknown,
                None,
                "neither factor is of a start's size with even directions: both have moved too far, or they \
                 started otherwise",
            ),
        }
    }

    fn new(looks_like: InitLook, law: Option<&LawTest>, because: &str) -> Self {
        let unmoved = law.is_some_and(|law| law.fits);
        let law = law.map(|law| law.law);
        Self { looks_like, untrained: false, law, unmoved, because: because.to_owned() }
    }

    fn zero(self) -> Self {
        Self { untrained: true, ..self }
    }
}
