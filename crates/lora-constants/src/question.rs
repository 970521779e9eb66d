//! What is asked of an experiment.

use lora_experiment::experiment::Experiment;
use lora_limit::{Class, LimitError, Quadrature, setting_at};
use lora_sim::spec::{Init, Model};
use lora_stats::{LrGrid, LrGridSpec, StatsError};
use lora_theory::{Rational, approximate};
use lora_types::ModelKind;

use crate::error::ConstantsError;

/// Neurons of the quadrature, on each side and in each replicate.
const NEURONS: usize = 1024;
/// The same for quick sizes.
const QUICK_NEURONS: usize = 256;
/// Fewer neurons than this may be asked for.
pub(crate) const MOST_NEURONS: usize = 1 << 24;
/// Replicates of the quadrature.
const REPLICATES: usize = 2;
/// The lowest loss may be solved over this many.
pub(crate) const MOST_LOSS_NEURONS: usize = LOSS_TIMES * MOST_NEURONS;
/// How many times as many neurons the lowest loss is solved over by default.
pub(crate) const LOSS_TIMES: usize = 4;
/// The widest run that a limit is coupled to unless another width is named: a random decoder costs what
/// its neurons cost.
const WIDEST: usize = 4096;

/// What may be chosen beside the experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Readout exponents a; that of the experiment if empty.
    pub readouts: Vec<Rational>,
    /// γ in η = c n^γ; the critical exponent of each init if absent.
    pub gamma: Option<Rational>,
    /// The width whose runs the limits are coupled to.
    pub width: Option<usize>,
    /// Neurons of the quadrature, an even number.
    pub neurons: Option<usize>,
    /// Neurons over which the lowest loss is solved, four times `neurons` or more.
    pub loss_neurons: Option<usize>,
    /// Replicates of the quadrature, at least two.
    pub replicates: Option<usize>,
}

/// An experiment with everything that decides the constants of its limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Short name of the experiment.
    pub name: String,
    /// Whether its sizes are the quick ones.
    pub quick: bool,
    /// Model, training, seeds and the rules of the search.
    pub experiment: Experiment,
    /// Readout exponents a.
    pub readouts: Vec<Rational>,
    /// γ, if it is not to be the critical one.
    pub gamma: Option<Rational>,
    /// n of the runs that the limits are coupled to.
    pub width: usize,
    /// M.
    pub neurons: usize,
    /// Neurons over which the lowest loss is solved, and once over half and over a quarter of them.
    pub loss_neurons: usize,
    /// Repetitions of the quadrature.
    pub replicates: usize,
}

impl Question {
    /// The error where an answer needs more memory than there is, both in words.
    pub fn too_large(&self, needs: &str, has: &str) -> ConstantsError {
        let Self { replicates, neurons, width, .. } = *self;
        let (needs, has) = (needs.to_owned(), has.to_owned());
        ConstantsError::TooLarge { replicates, neurons, width, needs, has }
    }

    /// Checks what is asked.
    ///
    /// # Errors
    /// [`ConstantsError::OtherModel`] for a transformer, and [`ConstantsError::Invalid`] for a number out of
    /// range.
    pub fn new(
        (name, quick): (&str, bool),
        experiment: &Experiment,
        choices: &Choices,
    ) -> Result<Self, ConstantsError> {
        let kind = experiment.model.kind;
        if kind != ModelKind::Synthetic {
            return Err(ConstantsError::OtherModel { kind });
        }
        let usual = if quick { QUICK_NEURONS } else { NEURONS };
        let own = Some(experiment.search.limit_neurons).filter(|&neurons| neurons > 0);
        let neurons = choices.neurons.or(own).unwrap_or(usual);
        let mut readouts = choices.readouts.clone();
        if readouts.is_empty() {
            readouts.push(experiment.model.readout_exponent);
        }
        let question = Self {
            name: name.to_owned(),
            quick,
            experiment: experiment.clone(),
            readouts,
            gamma: choices.gamma,
            width: choices.width.unwrap_or_else(|| coupled_width(&experiment.model.widths)),
            neurons,
            loss_neurons: choices.loss_neurons.unwrap_or(neurons.saturating_mul(LOSS_TIMES)),
            replicates: choices.replicates.unwrap_or(REPLICATES),
        };
        question.check()?;
        Ok(question)
    }

