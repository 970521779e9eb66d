//! Which terms of the training step lead as n → ∞.
//!
//! With A = A0 + ΔA and B = B0 + ΔB the adapter's share of the output is a sum of four products,
//! W_outᵀ s (B0 + ΔB)(A0 + ΔA) Z. At η = n^γ each product has an exponent. Those with the exponent
//! of the initial error e⁰ are the ones that a limit keeps; a product above it makes the output
//! explode, and if all lie below it nothing is learned. The same comparison says which part of B
//! makes Z_B, which part of Bᵀ W_out makes A's gradient, and whether φ acts on H + Z_B as a linear
//! function around H (Z_B → 0), in full (Z_B = Θ(1)), or on Z_B alone (Z_B → ∞). \[D\]

use serde::Serialize;

use crate::no_limit::{NoLimit, Part, Product};
use crate::rational::within_limit;
use crate::setting::Scope;
use crate::step::{ByPart, Parts, run};
use crate::{Exponent, Growth, Rational, Setting, TheoryError, Trained};

/// The parts of a factor that a leading term is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The initial entries alone.
    Initial,
    /// The updates alone.
    Updates,
    /// Both at the same order.
    Both,
}

impl Source {
    /// Whether the initial entries are among them.
    pub fn has_initial(self) -> bool {
        self != Self::Updates
    }

    /// Whether the updates are among them.
    pub fn has_updates(self) -> bool {
        self != Self::Initial
    }

    /// `None` where neither is.
    fn of(initial: bool, updates: bool) -> Option<Self> {
        match (initial, updates) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Initial),
            (false, true) => Some(Self::Updates),
            (false, false) => None,
        }
    }

    /// The larger of two parts; `None` if both are exact zeros.
    fn larger([initial, updates]: ByPart<Exponent>) -> Option<Self> {
        let largest = initial.plus(updates);
        if largest == Exponent::Zero {
            return None;
        }
        Self::of(initial == largest, updates == largest)
    }
}

/// How φ acts on H + Z_B, where H = Θ(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preactivation {
    /// Z_B → 0: φ(H) + φ'(H) Z_B.
    Linearised,
    /// Z_B = Θ(1): φ(H + Z_B).
    Full,
    /// Z_B → ∞: H drops out where φ(λx)/λ has a limit as λ → ∞, which is then homogeneous: relu for
    /// GELU, relu itself for relu.
    Homogeneous,
}

/// The frozen output f⁰ = W_outᵀ φ(H) beside targets of Θ(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrozenOutput {
    /// f⁰ → 0: the adapter learns the targets alone.
    Vanishes,
    /// f⁰ = Θ(1), beside the targets.
    Present,
    /// f⁰ → ∞: the adapter must cancel it, and the targets vanish beside it.
    Cancelled,
}

/// The exponents of the units in which everything has a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Scales {
    /// η_A; an exact zero if A does not train.
    pub eta_a: Exponent,
    /// η_B; an exact zero if B does not train.
    pub eta_b: Exponent,
    /// A0 Z.
    pub initial_z_a: Exponent,
    /// ΔA Z.
    pub moved_z_a: Exponent,
    /// Z_B.
    pub z_b: Exponent,
    /// The output's error.
    pub error: Exponent,
}

/// The leading terms of the training step at one learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Leading {
    /// γ in η = n^γ.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub gamma: Rational,
    /// The parts of Z_A that the output learns from.
    pub inner: Source,
    /// The parts of B through which the output learns.
    pub readers: Source,
    /// The parts of B that Z_B itself is made of.
    pub features: Source,
    /// The parts of Bᵀ W_out that A's gradient is made of; `None` if it is exactly zero.
    pub decoder: Option<Source>,
    /// How φ acts.
    pub preactivation: Preactivation,
    /// What becomes of the frozen output.
    pub frozen: FrozenOutput,
    /// The factors whose motion is part of a leading term.
    pub moves: Trained,
    /// What each product adds to the output, by the part of B and then of A, updates last.
    pub products: [[Exponent; 2]; 2],
    /// Units.
    pub scales: Scales,
}

/// The limit of a setting at one learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// It exists, with these terms.
    Exists(Leading),
    /// The network explodes or learns nothing.
    Missing(NoLimit),
}

impl Limit {
    /// The leading terms.
    ///
    /// # Errors
    /// [`NoLimit`] if there are none.
    pub fn terms(self) -> Result<Leading, NoLimit> {
        match self {
            Self::Exists(leading) => Ok(leading),
            Self::Missing(why) => Err(why),
        }
    }
}

