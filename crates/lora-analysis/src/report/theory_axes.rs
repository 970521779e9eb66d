//! The grid of settings that the map offers, and the place of the run itself.

use lora_report::{MapAxis, MeasuredExponent, Tick};
use lora_theory::{Init, OptimizerKind, Rate, Rational, Scope, Setting, Trained, approximate};

use crate::draw::{Sources, exponents};
use lora_experiment::experiment::Experiment;
use lora_experiment::prediction::setting;

/// γ from here to there, in steps of 1/`GAMMA_STEPS`.
const GAMMAS: (i64, i64) = (-2, 1);
const GAMMA_STEPS: i64 = 16;
/// Readout exponents from 0 to 3/2, in steps of one over this.
const READOUT_STEPS: i64 = 8;

/// The axes with the settings that they span.
pub struct SettingGrid {
    /// As the page shows them.
    pub axes: Vec<MapAxis>,
    /// γ, ascending.
    pub gammas: Vec<Rational>,
    /// The γ to begin with: the predicted η_opt of the run's first init, or the nearest.
    pub start: usize,
    /// The factors that the experiment trains, at every setting.
    train: Trained,
    scopes: Vec<Scope>,
    inits: Vec<Init>,
    optimizers: Vec<OptimizerKind>,
    readouts: Vec<Rational>,
    ratios: Vec<Rational>,
    ranks: Vec<Rational>,
    rank_powers: Vec<Rational>,
    width_powers: Vec<Rational>,
}

impl SettingGrid {
    /// A grid that holds the setting of an experiment.
    pub fn around(experiment: &Experiment) -> Self {
        let first = experiment.training.inits.first().copied();
        let own = setting(experiment, first.unwrap_or(Init::A));
        let step = |numerator, denominator| Rational::new(numerator, denominator);
        let mut readouts: Vec<Rational> =
            (0..=READOUT_STEPS * 3 / 2).map(|i| step(i, READOUT_STEPS)).collect();
        // The run's own, unless the theory cannot treat it.
        readouts.extend(lora_theory::analyse(&own).is_ok().then_some(own.readout));
        readouts.sort_unstable();
        readouts.dedup();
        let gammas: Vec<Rational> = (GAMMAS.0 * GAMMA_STEPS..=GAMMAS.1 * GAMMA_STEPS)
            .map(|i| step(i, GAMMA_STEPS))
            .collect();
        let halves = || vec![step(0, 1), step(1, 2), step(1, 1)];
        let mut grid = Self {
            axes: Vec::new(),
            start: nearest(&gammas, &own),
            gammas,
            train: own.train,
            scopes: vec![Scope::Network, Scope::Layer],
            inits: Init::ALL.to_vec(),
            optimizers: vec![OptimizerKind::Adam, OptimizerKind::Sgd],
            readouts,
            ratios: halves(),
            ranks: halves(),
            rank_powers: halves(),
            width_powers: vec![step(-1, 2), step(0, 1), step(1, 2)],
        };
        grid.axes = grid.axes(&own);
        grid
    }

    fn axes(&self, own: &Setting) -> Vec<MapAxis> {
        let zero = Rational::from_integer(0);
        let own_optimizer =
            self.optimizers.iter().position(|o| o.is_sign_like() == own.optimizer.is_sign_like());
        let own_init = self.inits.iter().position(|init| own.init == *init);
        vec![
            words(
                "scope",
                "Model",
                "the whole network, or the LoRA layer alone with a backward signal of order one",
                &["whole network", "layer alone"],
                0,
            ),
            words(
                "init",
                "Init",
                match self.train {
                    Trained::AB => "which factor starts random",
                    Trained::A => "which factor starts random; A alone is trained",
                    Trained::B => "which factor starts random; B alone is trained",
                },
                &["Init[A]", "Init[B]", "Init[AB]"],
                own_init.unwrap_or(0),
            ),
            words(
                "optimizer",
                "Optimiser",
                "updates that forget the gradient's scale, or that keep it",
                &["Adam, AdamW, SignSGD", "SGD"],
                own_optimizer.unwrap_or(0),
            ),
            numbers(
                "readout",
                "Readout exponent a",
                "W_out ~ N(0, n^-2a): 1/2 is standard, 1 is muP",
                &self.readouts,
                own.readout,
            ),
            numbers(
                "ratio",
                "λ in η_B/η_A = n^λ",
                "a larger learning rate for B, as in LoRA+",
                &self.ratios,
                zero,
            ),
            numbers("rank", "ρ in the rank r = n^ρ", "0 is a fixed rank", &self.ranks, zero),
            numbers(
                "multiplier-rank",
                "τ in s = n^σ r^-τ",
                "1 for α/r, 1/2 for α/√r, 0 for a constant; matters where ρ > 0",
                &self.rank_powers,
                zero,
            ),
            numbers(
                "multiplier-width",
                "σ in s = n^σ r^-τ",
                "0 for a multiplier that does not depend on the width",
                &self.width_powers,
                zero,
            ),
        ]
    }

