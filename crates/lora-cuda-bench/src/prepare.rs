//! Times drawing a frozen student, as a whole and in parts.

use std::sync::Arc;

use lora_sim::spec::Model;
use lora_sim::{Data, SimError, covariance_root, is_explicit};

use lora_cuda::parts::{Artist, CudaProblem, Device};

use crate::clock::watched;

/// The seed of the student.
const SEED: u64 = 0;

/// Milliseconds on the host's clock. The whole is measured once, and then each part once more.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Prepare {
    /// The whole.
    pub total_ms: f64,
    /// Drawing data and teacher on the host.
    pub data_ms: f64,
    /// Computing ZᵀZ on the device and copying it to the host; 0 where W_h is drawn entry by entry.
    pub gram_ms: f64,
    /// The eigendecomposition of ZᵀZ on the host; 0 where W_h is drawn entry by entry.
    pub root_ms: f64,
    /// The rest: draws and products on the device, and copies to it.
    pub rest_ms: f64,
}

/// Draws a problem to warm up, and then measures drawing the same one again.
pub fn measure<'a>(
    device: &Arc<Device>,
    model: &Model,
    width: usize,
) -> Result<(Prepare, CudaProblem<'a>), SimError> {
    drop(CudaProblem::draw(device, model, width, SEED, 0)?);
    let (total_ms, problem) = watched(|| CudaProblem::draw(device, model, width, SEED, 0))?;
    let (data_ms, _) = watched(|| Ok(Data::draw(model, SEED)))?;
    let (gram_ms, root_ms) = if is_explicit(model, width) {
        (0.0, 0.0)
    } else {
        let artist = Artist { queue: &problem.queue, layout: &problem.layout, model, seed: SEED };
        let (gram_ms, gram) = watched(|| artist.gram(&problem.frozen.z))?;
        let (root_ms, _) = watched(|| covariance_root(gram, problem.layout.columns, width))?;
        (gram_ms, root_ms)
    };
    let rest_ms = (total_ms - data_ms - gram_ms - root_ms).max(0.0);
    Ok((Prepare { total_ms, data_ms, gram_ms, root_ms, rest_ms }, problem))
}
