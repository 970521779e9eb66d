//! A study: what is trained, over which widths or ranks, at which learning rates.

use lora_sim::spec::{Hidden, Init, Model, Training};
use lora_stats::{Goals, LrGrid};
use lora_theory::{Rational, approximate};
use serde::{Deserialize, Serialize};

use super::decode;
use super::fault::Fault;
use crate::error::CommandError;
use crate::experiment::{Experiment, with_settings};

/// How much of the model a study trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The whole network.
    #[default]
    Network,
    /// The LoRA layer alone, with an outside backward signal.
    Layer,
}

/// What an exponent is a power of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// n.
    #[default]
    Width,
    /// r.
    Rank,
}

/// What a search locates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// The learning rate with the lowest score.
    Optimum,
    /// The largest learning rate that keeps Z_B under the bound.
    Stable,
    /// Both.
    Both,
}

/// A study as a topic file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyText {
    id: String,
    about: String,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    axis: Axis,
    #[serde(deserialize_with = "decode::points")]
    at: Vec<usize>,
    seeds: u64,
    inits: Vec<Init>,
    goal: Option<Goal>,
    #[serde(default, deserialize_with = "decode::exponents")]
    gammas: Vec<Rational>,
    #[serde(default, deserialize_with = "decode::exponents")]
    gammas_b: Vec<Rational>,
    #[serde(default = "one")]
    constant: f64,
    #[serde(default = "nought", deserialize_with = "decode::exponent")]
    multiplier_width: Rational,
    #[serde(default = "nought", deserialize_with = "decode::exponent")]
    multiplier_rank: Rational,
    fault: Option<Fault>,
    #[serde(default)]
    set: Vec<String>,
    #[serde(default)]
    quick: QuickText,
}

/// What a quick study has instead.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickText {
    #[serde(default, deserialize_with = "decode::optional_points")]
    at: Option<Vec<usize>>,
    #[serde(default, deserialize_with = "decode::optional_exponents")]
    gammas: Option<Vec<Rational>>,
    #[serde(default, deserialize_with = "decode::optional_exponents")]
    gammas_b: Option<Vec<Rational>>,
    seeds: Option<u64>,
    #[serde(default)]
    set: Vec<String>,
}

fn one() -> f64 {
    1.0
}

fn nought() -> Rational {
    Rational::from_integer(0)
}

/// Learning rates of a study.
#[derive(Clone, Debug, PartialEq)]
pub enum Rates {
    /// Found by search, for each point and seed.
    Search(Goal),
    /// Given powers: η_A = c·x^γ_A and η_B = c·x^γ_B for every pair.
    Powers {
        /// c.
        constant: f64,
        /// (γ_A, γ_B).
        pairs: Vec<(Rational, Rational)>,
    },
}

/// A study, checked.
#[derive(Clone, Debug)]
pub struct Study {
    /// Its name.
    pub id: String,
    /// One line on it.
    pub about: String,
    /// What is trained.
    pub scope: Scope,
    /// What varies.
    pub axis: Axis,
    /// Widths or ranks, ascending.
    pub at: Vec<usize>,
    /// Learning rates.
    pub rates: Rates,
    /// σ in s = multiplier · n^σ r^-τ.
    pub multiplier_width: Rational,
    /// τ.
    pub multiplier_rank: Rational,
    /// A planted fault, in a negative control.
    pub fault: Option<Fault>,
    /// Everything else, with the inits and the seeds.
    pub experiment: Experiment,
    /// What the topic file sets over the defaults.
    pub set: Vec<String>,
}

/// One point of a study for one seed.
#[derive(Clone, Debug)]
pub struct Point {
    /// The width or the rank.
    pub x: usize,
    /// n.
    pub width: usize,
    /// The seed of everything.
    pub seed: u64,
    /// The model at this point.
    pub model: Model,
}

impl StudyText {
    /// The study at its full or at its quick size.
    pub fn resolve(&self, label: &str, quick: bool) -> Result<Study, CommandError> {
        let usage = |reason: String| {
            CommandError::Usage(format!("{label}: study {}: {reason}", self.id))
        };
        let mut text = self.clone();
        if quick {
            text.shrink();
        }
        let experiment = text.experiment().map_err(|error| usage(error.to_string()))?;
        let rates = text.rates().map_err(usage)?;
        LrGrid::new(experiment.grid_spec()).map_err(|error| usage(error.to_string()))?;
        Ok(Study {
            id: text.id,
            about: text.about,
            scope: text.scope,
            axis: text.axis,
            at: text.at,
            rates,
            multiplier_width: text.multiplier_width,
            multiplier_rank: text.multiplier_rank,
            fault: text.fault,
            experiment,
            set: text.set,
        })
    }

    fn shrink(&mut self) {
        let quick = std::mem::take(&mut self.quick);
        self.at = quick.at.unwrap_or(std::mem::take(&mut self.at));
        self.gammas = quick.gammas.unwrap_or(std::mem::take(&mut self.gammas));
        self.gammas_b = quick.gammas_b.unwrap_or(std::mem::take(&mut self.gammas_b));
        self.seeds = quick.seeds.unwrap_or(self.seeds);
        self.set.extend(quick.set);
    }