    fn check(&self) -> Result<(), ConstantsError> {
        let require = |ok: bool, key, value: String, valid| {
            if ok { Ok(()) } else { Err(ConstantsError::Invalid { key, value, valid }) }
        };
        let (neurons, replicates) = (self.neurons, self.replicates);
        let even = (2..MOST_NEURONS).contains(&neurons) && neurons.is_multiple_of(2);
        require(even, "neurons", neurons.to_string(), "an even number from 2 up to 2^24")?;
        let times = self.loss_neurons / neurons;
        let finer = self.loss_neurons <= MOST_LOSS_NEURONS
            && times.is_multiple_of(LOSS_TIMES)
            && self.loss_neurons == times * neurons
            && times > 0;
        let valid = "4, 8, 12, … times the neurons of the search, up to 2^26";
        require(finer, "loss_neurons", self.loss_neurons.to_string(), valid)?;
        let repeated = (2..=1024).contains(&replicates);
        require(repeated, "replicates", replicates.to_string(), "from 2 up to 1024")?;
        for (i, readout) in self.readouts.iter().enumerate() {
            let new = !self.readouts[..i].contains(readout);
            require(new, "readout", readout.to_string(), "named once")?;
            self.model(*readout).check(self.width)?;
            for init in &self.experiment.training.inits {
                match self.class(*readout, *init) {
                    Err(why) if !why.means_no_limit() => return Err(why.into()),
                    // That there is no limit is an answer.
                    _ => (),
                }
            }
        }
        Ok(self.experiment.training().check()?)
    }

    /// The model with this readout exponent.
    pub fn model(&self, readout: Rational) -> Model {
        Model { readout_exponent: approximate(readout), ..self.experiment.model() }
    }

    /// The limit of an init with this readout exponent.
    ///
    /// # Errors
    /// [`LimitError`] where there is none, or none that is solved; it says which quantity does what.
    pub fn class(&self, readout: Rational, init: Init) -> Result<Class, LimitError> {
        let model = self.model(readout);
        let training = self.experiment.training();
        // A float of 2/3 would not be read back as 2/3.
        let setting = setting_at(readout, &training, init);
        let class = match self.gamma {
            None => Class::critical(&setting, model.activation),
            Some(gamma) => Class::at(&setting, gamma, model.activation),
        }?;
        class.check(&model, &training)?;
        Ok(class)
    }

    /// The quadrature of a seed. Every seed has shifts of its own, so that their errors are independent.
    pub fn quadrature(&self, seed: u64) -> Quadrature {
        Quadrature { neurons: self.neurons, replicates: self.replicates, seed }
    }

    /// How many times as many neurons the lowest loss is solved over, ascending: a quarter, half and all of
    /// [`loss_neurons`](Self::loss_neurons), without what the search has solved.
    pub(crate) fn finer(&self) -> impl Iterator<Item = usize> {
        let most = self.loss_neurons / self.neurons;
        [most / 4, most / 2, most].into_iter().filter(|&times| times > 1)
    }

    /// The same over `times` as many neurons, for the lowest loss alone. Its shifts are its own, so that its
    /// distance to another quadrature holds the errors of both: bits beyond those of a seed tell them apart.
    pub(crate) fn finer_quadrature(&self, seed: u64, times: usize) -> Quadrature {
        let t = times as u64;
        let seed = seed ^ ((t & 7) << 61) ^ ((t >> 3) << 39);
        Quadrature { neurons: times * self.neurons, ..self.quadrature(seed) }
    }

    /// The c that may be tried. With k, the experiment's coarse factor, the search begins at 1/k, 1, k and
    /// k²; bracket factor and extensions are those of the experiment.
    ///
    /// # Errors
    /// [`StatsError`] if a search of the experiment's would have no grid either.
    pub fn grid(&self) -> Result<LrGrid, StatsError> {
        let spec = self.experiment.grid_spec();
        let k = spec.coarse_factor;
        LrGrid::new(LrGridSpec { lr_min: 1.0 / k, lr_max: k * k, ..spec })
    }
}

