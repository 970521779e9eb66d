//! The limit as an engine: it "trains" a run of a width by solving the limit that is coupled to it.
//!
//! A request for η = c n^γ at the width n gets the limit at c, in the units of that width: losses times
//! e⁰², Z_A and Z_B times their powers of n. Its trajectory therefore stands beside that of the run itself,
//! step by step. What stays random in the limit, u⁰ and f⁰ or the decoder's neurons, is taken from the
//! frozen student that the network's engine prepares.

use lora_sim::spec::{Init, Model, Run, Training};
use lora_sim::{
    AdapterState, Batch, Engine, Frozen, Memory, Outcome, Problem, Record, SimError, Trajectory,
};

use crate::class::{Class, Dynamics, setting};
use crate::error::LimitError;
use crate::points::Points;
use crate::population::Quadrature;
use crate::solver::Solver;
use crate::start::Start;
use crate::trajectory::Solution;
use crate::variant::{Omitted, Variant};

/// Version of the solver's results, part of what they are kept under. Raise it whenever a change of this
/// crate changes any bit of a solution.
pub const NUMERICS: u32 = 2;

/// Added to a seed where the h of another run is taken. No seed of a plan is that far from another one.
const OTHER_SEED: u64 = 1 << 62;

/// Which limit stands for a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coupled {
    /// The limit of the run itself.
    #[default]
    Whole,
    /// The same with a term left out: a control.
    Without(Omitted),
    /// The same with the h of another run wherever a decoder reads h: a control.
    OtherH,
}

/// An engine whose runs are limits that are coupled to the runs of `network`.
pub struct LimitEngine<'e> {
    network: &'e dyn Engine,
    coupled: Coupled,
    quadrature: Quadrature,
}

impl<'e> LimitEngine<'e> {
    /// On the frozen students that `network` prepares.
    pub fn new(network: &'e dyn Engine, coupled: Coupled, quadrature: Quadrature) -> Self {
        Self { network, coupled, quadrature }
    }
}

impl Engine for LimitEngine<'_> {
    fn describe(&self) -> String {
        format!("the limit of infinite width, coupled to {}", self.network.describe())
    }

    fn numerics(&self) -> String {
        self.coupled.numerics(&self.network.numerics(), self.quadrature)
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        let frozen = self.network.prepare(model, width, seed)?.frozen()?;
        let other_h = match self.coupled {
            Coupled::OtherH => {
                let other = self.network.prepare(model, width, seed.wrapping_add(OTHER_SEED))?;
                Some(other.frozen()?)
            }
            Coupled::Whole | Coupled::Without(_) => None,
        };
        let points = Points::draw(model, seed).map_err(refused)?;
        let (model, coupled) = (model.clone(), self.coupled);
        let quadrature = self.quadrature.of_run(width, seed);
        Ok(Box::new(CoupledProblem { model, frozen, other_h, points, coupled, quadrature }))
    }

    /// That of the network, and on the host Z and H once more in f64, a decoder's neurons, the
    /// quadrature's populations and the covariance with its root.
    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let network = self.network.memory(model, width, runs);
        let points = (model.points + model.test_points) as u64;
        let neurons = (self.quadrature.neurons * self.quadrature.replicates) as u64;
        let rows = (4 * width as u64).saturating_add(2 * neurons);
        let entries = rows.saturating_mul(points).saturating_add(4 * points.saturating_mul(points));
        let states = 6 * neurons.saturating_mul(model.rank as u64);
        let own = 8 * entries.saturating_add(states);
        Memory { host: network.host.saturating_add(own), ..network }
    }

    fn free_device_memory(&self) -> Option<u64> {
        self.network.free_device_memory()
    }

    /// One after another: each uses all threads.
    fn runs_at_once(&self, _model: &Model, _width: usize, runs: usize) -> usize {
        runs.min(1)
    }
}

/// A prepared (width, seed).
struct CoupledProblem {
    model: Model,
    frozen: Frozen,
    /// The frozen student whose h is taken instead, in a control.
    other_h: Option<Frozen>,
    points: Points,
    coupled: Coupled,
    quadrature: Quadrature,
}

impl Problem for CoupledProblem {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        if batch.starts.is_some() || batch.keep_states {
            return Err(refused(LimitError::Unsupported { what: "states of a run" }));
        }
        let solve = |run| self.solve(batch.training, run).map_err(refused);
        batch.runs.iter().map(solve).collect()
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        Ok(self.frozen.clone())
    }
}

impl CoupledProblem {
    fn solve(&self, training: &Training, run: &Run) -> Result<Outcome, LimitError> {
        let (model, width) = (&self.model, self.frozen.width as f64);
        let class = Class::critical(&setting(model, training, run.init)?, model.activation)?;
        let start = self.start(&class, run)?;
        let solver = Solver::new(&class, model, training, &self.points, &start, self.quadrature)?;
        let [gamma_a, gamma_b] = class.rate_exponents();
        // A factor that does not train has the exponent −∞.
        let gamma = if gamma_a.is_finite() { gamma_a } else { gamma_b };
        let omit = match self.coupled {
            Coupled::Without(omitted) => Some(omitted),
            Coupled::Whole | Coupled::OtherH => None,
        };
        let variant = Variant { omit, ..Variant::default() };
        let solution = solver.solve(run.lr * width.powf(-gamma), variant)?;
        Ok(Outcome { trajectory: trajectory(&class, width, training, &solution), state: None })
    }