/// The leading terms of a setting at η = n^γ.
///
/// ```
/// use lora_theory::{Init, Preactivation, Setting, Source, leading, rational};
/// // With the standard readout Init[A] trains best where the network is linear in the adapter.
/// let setting = Setting::network(Init::A, rational(1, 2)?);
/// let terms = leading(&setting, rational(-3, 4)?)?.terms().expect("it learns");
/// assert_eq!(terms.preactivation, Preactivation::Linearised);
/// assert_eq!(terms.inner, Source::Updates);
/// # Ok::<(), lora_theory::TheoryError>(())
/// ```
///
/// # Errors
/// [`TheoryError`] for a bad setting or γ, or if an exact exponent does not fit 64 bits.
pub fn leading(setting: &Setting, gamma: Rational) -> Result<Limit, TheoryError> {
    let setting = setting.validated()?;
    let gamma = within_limit("the learning-rate exponent γ", gamma)?;
    if setting.scope == Scope::Layer {
        return Ok(Limit::Missing(NoLimit::NoOutput));
    }
    let trace = run(&setting)?;
    let parts = PartsAt::new(&trace.parts, gamma)?;
    let error = trace.initial_error.at(gamma)?;
    let [eta_a, eta_b] = setting.rates_at(gamma)?;
    let scales = Scales {
        eta_a,
        eta_b,
        initial_z_a: parts.z_a[0],
        moved_z_a: parts.z_a[1],
        z_b: parts.z_b.iter().flatten().fold(Exponent::Zero, |x, y| x.plus(*y)),
        error,
    };
    Ok(parts.limit(gamma, scales))
}

/// [`Parts`] at one γ.
struct PartsAt {
    z_a: ByPart<Exponent>,
    decoder: ByPart<Exponent>,
    z_b: ByPart<ByPart<Exponent>>,
    output: ByPart<ByPart<Exponent>>,
    frozen: Exponent,
}

impl PartsAt {
    fn new(parts: &Parts, gamma: Rational) -> Result<Self, TheoryError> {
        let pair = |[x, y]: &ByPart<Growth>| -> Result<_, TheoryError> {
            Ok([x.at(gamma)?, y.at(gamma)?])
        };
        let four = |[x, y]: &ByPart<ByPart<Growth>>| -> Result<_, TheoryError> {
            Ok([pair(x)?, pair(y)?])
        };
        Ok(Self {
            z_a: pair(&parts.z_a)?,
            decoder: pair(&parts.decoder)?,
            z_b: four(&parts.z_b)?,
            output: four(&parts.output)?,
            frozen: parts.frozen.at(gamma)?,
        })
    }

    /// The products that change the output, with their sizes: all but the initial one.
    fn changes(&self) -> impl Iterator<Item = (Product, Exponent)> {
        let products = Part::ALL.into_iter().flat_map(|b| Part::ALL.map(|a| Product { b, a }));
        let moving = products.filter(|p| (p.b, p.a) != (Part::Initial, Part::Initial));
        moving.map(|p| (p, self.output[p.b as usize][p.a as usize]))
    }

    fn limit(&self, gamma: Rational, scales: Scales) -> Limit {
        let error = scales.error;
        // The first of the largest, so that a tie does not depend on the order of iteration.
        let largest = self.changes().reduce(|x, y| if y.1 > x.1 { y } else { x });
        let Some((by, output)) = largest else { return Limit::Missing(NoLimit::NoOutput) };
        if output > error {
            return Limit::Missing(NoLimit::Explodes { by, output, error });
        }
        match self.terms(gamma, scales) {
            Some(leading) if output == error => Limit::Exists(leading),
            _ => Limit::Missing(NoLimit::NothingLearned { output, error, z_b: scales.z_b }),
        }
    }

    /// `None` if no product has the size of the error.
    fn terms(&self, gamma: Rational, scales: Scales) -> Option<Leading> {
        let leads = |b: Part, a: Part| self.output[b as usize][a as usize] == scales.error;
        let with_a = |a| Part::ALL.into_iter().any(|b| leads(b, a));
        let with_b = |b| Part::ALL.into_iter().any(|a| leads(b, a));
        let moves = match Source::of(with_a(Part::Updates), with_b(Part::Updates))? {
            Source::Initial => Trained::A,
            Source::Updates => Trained::B,
            Source::Both => Trained::AB,
        };
        let of_b = |b: usize| self.z_b[b][0].plus(self.z_b[b][1]);
        Some(Leading {
            gamma,
            inner: Source::of(with_a(Part::Initial), with_a(Part::Updates))?,
            readers: Source::of(with_b(Part::Initial), with_b(Part::Updates))?,
            features: Source::larger([of_b(0), of_b(1)])?,
            decoder: Source::larger(self.decoder),
            preactivation: preactivation(scales.z_b),
            frozen: frozen(self.frozen),
            moves,
            products: self.output,
            scales,
        })
    }
}

fn preactivation(z_b: Exponent) -> Preactivation {
    match z_b.cmp(&Exponent::ONE) {
        std::cmp::Ordering::Less => Preactivation::Linearised,
        std::cmp::Ordering::Equal => Preactivation::Full,
        std::cmp::Ordering::Greater => Preactivation::Homogeneous,
    }
}

fn frozen(output: Exponent) -> FrozenOutput {
    match output.cmp(&Exponent::ONE) {
        std::cmp::Ordering::Less => FrozenOutput::Vanishes,
        std::cmp::Ordering::Equal => FrozenOutput::Present,
        std::cmp::Ordering::Greater => FrozenOutput::Cancelled,
    }
}
