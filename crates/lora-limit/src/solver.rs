//! The training step of the limit, run to the end.
//!
//! One step, in the order of the code:
//!
//! ```text
//! Z_A = U, or what else of u⁰ and U leads       r × P
//! f, V = ∂f/∂U from B's side at Z_A             e = f − t
//! gB from e and Z_A; where Z_A is still exactly zero, from u⁰, which B's sign-like step does see
//! gA_k(z) = Σ_i e_i V_ki z_i                    U = E[α z]
//! ```

use std::borrow::Cow;

use lora_sim::spec::{Model, Training};
use ndarray::{Array1, Array2, s};

use crate::class::{Class, Dynamics};
use crate::error::{LimitError, require};
use crate::gaussian::{of_inputs, of_preactivations};
use crate::inner::Inner;
use crate::motion::MotionNeurons;
use crate::outer::{Equations, Outer, OuterNeurons};
use crate::points::Points;
use crate::population::Quadrature;
use crate::reading::Reading;
use crate::root::Root;
use crate::rule::Rule;
use crate::sequence::MOST_REPLICATES;
use crate::start::Start;
use crate::trajectory::{Solution, Trajectory};
use crate::variant::{Variant, Weights};

/// A limit ready to be solved at any learning rate.
#[derive(Debug)]
pub struct Solver<'a> {
    class: &'a Class,
    model: &'a Model,
    training: &'a Training,
    points: &'a Points,
    start: Cow<'a, Start>,
    quadrature: Quadrature,
    replicates: Vec<Populations>,
}

/// The neurons of one replicate.
#[derive(Debug)]
struct Populations {
    /// z, M × P.
    inner: Array2<f64>,
    outer: OuterNeurons,
}

impl<'a> Solver<'a> {
    /// Draws the neurons of every replicate. Adam's epsilon is zero in the limit, whatever the training
    /// has. The default of 1e-8 is far below every gradient, and an epsilon above 1e-6 is refused.
    ///
    /// # Errors
    /// [`LimitError`] for sizes out of range, a start of other shapes, an optimizer or a φ that the
    /// solver does not know, and a covariance without an eigendecomposition.
    pub fn new(
        class: &'a Class,
        model: &'a Model,
        training: &'a Training,
        points: &'a Points,
        start: &'a Start,
        quadrature: Quadrature,
    ) -> Result<Self, LimitError> {
        let Quadrature { neurons, replicates, .. } = quadrature;
        let even = (2..1 << 31).contains(&neurons) && neurons.is_multiple_of(2);
        require(even, "neurons", neurons, "an even number from 2 up to 2^31")?;
        let repeated = (2..=MOST_REPLICATES).contains(&replicates);
        require(repeated, "replicates", replicates, "from 2 up to 2^20")?;
        model.check(1)?;
        training.check()?;
        class.check(model, training)?;
        let train = points.train;
        let shape = format!("{}×{}", points.x.nrows(), points.x.ncols());
        let valid = "a row for each input and a column for each target";
        require(points.x.dim() == (model.input_dim, points.all()), "x", shape, valid)?;
        require((1..=points.all()).contains(&train), "train", train, "from 1 up to all points")?;
        start.check(class, model, points)?;
        let inner = |replicate| quadrature.inner(replicate, model, points);
        let mut solver = Self {
            class,
            model,
            training,
            points,
            start: start.in_rows(),
            quadrature,
            replicates: Vec::new(),
        };
        let outer = solver.outer_neurons(false)?;
        let each = outer.into_iter().enumerate();
        solver.replicates = each.map(|(i, outer)| Populations { inner: inner(i), outer }).collect();
        Ok(solver)
    }

