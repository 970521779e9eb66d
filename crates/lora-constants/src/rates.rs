//! The learning rates themselves, η = c n^γ at a width, from constants that were solved.

use std::path::Path;

use lora_theory::{Rational, Setting, analyse, approximate, parse_rational};
use lora_types::{Activation, Init, OptimizerKind};
use serde::Serialize;

use crate::answer::{Constants, InitAnswer, Side};
use crate::error::ConstantsError;
use crate::solved::Solved;

/// What a solved limit says of one init's learning rates at a width n.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitRates {
    /// The synthetic network that was solved. It is about no other.
    pub of: SolvedNetwork,
    /// n.
    pub width: u32,
    /// γ in η = c n^γ, exact; `None` where there is no limit.
    pub gamma: Option<String>,
    /// The learning rate that trains best.
    pub eta_opt: Option<LimitRate>,
    /// The largest learning rate at which Z_B stays under the network's bound.
    pub eta_stable: Option<LimitRate>,
    /// Why a rate is missing, or what its c stands for.
    pub remark: Option<String>,
    /// The same of η_opt and of η_stable alone.
    #[serde(skip)]
    reasons: [Option<String>; 2],
}

/// The sizes and rules of the network that was solved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SolvedNetwork {
    /// The directory of the constants.
    pub from: String,
    /// Short name of the experiment.
    pub experiment: String,
    /// Whether its sizes are the quick ones.
    pub quick: bool,
    /// N.
    pub points: usize,
    /// d.
    pub input_dim: usize,
    /// r.
    pub rank: usize,
    /// s.
    pub multiplier: f64,
    /// φ.
    pub activation: Activation,
    /// a in W_out ~ N(0, n^-2a), exact.
    pub readout: String,
    /// The init.
    pub init: Init,
    /// Update rule.
    pub optimizer: OptimizerKind,
    /// η_B/η_A; η is that of A.
    pub lr_ratio: f64,
    /// T.
    pub steps: usize,
    /// The bound on the rms of Z_B.
    pub stability_bound: f64,
    /// Seeds.
    pub seeds: Vec<u64>,
}

/// η = c n^γ. Intervals are over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LimitRate {
    /// c, a geometric mean over seeds.
    pub c: f64,
    /// Its interval; `None` of a bound.
    pub c_interval: Option<[f64; 2]>,
    /// The side on which c is a bound.
    pub bound: Option<Side>,
    /// η at the width.
    pub lr: f64,
    /// Its interval.
    pub lr_interval: Option<[f64; 2]>,
}

impl Solved {
    /// The learning rates at width n in a setting of the calculus; none if the constants are of other
    /// settings, or at another exponent than the critical one.
    ///
    /// # Errors
    /// [`ConstantsError::Theory`] for a setting outside the calculus.
    pub fn rates(
        &self,
        setting: &Setting,
        width: u32,
    ) -> Result<Option<LimitRates>, ConstantsError> {
        let Some((init, readout, found)) = self.found(setting)? else { return Ok(None) };
        let bare = |gamma, reasons: [Option<String>; 2]| LimitRates {
            of: self.network(init, readout),
            width,
            gamma,
            eta_opt: None,
            eta_stable: None,
            remark: joined(&reasons),
            reasons,
        };
        let constants = match found {
            InitAnswer::Limit(constants) => constants,
            InitAnswer::Nothing { no_limit } => {
                return Ok(Some(bare(None, [(); 2].map(|()| Some(no_limit.clone())))));
            }
        };
        let gamma = parse_rational(&constants.gamma)?;
        if analyse(setting)?.critical.optimal.gamma() != Some(gamma) {
            return Ok(None);
        }
        let scale = f64::from(width).powf(approximate(gamma));
        Ok(Some(LimitRates {
            eta_opt: rate(scale, constants.c_opt, constants.c_opt_interval, constants.c_opt_bound),
            eta_stable: eta_stable(constants, scale),
            ..bare(Some(constants.gamma.clone()), reasons(constants))
        }))
    }

    /// What it says of each setting, at width n or at the width that the limits are coupled to. Where a directory
    /// or a width is named, one of them has to be the setting that was solved.
    ///
    /// # Errors
    /// [`ConstantsError::OtherSetting`] if none is, and else as of [`Solved::open`].
    pub fn of_each(
        dir: Option<&Path>,
        settings: &[Setting],
        width: Option<u32>,
    ) -> Result<Vec<Option<LimitRates>>, ConstantsError> {
        let solved = Self::of(dir)?;
        let coupled = u32::try_from(solved.answer.coupled_width).unwrap_or(u32::MAX);
        let rates = |setting| solved.rates(setting, width.unwrap_or(coupled));
        let found = settings.iter().map(rates).collect::<Result<Vec<_>, _>>()?;
        let asked = dir.is_some() || width.is_some();
        match asked && found.iter().all(Option::is_none) {
            true => Err(solved.of_others()),
            false => Ok(found),
        }
    }

