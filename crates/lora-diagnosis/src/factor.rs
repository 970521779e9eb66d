//! One factor beside the laws of a start.

use lora_checkpoint::{Data, Tensor};
use serde::Serialize;

use crate::law::{Law, LawKind};
use crate::law_test::LawTest;
use crate::sizes::Sizes;
use crate::spectrum::{Evenness, Thin};

/// A moved draw of the law that the config declares has at most so many times its mean square: the start makes up at
/// least a quarter.
const DECLARED: f64 = 4.0;
/// A moved draw of another law: the start makes up at least half.
const OTHER: f64 = 2.0;

/// A factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factor {
    /// Sizes of its entries.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// The largest singular value.
    pub spectral: f64,
    /// How evenly its directions are filled, 1 for independent entries.
    pub evenness: f64,
    /// What is compared with it.
    #[serde(skip)]
    even: Evenness,
    /// Its entries beside each law.
    pub laws: Vec<LawTest>,
    /// The certain movement from a uniform start: how far it lies from the cube of such starts, in the Frobenius
    /// norm. Absent without such a law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond_edge: Option<f64>,
}

impl Factor {
    /// Of a factor's tensor and its thin form; none if its singular values were not found.
    pub(crate) fn of(
        tensor: &Tensor,
        thin: &Thin,
        laws: &[Law],
        [r, fan]: [usize; 2],
        level: f64,
    ) -> Option<Self> {
        let entries = tensor.as_f32();
        let sizes = Sizes::of(&entries);
        let values = thin.singular_values()?;
        let slack = rounding(tensor);
        let test = |law: &Law| LawTest::of(law, &entries, &sizes, slack, level);
        let uniform = laws.iter().find_map(Law::edge);
        let even = Evenness::of(&values, r, fan);
        let cube = |edge| from_cube(&entries, edge, slack);
        Some(Self {
            spectral: values.first().copied().unwrap_or(0.0),
            evenness: even.value,
            even,
            laws: if sizes.is_zero() { Vec::new() } else { laws.iter().map(test).collect() },
            beyond_edge: uniform.filter(|_| !sizes.is_zero()).map(cube),
            sizes,
        })
    }

    /// A law whose rms and shape the entries have; the declared one, if it is among them.
    pub(crate) fn carried(&self, declared: Option<LawKind>) -> Option<&LawTest> {
        let of = |test: &&LawTest| test.carried;
        let own = self.laws.iter().filter(of).find(|test| Some(test.law) == declared);
        own.or_else(|| self.laws.iter().find(of))
    }

    /// A law of which the factor may be a moved draw. None at ranks up to 2, where any factor is even.
    ///
    /// The declared one counts if its mean square makes up a quarter and the directions are as even as a movement in
    /// one direction leaves them. Without it, size says little, since a factor that grew from zero may have any. So the
    /// nearest law counts if it makes up half and the directions are as even as those of a draw.
    pub(crate) fn near(&self, declared: Option<LawKind>) -> Option<&LawTest> {
        let distance = |test: &LawTest| test.rms_ratio.ln().abs();
        let own = self.laws.iter().find(|test| Some(test.law) == declared);
        let own =
            own.filter(|test| test.is_within(DECLARED) && self.even.with_start(1.0 / DECLARED));
        let near = self.laws.iter().filter(|test| test.is_within(OTHER) && self.even.as_drawn());
        own.or_else(|| near.min_by(|one, other| distance(one).total_cmp(&distance(other))))
    }
}

/// By how much an entry may have grown when it was rounded to what the file holds, as a share of it.
pub(crate) fn rounding(tensor: &Tensor) -> f64 {
    match tensor.data {
        Data::F32(_) => 2f64.powi(-23),
        Data::F16(_) => 2f64.powi(-11),
        Data::BF16(_) => 2f64.powi(-8),
    }
}

/// The distance of what the entries were before rounding, at least, from the cube between ±edge.
fn from_cube(entries: &[f32], edge: f64, slack: f64) -> f64 {
    let beyond = |x: &f32| (f64::from(x.abs()) / (1.0 + slack) - edge).max(0.0).powi(2);
    entries.iter().map(beyond).sum::<f64>().sqrt()
}
