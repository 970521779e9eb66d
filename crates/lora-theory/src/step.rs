//! The LoRA training step, run on growths and directions instead of numbers.
//!
//! Shapes: Z is n × N with N fixed, A is r × n, B is n × r. One step, in the order of the code:
//!
//! ```text
//! Z_A = A Z                    r-vector        Z_B = s B Z_A            n-vector
//! g_B = s dZ_B Z_Aᵀ            n × r           g_A = s Bᵀ dZ_B Zᵀ       r × n
//! ΔA, ΔB from g_A, g_B         entries Θ(η), aligned with the gradient, for a sign-like optimizer
//! δ1 = s B ΔZ_A      δ2 = s ΔB Z_A      δ3 = s ΔB ΔZ_A      ΔZ_B = δ1 + δ2 + δ3
//! Δf = W_outᵀ ΔZ_B = s [(Bᵀ W_out)·ΔZ_A + (ΔBᵀ W_out)·Z_A + (ΔBᵀ W_out)·ΔZ_A]
//! ```
//!
//! Here δ1, δ2 and δ3 carry the multiplier s; at s = 1 they are those of the paper. \[P\]
//!
//! The output's error e = f − t sets what there is to learn: before the first step it is
//! e⁰ = Θ(max(1, n^(1/2 − a))), targets and frozen output, with both factors random also
//! s W_outᵀ B0 A0 Z. With a < 1/2 the frozen output outgrows the targets, and Δf must grow with it
//! to cancel it. \[D\]
//!
//! A factor that does not train has η = 0: its ΔA or ΔB is exactly zero, and so are the terms of
//! ΔZ_B that contain it.
//!
//! The start A0, B0 and its updates ΔA, ΔB are kept apart as well: [`Parts`] says what each of them
//! contributes, so that the leading terms can be told ([`crate::leading`]).
//!
//! A sign of a sum of terms with different directions along r is counted along each of them. That
//! is exact at fixed rank, where r costs nothing, and for Init\[A\] and Init\[B\] alone, which have
//! one direction along r; with both factors random and ρ > 0 it is an upper bound.

use crate::direction::{Contraction, Direction};
use crate::setting::{Scope, Setting};
use crate::tensor::{Matrix, Vector};
use crate::{Factor, Growth, OptimizerKind, TheoryError};

/// What the initial entries of a factor contribute, and what its updates do.
pub(crate) type ByPart<T> = [T; 2];

/// Growths by the part of A and of B that they come from, after the last step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Z_A, by the part of A.
    pub z_a: ByPart<Growth>,
    /// Bᵀ W_out, which A's gradient is made of, by the part of B.
    pub decoder: ByPart<Growth>,
    /// Z_B, by the part of B and then of A.
    pub z_b: ByPart<ByPart<Growth>>,
    /// W_outᵀ Z_B, by the part of B and then of A; zeros for the layer alone.
    pub output: ByPart<ByPart<Growth>>,
    /// The frozen part of the output.
    pub frozen: Growth,
}

/// Growth of every quantity: the largest over the steps so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    pub z_a: Growth,
    pub z_b: Growth,
    pub delta1: Growth,
    pub delta2: Growth,
    pub delta3: Growth,
    /// The output's change; zero for the layer alone, which has no output.
    pub output: Growth,
    /// The output's error before the first step, which no learning rate enters.
    pub initial_error: Growth,
    pub parts: Parts,
}

/// The layer before a step.
struct Layer<'a> {
    setting: &'a Setting,
    sums: Contraction,
    multiplier: Growth,
    features: Vector,
    /// W_out, or the outside backward signal.
    signal: Vector,
    /// The output's error; only an optimizer that keeps the gradient's scale notices it.
    error: Growth,
    a: Matrix,
    b: Matrix,
    /// A0 and the sum of A's updates.
    parts_a: ByPart<Matrix>,
    /// B0 and the sum of B's updates.
    parts_b: ByPart<Matrix>,
}

/// Runs the setting's number of steps; the setting is taken as validated.
pub(crate) fn run(setting: &Setting) -> Result<Trace, TheoryError> {
    let mut layer = Layer::new(setting)?;
    let mut trace = layer.start()?;
    for _ in 0..setting.steps {
        layer.step(&mut trace)?;
    }
    trace.parts = layer.parts()?;
    Ok(trace)
}

impl<'a> Layer<'a> {
    fn new(setting: &'a Setting) -> Result<Self, TheoryError> {
        let (std_a, std_b) = setting.initial_std()?;
        let a = Matrix::random(std_a, Direction::Random(Factor::A))?;
        let b = Matrix::random(std_b, Direction::Random(Factor::B))?;
        let mut layer = Self {
            setting,
            sums: Contraction { alignment: setting.alignment, rank: setting.rank },
            multiplier: setting.multiplier()?,
            features: Vector::single(Growth::one(), Direction::Features)?,
            signal: Vector::single(setting.signal()?, Direction::Signal)?,
            error: Growth::one(),
            parts_a: [a.clone(), Matrix::zero()],
            parts_b: [b.clone(), Matrix::zero()],
            a,
            b,
        };
        layer.error = layer.initial_error()?;
        Ok(layer)
    }

    fn z_a(&self) -> Result<Vector, TheoryError> {
        self.a.along_width(&self.features, self.sums)
    }

