//! The problem to analyse: initialization, optimizer, trained factors, learning rates, scaling,
//! readout, rank.

use std::fmt;

use lora_types::{Factor, Init, OptimizerKind, Trained};
use serde::{Deserialize, Serialize};

use crate::rational::{add, div, mul, neg, sub, within_limit};
use crate::{Alignment, Exponent, Growth, Rational, TheoryError};

/// Largest number of symbolic steps.
pub const MAX_STEPS: u32 = 12;

/// Symbolic steps after which no exponent of a sign-like optimizer changes; 3 would be enough.
pub const DEFAULT_STEPS: u32 = 4;

const NOUGHT: Rational = Rational::new_raw(0, 1);

/// The standard deviations of the initial entries of A and B.
///
/// Under [`Init::AB`] a sign-like gradient of A sums two directions along r, and its sign is counted
/// along each: the exponents are exact at fixed rank, and upper bounds for ρ > 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InitStd {
    /// Exponents of n (the rank's part included), in place of an init; zero for zeros.
    #[serde(rename = "custom")]
    Custom {
        /// Exponent of the standard deviation of the entries of A0.
        a: Exponent,
        /// Exponent of the standard deviation of the entries of B0.
        b: Exponent,
    },
    /// Those of an init: n^-1/2 for a random A, r^-1/2 for a random B. \[P\]
    #[serde(untagged)]
    Of(Init),
}

impl From<Init> for InitStd {
    fn from(init: Init) -> Self {
        Self::Of(init)
    }
}

impl PartialEq<Init> for InitStd {
    fn eq(&self, init: &Init) -> bool {
        *self == Self::Of(*init)
    }
}

impl fmt::Display for InitStd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(Init::AB) => f.pad("both factors random"),
            Self::Of(init) => init.fmt(f),
            Self::Custom { a, b } => {
                f.pad(&format!("{} and {}", entries("A0", *a), entries("B0", *b)))
            }
        }
    }
}

/// The learning rate of one factor as a function of the scanned γ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// n^(γ + offset).
    Scanned(#[serde(with = "crate::serial")] Rational),
    /// n^exponent whatever γ.
    Fixed(#[serde(with = "crate::serial")] Rational),
}

impl Rate {
    pub(crate) fn growth(self) -> Growth {
        match self {
            Self::Scanned(offset) => Growth::line(Rational::new_raw(1, 1), offset),
            Self::Fixed(exponent) => Growth::power(exponent),
        }
    }

    fn validated(self) -> Result<Self, TheoryError> {
        Ok(match self {
            Self::Scanned(x) => Self::Scanned(within_limit("a learning-rate offset", x)?),
            Self::Fixed(x) => Self::Fixed(within_limit("a learning-rate exponent", x)?),
        })
    }
}

/// How much of the model is analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The LoRA layer alone, with an outside backward signal dZ_B = Θ(1). \[P\]
    Layer,
    /// The whole network: dZ_B = W_out times the error, with W_out,i = Θ(n^-a). \[D\]
    #[default]
    Network,
}

/// One training problem, up to constants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setting {
    /// Initialization of the two factors.
    pub init: InitStd,
    /// Update rule. [`OptimizerKind`] counts as follows. The entries of an update are Θ(η) under Adam,
    /// AdamW and SignSGD, aligned with the gradient, and zero where the gradient is exactly zero
    /// \[P\]; the decay of AdamW multiplies a factor by 1 − O(η), which is no growth while η = O(1).
    /// Under SGD an update keeps the gradient's scale, and exponents may go on changing with the
    /// number T of steps: under Init\[A\] the layer alone is stable up to γ = −1 + 1/(2T − 1), which
    /// tends to −1 \[D\].
    pub optimizer: OptimizerKind,
    /// The factors that train, written as a list of them.
    #[serde(with = "lora_types::trained_list")]
    pub train: Trained,
    /// Learning rate η_A of A; without effect where A does not train.
    pub rate_a: Rate,
    /// Learning rate η_B of B; without effect where B does not train.
    pub rate_b: Rate,
    /// σ in the multiplier s = n^σ r^-τ, which PEFT calls `scaling`.
    #[serde(with = "crate::serial")]
    pub multiplier_width: Rational,
    /// τ in the multiplier s = n^σ r^-τ: 1 for PEFT's `scaling` α/r, 1/2 for rsLoRA's α/√r, 0 for a
    /// constant.
    #[serde(with = "crate::serial")]
    pub multiplier_rank: Rational,
    /// The readout exponent a: 1/2 is the standard parametrization, 1 the muP one.
    #[serde(with = "crate::serial")]
    pub readout: Rational,
    /// ρ in r = n^ρ; 0 is a fixed rank.
    #[serde(with = "crate::serial")]
    pub rank: Rational,
    /// Number of symbolic steps, [`DEFAULT_STEPS`] unless stated.
    pub steps: u32,
    /// The layer alone or the whole network.
    pub scope: Scope,
    /// How sums treat directions; anything but the default is a control.
    pub alignment: Alignment,
}

impl Default for Setting {
    /// Init\[A\] with Adam on both factors in the whole network: a = 1/2, s = 1, fixed rank,
    /// η_A = η_B = n^γ.
    fn default() -> Self {
        Self {
            init: Init::A.into(),
            optimizer: OptimizerKind::default(),
            train: Trained::AB,
            rate_a: Rate::Scanned(NOUGHT),
            rate_b: Rate::Scanned(NOUGHT),
            multiplier_width: NOUGHT,
            multiplier_rank: NOUGHT,
            readout: Rational::new_raw(1, 2),
            rank: NOUGHT,
            steps: DEFAULT_STEPS,
            scope: Scope::default(),
            alignment: Alignment::default(),
        }
    }
}