    /// All settings, the last axis fastest. Those that mean the same are the same: the layer alone
    /// has no readout, and a fixed rank no powers.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        for &scope in &self.scopes {
            for &init in &self.inits {
                for &optimizer in &self.optimizers {
                    for &readout in &self.readouts {
                        for &ratio in &self.ratios {
                            let train = self.train;
                            let init = init.into();
                            let with =
                                Setting { init, optimizer, train, scope, ..Setting::default() };
                            self.multipliers(&mut settings, &with, (readout, ratio));
                        }
                    }
                }
            }
        }
        settings
    }

    fn multipliers(
        &self,
        settings: &mut Vec<Setting>,
        with: &Setting,
        (readout, ratio): (Rational, Rational),
    ) {
        let zero = Rational::from_integer(0);
        let readout = if with.scope == Scope::Layer { zero } else { readout };
        for &rank in &self.ranks {
            for &tau in &self.rank_powers {
                for &sigma in &self.width_powers {
                    settings.push(Setting {
                        readout,
                        rate_b: Rate::Scanned(ratio),
                        rank,
                        multiplier_rank: if rank == zero { zero } else { tau },
                        multiplier_width: sigma,
                        ..with.clone()
                    });
                }
            }
        }
    }
}

fn nearest(gammas: &[Rational], own: &Setting) -> usize {
    let optimal = lora_theory::analyse(own).ok().and_then(|a| a.critical.optimal.gamma());
    let Some(optimal) = optimal else { return gammas.len() / 3 };
    gammas.iter().rposition(|gamma| *gamma <= optimal).unwrap_or(0)
}

fn words(key: &str, name: &str, means: &str, ticks: &[&str], start: usize) -> MapAxis {
    let ticks = ticks.iter().map(|text| Tick { text: (*text).to_owned(), at: None }).collect();
    MapAxis { key: key.into(), name: name.into(), means: means.into(), ticks, start }
}

fn numbers(key: &str, name: &str, means: &str, values: &[Rational], own: Rational) -> MapAxis {
    let tick = |x: &Rational| Tick { text: x.to_string(), at: Some(approximate(*x)) };
    let start = values.iter().position(|value| *value == own).unwrap_or(0);
    let ticks = values.iter().map(tick).collect();
    MapAxis { key: key.into(), name: name.into(), means: means.into(), ticks, start }
}

/// The exponents that the run measured, for the marks on the map.
pub fn own(sources: &Sources, grid: &SettingGrid) -> Vec<MeasuredExponent> {
    let mut marks = Vec::new();
    for &init in &sources.experiment.training.inits {
        let place = grid.inits.iter().position(|other| *other == init);
        let (Some(init_index), Some(results)) = (place, sources.summary.inits.get(&init)) else {
            continue;
        };
        for ((_, fit), name) in exponents(results).into_iter().zip(["η_{opt}", "η_{stable}"]) {
            let Some(gamma) = fit.exponent else { continue };
            let name = name.to_owned();
            marks.push(MeasuredExponent {
                init: init_index,
                name,
                gamma,
                lower: fit.lower,
                upper: fit.upper,
            });
        }
    }
    marks
}
