//! Studies of the limit n → ∞: in the place of every run they have the limit that is coupled to it.

use lora_limit::{Coupled, Omitted, Quadrature};
use serde::{Deserialize, Serialize};

/// Neurons of the quadrature where a study names no number.
pub const USUAL_NEURONS: u64 = 4096;

/// Most neurons of a quadrature.
pub const MOST_NEURONS: u64 = 1 << 20;

/// Repetitions of the quadrature. Their mean is what counts, so two are as good as twice the neurons.
const REPLICATES: usize = 2;

/// What the quadrature's shifts begin from; those of a run follow from its width and seed, too.
const SHIFTS: u64 = 9;

/// The limit itself, or one with a planted fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// As it is derived.
    Whole,
    /// Without the kink term D.
    NoKink,
    /// B's first gradients stay in Adam's moments.
    FirstGradients,
    /// The decoder has another run's h.
    OtherH,
}

/// What a study of the limit solves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SolvedLimit {
    /// Which.
    pub kind: LimitKind,
    /// Neurons of the quadrature on each side, in each of two repetitions.
    pub neurons: usize,
}

impl SolvedLimit {
    /// As the solver has it.
    pub fn coupled(self) -> Coupled {
        match self.kind {
            LimitKind::Whole => Coupled::Whole,
            LimitKind::NoKink => Coupled::Without(Omitted::Kink),
            LimitKind::FirstGradients => Coupled::Without(Omitted::LowerOrderOfFirstGradients),
            LimitKind::OtherH => Coupled::OtherH,
        }
    }

    /// Over which neurons.
    pub fn quadrature(self) -> Quadrature {
        Quadrature { neurons: self.neurons, replicates: REPLICATES, seed: SHIFTS }
    }

    /// What its solutions are kept under, where `network` names the numerics of the runs.
    pub fn numerics(self, network: &str) -> String {
        self.coupled().numerics(network, self.quadrature())
    }

    /// Neurons of a network whose training costs as much as one solution, beside the run that it is coupled to.
    /// Measured with N = 32 and 20 steps: 2048 neurons take as long as a run of 20 000.
    pub fn cost_in_neurons(self) -> usize {
        self.neurons.saturating_mul(10)
    }
}

/// Whether these are numerics of today's limits that are coupled to runs of the numerics `network`.
pub fn are_of_limit(numerics: &str, network: &str) -> bool {
    numerics.starts_with(&format!("{} ", Coupled::version(network)))
}
