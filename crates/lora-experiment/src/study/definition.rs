//! A study: what is trained, over which widths or ranks, at which learning rates.

use lora_sim::spec::{Init, Model, Training};
use lora_stats::{Goals, LrGrid, StatsError};
pub use lora_theory::Scope;
use lora_theory::{Rational, approximate};
use lora_types::ModelKind;
use serde::{Deserialize, Serialize};

use crate::experiment::{Experiment, TransformerSection};
use crate::study::cell::Cell;
use crate::study::fault::Fault;
use crate::study::limit::SolvedLimit;

/// Cost of a training step of the whole network for each neuron, sample and component of the rank.
const NETWORK: u128 = 5;

/// The same for the layer alone, whose cells are mostly spent on drawing them.
const LAYER: u128 = 60;

/// With ingredients: of a step for each neuron and sample, then for each component of the rank, and output.
const WITH_INGREDIENTS: [u128; 3] = [100, 8, 2];

/// Of a step with hidden weights that are n × n, for each entry of a layer and each sample.
const OF_HIDDEN: u128 = 20;

/// Of a transformer for each parameter of its blocks and each token.
const TRANSFORMER: u128 = 6;

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
    /// Given powers: η_A = c_A·x^γ_A and η_B = c_B·x^γ_B for every pair.
    Powers {
        /// c_A and c_B.
        constants: [f64; 2],
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
    /// The limit that stands in the place of every run, where it is not trained.
    pub limit: Option<SolvedLimit>,
    /// The learning rates that a search may choose from at the smallest width; see [`grid_at`](Self::grid_at).
    pub grid: LrGrid,
    /// Everything else, with the inits and the seeds.
    pub experiment: Experiment,
    /// What the topic file sets over the defaults.
    pub set: Vec<String>,
}

/// A study by its name.
pub fn find<'s>(studies: &'s [Study], id: &str) -> Option<&'s Study> {
    studies.iter().find(|study| study.id == id)
}

impl Study {
    /// The study that a plain experiment is: the whole network over its widths, searched for the
    /// optimal and the largest stable learning rate. `id` is its short name.
    ///
    /// # Errors
    /// If no grid of learning rates can be built, which a checked experiment rules out.
    pub fn of(id: &str, experiment: &Experiment) -> Result<Self, StatsError> {
        Ok(Self {
            id: id.to_owned(),
            file: String::new(),
            about: experiment.title.clone(),
            scope: Scope::Network,
            axis: Axis::Width,
            at: experiment.model.widths.to_vec(),
            rates: Rates::Search(Goal::Both),
            multiplier_width: Rational::default(),
            multiplier_rank: Rational::default(),
            fault: None,
            limit: None,
            grid: LrGrid::new(experiment.grid_spec())?,
            experiment: experiment.clone(),
            set: Vec::new(),
        })
    }

    /// The transformer, if it trains one.
    pub fn transformer(&self) -> Option<&TransformerSection> {
        let experiment = &self.experiment;
        (experiment.model.kind == ModelKind::Transformer).then_some(&experiment.transformer)
    }

    /// All cells, the most expensive first, so that the time left is known early and memory runs out
    /// at once. `study` is its place in the plan.
    pub fn cells(&self, study: usize) -> Vec<Cell> {
        let seeds = &self.experiment.training.seeds;
        let at = self.at.iter().rev();
        at.flat_map(|&x| seeds.iter().map(move |&seed| self.cell(study, x, seed))).collect()
    }

    /// The cell of a point and a seed. `study` is the study's place in the plan.
    pub fn cell(&self, study: usize, x: usize, seed: u64) -> Cell {
        let rank = match self.axis {
            Axis::Width => self.experiment.model.rank,
            Axis::Rank => x,
        };
        Cell { study, width: self.width(x), rank, seed }
    }

    /// The width or the rank of a cell, whichever varies.
    pub fn x(&self, cell: Cell) -> usize {
        match self.axis {
            Axis::Width => cell.width,
            Axis::Rank => cell.rank,
        }
    }

    /// The model at a cell.
    pub fn model(&self, cell: Cell) -> Model {
        let mut model = self.experiment.model();
        model.rank = cell.rank;
        let power = |base: usize, exponent: Rational| (base as f64).powf(approximate(exponent));
        model.multiplier *= power(cell.width, self.multiplier_width);
        model.multiplier /= power(model.rank, self.multiplier_rank);
        model
    }

    /// Runs in the first, largest batch of a cell: the coarse grid, or all given rates, for every
    /// init.
    pub fn batch_size(&self) -> usize {
        let rates = match &self.rates {
            Rates::Search(_) => self.grid.coarse_indices().len(),
            Rates::Powers { pairs, .. } => pairs.len(),
        };
        rates * self.experiment.training.inits.len()
    }

