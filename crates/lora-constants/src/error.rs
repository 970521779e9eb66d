//! Why constants cannot be computed.

use lora_figures::FigureError;
use lora_limit::LimitError;
use lora_sim::SimError;
use lora_stats::StatsError;
use lora_store::error::StoreError;
use lora_theory::TheoryError;
use lora_types::ModelKind;

/// A question without an answer, or an answer that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConstantsError {
    /// Only the synthetic network has a limit that is solved.
    #[error(
        "model.kind is {kind}, but must be synthetic: no other model has a limit that is solved"
    )]
    OtherModel {
        /// What the experiment trains.
        kind: ModelKind,
    },
    /// A number of the question is out of range.
    #[error("{key} is {value}, but must be {valid}")]
    Invalid {
        /// Its name.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        valid: &'static str,
    },
    /// An answer does not fit into memory.
    #[error(
        "{replicates} replicates of {neurons} neurons, coupled to runs of n = {width}, need {needs} of memory and \
         {has}"
    )]
    TooLarge {
        /// Repetitions of the quadrature.
        replicates: usize,
        /// M.
        neurons: usize,
        /// n of the runs that the limits are coupled to.
        width: usize,
        /// What is needed, in words.
        needs: String,
        /// What is free, in words.
        has: String,
    },
    /// Asked to stop.
    #[error("stopped after {done} runs of the limit")]
    Stopped {
        /// Runs that were done.
        done: usize,
    },
    /// A table of limits that lacks some.
    #[error(
        "limits.csv lacks runs of the limit: run the experiment again, which solves what is missing"
    )]
    Incomplete,
    /// A limit that cannot be solved at some c.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A student that cannot be drawn.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The calculus refuses the setting.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// A grid of c that cannot be built, or a mean without a value.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// A directory or a file that cannot be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A figure that cannot be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A directory without solved constants.
    #[error("{path}: {reason}")]
    Unsolved {
        /// Its document.
        path: String,
        /// What is wrong with it, and what would be valid.
        reason: String,
    },
    /// Constants of other settings than the one that is asked for.
    #[error(
        "the constants in {from} are of the experiment {experiment}, and not of this setting at its critical \
         exponent"
    )]
    OtherSetting {
        /// Their directory.
        from: String,
        /// Their experiment.
        experiment: String,
    },
    /// A learning rate that is no constant times n^γ.
    #[error("no {name} = c n^{gamma}: {why}")]
    NoRate {
        /// Which one.
        name: &'static str,
        /// γ.
        gamma: String,
        /// What it does instead.
        why: String,
    },
    /// A table of runs that cannot be read.
    #[error("{path}: {reason}")]
    Table {
        /// The table.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}