    fn experiment(&self) -> Result<Experiment, CommandError> {
        let mut experiment = with_settings(&self.set)?;
        experiment.training.inits.clone_from(&self.inits);
        experiment.training.seeds = (0..self.seeds).collect();
        if self.axis == Axis::Width {
            experiment.model.widths.clone_from(&self.at);
        }
        if self.scope == Scope::Layer {
            // The layer reads Z alone.
            experiment.model.hidden = Hidden::Zero;
            experiment.model.test_points = 0;
        }
        Ok(experiment)
    }

    fn rates(&self) -> Result<Rates, String> {
        if self.inits.is_empty() || self.seeds == 0 {
            return Err("needs at least one init and one seed".into());
        }
        match (self.goal, self.gammas.is_empty()) {
            (Some(goal), true) => Ok(Rates::Search(goal)),
            (None, false) => {
                let same = self.gammas.iter().map(|&gamma| (gamma, gamma)).collect();
                let cross = self.gammas.iter().flat_map(|&a| self.gammas_b.iter().map(move |&b| (a, b)));
                let pairs = if self.gammas_b.is_empty() { same } else { cross.collect() };
                Ok(Rates::Powers { constant: self.constant, pairs })
            }
            _ => Err("needs either a goal to search for, or gammas to train at".into()),
        }
    }
}

impl Study {
    /// All points and seeds, the most expensive first.
    pub fn points(&self) -> Vec<Point> {
        let seeds = &self.experiment.training.seeds;
        let at = self.at.iter().rev();
        at.flat_map(|&x| seeds.iter().map(move |&seed| self.point(x, seed))).collect()
    }

    fn point(&self, x: usize, seed: u64) -> Point {
        let mut model = self.experiment.model();
        let width = match self.axis {
            Axis::Width => x,
            Axis::Rank => self.experiment.model.widths[0],
        };
        if self.axis == Axis::Rank {
            model.rank = x;
        }
        let power = |base: usize, exponent: Rational| (base as f64).powf(approximate(exponent));
        model.multiplier *= power(width, self.multiplier_width);
        model.multiplier /= power(model.rank, self.multiplier_rank);
        Point { x, width, seed, model }
    }

    /// Exponents (γ_A, γ_B) number `pair`.
    pub fn pair(&self, pair: usize) -> Option<(Rational, Rational)> {
        match &self.rates {
            Rates::Search(_) => None,
            Rates::Powers { pairs, .. } => pairs.get(pair).copied(),
        }
    }

    /// Numbers of the pairs that a test goes over; one `None` for a search.
    pub fn pair_numbers(&self) -> Vec<Option<usize>> {
        match &self.rates {
            Rates::Search(_) => vec![None],
            Rates::Powers { pairs, .. } => (0..pairs.len()).map(Some).collect(),
        }
    }

    /// η_A and η_B of pair number `pair` at a point.
    pub fn rate(&self, pair: usize, x: usize) -> Option<(f64, f64)> {
        let Rates::Powers { constant, .. } = &self.rates else { return None };
        let power = |gamma: Rational| constant * (x as f64).powf(approximate(gamma));
        self.pair(pair).map(|(a, b)| (power(a), power(b)))
    }

    /// How runs are trained, given η_B/η_A.
    pub fn training(&self, lr_ratio: f64) -> Training {
        Training { lr_ratio, ..self.experiment.training() }
    }

    /// What a search looks for.
    pub fn goals(&self, goal: Goal) -> Goals {
        let bound = self.experiment.search.stability_bound;
        Goals {
            minimum: goal != Goal::Stable,
            stability_bound: (goal != Goal::Optimum).then_some(bound),
        }
    }

    /// Seeds.
    pub fn seeds(&self) -> usize {
        self.experiment.training.seeds.len()
    }

    /// The points as numbers.
    pub fn xs(&self) -> Vec<f64> {
        self.at.iter().map(|&x| x as f64).collect()
    }

    /// The command that trains the same without `verify`, where there is one.
    pub fn command(&self) -> Option<String> {
        let plain = self.scope == Scope::Network
            && self.axis == Axis::Width
            && self.fault.is_none()
            && self.multiplier_width == nought()
            && self.multiplier_rank == nought();
        if !plain || !matches!(self.rates, Rates::Search(_)) {
            return None;
        }
        let (model, training) = (&self.experiment.model, &self.experiment.training);
        let inits: Vec<&str> = training.inits.iter().map(|init| init.key()).collect();
        let own = [
            format!("model.widths={:?}", model.widths),
            format!("training.seeds={:?}", training.seeds),
            format!("training.inits={inits:?}"),
        ];
        let settings = own.iter().chain(&self.set).map(|set| format!(" --set '{}'", set.replace(", ", ",")));
        Some(format!("width-sweep run paper{}", settings.collect::<String>()))
    }
}
