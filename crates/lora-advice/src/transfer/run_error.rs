//! Why a run's directory does not say how a learning rate goes with the width.

use std::path::PathBuf;

use lora_experiment::error::ExperimentError;
use lora_types::Init;

use crate::transfer::choices::CarriedLr;
use crate::transfer::words::words;

/// A directory that answers nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is none.
    #[error("{}: there is no such directory", dir.display())]
    Missing {
        /// The directory.
        dir: PathBuf,
    },
    /// It holds no summary.
    #[error(
        "{}: has no summary.json, but must be the directory of a finished run of an experiment",
        dir.display()
    )]
    NotARun {
        /// The directory.
        dir: PathBuf,
    },
    /// A file of it cannot be read.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// Its experiment is none.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The init was not trained.
    #[error("{}: {init} was not run, only {}", dir.display(), list(has))]
    NoInit {
        /// The directory.
        dir: PathBuf,
        /// What was asked for.
        init: Init,
        /// What was run.
        has: Vec<Init>,
    },
    /// Nothing varies.
    #[error("{}: has one width, n = {width}, and an exponent takes two", dir.display())]
    OneWidth {
        /// The directory.
        dir: PathBuf,
        /// Its width.
        width: usize,
    },
    /// The search enclosed the learning rate at too few widths.
    #[error(
        "{}: the search enclosed the {} of {init} at {}, and an exponent takes two widths",
        dir.display(), words(*goal), places(widths)
    )]
    TooFew {
        /// The directory.
        dir: PathBuf,
        /// The learning rate.
        goal: CarriedLr,
        /// The init.
        init: Init,
        /// The widths at which it did.
        widths: Vec<u32>,
    },
    /// There is no interval.
    #[error("{}: has one seed, and a range takes two", dir.display())]
    OneSeed {
        /// The directory.
        dir: PathBuf,
    },
}

fn list(inits: &[Init]) -> String {
    inits.iter().map(Init::to_string).collect::<Vec<_>>().join(" and ")
}

fn places(widths: &[u32]) -> String {
    match widths {
        [] => "no width".to_owned(),
        some => {
            format!("n = {} alone", some.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}