    /// Runs that a cell is expected to need. A search decides after the coarse grid how many more it
    /// takes to bracket an optimum from both sides and a crossing from one.
    pub fn expected_runs(&self) -> usize {
        let sides = match self.rates {
            Rates::Powers { .. } => return self.batch_size(),
            Rates::Search(Goal::Optimum) => 2,
            Rates::Search(Goal::Stable) => 1,
            Rates::Search(Goal::Both) => 3,
        };
        let refined = sides * self.grid.halvings() as usize;
        self.batch_size() + refined * self.experiment.training.inits.len()
    }

    /// Cost of a cell, in units of 10 ps on two cores of an AMD EPYC with AVX-512: proportional to
    /// width, rank, samples, steps and expected runs.
    pub fn cost(&self, cell: Cell) -> u128 {
        if let Some(section) = self.transformer() {
            return self.transformer_cost(section, cell);
        }
        let each = match self.scope {
            Scope::Network => NETWORK,
            Scope::Layer => LAYER,
        };
        if self.scope == Scope::Network && !self.experiment.is_bare() {
            return self.cost_with_ingredients(cell);
        }
        let Experiment { model, training, .. } = &self.experiment;
        let width = cell.width + self.limit.map_or(0, SolvedLimit::cost_in_neurons);
        let sizes = [width, cell.rank, model.points, training.steps, self.expected_runs()];
        sizes.into_iter().fold(each, |cost, size| cost.saturating_mul(size as u128))
    }

    fn cost_with_ingredients(&self, cell: Cell) -> u128 {
        let Experiment { model, training, .. } = &self.experiment;
        let product = |sizes: &[usize], each: u128| {
            sizes.iter().fold(each, |cost, &size| cost.saturating_mul(size as u128))
        };
        let [each, of_rank, of_output] = WITH_INGREDIENTS;
        let layer = each + of_rank * cell.rank as u128 + of_output * model.outputs as u128;
        let hidden = OF_HIDDEN.saturating_mul(cell.width as u128);
        let run =
            product(&[model.layers], layer).saturating_add(product(&[model.layers - 1], hidden));
        let samples = [cell.width, model.points];
        let runs = product(&[training.steps, self.expected_runs()], product(&samples, run));
        let base = product(&[model.layers, model.pretrain_steps], product(&samples, hidden));
        runs.saturating_add(base)
    }

    /// The same of a transformer, all in all: it grows like the square of the width. A checkpoint has one
    /// width, so that its depth does not matter.
    fn transformer_cost(&self, section: &TransformerSection, cell: Cell) -> u128 {
        let steps = self.experiment.training.steps;
        let sizes = [section.batch, section.context, steps, self.expected_runs()];
        let parameters = [12, section.depth, cell.width, cell.width];
        let all = sizes.into_iter().chain(parameters);
        all.fold(TRANSFORMER, |cost, size| cost.saturating_mul(size as u128))
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

    /// The learning rates that a search may choose from for an init at a point: the grid times (n/n_0)^γ, where
    /// γ = `search.lr_exponent`. An index is the same c in η = c (n/n_0)^γ at every point.
    pub fn grid_at(&self, init: Init, x: usize) -> LrGrid {
        self.grid.times(self.experiment.lr_factor(init, self.width(x)))
    }

    /// η_A and η_B of pair number `pair` at a point.
    pub fn rate(&self, pair: usize, x: usize) -> Option<(f64, f64)> {
        let Rates::Powers { constants: [of_a, of_b], .. } = &self.rates else { return None };
        let power = |gamma: Rational| (x as f64).powf(approximate(gamma));
        self.pair(pair).map(|(a, b)| (of_a * power(a), of_b * power(b)))
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

    /// The settings that make the default experiment train the same, where there are such: `KEY=VALUE`.
    pub fn as_settings(&self) -> Option<Vec<String>> {
        let plain = self.scope == Scope::Network
            && self.axis == Axis::Width
            && self.fault.is_none()
            && self.limit.is_none()
            && self.multiplier_width == Rational::default()
            && self.multiplier_rank == Rational::default();
        if !plain || !matches!(self.rates, Rates::Search(_)) {
            return None;
        }
        let (model, training) = (&self.experiment.model, &self.experiment.training);
        let inits: Vec<&str> = training.inits.iter().map(|init| init.key()).collect();
        let own = [
            format!("model.widths={:?}", &model.widths[..]),
            format!("training.seeds={:?}", training.seeds),
            format!("training.inits={inits:?}"),
        ];
        let settings = own.iter().chain(&self.set).map(|set| set.replace(", ", ","));
        Some(settings.collect())
    }
}