    fn entry_of_z_b(&self) -> Result<Growth, TheoryError> {
        self.through(&self.b, &self.z_a()?)
    }

    /// Growth of an entry of s M v.
    fn through(&self, matrix: &Matrix, vector: &Vector) -> Result<Growth, TheoryError> {
        matrix.along_rank(vector, self.sums)?.entry()?.times(&self.multiplier)
    }

    /// Growth of s W_outᵀ M v; zero for the layer alone.
    fn read(&self, matrix: &Matrix, vector: &Vector) -> Result<Growth, TheoryError> {
        match self.setting.scope {
            Scope::Layer => Ok(Growth::ZERO),
            Scope::Network => {
                let seen = matrix.along_width(&self.signal, self.sums)?;
                seen.dot_rank(vector, self.sums)?.times(&self.multiplier)
            }
        }
    }

    /// The error e = f − t at the start: the target t is Θ(1), the frozen part of f is n^(1/2 − a)
    /// and the adapter's own part is there where both factors are random.
    fn initial_error(&self) -> Result<Growth, TheoryError> {
        let target = Growth::one();
        if self.setting.scope == Scope::Layer {
            return Ok(target);
        }
        target.plus(&self.frozen_output()?)?.plus(&self.read(&self.b, &self.z_a()?)?)
    }

    /// W_outᵀ φ(H), n^(1/2 − a); zero for the layer alone.
    fn frozen_output(&self) -> Result<Growth, TheoryError> {
        match self.setting.scope {
            Scope::Layer => Ok(Growth::ZERO),
            Scope::Network => {
                let frozen = Vector::single(Growth::one(), Direction::Frozen)?;
                self.signal.dot_width(&frozen, self.sums)
            }
        }
    }

    /// What the initial factors and their updates contribute now.
    fn parts(&self) -> Result<Parts, TheoryError> {
        let features = |a: &Matrix| a.along_width(&self.features, self.sums);
        let z_a = [features(&self.parts_a[0])?, features(&self.parts_a[1])?];
        let z_b = |b: &Matrix| -> Result<ByPart<Growth>, TheoryError> {
            Ok([self.through(b, &z_a[0])?, self.through(b, &z_a[1])?])
        };
        let output = |b: &Matrix| -> Result<ByPart<Growth>, TheoryError> {
            Ok([self.read(b, &z_a[0])?, self.read(b, &z_a[1])?])
        };
        let decoder = |b: &Matrix| b.along_width(&self.signal, self.sums)?.entry();
        let [b0, moved_b] = &self.parts_b;
        Ok(Parts {
            decoder: [decoder(b0)?, decoder(moved_b)?],
            z_b: [z_b(b0)?, z_b(moved_b)?],
            output: [output(b0)?, output(moved_b)?],
            z_a: [z_a[0].entry()?, z_a[1].entry()?],
            frozen: self.frozen_output()?,
        })
    }

    fn start(&self) -> Result<Trace, TheoryError> {
        Ok(Trace {
            z_a: self.z_a()?.entry()?,
            z_b: self.entry_of_z_b()?,
            delta1: Growth::ZERO,
            delta2: Growth::ZERO,
            delta3: Growth::ZERO,
            output: Growth::ZERO,
            initial_error: self.error.clone(),
            parts: self.parts()?,
        })
    }

    fn step(&mut self, trace: &mut Trace) -> Result<(), TheoryError> {
        let z_a = self.z_a()?;
        let (step_a, step_b) = self.updates(&z_a)?;
        let dz_a = step_a.along_width(&self.features, self.sums)?;

        trace.delta1 = trace.delta1.plus(&self.through(&self.b, &dz_a)?)?;
        trace.delta2 = trace.delta2.plus(&self.through(&step_b, &z_a)?)?;
        trace.delta3 = trace.delta3.plus(&self.through(&step_b, &dz_a)?)?;
        let change = self
            .read(&self.b, &dz_a)?
            .plus(&self.read(&step_b, &z_a)?)?
            .plus(&self.read(&step_b, &dz_a)?)?;

        self.a = self.a.plus(&step_a)?;
        self.b = self.b.plus(&step_b)?;
        self.parts_a[1] = self.parts_a[1].plus(&step_a)?;
        self.parts_b[1] = self.parts_b[1].plus(&step_b)?;
        self.error = self.error.plus(&change)?;
        trace.output = trace.output.plus(&change)?;
        trace.z_a = trace.z_a.plus(&self.z_a()?.entry()?)?;
        trace.z_b = trace.z_b.plus(&self.entry_of_z_b()?)?;
        Ok(())
    }

    /// ΔA and ΔB; exactly zero for a factor that does not train.
    fn updates(&self, z_a: &Vector) -> Result<(Matrix, Matrix), TheoryError> {
        let backward = self.signal.scaled(&self.error)?.scaled(&self.multiplier)?;
        let gradient_a = Matrix::outer(&self.features, &self.b.along_width(&backward, self.sums)?)?;
        let gradient_b = Matrix::outer(&backward, z_a)?;
        let update = |gradient: &Matrix, eta: Growth| match self.setting.optimizer {
            OptimizerKind::Sgd => gradient.scaled(&eta),
            _ => gradient.signs(&eta),
        };
        Ok((
            update(&gradient_a, self.setting.learning_rate(Factor::A))?,
            update(&gradient_b, self.setting.learning_rate(Factor::B))?,
        ))
    }
}