impl Setting {
    /// The LoRA layer alone, everything else as in the default.
    pub fn layer(init: impl Into<InitStd>) -> Self {
        Self { init: init.into(), scope: Scope::Layer, ..Self::default() }
    }

    /// The whole network with readout exponent a, everything else as in the default.
    pub fn network(init: impl Into<InitStd>, readout: Rational) -> Self {
        Self { init: init.into(), readout, scope: Scope::Network, ..Self::default() }
    }

    /// The same setting with every number checked and reduced.
    ///
    /// # Errors
    /// [`TheoryError`] for a number out of range, ρ outside \[0, 1\] or a bad number of steps.
    pub fn validated(&self) -> Result<Self, TheoryError> {
        let rank = within_limit("the rank exponent", self.rank)?;
        if rank < NOUGHT || rank > Rational::new_raw(1, 1) {
            return Err(TheoryError::Rank { rho: rank.to_string() });
        }
        if !(1..=MAX_STEPS).contains(&self.steps) {
            return Err(TheoryError::Steps { steps: self.steps, max: MAX_STEPS });
        }
        Ok(Self {
            init: self.init.validated()?,
            rate_a: self.rate_a.validated()?,
            rate_b: self.rate_b.validated()?,
            multiplier_width: within_limit("the multiplier's σ", self.multiplier_width)?,
            multiplier_rank: within_limit("the multiplier's τ", self.multiplier_rank)?,
            readout: within_limit("the readout exponent", self.readout)?,
            rank,
            ..self.clone()
        })
    }

    /// Growth of the standard deviations of A0 and B0.
    pub(crate) fn initial_std(&self) -> Result<(Growth, Growth), TheoryError> {
        let random_a = Growth::power(Rational::new_raw(-1, 2));
        let random_b = Growth::power(div(self.rank, Rational::new_raw(-2, 1))?);
        Ok(match self.init {
            InitStd::Of(Init::A) => (random_a, Growth::ZERO),
            InitStd::Of(Init::B) => (Growth::ZERO, random_b),
            InitStd::Of(Init::AB) => (random_a, random_b),
            InitStd::Custom { a, b } => (constant(a), constant(b)),
        })
    }

    /// Growth of a factor's learning rate; zero for a factor that does not train.
    pub(crate) fn learning_rate(&self, factor: Factor) -> Growth {
        match factor {
            _ if !self.train.includes(factor) => Growth::ZERO,
            Factor::A => self.rate_a.growth(),
            Factor::B => self.rate_b.growth(),
        }
    }

    /// Growth of s = n^σ r^-τ.
    pub(crate) fn multiplier(&self) -> Result<Growth, TheoryError> {
        let rank_part = mul(self.multiplier_rank, self.rank)?;
        Ok(Growth::power(sub(self.multiplier_width, rank_part)?))
    }

    /// Growth of the entries of W_out, or of the outside backward signal.
    pub(crate) fn signal(&self) -> Result<Growth, TheoryError> {
        Ok(match self.scope {
            Scope::Layer => Growth::one(),
            Scope::Network => Growth::power(neg(self.readout)?),
        })
    }

    /// Growths of η_A and η_B at a scanned η = n^γ; exact zeros for factors that do not train.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if an exact value does not fit 64 bits.
    pub fn rates_at(&self, gamma: Rational) -> Result<[Exponent; 2], TheoryError> {
        let rate = |factor| self.learning_rate(factor).at(gamma);
        Ok([rate(Factor::A)?, rate(Factor::B)?])
    }

    /// The same setting with the multiplier times n^`step`.
    pub(crate) fn with_larger_multiplier(&self, step: Rational) -> Result<Self, TheoryError> {
        Ok(Self { multiplier_width: add(self.multiplier_width, step)?, ..self.clone() })
    }

    /// The same setting with η_B times n^`step`.
    pub(crate) fn with_faster_b(&self, step: Rational) -> Result<Self, TheoryError> {
        let rate_b = match self.rate_b {
            Rate::Scanned(offset) => Rate::Scanned(add(offset, step)?),
            Rate::Fixed(exponent) => Rate::Fixed(add(exponent, step)?),
        };
        Ok(Self { rate_b, ..self.clone() })
    }

    /// The same setting at rank exponent ρ + `step`.
    pub(crate) fn with_more_rank(&self, step: Rational) -> Result<Self, TheoryError> {
        Ok(Self { rank: add(self.rank, step)?, ..self.clone() })
    }
}

impl InitStd {
    fn validated(self) -> Result<Self, TheoryError> {
        let checked = |exponent: Exponent| match exponent {
            Exponent::Zero => Ok(Exponent::Zero),
            Exponent::Power(x) => within_limit("an initial exponent", x).map(Exponent::Power),
        };
        match self {
            Self::Custom { a, b } => Ok(Self::Custom { a: checked(a)?, b: checked(b)? }),
            other => Ok(other),
        }
    }
}

fn entries(name: &str, std: Exponent) -> String {
    match std {
        Exponent::Zero => format!("{name} = 0"),
        std => format!("{name} of std {std}"),
    }
}

fn constant(exponent: Exponent) -> Growth {
    exponent.power().map_or(Growth::ZERO, Growth::power)
}