    /// B's side of every replicate, with neurons for B's motion where it has a part.
    fn outer_neurons(&self, next_order: bool) -> Result<Vec<OuterNeurons>, LimitError> {
        let (quadrature, points) = (self.quadrature, self.points.all());
        let root = || {
            let inputs = of_inputs(self.points.x.view());
            Root::new(&of_preactivations(self.model, &inputs))
        };
        let all = 0..quadrature.replicates;
        Ok(match self.class.dynamics() {
            Dynamics::MeanField { .. } => {
                let root = root()?;
                all.map(|i| OuterNeurons::Field(quadrature.outer(i, &root, points))).collect()
            }
            Dynamics::Decoder { moving, .. } if !moving && !next_order => {
                all.map(|_| OuterNeurons::Own).collect()
            }
            Dynamics::Decoder { homogeneous, .. } => {
                let root = if homogeneous { None } else { Some(root()?) };
                let neurons = |i| {
                    let (b, h) = quadrature.motion(i, self.model, root.as_ref(), points);
                    OuterNeurons::Motion(MotionNeurons { b, h })
                };
                all.map(neurons).collect()
            }
        })
    }

    /// Trains at η_A = c n^γ_A and η_B = ρ c n^γ_B, where ρ is the training's learning-rate ratio.
    ///
    /// # Errors
    /// [`LimitError::Invalid`] for a c that is not a positive number or a next order of width zero, and
    /// [`LimitError::Unsupported`] for a variant that this class does not have.
    pub fn solve(&self, c: f64, variant: Variant) -> Result<Solution, LimitError> {
        require(c > 0.0 && c.is_finite(), "c", c, "a positive number")?;
        let weights = variant.weights(self.class)?;
        // A decoder that does not move at leading order has no neurons for its motion yet.
        let own = matches!(self.replicates[0].outer, OuterNeurons::Own);
        let drawn = match variant.next_order {
            Some(_) if own => Some(self.outer_neurons(true)?),
            _ => None,
        };
        let equations = Equations {
            dynamics: self.class.dynamics(),
            model: self.model,
            train: self.points.train,
            weights,
            omit: variant.omit,
        };
        let replicates = self.replicates.iter().enumerate().map(|(i, neurons)| {
            let outer = drawn.as_ref().map_or(&neurons.outer, |drawn| &drawn[i]);
            self.replicate(&neurons.inner, Outer::new(equations, &self.start, outer), c, weights)
        });
        Ok(Solution::new(replicates.collect::<Result<_, _>>()?))
    }

    fn replicate(
        &self,
        z: &Array2<f64>,
        mut outer: Outer,
        c: f64,
        weights: Weights,
    ) -> Result<Trajectory, LimitError> {
        let mut inner = Inner::new(z, self.model.rank);
        let (terms, train) = (self.class.terms(), self.points.train);
        let targets = &self.points.targets * weights.targets;
        let mut trajectory = Trajectory::default();
        for t in 0..=self.training.steps {
            let reading = outer.read(&inner);
            let errors = &reading.f - &targets;
            self.note(&mut trajectory, &outer, &inner, &reading, &errors);
            if t == self.training.steps {
                break;
            }
            let rule = Rule::new(&self.training.optimizer, t + 1)?;
            let errors = errors.slice(s![..train]).to_owned();
            if terms.readers.has_updates() || weights.motion > 0.0 {
                outer.learn(&inner, &errors, rule, c * self.training.lr_ratio);
            }
            if terms.inner.has_updates() {
                inner.learn(&(&reading.v.slice(s![.., ..train]) * &errors), rule, c);
            }
        }
        Ok(trajectory)
    }

    fn note(
        &self,
        trajectory: &mut Trajectory,
        outer: &Outer,
        inner: &Inner,
        reading: &Reading,
        errors: &Array1<f64>,
    ) {
        let z_a = outer.z_a(inner);
        let series = [&mut trajectory.train, &mut trajectory.test];
        for (series, points) in series.into_iter().zip(self.points.parts()) {
            let (errors, z_a) =
                (errors.slice(s![points.clone()]), z_a.slice(s![.., points.clone()]));
            let z_b_squared = reading.z_b_squared.slice(s![points]);
            let mean = |sum: f64, count: usize| sum / count as f64;
            let squares = z_a.iter().map(|x| x * x).sum();
            series.push([
                mean(errors.dot(&errors), errors.len()),
                mean(squares, z_a.len()).sqrt(),
                mean(z_b_squared.sum(), z_b_squared.len()).sqrt(),
            ]);
        }
    }
}
