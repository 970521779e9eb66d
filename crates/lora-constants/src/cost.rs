//! What an answer costs, reckoned before anything is solved.

use std::time::Instant;

use lora_limit::{Class, Dynamics, Points, Quadrature, Solver, Start, Variant, setting};
use lora_sim::spec::{Hidden, Init, Model, Training};

use crate::bound::Bound;
use crate::error::ConstantsError;
use crate::question::Question;

/// Multiply-adds, memory and runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Limits that the searches are expected to solve.
    pub runs: usize,
    /// Multiply-adds of these.
    pub multiply_adds: f64,
    /// Bytes, at the seed that needs most.
    pub bytes: f64,
}

/// Entries of a population's neuron that stay in memory for each component of the rank: value and moments.
const STATE: f64 = 3.0;

impl Cost {
    /// What a question is expected to cost.
    ///
    /// # Errors
    /// [`ConstantsError`] for a grid or a setting out of range.
    pub fn of(question: &Question) -> Result<Self, ConstantsError> {
        let grid = question.grid()?;
        let (coarse, halvings) = (grid.coarse_indices().len(), grid.halvings() as usize);
        let kappa = question.experiment.search.stability_bound;
        let seeds = question.experiment.training.seeds.len();
        let mut whole = Self::default();
        for &readout in &question.readouts {
            let mut bytes = of_student(question);
            for &init in &question.experiment.training.inits {
                let class = match question.class(readout, init) {
                    Err(why) if why.means_no_limit() => continue,
                    found => found?,
                };
                let bound = Bound::of(&class, kappa, question.width)?;
                let crossing = if bound.value().is_some() { halvings } else { 0 };
                let runs = seeds * (coarse + 2 * halvings + crossing);
                // The lowest loss is solved again, which takes most memory.
                whole.runs += runs + question.finer().count() * seeds;
                let finer = question.finer().map(|times| (seeds, times));
                for (runs, times) in [(runs, 1)].into_iter().chain(finer) {
                    whole.multiply_adds += runs as f64 * of_run(question, times, class.dynamics());
                    let preparation = of_preparation(question, times, class.dynamics());
                    whole.multiply_adds += seeds as f64 * preparation;
                }
                bytes += of_solver(question, class.dynamics());
            }
            whole.multiply_adds += seeds as f64 * of_drawing(question);
            whole.bytes = whole.bytes.max(bytes);
        }
        Ok(whole)
    }

    /// Seconds on this machine's threads, at the rate of a small limit that is solved here and now.
    ///
    /// # Errors
    /// [`ConstantsError::Limit`] if that limit cannot be solved.
    pub fn seconds(&self) -> Result<f64, ConstantsError> {
        Ok(self.multiply_adds * seconds_per_multiply_add()?)
    }
}

/// Training points, all points, neurons of the quadrature over all replicates, `times` as many as usual, and
/// r.
fn sizes(question: &Question, times: usize) -> [f64; 4] {
    let m = &question.experiment.model;
    let neurons = times * question.neurons * question.replicates;
    [m.points, m.points + m.test_points, neurons, m.rank].map(|size| size as f64)
}

/// Multiply-adds of a limit at one c. Each product with a row over the points counts, and so does each pass
/// over such a row.
fn of_run(question: &Question, times: usize, dynamics: Dynamics) -> f64 {
    let ([train, all, neurons, rank], n) = (sizes(question, times), question.width as f64);
    let inner = neurons * rank * (train + all);
    let read = (2.0 * rank + 4.0) * all;
    let learn = (rank + 2.0) * train;
    let outer = match dynamics {
        Dynamics::MeanField { full: false } => neurons * (read + learn),
        Dynamics::MeanField { full: true } => 2.0 * neurons * (read + learn + rank * train),
        Dynamics::Decoder { moving, .. } => {
            let motion = if moving { neurons * (3.0 * read + learn) } else { 0.0 };
            question.replicates as f64 * n * read + motion
        }
    };
    question.experiment.training.steps as f64 * (inner + outer)
}

/// Whether h of a population is drawn from its covariance, of which a root is then needed.
fn needs_root(dynamics: Dynamics) -> bool {
    match dynamics {
        Dynamics::MeanField { .. } => true,
        Dynamics::Decoder { homogeneous, moving } => moving && !homogeneous,
    }
}

/// The root, and the vectors that are made of it.
fn of_preparation(question: &Question, times: usize, dynamics: Dynamics) -> f64 {
    let [_, all, neurons, _] = sizes(question, times);
    if needs_root(dynamics) { all.powi(3) + neurons * all * all } else { 0.0 }
}

