//! The threads that a call computes on.

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::RunnerError;

/// As many threads as were asked for; all cores if no number is given.
///
/// # Errors
/// [`RunnerError::Threads`] where the system refuses one.
pub fn pool(threads: Option<u16>) -> Result<ThreadPool, RunnerError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .build()
        .map_err(RunnerError::Threads)?;
    // An allocator takes address space for a thread when that first asks for memory. It has to be taken
    // before one looks at how much is left.
    pool.broadcast(|_| drop(std::hint::black_box(vec![1_u8; 64])));
    Ok(pool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_started_as_were_asked_for() {
        assert_eq!(pool(Some(3)).expect("threads").current_num_threads(), 3);
        let cores = std::thread::available_parallelism().expect("a number").get();
        assert_eq!(pool(None).expect("threads").current_num_threads(), cores);
    }
}
