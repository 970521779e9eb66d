//! What the theory says of a start: critical learning rates and what happens there.

use lora_theory::{
    Analysis, Exponent, FeatureRegime, Largest, Rate, Rational, Setting, Snapshot, TheoryError,
    analyse, multiplier_exponents, ratio_exponents,
};
use lora_types::Init;
use serde::Serialize;

use super::bound::Bound;
use super::draw::Draw;
use crate::transfer::CarriedLr;

/// The law of modules that start alike.
#[derive(Clone, Debug, Serialize)]
pub struct Law {
    /// The start in the paper's terms.
    pub init: &'static str,
    /// The start in words.
    pub starts: &'static str,
    /// η_opt: the learning rate that trains best.
    pub optimal: LawRate,
    /// η_stable: the largest at which Z_B stays bounded.
    pub stable: LawRate,
    /// While what the powers of the best learning rate hold; none if always.
    pub holds_while: Option<String>,
    /// η_A and η_B at which the layer alone learns efficiently with both factors, where LoRA+'s ratio
    /// λ = η_B/η_A = n allows it.
    pub lora_plus: Option<[Exponent; 2]>,
    /// η_A and η_B that train the whole network best at the same ratio.
    pub lora_plus_network: Option<[Exponent; 2]>,
    #[serde(skip)]
    pub(super) bound: Option<Bound>,
    #[serde(skip)]
    pub(super) draw: Draw,
}

/// One critical learning rate, η = Θ(n^exponent).
#[derive(Clone, Debug, Serialize)]
pub struct LawRate {
    /// The exponent of n, the fan-in; none if there is no largest rate.
    pub exponent: Option<Exponent>,
    /// The power of r in it, with s as the config has it and α fixed.
    pub rank: Option<Exponent>,
    /// The power of s in it.
    pub multiplier: Option<Exponent>,
    /// The power of LoRA+'s ratio η_B/η_A in η_A.
    pub ratio: Option<Exponent>,
    /// What the features do there.
    pub features: Option<FeatureRegime>,
    /// What training does there, in words.
    pub words: Option<String>,
    #[serde(skip)]
    pub(super) powers: [Option<Rational>; 3],
}

impl Law {
    /// Of a start, in the whole network under Adam.
    ///
    /// # Errors
    /// [`TheoryError`] for a setting outside the calculus.
    pub fn of(draw: Draw, readout: Rational, rslora: bool) -> Result<Self, TheoryError> {
        let multiplier_rank = Rational::new_raw(1, if rslora { 2 } else { 1 });
        let plain = Setting { multiplier_rank, ..Setting::network(Init::A, readout) };
        let setting = draw.started(&plain);
        let analysis = analyse(&setting)?;
        let rank = draw.rank_powers(&plain)?;
        let by_s = multiplier_exponents(&setting)?;
        let by_ratio = ratio_exponents(&setting)?;
        let bound = Bound::of(draw, readout);
        let rate = |goal: CarriedLr| {
            let [of_rank, of_s, of_ratio] = match goal {
                CarriedLr::Optimal => {
                    [rank.and_then(|found| found[0]), by_s.optimal, by_ratio.optimal]
                }
                CarriedLr::Stable => {
                    [rank.and_then(|found| found[1]), by_s.stable, by_ratio.stable]
                }
            };
            LawRate::of(&analysis, goal, [of_rank, of_s, of_ratio])
        };
        Ok(Self {
            init: draw.label(),
            starts: draw.describe(),
            optimal: rate(CarriedLr::Optimal)?,
            stable: rate(CarriedLr::Stable)?,
            holds_while: bound.map(Bound::words),
            lora_plus: lora_plus(draw)?,
            lora_plus_network: lora_plus_network(&setting)?,
            bound,
            draw,
        })
    }

    /// The rate that is asked for.
    pub fn rate(&self, goal: CarriedLr) -> &LawRate {
        match goal {
            CarriedLr::Optimal => &self.optimal,
            CarriedLr::Stable => &self.stable,
        }
    }
}

impl LawRate {
    fn of(
        analysis: &Analysis,
        goal: CarriedLr,
        powers: [Option<Rational>; 3],
    ) -> Result<Self, TheoryError> {
        let critical: Largest = match goal {
            CarriedLr::Optimal => analysis.critical.optimal,
            CarriedLr::Stable => analysis.critical.stable,
        };
        let gamma = critical.gamma();
        let snapshot: Option<Snapshot> = gamma.map(|gamma| analysis.at(gamma)).transpose()?;
        let [rank, multiplier, ratio] = powers.map(|power| power.map(Exponent::Power));
        Ok(Self {
            exponent: gamma.map(Exponent::Power),
            rank,
            multiplier,
            ratio,
            features: snapshot.as_ref().map(FeatureRegime::from),
            words: gamma.map(|gamma| analysis.describe(gamma)).transpose()?,
            powers: [gamma, powers[0], powers[1]],
        })
    }

    /// x in η ∝ n^x, in η ∝ r^x and in η ∝ s^x.
    pub(super) fn powers(&self) -> [Option<Rational>; 3] {
        self.powers
    }
}

/// λ = n.
const FASTER_B: Rate = Rate::Scanned(Rational::new_raw(1, 1));

/// The rates that train the whole network best with η_B = n η_A.
fn lora_plus_network(setting: &Setting) -> Result<Option<[Exponent; 2]>, TheoryError> {
    let setting = Setting { rate_b: FASTER_B, ..setting.clone() };
    let best = analyse(&setting)?.critical.optimal.gamma();
    best.map(|gamma| setting.rates_at(gamma)).transpose()
}

/// The largest rates at which the layer alone learns efficiently with η_B = n η_A, LoRA+'s own scaling.
fn lora_plus(draw: Draw) -> Result<Option<[Exponent; 2]>, TheoryError> {
    let layer = draw.started(&Setting { rate_b: FASTER_B, ..Setting::layer(Init::A) });
    let found = analyse(&layer)?;
    let efficient = found.critical.efficient.iter().filter_map(|range| range.hi).max();
    efficient.map(|gamma| layer.rates_at(gamma)).transpose()
}