/// W_h Z of the coupled run, in f32 and with the engine's kernels.
fn of_drawing(question: &Question) -> f64 {
    let ([_, all, ..], n) = (sizes(question, 1), question.width as f64);
    let m = &question.experiment.model;
    match m.hidden {
        Hidden::Zero => 0.0,
        Hidden::Gaussian if question.width <= m.explicit_hidden_up_to => n * n * all / 8.0,
        Hidden::Gaussian => 10.0 * all.powi(3) + n * all * all / 8.0,
    }
}

/// Z and H of the coupled run in f32, and once more in f64 while a start is taken from them.
fn of_student(question: &Question) -> f64 {
    let ([_, all, ..], n) = (sizes(question, 1), question.width as f64);
    2.0 * (4.0 + 8.0) * n * all
}

/// Populations, states, and a decoder's own neurons or a covariance with its root.
fn of_solver(question: &Question, dynamics: Dynamics) -> f64 {
    let most = question.loss_neurons / question.neurons;
    let ([_, all, neurons, rank], n) = (sizes(question, most), question.width as f64);
    let populations = match dynamics {
        Dynamics::Decoder { moving: false, .. } | Dynamics::Decoder { homogeneous: true, .. } => {
            1.0
        }
        _ => 2.0,
    };
    let own = if matches!(dynamics, Dynamics::Decoder { .. }) { n * (all + rank) } else { 0.0 };
    let root = if needs_root(dynamics) { 4.0 * all * all } else { 0.0 };
    8.0 * (populations * neurons * all + 2.0 * STATE * neurons * rank + own + root)
}

/// The speed of a limit of 256 points that learns for two steps, the faster of two.
fn seconds_per_multiply_add() -> Result<f64, ConstantsError> {
    let model = Model { points: 256, test_points: 0, ..Model::default() };
    let training = Training { steps: 8, ..Training::default() };
    let class = Class::critical(&setting(&model, &training, Init::B)?, model.activation)?;
    let points = Points::draw(&model, 0)?;
    let (count, rank, size) = (2048usize, model.rank as f64, model.points as f64);
    // A decoder of equal neurons costs what any other costs.
    let start = Start::Neurons(lora_limit::Neurons {
        h: ndarray::Array2::ones((count, model.points)),
        omega: ndarray::Array1::ones(count),
        b: ndarray::Array2::ones((count, model.rank)),
    });
    let quadrature = Quadrature { neurons: 256, replicates: 2, seed: 0 };
    let solver = Solver::new(&class, &model, &training, &points, &start, quadrature)?;
    let steps = training.steps as f64;
    let read = 2.0 * count as f64 * (2.0 * rank + 4.0) * size;
    let work = steps * (read + 512.0 * 2.0 * rank * size);
    let mut fastest = f64::INFINITY;
    for _ in 0..2 {
        let begun = Instant::now();
        solver.solve(0.5, Variant::default())?;
        fastest = fastest.min(begun.elapsed().as_secs_f64());
    }
    Ok(fastest / work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Choices;
    use lora_experiment::experiment::Experiment;

    fn cost(change: impl Fn(&mut Experiment, &mut Choices)) -> Result<Cost, ConstantsError> {
        let (mut experiment, mut choices) = (Experiment::default(), Choices::default());
        change(&mut experiment, &mut choices);
        Cost::of(&Question::new(("x", false), &experiment, &choices)?)
    }

    #[test]
    fn costs_follow_the_sizes() -> Result<(), ConstantsError> {
        let plain = cost(|_, _| ())?;
        // Four coarse c, three halvings on both sides of the optimum, and three for the crossing, which
        // only Init[B] has; and the lowest loss twice more.
        assert_eq!(plain.runs, 5 * (12 + 15));
        let seeds = cost(|e, _| e.training.seeds = vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9])?;
        assert_eq!(seeds.runs, 2 * plain.runs);
        assert!((seeds.multiply_adds / plain.multiply_adds - 2.0).abs() < 1e-9);
        assert_eq!(seeds.bytes, plain.bytes);
        let wide = cost(|_, c| c.width = Some(8192))?;
        assert!(wide.bytes > plain.bytes && wide.multiply_adds > plain.multiply_adds);
        let fine = cost(|_, c| c.neurons = Some(2048))?;
        assert!(fine.bytes > plain.bytes && fine.multiply_adds > plain.multiply_adds);
        let none = cost(|e, _| e.training.optimizer = lora_types::OptimizerKind::Sgd)?;
        assert_eq!(none.runs, 0);
        Ok(())
    }

    #[test]
    fn a_rate_is_measured_in_no_time() -> Result<(), ConstantsError> {
        let seconds = Cost { runs: 1, multiply_adds: 1e9, bytes: 0.0 }.seconds()?;
        assert!(seconds > 1e-3 && seconds < 1e3, "{seconds}");
        Ok(())
    }
}