    /// The learning rates of one setting at width n.
    ///
    /// # Errors
    /// [`ConstantsError::OtherSetting`] if it is not the one that was solved, and [`ConstantsError::NoRate`] if
    /// the limit has no such rate.
    pub fn rate(
        &self,
        setting: &Setting,
        width: u32,
        stable: bool,
    ) -> Result<LimitRates, ConstantsError> {
        let rates = self.rates(setting, width)?.ok_or_else(|| self.of_others())?;
        rates.require(stable)?;
        Ok(rates)
    }

    fn network(&self, init: Init, readout: Rational) -> SolvedNetwork {
        let (answer, of) = (&self.answer, &self.answer.settings);
        SolvedNetwork {
            from: self.from.clone(),
            experiment: answer.experiment.clone(),
            quick: answer.quick,
            points: of.model.points,
            input_dim: of.model.input_dim,
            rank: of.model.rank,
            multiplier: of.model.multiplier,
            activation: of.model.activation,
            readout: readout.to_string(),
            init,
            optimizer: of.training.optimizer,
            lr_ratio: of.training.lr_ratio,
            steps: of.training.steps,
            stability_bound: answer.stability_bound,
            seeds: answer.seeds.clone(),
        }
    }
}

fn rate(
    scale: f64,
    c: Option<f64>,
    c_interval: Option<[f64; 2]>,
    bound: Option<Side>,
) -> Option<LimitRate> {
    let lr_interval = c_interval.map(|ends| ends.map(|c| c * scale));
    c.map(|c| LimitRate { c, c_interval, bound, lr: c * scale, lr_interval })
}

/// A c_stable with a remark has another exponent than γ, or stands for one width alone.
fn eta_stable(constants: &Constants, scale: f64) -> Option<LimitRate> {
    let Constants { c_stable, c_stable_interval, c_stable_bound, .. } = *constants;
    let plain = constants.c_stable_remark.is_none();
    rate(scale, c_stable.filter(|_| plain), c_stable_interval, c_stable_bound)
}

/// Why there is no c_opt, and why there is no c_stable or what it stands for.
fn reasons(constants: &Constants) -> [Option<String>; 2] {
    let none = |name: &str| {
        format!("{name} has no value: a seed has none, or two seeds bound it on different sides")
    };
    let opt = constants.c_opt.is_none().then(|| none("c_opt"));
    let stable = constants.c_stable.is_none().then(|| none("c_stable"));
    [opt, constants.c_stable_remark.clone().or(stable)]
}

/// Both reasons, once where they are the same.
fn joined([opt, stable]: &[Option<String>; 2]) -> Option<String> {
    match (opt, stable) {
        (Some(opt), Some(stable)) if opt != stable => Some(format!("{opt}. {stable}")),
        (opt, stable) => opt.clone().or(stable.clone()),
    }
}

impl LimitRates {
    /// That it has the best learning rate, or the largest stable one.
    ///
    /// # Errors
    /// [`ConstantsError::NoRate`] if it has not, with the reason.
    pub fn require(&self, stable: bool) -> Result<(), ConstantsError> {
        let (name, rate) = match stable {
            true => ("η_stable", self.eta_stable),
            false => ("η_opt", self.eta_opt),
        };
        if rate.is_some() {
            return Ok(());
        }
        let gamma = self.gamma.clone().unwrap_or_else(|| "γ".to_owned());
        let why = self.reasons[usize::from(stable)].clone().unwrap_or_default();
        Err(ConstantsError::NoRate { name, gamma, why })
    }
}

/// An answer of another kind, with what a solved limit says of the same init.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BesideLimit<T> {
    /// The answer; its fields stand beside `limit`.
    #[serde(flatten)]
    pub answer: T,
    /// The learning rates themselves; `None` where no limit of the setting was solved.
    pub limit: Option<LimitRates>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rate that is missing is missing for a reason of its own.
    #[test]
    fn each_rate_has_its_own_reason() {
        let solved = Solved::built_in().expect("constants");
        let InitAnswer::Limit(found) = &solved.answer.readouts[1].inits[&Init::A] else {
            panic!("a limit");
        };
        assert_eq!(reasons(found), [None, None]);
        let reasons = reasons(&Constants { c_opt: None, c_stable: None, ..(**found).clone() });
        let [opt, stable] = &reasons;
        assert!(opt.as_ref().is_some_and(|why| why.starts_with("c_opt has no value")));
        assert!(stable.as_ref().is_some_and(|why| why.starts_with("c_stable has no value")));
        let both = joined(&reasons).expect("a remark");
        assert!(both.contains("c_opt has") && both.contains("c_stable has"), "{both}");
        let one = Some("there is no limit".to_owned());
        assert_eq!(joined(&[one.clone(), one.clone()]), one);
    }
}
