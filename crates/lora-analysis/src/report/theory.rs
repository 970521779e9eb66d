//! The theory over a grid of settings, for the map. Every value in the table comes from
//! `lora-theory`; only the marks of the run's own exponents are measured.

use std::collections::HashMap;
use std::hash::Hash;

use lora_report::{Curves, PhaseTable, RegimeName, TheoryRow, Tick};
use lora_theory::{
    Analysis, Exponent, FeatureRegime, Rational, Regime, Setting, Snapshot, TheoryError, analyse,
};
use rayon::prelude::*;

use crate::draw::Sources;
use crate::report::theory_axes::{SettingGrid, own};

const QUANTITIES: [&str; 7] = ["Z_{A}", "Z_{B}", "δ1", "δ2", "δ3", "ΔZ_{B}", "Δ output"];

/// What the theory answers at one setting, over the γ of the grid.
struct SettingAnswer {
    analysis: Analysis,
    at: Vec<Snapshot>,
}

/// Asks the theory at every setting of the grid.
///
/// # Errors
/// [`TheoryError`] for a setting outside the calculus.
pub fn tabulate(sources: &Sources) -> Result<PhaseTable, TheoryError> {
    let grid = SettingGrid::around(sources.experiment);
    let settings = grid.settings();
    let mut distinct = Interner::default();
    let indices: Vec<usize> = settings.iter().map(|setting| distinct.index(setting)).collect();
    let answers: Vec<SettingAnswer> = distinct
        .items
        .par_iter()
        .map(|setting| answer(setting, &grid.gammas))
        .collect::<Result<_, _>>()?;
    let denominator = answers.iter().flat_map(exponents).fold(1, common);
    let mut rows = Interner::default();
    let mut curves = Interner::default();
    let mut regimes = Interner::default();
    let of_answer: Vec<usize> = answers
        .iter()
        .map(|answer| rows.index(&row(answer, denominator, (&mut curves, &mut regimes))))
        .collect();
    Ok(PhaseTable {
        own: own(sources, &grid),
        start: grid.start,
        gammas: grid
            .gammas
            .iter()
            .map(|&gamma| Tick {
                text: gamma.to_string(),
                at: Some(lora_theory::approximate(gamma)),
            })
            .collect(),
        axes: grid.axes,
        quantities: QUANTITIES.map(str::to_owned).to_vec(),
        denominator,
        curves: Curves { exponents: curves.items, regimes: regimes.items },
        rows: rows.items,
        settings: indices.into_iter().map(|index| of_answer[index]).collect(),
        regimes: Regime::ALL.map(|r| named(r.key(), r, r.describe())).to_vec(),
        features: FeatureRegime::ALL.map(|r| named(r.key(), r, r.describe())).to_vec(),
    })
}

fn answer(setting: &Setting, gammas: &[Rational]) -> Result<SettingAnswer, TheoryError> {
    let analysis = analyse(setting)?;
    let at = gammas.iter().map(|&gamma| analysis.at(gamma)).collect::<Result<_, _>>()?;
    Ok(SettingAnswer { analysis, at })
}

fn sizes(at: &Snapshot) -> [Option<Exponent>; 7] {
    let of_features = [at.z_a, at.z_b, at.delta1, at.delta2, at.delta3, at.delta_z_b].map(Some);
    let [z_a, z_b, one, two, three, change] = of_features;
    [z_a, z_b, one, two, three, change, at.output]
}

fn exponents(answer: &SettingAnswer) -> impl Iterator<Item = Rational> {
    answer.at.iter().flat_map(sizes).flatten().filter_map(Exponent::power)
}

/// The least common multiple of a denominator with another.
fn common(denominator: i64, x: Rational) -> i64 {
    let other = *x.denom();
    let (mut a, mut b) = (denominator, other);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    denominator / a * other
}

/// A packed curve; `None` for an exact zero, which is zero at every γ.
type PackedCurve = Option<Vec<i64>>;

fn row(
    answer: &SettingAnswer,
    denominator: i64,
    (curves, regimes): (&mut Interner<PackedCurve>, &mut Interner<String>),
) -> TheoryRow {
    let unit = |x: Exponent| x.power().map(|x| x.numer() * (denominator / x.denom()));
    let curve = |index: usize| -> Option<PackedCurve> {
        let over_gamma: Option<Vec<Exponent>> =
            answer.at.iter().map(|at| sizes(at)[index]).collect();
        let units: Option<Vec<i64>> = over_gamma?.into_iter().map(unit).collect();
        Some(units.map(|units| Curves::packed(&units)))
    };
    let curves =
        (0..QUANTITIES.len()).map(|index| curve(index).map(|c| curves.index(&c))).collect();
    let digits =
        |of: &dyn Fn(&Snapshot) -> usize| answer.at.iter().map(|at| of(at).to_string()).collect();
    let place = |at: &Snapshot| at.regime as usize;
    let feature = |at: &Snapshot| FeatureRegime::from(at) as usize;
    let critical = &answer.analysis.critical;
    TheoryRow {
        curves,
        regime: regimes.index(&digits(&place)),
        features: regimes.index(&digits(&feature)),
        optimal: critical.optimal.to_string(),
        stable: critical.stable.to_string(),
        internally_stable: critical.internally_stable.to_string(),
    }
}

fn named(key: &str, name: impl ToString, means: &str) -> RegimeName {
    RegimeName { key: key.to_owned(), name: name.to_string(), means: means.to_owned() }
}

/// Each distinct item once, in the order of appearance.
struct Interner<T> {
    items: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    fn index(&mut self, item: &T) -> usize {
        if let Some(&place) = self.places.get(item) {
            return place;
        }
        self.items.push(item.clone());
        self.places.insert(item.clone(), self.items.len() - 1);
        self.items.len() - 1
    }
}
