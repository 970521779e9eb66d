//! Movements over all modules of an adapter together, as far as they look alike.

use serde::Serialize;

use crate::law::{Law, LawKind};
use crate::law_test::ALONG;
use crate::module::ModuleDiagnosis;
use crate::movement::excess_movement;
use crate::normal::{poisson_interval, upper};
use crate::start::InitLook;

/// By what the movement of the random factor is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Entries beyond the edge of a uniform law: means of absolute values are compared.
    Edge,
    /// The mean square in excess of the law's: rms are compared.
    Excess,
}

/// Movements of an entry, over all modules of one init.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pooled {
    /// The init.
    pub init: InitLook,
    /// By what the second is estimated.
    pub by: By,
    /// Of the factor that started at zero.
    pub zero_start: f64,
    /// Of the factor that started random, with its range, whose upper end is an estimate: see
    /// [`Estimated`](crate::Estimated).
    pub random_start: [f64; 3],
    /// The first over the second, with its range; the upper end may be infinite, which JSON has as null.
    pub ratio: [f64; 3],
    /// Modules that it is over.
    pub modules: usize,
    /// Whether nothing speaks against the start of the random factor in any of them. Otherwise it moved, and no entry
    /// beyond the edge does not mean that it stood still: a factor may have shrunk.
    pub unmoved: bool,
    /// Of the factor that started random, the rms of an entry's movement with its range, from the mean squares; none
    /// if they are below the law's by more than chance.
    pub random_rms: Option<[f64; 3]>,
}

impl Pooled {
    /// Over the trained modules of that init whose law is recognised; none without any. Modules of a uniform law are
    /// taken where there are some.
    pub(crate) fn of(modules: &[ModuleDiagnosis], init: InitLook) -> Option<Self> {
        let own = |module: &&ModuleDiagnosis| {
            module.start.looks_like == init && !module.start.untrained && module.start.law.is_some()
        };
        let all: Vec<&ModuleDiagnosis> = modules.iter().filter(own).collect();
        let uniform =
            |module: &&&ModuleDiagnosis| module.start.law == Some(LawKind::KaimingUniform);
        let edged: Vec<&ModuleDiagnosis> = all.iter().filter(uniform).copied().collect();
        let (by, taken) = if edged.is_empty() { (By::Excess, all) } else { (By::Edge, edged) };
        if taken.is_empty() {
            return None;
        }
        let random_rms = by_excess(&taken, init);
        let (zero_start, random_start) = match by {
            By::Edge => (mean(&taken, init), by_edge(&taken, init)),
            By::Excess => (root_mean(&taken, init), random_rms?),
        };
        let [value, low, high] = random_start;
        let ratio = [value, high, low].map(|random| zero_start / random);
        let unmoved = taken.iter().all(|module| module.start.unmoved);
        let modules = taken.len();
        Some(Self { init, by, zero_start, random_start, ratio, modules, unmoved, random_rms })
    }
}

/// The factor that started at zero, and the other one.
fn factors(
    module: &ModuleDiagnosis,
    init: InitLook,
) -> (&crate::factor::Factor, &crate::factor::Factor) {
    if init == InitLook::B { (&module.a, &module.b) } else { (&module.b, &module.a) }
}

/// A weighted mean over the entries of the factors that started at zero.
fn over_entries(
    modules: &[&ModuleDiagnosis],
    init: InitLook,
    of: fn(&crate::sizes::Sizes) -> f64,
) -> f64 {
    let sizes = || modules.iter().map(|module| &factors(module, init).0.sizes);
    let entries: f64 = sizes().map(|sizes| sizes.entries as f64).sum();
    sizes().map(|sizes| of(sizes) * sizes.entries as f64).sum::<f64>() / entries
}

fn mean(modules: &[&ModuleDiagnosis], init: InitLook) -> f64 {
    over_entries(modules, init, |sizes| sizes.mean_abs)
}

fn root_mean(modules: &[&ModuleDiagnosis], init: InitLook) -> f64 {
    over_entries(modules, init, |sizes| sizes.rms * sizes.rms).sqrt()
}

/// All entries outside, over Σ m/(2b): the expected number for a mean movement of 1. The upper end has room for those
/// that rounding hides.
fn by_edge(modules: &[&ModuleDiagnosis], init: InitLook) -> [f64; 3] {
    let (mut outside, mut hidden, mut expected) = (0, 0.0, 0.0);
    for module in modules {
        let (_, random) = factors(module, init);
        let test = random.laws.iter().find(|test| test.law == LawKind::KaimingUniform);
        if let Some((test, count)) = test.and_then(|test| Some((test, test.outside?))) {
            outside += count;
            hidden += test.hidden_entries(random.sizes.entries);
            expected += random.sizes.entries as f64 / (2.0 * test.std * 3f64.sqrt());
        }
    }
    let (low, high) = poisson_interval(outside);
    [outside as f64, low / ALONG, high + hidden].map(|count| count / expected)
}

fn by_excess(modules: &[&ModuleDiagnosis], init: InitLook) -> Option<[f64; 3]> {
    let (mut entries, mut square, mut expected, mut noise) = (0.0, 0.0, 0.0, 0.0);
    for module in modules {
        let (_, random) = factors(module, init);
        let test = random.laws.iter().find(|test| Some(test.law) == module.start.law);
        let Some(test) = test else { continue };
        let (count, variance) = (random.sizes.entries as f64, test.std * test.std);
        let law = Law { kind: test.law, std: test.std };
        entries += count;
        square += count * random.sizes.rms * random.sizes.rms;
        expected += count * variance;
        noise += count * variance * variance * (law.kurtosis() - 1.0);
    }
    excess_movement(square / entries, expected / entries, upper(0.025) * noise.sqrt() / entries)
}