/// The widest width that is not too costly, or the narrowest.
fn coupled_width(widths: &[usize]) -> usize {
    let widest = widths.iter().copied().filter(|&width| width <= WIDEST).max();
    widest.or(widths.iter().copied().min()).unwrap_or(WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_coupled_to_the_widest_runs_that_are_cheap() {
        assert_eq!(coupled_width(&[128, 4096, 8192]), 4096);
        assert_eq!(coupled_width(&[64, 1024]), 1024);
        assert_eq!(coupled_width(&[16384, 8192]), 8192);
    }

    /// 2/3 as a float has no short decimal, and yet is 2/3.
    #[test]
    fn any_fraction_may_be_a_readout() -> Result<(), ConstantsError> {
        for (readout, [a, b]) in
            [((1, 3), ["-3/4", "-1"]), ((2, 3), ["-2/3", "-5/6"]), ((5, 6), ["-7/12", "-2/3"])]
        {
            let readout = Rational::new(readout.0, readout.1);
            let choices = Choices { readouts: vec![readout], ..Choices::default() };
            let question = Question::new(("x", false), &Experiment::default(), &choices)?;
            for (init, gamma) in [(Init::A, a), (Init::B, b)] {
                let class = question.class(readout, init)?;
                assert_eq!(class.terms().gamma.to_string(), gamma, "{init}, a = {readout}");
            }
        }
        Ok(())
    }

    /// Every quadrature of every seed has shifts of its own.
    #[test]
    fn no_two_quadratures_share_their_seed() -> Result<(), ConstantsError> {
        let question = Question::new(("x", false), &Experiment::default(), &Choices::default())?;
        let mut seen = std::collections::HashSet::new();
        let finer = |times: usize| {
            let loss_neurons = times * question.neurons;
            Question { loss_neurons, ..question.clone() }.finer().collect::<Vec<_>>()
        };
        let mut all = [4, 8, 12, 16, 32, 64].map(finer).concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, [2, 3, 4, 6, 8, 12, 16, 32, 64]);
        for seed in [0, 1, 2, 3, 4, 5, 6, 7, 1 << 20] {
            assert!(seen.insert(question.quadrature(seed).seed), "{seed}");
            for &times in &all {
                let finer = question.finer_quadrature(seed, times);
                assert_eq!(finer.neurons, times * question.neurons);
                assert!(seen.insert(finer.seed), "{seed}, {times} times");
            }
        }
        Ok(())
    }

    #[test]
    fn a_bad_question_says_what_would_be_valid() {
        let asked = |choices: &Choices| {
            let question = Question::new(("x", false), &Experiment::default(), choices);
            question.map_or_else(|error| error.to_string(), |_| "good".to_owned())
        };
        assert_eq!(asked(&Choices::default()), "good");
        let neurons = Choices { neurons: Some(3), ..Choices::default() };
        assert_eq!(asked(&neurons), "neurons is 3, but must be an even number from 2 up to 2^24");
        let loss =
            |loss_neurons| Choices { loss_neurons: Some(loss_neurons), ..Choices::default() };
        assert_eq!(asked(&loss(32 * 1024)), "good");
        for few in [0, 1024, 2048, 5000, 6 * 1024] {
            let said = asked(&loss(few));
            let valid = "4, 8, 12, … times the neurons of the search, up to 2^26";
            assert_eq!(said, format!("loss_neurons is {few}, but must be {valid}"));
        }
        let replicates = Choices { replicates: Some(1), ..Choices::default() };
        assert_eq!(asked(&replicates), "replicates is 1, but must be from 2 up to 1024");
        let half = Rational::new(1, 2);
        let readouts = Choices { readouts: vec![half, half], ..Choices::default() };
        assert_eq!(asked(&readouts), "readout is 1/2, but must be named once");
        // What the calculus refuses is no answer.
        let fine = Choices { readouts: vec![Rational::new(1, 1_000_001)], ..Choices::default() };
        let told = asked(&fine);
        assert!(told.contains("is out of range: numerator and denominator must stay"), "{told}");
        let mut experiment = Experiment::default();
        experiment.training.epsilon = 1e-3;
        let told = Question::new(("x", false), &experiment, &Choices::default())
            .map_err(|e| e.to_string());
        let expected = "epsilon is 0.001, but must be at most 1e-6: it is 0 in the limit";
        assert_eq!(told.err().as_deref(), Some(expected));
    }
}
