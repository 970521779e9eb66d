//! Rates and shares of the roofline, one line for each stage.

use lora_sim::stages::{Peaks, Sizes};
use lora_stats::Spread;

use crate::setting::{Case, isa, model, runs};

/// Measured times of a stage at a width.
pub struct StageTimes {
    /// The stage and the width.
    pub case: Case,
    /// Seconds of every call.
    pub seconds: Vec<f64>,
    /// The machine's largest rates, measured right before and after.
    pub peaks: Peaks,
}

/// Explains the columns of the table.
const LEGEND: &str = "\
useful: multiply-adds of the plain algorithm per second. It can exceed the peak, because relu's dB
and dZ_A are looked up. executed: multiply-adds and separate additions of the engine per second,
without look-ups. peak: multiply-adds per second in registers, right before or after the stage.
GB/s: operands read and results written once. roofline: max(executed / peak, bytes / read from
memory) over the median time; the brackets say which of the two is larger. If operands stay in a
cache, the share of a roofline of bytes can exceed 100%.";

/// A table with its legend.
pub fn report(measured: &[StageTimes]) -> String {
    let (threads, model, isa) = (rayon::current_num_threads(), model(), isa().name());
    let (points, rank) = (model.points, model.rank);
    // Other programs take cores away during a run of the bench; the memory's rate hardly changes.
    let bandwidth = measured.iter().map(|one| one.peaks.bytes_per_s).fold(0.0, f64::max);
    let mut out = format!(
        "{isa}, {threads} threads, N = {points}, r = {rank}; {:.2} GB/s read from memory\n\
         medians, G = 10^9 per second\n\n\
         {:>26} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9}\n",
        bandwidth / 1e9,
        "stage",
        "ms",
        "useful G",
        "executed",
        "peak",
        "GB/s",
        "roofline"
    );
    for one in measured {
        out += &line(one, &Peaks { bytes_per_s: bandwidth, ..one.peaks });
    }
    out + "\n" + LEGEND
}

fn line(measured: &StageTimes, peaks: &Peaks) -> String {
    let spread = Spread::of(&measured.seconds);
    let (case, time) = (measured.case, spread.map_or(f64::NAN, |spread| spread.median));
    let runs = runs(case.width).len();
    let cost = Sizes::new(&model(), case.width, runs).cost(case.stage);
    let [useful, executed, peak, bytes] =
        [cost.useful / time, cost.executed / time, peaks.multiply_adds_per_s, cost.bytes / time]
            .map(|rate| format!("{:.2}", rate / 1e9));
    // The plain algorithm neither measures nor adds up parts.
    let useful = if cost.useful > 0.0 { useful } else { "-".to_owned() };
    let (name, ms, share) = (case.to_string(), 1e3 * time, 100.0 * cost.roofline(peaks) / time);
    let bound = if cost.computing(peaks) > cost.moving(peaks) { "executed" } else { "bytes" };
    format!(
        "{name:>26} {ms:>9.4} {useful:>9} {executed:>9} {peak:>9} {bytes:>8} \
         {share:>8.1}% ({bound})\n"
    )
}
