//! The device's peak rates, measured with the kernels of `lora-cuda`'s `kernels/peaks.cu`.

use lora_sim::SimError;

use crate::clock::{best, median};
use lora_cuda::parts::{Address, Buffer, Queue};

/// Multiply-adds of a thread in one round, as in kernels/peaks.cu.
const CHAINS: usize = 16;
/// Threads of a block, as in kernels/peaks.cu.
const THREADS: usize = 256;
/// A launch that takes this many milliseconds is long compared with its overhead.
const LONG_ENOUGH_MS: f64 = 2.0;
/// Fewest and most floats that are copied: 1 MiB keeps a short run short, and 1 GiB is beyond any
/// cache.
const COPIED: (usize, usize) = (1 << 18, 1 << 28);

/// The parameter of both kernels in kernels/peaks.cu.
#[repr(C)]
#[derive(Clone, Copy)]
struct Peak {
    out: Address,
    from: Address,
    count: u64,
    rounds: i32,
    factor: f32,
}

/// The best rates over all grids and sizes.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct DevicePeaks {
    /// Multiply-adds per second in f32, all in registers.
    pub multiply_adds_per_s: f64,
    /// Bytes per second that a copy within device memory reads and writes.
    pub bytes_per_s: f64,
}

impl DevicePeaks {
    /// Measures both. Each grid counts with its median over `repeats` launches.
    pub fn measure(queue: &Queue, repeats: usize) -> Result<Self, SimError> {
        let grids = [4, 8, 16, 32].map(|blocks| blocks * queue.device().multiprocessors);
        let rates = grids.map(|grid| multiply_adds(queue, grid, repeats));
        let multiply_adds_per_s = best(rates.into_iter().collect::<Result<Vec<_>, _>>()?);
        Ok(Self { multiply_adds_per_s, bytes_per_s: copies(queue, repeats)? })
    }
}

fn multiply_adds(queue: &Queue, blocks: usize, repeats: usize) -> Result<f64, SimError> {
    let out = queue.alloc::<f32>(blocks * THREADS)?;
    let launch = |rounds: i32| {
        let (out, factor) = (out.address(), 0.5);
        let parameter = Peak { out, from: 0, count: 0, rounds, factor };
        let grid = [blocks, 1, 1];
        queue.time(|| {
            // SAFETY: `Peak` is the kernel's parameter; `out` holds a float for every thread.
            unsafe { queue.launch("peak_multiply_adds", grid, [THREADS as u32, 1], &parameter) }
        })
    };
    let mut rounds = 16;
    while launch(rounds)? < LONG_ENOUGH_MS && rounds < 1 << 24 {
        rounds *= 2;
    }
    let ms = median((0..repeats).map(|_| launch(rounds)))?;
    Ok((blocks * THREADS * CHAINS) as f64 * f64::from(rounds) / (ms / 1000.0))
}

/// The best rate over copies of two sizes, in bytes per second.
fn copies(queue: &Queue, repeats: usize) -> Result<f64, SimError> {
    let free = queue.device().free_memory().map_or(usize::MAX, |free| free as usize);
    let most = (free / 16).clamp(COPIED.0, COPIED.1) / 4 * 4;
    let mut count = COPIED.0;
    loop {
        let (from, to) = (queue.zeros::<f32>(count)?, queue.zeros::<f32>(count)?);
        if copy(queue, &from, &to, count)? >= LONG_ENOUGH_MS || 2 * count > most {
            let rate = |count: usize| {
                let ms = median((0..repeats).map(|_| copy(queue, &from, &to, count)))?;
                Ok(8.0 * count as f64 / (ms / 1000.0))
            };
            return Ok(best(vec![rate(count)?, rate(count / 4 * 3)?]));
        }
        count *= 2;
    }
}

fn copy(
    queue: &Queue,
    from: &Buffer<f32>,
    to: &Buffer<f32>,
    count: usize,
) -> Result<f64, SimError> {
    let (out, from) = (to.address(), from.address());
    let parameter = Peak { out, from, count: count as u64, rounds: 0, factor: 0.0 };
    let grid = [(count / 4).div_ceil(THREADS), 1, 1];
    queue.time(|| {
        // SAFETY: `Peak` is the kernel's parameter; both buffers hold `count` floats.
        unsafe { queue.launch("peak_copy", grid, [THREADS as u32, 1], &parameter) }
    })
}
