//! A study: what is trained, over which widths or ranks, at which learning rates.

use lora_sim::spec::{Model, Training};
use lora_stats::Goals;
use lora_theory::{Rational, approximate};
use serde::{Deserialize, Serialize};

use lora_runner::verify::fault::Fault;
use crate::experiment::Experiment;

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
    /// The topic file.
    pub file: String,
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

impl Study {
    /// All points and seeds, the most expensive first.
    pub fn points(&self) -> Vec<Point> {
        let seeds = &self.experiment.training.seeds;
        let at = self.at.iter().rev();
        at.flat_map(|&x| seeds.iter().map(move |&seed| self.point(x, seed))).collect()
    }

    /// One point for one seed.
    pub fn point(&self, x: usize, seed: u64) -> Point {
        let mut model = self.experiment.model();
        let width = self.width(x);
        if self.axis == Axis::Rank {
            model.rank = x;
        }
        let power = |base: usize, exponent: Rational| (base as f64).powf(approximate(exponent));
        model.multiplier *= power(width, self.multiplier_width);
        model.multiplier /= power(model.rank, self.multiplier_rank);
        Point { x, width, seed, model }
    }

    /// n at a point.
    pub fn width(&self, x: usize) -> usize {
        match self.axis {
            Axis::Width => x,
            Axis::Rank => self.experiment.model.widths[0],
        }
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
            && self.multiplier_width == Rational::default()
            && self.multiplier_rank == Rational::default();
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
        let settings = own
            .iter()
            .chain(&self.set)
            .map(|set| format!(" --set '{}'", set.replace(", ", ",").replace('\'', r"'\''")));
        Some(format!("width-sweep run paper{}", settings.collect::<String>()))
    }
}
