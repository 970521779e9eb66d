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

use lora_sim::spec::{Model, Training};
use ndarray::{Array1, Array2, s};

use crate::class::{Class, Dynamics};
use crate::decoder::Decoder;
use crate::error::{LimitError, require};
use crate::gaussian::{Root, of_inputs, of_preactivations};
use crate::inner::Inner;
use crate::mean_field::MeanField;
use crate::motion::Motion;
use crate::points::Points;
use crate::population::Quadrature;
use crate::reading::Reading;
use crate::rule::Rule;
use crate::start::Start;
use crate::trajectory::{Solution, Trajectory};
use crate::variant::{Omitted, Variant, Weights};

/// A limit ready to be solved at any learning rate.
#[derive(Debug)]
pub struct Solver<'a> {
    class: &'a Class,
    model: &'a Model,
    training: &'a Training,
    points: &'a Points,
    start: &'a Start,
    replicates: Vec<Populations>,
}

/// The neurons of one replicate.
#[derive(Debug)]
struct Populations {
    /// z, M × P.
    inner: Array2<f64>,
    /// h, M × P, of a mean field; B_0, M × r, of a decoder whose B moves.
    outer: Array2<f64>,
}

impl<'a> Solver<'a> {
    /// Draws the neurons of every replicate.
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
        require(replicates >= 2, "replicates", replicates, "at least 2")?;
        model.check(1)?;
        training.check()?;
        Rule::new(&training.optimizer, 1)?;
        let train = points.train;
        require((1..=points.all()).contains(&train), "train", train, "from 1 up to all points")?;
        start.check(class, model, points)?;
        let root = match class.dynamics() {
            Dynamics::MeanField { .. } => {
                let inputs = of_inputs(points.x.view());
                Some(Root::new(&of_preactivations(model, &inputs)?)?)
            }
            Dynamics::Decoder { .. } => None,
        };
        let draw = |replicate| Populations {
            inner: quadrature.inner(replicate, model, points),
            outer: match &root {
                Some(root) => quadrature.outer(replicate, root, points.all()),
                None => quadrature.decoder(replicate, model),
            },
        };
        let replicates = (0..replicates).map(draw).collect();
        Ok(Self { class, model, training, points, start, replicates })
    }

    /// Trains at η_A = c n^γ_A and η_B = ρ c n^γ_B, where ρ is the training's learning-rate ratio.
    ///
    /// # Errors
    /// [`LimitError::Invalid`] for a c that is not a positive number, and
    /// [`LimitError::Unsupported`] for a variant that this class does not have.
    pub fn solve(&self, c: f64, variant: Variant) -> Result<Solution, LimitError> {
        require(c > 0.0 && c.is_finite(), "c", c, "a positive number")?;
        let weights = variant.weights(self.class)?;
        let solve = |neurons| self.replicate(neurons, c, weights, variant.omit);
        let replicates = self.replicates.iter().map(solve).collect::<Result<_, _>>()?;
        Ok(Solution::new(replicates))
    }

    fn replicate(
        &self,
        neurons: &Populations,
        c: f64,
        weights: Weights,
        omit: Option<Omitted>,
    ) -> Result<Trajectory, LimitError> {
        let mut inner = Inner::new(&neurons.inner, self.model.rank);
        let mut outer = self.outer(neurons, weights, omit);
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
            if terms.readers.has_updates() {
                outer.learn(&inner, &errors, rule, c * self.training.lr_ratio);
            }
            if terms.inner.has_updates() {
                inner.learn(&(&reading.v.slice(s![.., ..train]) * &errors), rule, c);
            }
        }
        Ok(trajectory)
    }

    fn outer<'s>(
        &'s self,
        neurons: &'s Populations,
        weights: Weights,
        omit: Option<Omitted>,
    ) -> Outer<'s> {
        match (self.start, self.class.dynamics()) {
            (Start::Features { inner, frozen }, Dynamics::MeanField { full }) => Outer::Field {
                field: MeanField::new(&neurons.outer, self.model, full),
                initial: inner,
                frozen,
                weights,
                seen_moved: false,
                forgets: omit != Some(Omitted::LowerOrderOfFirstGradients),
            },
            (Start::Neurons(own), Dynamics::Decoder { homogeneous, moving }) => {
                let motion = || {
                    let kink = omit != Some(Omitted::Kink);
                    Motion::new(&neurons.outer, self.model, self.points.train, kink)
                };
                Outer::Decoder {
                    decoder: Decoder::new(own, self.model, homogeneous),
                    motion: moving.then(motion),
                    first_slopes: omit != Some(Omitted::FirstSlopes),
                }
            }
            _ => unreachable!("Solver::new checks that the start fits the class"),
        }
    }

    fn note(
        &self,
        trajectory: &mut Trajectory,
        outer: &Outer,
        inner: &Inner,
        reading: &Reading,
        errors: &Array1<f64>,
    ) {
        let train = self.points.train;
        let [loss, test_loss] = self.points.losses(errors);
        let mean = |sum: f64, count: usize| (sum / count as f64).sqrt();
        let z_a = outer.z_a(inner);
        let z_a = z_a.slice(s![.., ..train]);
        trajectory.losses.push(loss);
        trajectory.test_losses.push(test_loss);
        trajectory.z_a.push(mean(z_a.iter().map(|x| x * x).sum(), z_a.len()));
        trajectory.z_b.push(mean(reading.z_b_squared.slice(s![..train]).sum(), train));
    }
}

