//! Whether runs of a sweep train fastest one a core, or together.
//!
//! `cargo bench -p lora-transformer --bench arrangements` prints a table, and with `-- minilm` that of the
//! models with this in their names. Without `--bench`, as under `cargo test`, everything runs once at a tiny
//! size.
//!
//! Three arrangements of as many runs as there are threads are compared, all on the same frozen weights:
//!
//! - **one a core**, as `run` trains them;
//! - **one after another**, each on all threads;
//! - **stacked**: the rows of two runs in one product with a frozen weight. This needs another engine, so only a
//!   bound is measured. A step would gain at most what products of twice the rows gain, times their share of
//!   the step. All else of a step, such as attention and LoRA's own products, stays as it is.

mod frozen;
#[path = "../models/mod.rs"]
mod models;

use std::fs;
use std::time::{Duration, Instant};

use lora_transformer::base::Base;
use lora_transformer::batch::Sequence;
use lora_transformer::trainer::Trainer;
use rayon::prelude::*;

use models::{Model, llama, measuring, median, minilm, seconds, selected, smollm2};

/// Pairs of turns, of which every second one begins with the other arrangement.
const ROUNDS: usize = 9;

/// After this time and three pairs no other one begins.
const MOST: Duration = Duration::from_secs(30);

/// The least time of a turn, in seconds.
const TURN: f64 = 0.25;

/// Rows of a slice, and of the slices of two runs.
const ROWS: [usize; 2] = [256, 512];

/// Explains the table.
const LEGEND: &str = "\
one after another: the time of as many runs as threads, each on all threads, over the time of the same runs
one a core; medians over pairs of turns, with the least and the most. CPU: the same of processor time, which
other programs disturb less. stacked: a bound from below for the time of two runs whose rows are stacked in
the products with frozen weights, over the time of the same runs one a core. share: of these products in a
step. twice the rows: the time of a row in them at 512 rows over that at 256.";

fn main() {
    let widths = [64, 128, 256, 512, 1024].map(llama);
    let models = widths.into_iter().chain([minilm(), smollm2()]);
    let models: Vec<Model> = models.filter(|model| selected(&model.name)).collect();
    if models.is_empty() {
        return;
    }
    println!(
        "\n| model | n | threads | one after another | CPU | stacked | share | twice the rows |"
    );
    println!("|{}", "---|".repeat(8));
    for model in models {
        let model = model.for_this_call();
        let base = model.base();
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            println!("{}", pool.expect("threads").install(|| line(&model, &base, threads)));
        }
    }
    println!("\n{LEGEND}");
}

/// Measured once for a model and a number of threads.
fn line(model: &Model, base: &Base, threads: usize) -> String {
    let mut sweep = Sweep::new(model, base, threads.max(2));
    let (of_step, steps) = sweep.size();
    let mut ratios = [Vec::new(), Vec::new()];
    let begun = Instant::now();
    let enough = |round| !measuring() || (round > 2 && begun.elapsed() > MOST);
    // On one thread both are the same.
    for round in 0..if threads > 1 { ROUNDS } else { 0 } {
        if round > 0 && enough(round) {
            break;
        }
        let mut times = [[0.0; 2]; 2];
        for turn in [round % 2, 1 - round % 2] {
            times[turn] = sweep.turn(turn == 0, steps);
        }
        let [one_a_core, after_another] = times;
        for (ratios, which) in ratios.iter_mut().zip([0, 1]) {
            ratios.push(after_another[which] / one_a_core[which]);
        }
    }
    let of_block = frozen::of_block(model, ROWS);
    let rows = [0, 1].map(|which| of_block[which] / ROWS[which] as f64);
    let tokens = (model.sequences * model.length) as f64;
    let share = model.config.depth as f64 * rows[0] * tokens / of_step;
    let twice = rows[1] / rows[0];
    let stacked = 1.0 - share * (1.0 - twice);
    let [wall, cpu] = ratios.map(|ratios| told(&ratios));
    let (name, n) = (&model.name, model.config.width);
    format!(
        "| {name} | {n} | {threads} | {wall} | {cpu} | {stacked:.3} | {:.0}% | {twice:.3} |",
        100.0 * share
    )
}

fn told(ratios: &[f64]) -> String {
    // No turn of a smoke test is as long as a tick.
    if ratios.is_empty() || ratios.iter().any(|ratio| !ratio.is_finite()) {
        return "–".to_owned();
    }
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    format!("{:.2} [{least:.2}, {most:.2}]", median(ratios))
}

/// Runs on one base.
struct Sweep<'b> {
    base: &'b Base,
    texts: Vec<Sequence>,
    trainers: Vec<Trainer<'b>>,
}

impl<'b> Sweep<'b> {
    fn new(model: &Model, base: &'b Base, runs: usize) -> Self {
        let trainer = |_| Trainer::new(base, &model.spec()).expect("a good run");
        Self { base, texts: model.texts(), trainers: (0..runs).map(trainer).collect() }
    }

    /// Seconds of a step of one run on one core beside the others, and how many steps a turn has.
    fn size(&mut self) -> (f64, usize) {
        self.turn(true, 1);
        let runs_a_core = self.trainers.len() as f64 / rayon::current_num_threads() as f64;
        let times: Vec<f64> = (0..3).map(|_| self.turn(true, 1)[0]).collect();
        let time = median(&times);
        let steps = if measuring() { (TURN / time).ceil() as usize } else { 1 };
        (time / runs_a_core, steps)
    }

    /// Trains all runs for some steps. Returns seconds, and seconds of processors.
    fn turn(&mut self, one_a_core: bool, steps: usize) -> [f64; 2] {
        let (base, texts) = (self.base, &self.texts);
        let train = |trainer: &mut Trainer| {
            for _ in 0..steps {
                let batch = base.batch(texts).expect("good sequences");
                assert!(trainer.step(&[batch]).loss.is_finite());
            }
        };
        let trainers = &mut self.trainers;
        let before = processor_seconds();
        let time = seconds(|| match one_a_core {
            true => trainers.par_iter_mut().for_each(train),
            false => trainers.iter_mut().for_each(train),
        });
        [time, processor_seconds() - before]
    }
}

/// What this process has used of processors so far, in ticks of 10 ms; NaN where Linux does not say it.
fn processor_seconds() -> f64 {
    let ticks = || {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        // Behind the name, which may hold blanks: the 12th and the 13th number.
        let numbers = text.rsplit(')').next()?.split_whitespace().skip(11).take(2);
        numbers.map(|ticks| ticks.parse::<f64>().ok()).sum::<Option<f64>>()
    };
    ticks().map_or(f64::NAN, |ticks| ticks / 100.0)
}
