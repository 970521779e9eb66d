//! Amounts of memory: needed, free, and short.

use std::path::Path;

use lora_sim::{CpuEngine, Engine, Memory};
use lora_store::manifest::memory_available;

use crate::limits::{Limit, tightest};

/// Bytes in the machine's memory and in the device's. In floating point, where nothing overflows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryNeeds {
    /// The machine's.
    pub host: f64,
    /// The device's: 0 for an engine that computes in the machine's.
    pub device: f64,
}

impl From<Memory> for MemoryNeeds {
    fn from(Memory { host, device }: Memory) -> Self {
        Self { host: host as f64, device: device as f64 }
    }
}

/// Bytes that are free, where that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Free {
    /// In the machine's memory, as far as this process may take it.
    pub host: Option<f64>,
    /// What leaves less to this process than the machine has; none if nothing does.
    pub limit: Option<&'static str>,
    /// In the device's; none for an engine that computes in the machine's.
    pub device: Option<f64>,
}

impl Free {
    /// At this moment.
    pub fn now(engine: &dyn Engine) -> Self {
        let limit = tightest(Path::new("/"));
        Self::of(memory_available(), limit, engine.free_device_memory())
    }

    pub(super) fn of(machine: Option<u64>, limit: Option<Limit>, device: Option<u64>) -> Self {
        let float = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
        let device = float(device);
        match limit {
            Some(limit) if machine.is_none_or(|machine| limit.free < machine) => {
                Self { host: float(Some(limit.free)), limit: Some(limit.by), device }
            }
            _ => Self { host: float(machine), limit: None, device },
        }
    }

    /// The memory in which what is needed does not fit, in words, with what is free of it; the
    /// machine's first.
    pub fn short(&self, needed: MemoryNeeds, engine: &dyn Engine) -> Option<ShortMemory> {
        let short = |device: Option<String>, needs: f64, free: Option<f64>| {
            let free = free.filter(|&free| needs > free)?;
            let limit = self.limit.filter(|_| device.is_none());
            Some(ShortMemory { device, limit, needs, free })
        };
        let host = short(None, needed.host, self.host);
        host.or_else(|| short(Some(engine.describe()), needed.device, self.device))
    }
}

/// What is short for a work of the processor that needs so many bytes of the machine's memory, at this moment.
pub fn short_of(bytes: f64) -> Option<ShortMemory> {
    let engine = CpuEngine::new();
    Free::now(&engine).short(MemoryNeeds { host: bytes, device: 0.0 }, &engine)
}

/// A memory that is too small.
#[derive(Clone, Debug, PartialEq)]
pub struct ShortMemory {
    /// The device that it belongs to; none if it is the machine's.
    pub device: Option<String>,
    /// What limits it to this process, if it is not the machine itself.
    pub limit: Option<&'static str>,
    /// Bytes needed.
    pub needs: f64,
    /// Bytes free.
    pub free: f64,
}

impl ShortMemory {
    /// What the memory is called.
    pub fn kind(&self) -> &'static str {
        if self.device.is_some() { "device memory" } else { "memory" }
    }

    /// What is needed, in words.
    pub fn needs(&self) -> String {
        size(self.needs)
    }

    /// What it belongs to and what is free of it, in words.
    pub fn has(&self) -> String {
        let free = size(self.free);
        match (&self.device, self.limit) {
            (Some(device), _) => format!("the device ({device}) has {free} free"),
            (None, Some(limit)) => format!("{limit} leaves {free} to this process"),
            (None, None) => format!("this machine has {free} free"),
        }
    }
}

/// Bytes in words.
pub fn size(bytes: f64) -> String {
    let [mib, gib] = [20, 30].map(|power| bytes / f64::from(1 << power));
    match gib {
        ..1.0 => format!("{mib:.1} MiB"),
        1.0..1e5 => format!("{gib:.1} GiB"),
        _ => format!("{gib:.0e} GiB"),
    }
}