/// B's side of the network.
enum Outer<'a> {
    /// A mean field.
    Field {
        field: MeanField<'a>,
        initial: &'a Array2<f64>,
        frozen: &'a Array1<f64>,
        weights: Weights,
        /// Whether a gradient of B has been made of U.
        seen_moved: bool,
        /// Whether gradients of lower order leave Adam's moments.
        forgets: bool,
    },
    /// A random decoder.
    Decoder { decoder: Decoder<'a>, motion: Option<Motion<'a>>, first_slopes: bool },
}

impl Outer<'_> {
    /// Z_A at leading order.
    fn z_a(&self, inner: &Inner) -> Array2<f64> {
        match self {
            Self::Field { initial, weights, .. } => {
                &inner.u * weights.moved + *initial * weights.initial
            }
            Self::Decoder { .. } => inner.u.clone(),
        }
    }

    fn read(&self, inner: &Inner) -> Reading {
        let z_a = self.z_a(inner);
        match self {
            Self::Field { field, frozen, weights, .. } => {
                let mut reading = field.read(&z_a);
                reading.f += &(*frozen * weights.frozen);
                reading
            }
            Self::Decoder { decoder, motion, first_slopes } => {
                let mut reading = decoder.read(&z_a, inner.moved || !first_slopes);
                if let Some(motion) = motion {
                    motion.add_to(&mut reading, &z_a);
                }
                reading
            }
        }
    }

    fn learn(&mut self, inner: &Inner, errors: &Array1<f64>, rule: Rule, rate: f64) {
        let z_a = self.z_a(inner);
        match self {
            Self::Field { field, initial, weights, seen_moved, forgets, .. } => {
                // As long as Z_A's leading part is exactly zero, the next one has the word: the size of
                // a gradient does not matter to its step.
                let leads = weights.initial != 0.0 || inner.moved;
                if leads && weights.initial == 0.0 && !*seen_moved {
                    *seen_moved = true;
                    if *forgets {
                        field.forget_gradients();
                    }
                }
                let seen: &Array2<f64> = if leads { &z_a } else { initial };
                field.learn(&z_a, seen, errors, rule, rate);
            }
            Self::Decoder { motion, .. } => {
                if let Some(motion) = motion {
                    motion.learn(&z_a, errors, rule, rate);
                }
            }
        }
    }
}
