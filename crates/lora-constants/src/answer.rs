//! What is known of an experiment's limit, as the JSON document that is printed and written.

use std::collections::BTreeMap;

use lora_experiment::experiment::{Experiment, Score};
use lora_sim::spec::Init;
use lora_stats::CrossingStatus;
use serde::{Deserialize, Serialize};

/// The constants of every readout and init that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Neurons over which the lowest loss is solved; 0 in files that do not say.
    #[serde(default)]
    pub loss_neurons: usize,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadoutAnswer {
    /// a, exact.
    pub readout: String,
    /// By init.
    pub inits: BTreeMap<Init, InitAnswer>,
    /// Which of Init\[A\] and Init\[B\] ends lower; `None` unless both have a limit.
    pub lower_loss: Option<LossPair>,
}

/// An init's constants, or why it has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// The side on which a number bounds what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The number is a lower bound.
    AtLeast,
    /// The number is an upper bound.
    AtMost,
}

/// The constants of one init. Means over seeds are geometric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Constants {
    /// γ in η = c n^γ, exact.
    pub gamma: String,
    /// How A and B move, in words.
    pub dynamics: String,
    /// The c with the lowest loss; `None` if a seed has none, or if two seeds bound it on different sides.
    pub c_opt: Option<f64>,
    /// Its interval over seeds; `None` of a bound.
    pub c_opt_interval: Option<[f64; 2]>,
    /// The side on which `c_opt` is a bound, because the search of some seed ended there.
    pub c_opt_bound: Option<Side>,
    /// Whether every seed has it inside the c that were tried.
    pub bracketed: bool,
    /// The values of c whose loss, over the neurons of the search, is within the experiment's tolerance of
    /// the lowest.
    pub basin: BasinOver,
    /// The largest c at which Z_B stays under the bound at every step; `None` as for `c_opt`.
    pub c_stable: Option<f64>,
    /// Its interval over seeds; `None` of a bound.
    pub c_stable_interval: Option<[f64; 2]>,
    /// The side on which `c_stable` is a bound.
    pub c_stable_bound: Option<Side>,
    /// Whether every seed has it inside the c that were tried.
    pub c_stable_bracketed: bool,
    /// Why there is no c_stable, or for which width it stands.
    pub c_stable_remark: Option<String>,
    /// The lowest loss.
    pub loss: LossOver,
    /// Whether the loss has a value with a quadrature error of at most 25%.
    pub loss_reliable: bool,
    /// Of every seed.
    pub seeds: Vec<SeedConstants>,
}

/// A basin; its ends are geometric means over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BasinOver {
    /// Its lower end.
    pub lower: Option<f64>,
    /// Its upper end.
    pub upper: Option<f64>,
    /// Whether both ends were seen for every seed.
    pub complete: bool,
    /// Whether the quadrature error of the loss is at most the tolerance that makes the basin.
    pub resolved: bool,
}

/// The lowest losses of the seeds. For a < 1/2 they are in units of n^(1 − 2a).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossOver {
    /// Geometric mean.
    pub value: Option<f64>,
    /// Its interval over seeds.
    pub interval: Option<[f64; 2]>,
    /// The quadrature error of a single seed's loss, relative to it, in rms over seeds: the spread of its
    /// replicates, and its bias as far as three quadratures show it.
    pub quadrature_error: Option<f64>,
}

/// What one seed says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeedConstants {
    /// The seed.
    pub seed: u64,
    /// The c with the lowest loss, between those that were tried.
    pub c_opt: Option<f64>,
    /// Whether it is inside the c that were tried.
    pub bracketed: bool,
    /// Ends of the basin.
    pub basin: Option<[f64; 2]>,
    /// The largest c at which Z_B stays under the bound, or the end of what was tried that bounds it.
    pub c_stable: Option<f64>,
    /// Where it lies beside the c that were tried.
    pub c_stable_status: Option<CrossingStatus>,
    /// The best of the c that were tried.
    pub c_best: Option<f64>,
    /// The loss there, over [`loss_neurons`](Answer::loss_neurons); `None` if the run over more neurons
    /// diverged.
    pub loss: Option<f64>,
    /// Its quadrature error: the spread of its replicates, and its bias as far as the losses over a quarter,
    /// half and all of these neurons show it.
    pub error: Option<f64>,
    /// Limits that the search solved.
    pub runs: usize,
}

/// Init\[A\] beside Init\[B\], or why they are not compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LossPair {
    /// Both have a loss that can be quoted.
    Compared(LowerLoss),
    /// One of them has not.
    Not {
        /// Which, and what is wrong with it.
        not_compared: String,
    },
}

/// Init\[A\] beside Init\[B\], each at its own best c.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LowerLoss {
    /// Geometric mean over seeds of the loss under Init\[A\] over that under Init\[B\], paired by seed.
    pub ratio: f64,
    /// Its interval over seeds, widened by the quadrature errors of both losses.
    pub interval: Option<[f64; 2]>,
    /// The interval over seeds alone.
    pub interval_over_seeds: Option<[f64; 2]>,
    /// The init that ends lower; `None` where the widened interval holds 1 or is missing.
    pub lower: Option<Init>,
}
