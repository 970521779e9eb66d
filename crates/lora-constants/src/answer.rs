//! What is known of an experiment's limit, as the JSON document that is printed and written.

use std::collections::BTreeMap;

use lora_experiment::experiment::{Experiment, Score};
use lora_sim::spec::Init;
use serde::Serialize;

/// The constants of every readout and init that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Version of this document.
    pub schema: u32,
    /// Short name of the experiment.
    pub experiment: String,
    /// Its title.
    pub title: String,
    /// Whether its sizes are the quick ones.
    pub quick: bool,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// Confidence level of all intervals over seeds.
    pub level: f64,
    /// n of the runs from which u⁰, f⁰ and the decoders are taken.
    pub coupled_width: usize,
    /// Neurons of the quadrature, on each side and in each replicate.
    pub neurons: usize,
    /// Replicates of the quadrature.
    pub replicates: usize,
    /// What is minimised.
    pub score: Score,
    /// κ, the bound on the rms of Z_B.
    pub stability_bound: f64,
    /// One entry for each readout exponent.
    pub readouts: Vec<ReadoutAnswer>,
    /// Every key of the experiment.
    pub settings: Experiment,
}

/// The constants with one readout exponent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReadoutAnswer {
    /// a, exact.
    pub readout: String,
    /// By init.
    pub inits: BTreeMap<Init, InitAnswer>,
    /// Which of Init\[A\] and Init\[B\] ends lower; `None` unless both have a limit with an optimum.
    pub lower_loss: Option<LowerLoss>,
}

/// An init's constants, or why it has none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum InitAnswer {
    /// The limit exists.
    Limit(Box<Constants>),
    /// It does not, or is not solved.
    Nothing {
        /// Which quantity does what.
        no_limit: String,
    },
}

impl InitAnswer {
    /// The constants, if there is a limit.
    pub fn constants(&self) -> Option<&Constants> {
        match self {
            Self::Limit(constants) => Some(constants),
            Self::Nothing { .. } => None,
        }
    }
}

/// The constants of one init. Means over seeds are geometric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Constants {
    /// γ in η = c n^γ, exact.
    pub gamma: String,
    /// How A and B move, in words.
    pub dynamics: String,
    /// The c with the lowest loss. Where `bracketed` is false, it is where the search ended and only a
    /// bound.
    pub c_opt: Option<f64>,
    /// Its interval over seeds.
    pub c_opt_interval: Option<[f64; 2]>,
    /// Whether every seed has it inside the c that were tried.
    pub bracketed: bool,
    /// The c whose loss is within the experiment's tolerance of the lowest.
    pub basin: BasinOver,
    /// The largest c at which Z_B stays under the bound at every step.
    pub c_stable: Option<f64>,
    /// Its interval over seeds.
    pub c_stable_interval: Option<[f64; 2]>,
    /// Whether every seed has it inside the c that were tried; it is a bound otherwise.
    pub c_stable_bracketed: bool,
    /// Why there is no c_stable, or for which width it stands.
    pub c_stable_remark: Option<String>,
    /// The lowest loss.
    pub loss: LossOver,
    /// Of every seed.
    pub seeds: Vec<SeedConstants>,
}

/// A basin; its ends are geometric means over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BasinOver {
    /// Its lower end.
    pub lower: Option<f64>,
    /// Its upper end.
    pub upper: Option<f64>,
    /// Whether both ends were seen for every seed.
    pub complete: bool,
}

/// The lowest losses of the seeds. For a < 1/2 they are in units of n^(1 − 2a).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LossOver {
    /// Geometric mean.
    pub value: Option<f64>,
    /// Its interval over seeds.
    pub interval: Option<[f64; 2]>,
    /// The error of the quadrature in one seed's loss, in rms over seeds and relative to the loss: the spread
    /// of its replicates, and the distance to a quarter of the neurons.
    pub quadrature_error: Option<f64>,
}

/// What one seed says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeedConstants {
    /// The seed.
    pub seed: u64,
    /// The c with the lowest loss.
    pub c_opt: Option<f64>,
    /// Whether it is inside the c that were tried.
    pub bracketed: bool,
    /// Ends of the basin.
    pub basin: Option<[f64; 2]>,
    /// The largest c at which Z_B stays under the bound.
    pub c_stable: Option<f64>,
    /// The lowest loss, solved over four times the neurons of the search.
    pub loss: Option<f64>,
    /// The quadrature's error of it: the spread of its replicates, and the distance to a quarter of the
    /// neurons.
    pub error: Option<f64>,
    /// Limits that the search solved.
    pub runs: usize,
}

/// Init\[A\] beside Init\[B\], each at its own best c.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LowerLoss {
    /// Geometric mean over seeds of the loss under Init\[A\] over that under Init\[B\], paired by seed.
    pub ratio: f64,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// The init that ends lower; `None` where the interval holds 1 or is missing.
    pub lower: Option<Init>,
}
