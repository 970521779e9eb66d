//! The threads that a command computes on.

use crate::error::CommandError;

use crate::cli::Threads;

/// As many threads as were asked for; all cores if no number is given.
pub fn pool(Threads { threads }: Threads) -> Result<rayon::ThreadPool, CommandError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .build()
        .map_err(|error| CommandError::Failed(format!("no threads could be started: {error}")))?;
    // An allocator takes address space for a thread when that first asks for memory. It has to be taken
    // before one looks at how much is left.
    pool.broadcast(|_| drop(std::hint::black_box(vec![1_u8; 64])));
    Ok(pool)
}
