//! A study as a topic file writes it, at its full or at its quick size.

use lora_sim::spec::{Hidden, Init};
use lora_stats::LrGrid;
use lora_theory::Rational;
use lora_types::ModelKind;
use serde::Deserialize;

use crate::error::{ExperimentError, StudyProblem};
use crate::experiment::{Experiment, with_settings};
use crate::study::definition::{Axis, Goal, Rates, Scope, Study};
use crate::study::fault::Fault;
use crate::study::limit::{LimitKind, MOST_NEURONS, SolvedLimit, USUAL_NEURONS};
use crate::study::{decode, sizes};

/// Quick studies draw other seeds: what is tried out on them must not be what is judged.
const QUICK_SEEDS: u64 = 1000;

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
    #[serde(default)]
    first_seed: u64,
    inits: Vec<Init>,
    goal: Option<Goal>,
    #[serde(default, deserialize_with = "decode::exponents")]
    gammas: Vec<Rational>,
    #[serde(default, deserialize_with = "decode::exponents")]
    gammas_b: Vec<Rational>,
    #[serde(default = "one")]
    constant: f64,
    constant_b: Option<f64>,
    #[serde(default, deserialize_with = "decode::exponent")]
    multiplier_width: Rational,
    #[serde(default, deserialize_with = "decode::exponent")]
    multiplier_rank: Rational,
    fault: Option<Fault>,
    limit: Option<LimitKind>,
    neurons: Option<u64>,
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
    neurons: Option<u64>,
    #[serde(default)]
    set: Vec<String>,
}

fn one() -> f64 {
    1.0
}

impl StudyText {
    /// The study at its full or at its quick size; its own settings come after the `common` ones.
    ///
    /// # Errors
    /// If it cannot be trained.
    pub fn resolve(
        &self,
        label: &str,
        common: &[String],
        quick: bool,
    ) -> Result<Study, ExperimentError> {
        self.checked(label, common, quick).map_err(|problem| ExperimentError::Study {
            file: label.to_owned(),
            study: self.id.clone(),
            problem: Box::new(problem),
        })
    }

    fn checked(&self, label: &str, common: &[String], quick: bool) -> Result<Study, StudyProblem> {
        let mut text = self.clone();
        text.set = [common, &self.set].concat();
        if quick {
            text.shrink();
        }
        text.check_counts()?;
        let experiment = text.experiment();
        let experiment = experiment.map_err(|error| StudyProblem::Settings(Box::new(error)))?;
        if experiment.model.kind == ModelKind::Transformer {
            return Err(StudyProblem::Transformer);
        }
        let (rates, limit) = (text.rates()?, text.limit()?);
        let grid = LrGrid::new(experiment.grid_spec())?;
        let study = Study {
            id: text.id,
            file: label.to_owned(),
            about: text.about,
            scope: text.scope,
            axis: text.axis,
            at: text.at,
            rates,
            multiplier_width: text.multiplier_width,
            multiplier_rank: text.multiplier_rank,
            fault: text.fault,
            limit,
            grid,
            experiment,
            set: text.set,
        };
        sizes::check(&study)?;
        Ok(study)
    }

    /// Counts that are to be multiplied or allocated.
    fn check_counts(&self) -> Result<(), StudyProblem> {
        if self.inits.is_empty() || self.seeds == 0 {
            return Err(StudyProblem::Empty);
        }
        sizes::count("seeds", self.seeds, 1, sizes::MOST_SEEDS)?;
        sizes::count("first_seed", self.first_seed, 0, sizes::MOST_FIRST_SEED)?;
        let of_b = self.constant_b.map(|constant| ("constant_b", constant));
        for (key, constant) in std::iter::once(("constant", self.constant)).chain(of_b) {
            if !(constant > 0.0 && constant.is_finite()) {
                return Err(StudyProblem::Constant { key, constant });
            }
        }
        let pairs = self.gammas.len().saturating_mul(self.gammas_b.len().max(1));
        if pairs > sizes::MOST_PAIRS {
            return Err(StudyProblem::TooManyPairs { pairs, most: sizes::MOST_PAIRS });
        }
        Ok(())
    }

    fn shrink(&mut self) {
        let quick = std::mem::take(&mut self.quick);
        self.at = quick.at.unwrap_or(std::mem::take(&mut self.at));
        self.gammas = quick.gammas.unwrap_or(std::mem::take(&mut self.gammas));
        self.gammas_b = quick.gammas_b.unwrap_or(std::mem::take(&mut self.gammas_b));
        self.seeds = quick.seeds.unwrap_or(self.seeds);
        self.neurons = quick.neurons.or(self.neurons);
        self.first_seed += QUICK_SEEDS;
        self.set.extend(quick.set);
    }

    fn experiment(&self) -> Result<Experiment, ExperimentError> {
        // With its inits, which other keys have to go with.
        let inits: Vec<&str> = self.inits.iter().map(|init| init.key()).collect();
        let set = [&self.set[..], &[format!("training.inits={inits:?}")]].concat();
        let mut experiment = with_settings(&set)?;
        experiment.training.seeds = (0..self.seeds).map(|seed| self.first_seed + seed).collect();
        if self.axis == Axis::Width {
            experiment.model.widths = self.at.clone().into();
        }
        if self.scope == Scope::Layer {
            // The layer reads Z alone.
            experiment.model.hidden = Hidden::Zero;
            experiment.model.test_points = 0;
        }
        Ok(experiment)
    }

    fn rates(&self) -> Result<Rates, StudyProblem> {
        match (self.goal, self.gammas.is_empty()) {
            (Some(_), true) if self.constant_b.is_some() => Err(StudyProblem::ConstantOfSearch),
            (Some(goal), true) => Ok(Rates::Search(goal)),
            (None, false) => {
                let same = self.gammas.iter().map(|&gamma| (gamma, gamma)).collect();
                let cross =
                    self.gammas.iter().flat_map(|&a| self.gammas_b.iter().map(move |&b| (a, b)));
                let pairs = if self.gammas_b.is_empty() { same } else { cross.collect() };
                let constants = [self.constant, self.constant_b.unwrap_or(self.constant)];
                Ok(Rates::Powers { constants, pairs })
            }
            _ => Err(StudyProblem::Rates),
        }
    }

    fn limit(&self) -> Result<Option<SolvedLimit>, StudyProblem> {
        let neurons = self.neurons.unwrap_or(USUAL_NEURONS);
        let possible = (2..=MOST_NEURONS).contains(&neurons) && neurons.is_multiple_of(2);
        if !possible || (self.limit.is_none() && self.neurons.is_some()) {
            return Err(StudyProblem::Neurons { neurons, most: MOST_NEURONS });
        }
        Ok(self.limit.map(|kind| SolvedLimit { kind, neurons: neurons as usize }))
    }
}
