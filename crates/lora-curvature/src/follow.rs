//! A run, with its sharpness on the way.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_sim::AdapterState;
use lora_sim::spec::{Model, Run, Training};
use ndarray::Array1;

use crate::descent::Descent;
use crate::error::CurvatureError;
use crate::factors::Factors;
use crate::lanczos::{Eigenvalue, largest_eigenvalue};
use crate::network::{Hessian, Network};

/// Most Hessian-vector products of one measurement.
const MOST_PRODUCTS: usize = 200;

/// One point of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Updates made so far.
    pub step: usize,
    /// Mean squared error on the training samples.
    pub loss: f64,
    /// The largest eigenvalue of D^1/2 H D^1/2, of the step that leaves this point.
    pub sharpness: Eigenvalue,
    /// The same in units of the threshold of stability: 1 is the edge.
    pub at_edge: f64,
}

/// A run from its start to its end, or to where it diverged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// At every recorded step.
    pub points: Vec<Measured>,
    /// The updates after which the loss was too large or no number.
    pub diverged_at: Option<usize>,
}

/// Trains the student of a width and a seed, and measures the sharpness wherever `training` keeps a record.
///
/// # Errors
/// [`CurvatureError`] for sizes, rates and rules out of range.
pub fn follow(
    model: &Model,
    (width, seed): (usize, u64),
    training: &Training,
    run: &Run,
) -> Result<Trace, CurvatureError> {
    let network = Network::draw(model, width, seed)?;
    let start = Factors::of_state(&AdapterState::initial(model, width, run));
    let mut descent = Descent::new(training, run.lr, start)?;
    let stream = Stream::new(seed, width, Purpose::CurvatureStart);
    let mut trace = Trace::default();
    let mut first = None;
    for step in 0..=training.steps {
        let hessian = network.at(&descent.factors);
        let first = *first.get_or_insert(hessian.loss);
        if !hessian.loss.is_finite() || hessian.loss > training.divergence_factor * first {
            trace.diverged_at = Some(step);
            break;
        }
        descent.note(&hessian.gradient);
        if training.records(step) {
            let vector = start_vector(&stream, step, &descent.factors);
            let sharpness = sharpness(&hessian, &descent, vector);
            let at_edge = sharpness.value / descent.threshold();
            trace.points.push(Measured { step, loss: hessian.loss, sharpness, at_edge });
        }
        descent.advance();
    }
    Ok(trace)
}

/// The largest eigenvalue of D^1/2 H D^1/2.
fn sharpness(hessian: &Hessian, descent: &Descent, start: Array1<f64>) -> Eigenvalue {
    let root = descent.scale().map(f64::sqrt);
    let apply = |x: &Array1<f64>| {
        let direction = root.with_entries(x).combine(&root, |x, root| x * root);
        hessian.times(&direction).combine(&root, |x, root| x * root).to_vector()
    };
    // An entry with D = 0 is an eigenvector of its own, with the eigenvalue 0.
    let moving = start * root.map(|root| f64::from(u8::from(root > 0.0))).to_vector();
    largest_eigenvalue(apply, moving, MOST_PRODUCTS)
}

/// Normals of their own for every step.
fn start_vector(stream: &Stream, step: usize, like: &Factors) -> Array1<f64> {
    let mut row = vec![0.0f32; like.a.len() + like.b.len()];
    fill_row(stream, step, 1.0, &mut row);
    row.into_iter().map(f64::from).collect()
}
