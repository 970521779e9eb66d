//! What the runs of a transformer compute, in floating-point operations, and the rate at which this machine does.

use std::time::Instant;

use lora_data::Asked;
use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;
use lora_transformer::batch::Sequence;
use lora_transformer::mat::{Mat, MatMut};
use lora_transformer::model::Keep;
use lora_transformer::product::{Into, product};
use rayon::prelude::*;

use super::{TransformerEngine, needs};

/// Operations of a forward pass for each weight and token: a product and a sum.
const FORWARD: f64 = 2.0;

/// The backward pass has as many again: gradients of inputs alone are computed, since the weights are frozen.
const BACKWARD: f64 = 2.0;

/// Seconds for which products are timed.
const TIMED: f64 = 0.2;

/// Rows and columns of the timed products: rows of a slice, and weights that no cache holds all of.
const ROWS: usize = 256;
const COLUMNS: usize = 1024;

impl TransformerEngine {
    /// Operations of the runs that some cells of a study are expected to need, and of the final test. Counted are
    /// products with the base's weights and those of attention; LoRA's own are few.
    pub fn operations(&self, study: &Study, cells: &[Cell]) -> f64 {
        let inits = study.experiment.training.inits.len() as f64;
        let of_cell = |cell: &Cell| {
            let run = self.operations_of_run(study, cell.width);
            let last = self.operations_of_final_test(cell.width);
            let again = if last > 0.0 { inits * (run + last) } else { 0.0 };
            study.expected_runs() as f64 * run + again
        };
        cells.iter().map(of_cell).sum()
    }

    fn operations_of_run(&self, study: &Study, width: usize) -> f64 {
        let (section, training) = (&self.section, &study.experiment.training);
        let sequences = (section.batch * section.accumulation * training.steps) as f64;
        let passes = match self.keep(width) {
            Keep::All => FORWARD + BACKWARD,
            Keep::Inputs => 2.0 * FORWARD + BACKWARD,
        };
        let train = sequences * self.mean(width, &self.data.train) * passes;
        let recorded = (0..=training.steps).step_by(training.record_every);
        let tests = recorded.filter(|&t| section.tests_at(t, t == training.steps)).count();
        let last = usize::from(!training.steps.is_multiple_of(training.record_every));
        let test = (tests + last) as f64 * FORWARD * self.all(width, &self.data.test);
        train + test
    }

    fn operations_of_final_test(&self, width: usize) -> f64 {
        let Some(test) = &self.data.final_test else { return 0.0 };
        let written = match &test.asked {
            Asked::Answers(answers) => answers.limits.new_tokens * test.sequences.len(),
            _ => 0,
        };
        let read = self.all(width, &test.sequences);
        FORWARD * (read + written as f64 * self.weights_of_token(width))
    }

    /// Multiply-adds of a forward pass of some sequences.
    fn all(&self, width: usize, sequences: &[Sequence]) -> f64 {
        let config = self.source.config(&self.section, width);
        let context = (config.heads * config.head_dim) as f64;
        let one = |sequence: &Sequence| {
            let tokens = sequence.ids.len() as f64;
            // A token is compared with those before it, or with all, and sums as many values.
            let seen = if config.family.is_causal() { tokens } else { 2.0 * tokens };
            tokens * (self.weights_of_token(width) + config.depth as f64 * seen * context)
        };
        sequences.iter().map(one).sum()
    }

    fn mean(&self, width: usize, sequences: &[Sequence]) -> f64 {
        self.all(width, sequences) / sequences.len().max(1) as f64
    }

    /// Weights that a token is multiplied by: all but tables, of which it takes a row, and a head.
    fn weights_of_token(&self, width: usize) -> f64 {
        let config = self.source.config(&self.section, width);
        let table = (config.vocabulary * config.width) as f64;
        let tables = if config.tied_head { table } else { 2.0 * table };
        let head = if config.family.is_causal() { table } else { 0.0 };
        needs::parameters(&config) - tables + head
    }
}

/// Operations a second that products reach now, one on each thread as in a sweep.
pub fn rate() -> f64 {
    let threads = rayon::current_num_threads();
    let of_thread = |_| {
        let (a, b) = (vec![1.0; ROWS * COLUMNS], vec![1.0; COLUMNS * COLUMNS]);
        let mut c = vec![0.0; ROWS * COLUMNS];
        let (begun, mut count) = (Instant::now(), 0.0);
        loop {
            let mut into = MatMut::new(&mut c, ROWS, COLUMNS);
            let [a, b] = [Mat::new(&a, ROWS, COLUMNS), Mat::new(&b, COLUMNS, COLUMNS)];
            product(&mut into, Into::Set, 1.0, a, b);
            count += 2.0 * (ROWS * COLUMNS * COLUMNS) as f64;
            let seconds = begun.elapsed().as_secs_f64();
            if seconds >= TIMED {
                return count / seconds;
            }
        }
    };
    (0..threads).into_par_iter().with_max_len(1).map(of_thread).sum()
}
