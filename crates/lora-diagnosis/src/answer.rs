//! The whole answer: adapters side by side.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::adapter::AdapterModules;
use crate::error::DiagnoseError;
use crate::findings::Findings;
use crate::pooled::Pooled;
use crate::start::InitLook;
use crate::training::TrainingAsked;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct DiagnoseRequest {
    /// Folders of adapters.
    pub dirs: Vec<PathBuf>,
    /// The training, where it is known.
    pub training: Option<TrainingAsked>,
}

/// One adapter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdapterDiagnosis {
    /// What is said of it.
    pub findings: Findings,
    /// Movements over all its modules, where the start is recognised.
    pub pooled: Option<Pooled>,
    /// Its modules.
    #[serde(flatten)]
    pub found: AdapterModules,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DiagnoseAnswer {
    /// The version of this document.
    pub schema: u32,
    /// The stated training.
    pub training: Option<TrainingAsked>,
    /// The adapters, in the order in which they were named.
    pub adapters: Vec<AdapterDiagnosis>,
    /// What no adapter says.
    pub unknowable: Vec<&'static str>,
}

/// What an adapter alone does not tell.
const UNKNOWABLE: [&str; 4] = [
    "The start of the random factor is not in the file. Its movement is estimated from its law, and bounded where a \
     bound is named.",
    "The inputs are not in the file. Norms of s B A bound the output for unit inputs, and say nothing of the inputs \
     that the module gets.",
    "The gradients are not in the file. Nothing here tells whether more training would help, or whether the loss fell.",
    "The base's weights are not read. Whether s B A is small beside them is not said.",
];

impl DiagnoseAnswer {
    /// Reads and diagnoses every adapter.
    ///
    /// # Errors
    /// If a folder holds no adapter that can be read, or is named twice.
    pub fn to(asked: &DiagnoseRequest) -> Result<Self, DiagnoseError> {
        Self::until(asked, &|| false)
    }

    /// The same, but `stop` is asked before each batch of modules whether to leave off.
    ///
    /// # Errors
    /// As [`DiagnoseAnswer::to`], and [`DiagnoseError::Stopped`].
    pub fn until(asked: &DiagnoseRequest, stop: &dyn Fn() -> bool) -> Result<Self, DiagnoseError> {
        for (at, dir) in asked.dirs.iter().enumerate() {
            if asked.dirs[..at].contains(dir) {
                return Err(DiagnoseError::Twice(dir.clone()));
            }
        }
        let training = asked.training.as_ref();
        let one = |dir: &PathBuf| adapter(dir, training, stop);
        Ok(Self {
            schema: 1,
            training: asked.training,
            adapters: asked.dirs.iter().map(one).collect::<Result<_, _>>()?,
            unknowable: UNKNOWABLE.to_vec(),
        })
    }
}

fn adapter(
    dir: &Path,
    training: Option<&TrainingAsked>,
    stop: &dyn Fn() -> bool,
) -> Result<AdapterDiagnosis, DiagnoseError> {
    let found = AdapterModules::read(dir, training, stop)?;
    let pooled = [InitLook::A, InitLook::B].map(|init| Pooled::of(&found.modules, init));
    // Of an adapter with both, the init of more modules.
    let pooled = pooled.into_iter().flatten().max_by_key(|pooled| pooled.modules);
    let findings =
        Findings::of(&found.modules, &found.init_lora_weights, pooled.as_ref(), training);
    Ok(AdapterDiagnosis { findings, pooled, found })
}
