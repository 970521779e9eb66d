//! The time to draw a frozen student, in parts.

use std::sync::Arc;

use lora_sim::spec::Model;
use lora_sim::{Data, SimError, covariance_root, is_explicit};

use super::clock::watched;
use crate::device::Device;
use crate::frozen::Artist;
use crate::problem::CudaProblem;

/// Of which student.
const SEED: u64 = 0;

/// Milliseconds on the host's clock, each measured once: the whole, then its parts again.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Prepare {
    /// All of it.
    pub total_ms: f64,
    /// Data and teacher, on the host.
    pub data_ms: f64,
    /// ZᵀZ on the device and its way to the host; 0 where W_h is drawn entry by entry.
    pub gram_ms: f64,
    /// The eigendecomposition of ZᵀZ on the host; 0 likewise.
    pub root_ms: f64,
    /// The rest: drawing and products on the device, and copies to it.
    pub rest_ms: f64,
}

/// Prepares a problem after another of its kind, which warms up.
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
