//! Why there is no CUDA device to compute on.

/// What is missing, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The driver's library, libcuda, is not on this machine.
    #[error(
        "no CUDA driver: the library libcuda is not on this machine; install NVIDIA's driver \
         (version 580 or later), or compute on the processor with --engine cpu"
    )]
    NoDriver,
}
