//! Reasons why there is no CUDA device to compute on.

use crate::ptx::DamagedKernels;

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The driver's library, libcuda, is not on this machine.
    #[error("no CUDA driver on this machine")]
    NoDriver,
    /// The driver cannot read the kernels.
    #[error("the driver supports CUDA {}, but the kernels need 13.0", version(*supports))]
    OldDriver {
        /// The CUDA version that the driver supports: 1000 times the major plus 10 times the minor one.
        supports: i32,
    },
    /// The driver finds no device.
    #[error("no CUDA device on this machine")]
    NoDevice,
    /// The device is too old for the kernels.
    #[error(
        "{name} has compute capability {}.{}, but the kernels need 7.5 or later",
        capability.0, capability.1
    )]
    OldDevice {
        /// Name of the device.
        name: String,
        /// Its compute capability, major and minor.
        capability: (i32, i32),
    },
    /// The kernels within this program cannot be unpacked.
    #[error("the GPU kernels in this program are damaged ({0})")]
    Damaged(#[from] DamagedKernels),
    /// The driver refused a call. The text is its own.
    #[error("the CUDA driver failed ({0})")]
    Failed(String),
}

impl Unavailable {
    /// What may make the device usable; none where only another device helps.
    pub const fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::NoDriver | Self::OldDriver { .. } => {
                Some("install NVIDIA's driver, version 580 or later")
            }
            Self::Damaged(_) => Some("build it from a clean checkout"),
            Self::Failed(_) => Some("see whether nvidia-smi works"),
            Self::NoDevice | Self::OldDevice { .. } => None,
        }
    }
}

fn version(number: i32) -> String {
    format!("{}.{}", number / 1000, number % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_is_missing_and_nothing_of_what_to_do() {
        for (unavailable, reason) in [
            (Unavailable::NoDriver, "no CUDA driver on this machine"),
            (
                Unavailable::OldDriver { supports: 12080 },
                "the driver supports CUDA 12.8, but the kernels need 13.0",
            ),
            (
                DamagedKernels::Archive { reason: "no end".into() }.into(),
                "the GPU kernels in this program are damaged (the archive cannot be read: no end)",
            ),
            (Unavailable::Failed("lost".into()), "the CUDA driver failed (lost)"),
        ] {
            assert_eq!(unavailable.to_string(), reason);
            assert!(unavailable.remedy().is_some());
        }
        assert_eq!(Unavailable::NoDevice.remedy(), None);
    }
}