    fn start(&self, class: &Class, run: &Run) -> Result<Start, LimitError> {
        let state = AdapterState::initial(&self.model, self.frozen.width, run);
        let start = Start::of_run(class, &self.model, &self.frozen, &state);
        let Some(other) = &self.other_h else { return Ok(start) };
        let other = Start::of_run(class, &self.model, other, &state);
        match (start, other) {
            (Start::Neurons(own), Start::Neurons(other)) => {
                Ok(Start::Neurons(crate::start::Neurons { h: other.h, ..own }))
            }
            _ => Err(LimitError::Unsupported { what: "another run's h in a mean field" }),
        }
    }
}

impl Coupled {
    /// [`Engine::numerics`] of the limits that are coupled to runs of these numerics.
    pub fn numerics(self, network: &str, quadrature: Quadrature) -> String {
        let Quadrature { neurons, replicates, seed } = quadrature;
        let version = Self::version(network);
        format!("{version} {self:?}, {neurons} neurons, {replicates} times, seed {seed}")
    }

    /// What every such text of today's solver begins with, whatever the quadrature.
    pub fn version(network: &str) -> String {
        format!("{network}, limit-{NUMERICS}")
    }

    /// Whether the limit of a setting has what this control gets wrong; the limit itself has all of it.
    ///
    /// # Errors
    /// [`LimitError::Unsupported`] if it has not.
    pub fn check(self, class: &Class, init: Init) -> Result<(), LimitError> {
        let homogeneous = matches!(class.dynamics(), Dynamics::Decoder { homogeneous: true, .. });
        let (has, what) = match self {
            Self::Whole => return Ok(()),
            Self::Without(Omitted::Kink) => (
                matches!(class.dynamics(), Dynamics::Decoder { moving: true, .. }),
                "a kink term where B does not move beside a decoder",
            ),
            Self::Without(Omitted::LowerOrderOfFirstGradients) => {
                (init == Init::A, "first gradients of B of lower order, unless A starts random")
            }
            Self::Without(Omitted::FirstSlopes) => {
                (homogeneous, "an h that is read at U = 0 alone, unless Z_B outgrows it")
            }
            Self::OtherH => (
                matches!(class.dynamics(), Dynamics::Decoder { .. }),
                "another run's h in a mean field",
            ),
        };
        if has { Ok(()) } else { Err(LimitError::Unsupported { what }) }
    }
}

/// The mean over the replicates as an engine would have recorded it, in the units of the width. What a
/// limit does not tell is NaN.
fn trajectory(class: &Class, width: f64, training: &Training, solution: &Solution) -> Trajectory {
    let scales = class.terms().scales;
    let unit = |exponent: lora_theory::Exponent| width.powf(exponent.to_f64());
    let [z_a, z_b, error] = [class.z_a_exponent(), scales.z_b, scales.error].map(unit);
    let (train, test) = (&solution.mean.train, &solution.mean.test);
    let losses: Vec<f64> = train.losses.iter().map(|loss| loss * error * error).collect();
    let ceiling = training.divergence_factor * losses.first().copied().unwrap_or(f64::NAN);
    let diverged_at = losses.iter().position(|loss| !loss.is_finite() || *loss > ceiling);
    let kept = diverged_at.map_or(losses.len(), |step| step + 1);
    let last = kept.saturating_sub(1);
    let record = |step: usize| Record {
        step,
        train_loss: losses[step],
        test_loss: test.losses[step] * error * error,
        za_rms: train.z_a[step] * z_a,
        zb_rms: train.z_b[step] * z_b,
        ..UNTOLD
    };
    let recorded = |step: &usize| training.records(*step) || *step == last;
    let mut trajectory = Trajectory {
        records: (0..kept).filter(recorded).map(record).collect(),
        losses: losses[..kept].to_vec(),
        diverged_at,
        ..Trajectory::empty()
    };
    train.z_b[..kept].iter().for_each(|size| trajectory.note_features(size * z_b));
    trajectory
}

const UNTOLD: Record = Record {
    step: 0,
    train_loss: f64::NAN,
    test_loss: f64::NAN,
    za_rms: f64::NAN,
    za_norm: f64::NAN,
    zb_rms: f64::NAN,
    zb_norm: f64::NAN,
    delta1: f64::NAN,
    delta2: f64::NAN,
    delta3: f64::NAN,
    a_move: f64::NAN,
    b_move: f64::NAN,
};

/// Why a limit was not solved, as an engine says it.
fn refused(error: LimitError) -> SimError {
    match error {
        LimitError::Sim(error) => error,
        LimitError::Eigen { size } => SimError::Eigen { size },
        other => SimError::Invalid {
            key: "limit",
            value: other.to_string(),
            valid: "one that the solver knows",
        },
    }
}
