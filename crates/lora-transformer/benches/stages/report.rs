//! Rates and shares of the roofline, one line for each stage.

use lora_sim::stages::Peaks;

use crate::models::median;
use crate::stage::Stage;

/// Measured times of a stage.
pub struct Measured {
    /// The model's name.
    pub model: String,
    /// The stage with its work.
    pub stage: Stage,
    /// Seconds of every call on every thread.
    pub seconds: Vec<f64>,
    /// The largest rates of a thread beside all others, measured right before and after.
    pub peaks: Peaks,
}

/// Explains the columns of the table.
const LEGEND: &str = "\
A thread computes a stage on a slice of 256 tokens, and all threads do so at the same time. G: multiply-adds
of products per second and thread, in 10^9; those of exponentials, norms, activations and updates are not
counted. GB/s: operands read and results written once. roofline: max(multiply-adds / those in registers, bytes /
those read from memory) over the median time; the brackets say which of the two is larger. Both peaks are the
largest of this run, in which they are measured before and after every stage. What stays in a cache can
exceed a roofline of bytes.";

/// A table with its legend.
pub fn report(measured: &[Measured]) -> String {
    let (threads, set) = (rayon::current_num_threads(), lora_transformer::instruction_set());
    // Of the whole run, because other programs take cores away in a part of it.
    let peaks = measured.iter().map(|one| one.peaks).reduce(Peaks::best);
    let peaks = peaks.unwrap_or(Peaks { multiply_adds_per_s: f64::NAN, bytes_per_s: f64::NAN });
    let head = ["stage", "ms", "G", "GB/s", "roofline"];
    let mut out = format!(
        "{set}, {threads} threads; each does {:.1} G multiply-adds in registers and reads {:.2} GB/s from \
         memory\n\n{:>28} {:>9} {:>8} {:>8} {:>9}\n",
        peaks.multiply_adds_per_s / 1e9,
        peaks.bytes_per_s / 1e9,
        head[0],
        head[1],
        head[2],
        head[3],
        head[4],
    );
    for one in measured {
        out += &line(one, &peaks);
    }
    out + "\n" + LEGEND
}

fn line(measured: &Measured, peaks: &Peaks) -> String {
    let (cost, time) = (&measured.stage.cost, median(&measured.seconds));
    let name = format!("{} {}", measured.model, measured.stage.name);
    let rate = |count: f64| format!("{:.2}", count / time / 1e9);
    let executed = if cost.executed > 0.0 { rate(cost.executed) } else { "-".to_owned() };
    let bytes = rate(cost.bytes);
    let (ms, share) = (1e3 * time, 100.0 * cost.roofline(peaks) / time);
    let products = cost.computing(peaks) > cost.moving(peaks);
    let bound = if products { "multiply-adds" } else { "bytes" };
    format!("{name:>28} {ms:>9.4} {executed:>8} {bytes:>8} {share:>8.1}% ({bound})\n")
}
