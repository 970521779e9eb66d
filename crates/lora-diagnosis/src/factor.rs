//! One factor beside the laws of a start.

use lora_checkpoint::{Data, Tensor};
use serde::Serialize;

use crate::law::{Law, LawKind};
use crate::law_test::LawTest;
use crate::sizes::Sizes;
use crate::spectrum::{Thin, evenness};

/// At least this even, a factor may be a start: half of what independent entries have.
pub(crate) const LEAST_EVENNESS: f64 = 0.5;

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
        fan: usize,
        level: f64,
    ) -> Option<Self> {
        let entries = tensor.to_f32();
        let sizes = Sizes::of(&entries);
        let values = thin.singular_values()?;
        let slack = rounding(tensor);
        let test = |law: &Law| LawTest::of(law, &entries, &sizes, slack, level);
        let uniform = laws.iter().find_map(Law::edge);
        Some(Self {
            spectral: values.first().copied().unwrap_or(0.0),
            evenness: evenness(&values, fan),
            laws: if sizes.is_zero() { Vec::new() } else { laws.iter().map(test).collect() },
            beyond_edge: uniform.filter(|_| !sizes.is_zero()).map(|edge| from_cube(&entries, edge)),
            sizes,
        })
    }

    /// A law whose rms and shape the entries have; the declared one, if it is among them.
    pub(crate) fn carried(&self, declared: Option<LawKind>) -> Option<&LawTest> {
        let of = |test: &&LawTest| test.carried;
        let own = self.laws.iter().filter(of).find(|test| Some(test.law) == declared);
        own.or_else(|| self.laws.iter().find(of))
    }

    /// A law of which the factor may be a moved draw: the rms is of its size and the directions are even. If there is
    /// one, the declared law counts, unless the entries are more than twice as large, and otherwise the nearest.
    pub(crate) fn near(&self, declared: Option<LawKind>) -> Option<&LawTest> {
        let distance = |test: &LawTest| test.rms_ratio.ln().abs();
        let near = self.laws.iter().filter(|test| test.is_near());
        let nearest = near.min_by(|one, other| distance(one).total_cmp(&distance(other)));
        let nearest = nearest.filter(|_| self.evenness >= LEAST_EVENNESS)?;
        let own = self.laws.iter().find(|test| Some(test.law) == declared);
        own.filter(|test| (0.5f64.sqrt()..=2.0).contains(&test.rms_ratio)).or(Some(nearest))
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

fn from_cube(entries: &[f32], edge: f64) -> f64 {
    let beyond = |x: &f32| (f64::from(x.abs()) - edge).max(0.0).powi(2);
    entries.iter().map(beyond).sum::<f64>().sqrt()
}
