//! B's side of the network, whichever dynamics it has.

use lora_sim::spec::Model;
use ndarray::{Array1, Array2};

use crate::class::Dynamics;
use crate::decoder::Decoder;
use crate::inner::Inner;
use crate::mean_field::MeanField;
use crate::motion::{Motion, MotionNeurons};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::start::Start;
use crate::variant::{Omitted, Weights};

/// The neurons of one replicate on B's side.
#[derive(Debug)]
pub(crate) enum OuterNeurons {
    /// h, M × P, of a mean field.
    Field(Array2<f64>),
    /// Those that B's motion beside a decoder is a function of.
    Motion(MotionNeurons),
    /// None: the decoder's own are enough.
    Own,
}

/// What decides the equations of B's side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equations<'a> {
    pub dynamics: Dynamics,
    pub model: &'a Model,
    /// N.
    pub train: usize,
    pub weights: Weights,
    pub omit: Option<Omitted>,
}

/// B's side during one training.
pub(crate) enum Outer<'a> {
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

impl<'a> Outer<'a> {
    /// B's side before the first step. The start and the neurons are those of the dynamics.
    pub fn new(equations: Equations<'a>, start: &'a Start, neurons: &'a OuterNeurons) -> Self {
        let Equations { dynamics, model, train, weights, omit } = equations;
        match (start, dynamics, neurons) {
            (
                Start::Features { inner, frozen },
                Dynamics::MeanField { full },
                OuterNeurons::Field(h),
            ) => Self::Field {
                field: MeanField::new(h, model, full),
                initial: inner,
                frozen,
                weights,
                seen_moved: false,
                forgets: omit != Some(Omitted::LowerOrderOfFirstGradients),
            },
            (Start::Neurons(own), Dynamics::Decoder { homogeneous, .. }, neurons) => {
                let kink = omit != Some(Omitted::Kink);
                let motion = match neurons {
                    OuterNeurons::Motion(neurons) => {
                        Some(Motion::new(neurons, model, train, weights.motion, kink))
                    }
                    _ => None,
                };
                Self::Decoder {
                    decoder: Decoder::new(own, model, homogeneous),
                    motion,
                    first_slopes: omit != Some(Omitted::FirstSlopes),
                }
            }
            _ => unreachable!("Solver::new checks that the start fits the class"),
        }
    }

    /// Z_A, at leading order or with the next one.
    pub fn z_a(&self, inner: &Inner) -> Array2<f64> {
        match self {
            Self::Field { initial, weights, .. } => {
                &inner.u * weights.moved + *initial * weights.initial
            }
            Self::Decoder { .. } => inner.u.clone(),
        }
    }

    /// Reads Z_A into the output.
    pub fn read(&self, inner: &Inner) -> Reading {
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

    /// Updates B, given the errors on the training points.
    pub fn learn(&mut self, inner: &Inner, errors: &Array1<f64>, rule: Rule, rate: f64) {
        let z_a = self.z_a(inner);
        match self {
            Self::Field { field, initial, weights, seen_moved, forgets, .. } => {
                // As long as Z_A's leading part is exactly zero, the next part decides the step: a
                // gradient's size does not matter.
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
