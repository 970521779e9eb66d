//! What was measured, with what follows from it.

use lora_stats::{Spread, StatsError};
use serde::Serialize;

use crate::bench::{BatchSizes, Timings, TrainedOn, isa_key};
use crate::memory::size;

/// Times, rates and memory of a batch. What does not apply or is not known is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchReport {
    /// The engine in words.
    pub engine: String,
    /// The CPU's instruction set, as [`isa_key`] has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isa: Option<String>,
    /// Threads computed on.
    pub threads: usize,
    /// Sizes.
    #[serde(flatten)]
    pub sizes: BatchSizes,
    /// Seconds to draw the student.
    pub prepare_s: f64,
    /// Milliseconds of an update of one run.
    pub ms_per_lr_step: Spread,
    /// Useful ones of an update of one run.
    pub multiply_adds_per_lr_step: f64,
    /// Useful ones a second.
    pub multiply_adds_per_s: Spread,
    /// What is measured against what the CPU can do.
    #[serde(flatten)]
    pub peak: Option<OfPeak>,
    /// Largest memory of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<f64>,
    /// A, B and Adam's two moments of each, of all runs.
    pub parameter_bytes: f64,
    /// f32 numbers for each neuron and data point, held-out ones included, that the process took at
    /// most, besides the parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floats_per_entry: Option<f64>,
}

/// Multiply-adds against the CPU's peak.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OfPeak {
    /// f32 multiply-adds a second of all threads, in registers.
    pub peak_multiply_adds_per_s: f64,
    /// Useful multiply-adds as a share of it.
    pub of_peak: Spread,
}

impl BatchReport {
    /// From the times and the memory.
    ///
    /// # Errors
    ///
    /// [`StatsError`] if there are no times.
    pub fn new(
        sizes: &BatchSizes,
        trained_on: &TrainedOn,
        timings: &Timings,
    ) -> Result<Self, StatsError> {
        let lr_step = Spread::of(&timings.training)?.times(1.0 / sizes.lr_steps());
        let rate = lr_step.under(sizes.multiply_adds());
        let isa = trained_on.isa;
        Ok(Self {
            engine: trained_on.chosen.engine.describe(),
            isa: isa.map(isa_key),
            threads: rayon::current_num_threads(),
            sizes: *sizes,
            prepare_s: timings.prepare,
            ms_per_lr_step: lr_step.times(1e3),
            multiply_adds_per_lr_step: sizes.multiply_adds(),
            multiply_adds_per_s: rate,
            peak: timings.peak.map(|peak| OfPeak {
                peak_multiply_adds_per_s: peak,
                of_peak: rate.times(1.0 / peak),
            }),
            peak_memory_bytes: timings.memory,
            parameter_bytes: sizes.parameter_bytes(),
            // A device holds the matrices in its own memory.
            floats_per_entry: timings
                .memory
                .filter(|_| isa.is_some())
                .map(|bytes| (bytes - sizes.parameter_bytes()) / (4.0 * sizes.held_entries())),
        })
    }
}

impl BatchReport {
    /// What was trained on what.
    pub fn heading(&self) -> String {
        let s = &self.sizes;
        format!(
            "{}\nn = {}, N = {} and {} test points, r = {}; {} LRs, {} steps, recorded every {}; repeats: {}",
            self.engine,
            s.width,
            s.points,
            s.test_points,
            s.rank,
            s.lrs,
            s.steps,
            s.record_every,
            s.repeats
        )
    }

    /// What the machine can do at most.
    pub fn peak_in_words(&self) -> String {
        match self.peak {
            Some(OfPeak { peak_multiply_adds_per_s: peak, .. }) => {
                let (peak, threads) = (peak / 1e9, self.threads);
                format!("peak: {peak:.2} G f32 multiply-adds/s in registers; threads: {threads}")
            }
            None => "peak: not measured here; lora-cuda-bench measures the device's".to_owned(),
        }
    }

    /// The memory that it took, where that is known.
    pub fn memory_in_words(&self) -> Option<String> {
        let peak = size(self.peak_memory_bytes?);
        let floats = self.floats_per_entry.map_or_else(String::new, |floats| {
            format!(", {floats:.2} floats per neuron and data point beyond the batch's parameters")
        });
        Some(format!("memory at most: {peak}{floats}\n"))
    }
}
