//! Whole steps: the rate of their products beside that of the best product of the same run.

use std::time::{Duration, Instant};

use lora_transformer::trainer::Trainer;

use crate::models::{self, Model, RANK, llama, measuring, median, minilm, selected, smollm2};
use crate::seconds;
use crate::setting::Setting;
use crate::stage::stages;

/// For how long steps are timed.
const TIME: Duration = Duration::from_secs(3);

/// Explains the table.
const LEGEND: &str = "\
A step is forward, backward and update, with LoRA of rank 8 on every linear module, on all threads. Counted
are the multiply-adds of its products, in 10^9: of frozen weights forward and backward, of LoRA (z, y, dB,
dz, dA, dx), of attention, two forward and five backward, and of a language model's head. Everything else
that a step does takes time and does not count. best: the largest rate, of all threads together, of the
products q, k, v, of those of the MLP and of the head, on slices of 256 tokens, right before the steps or after
them. The aim from n = 512 up is a share of at least 60%.";

/// Prints a table of the selected models' steps.
pub fn report() {
    let mut lines = String::new();
    for model in [minilm(), llama(512), smollm2(), llama(1024)] {
        if selected(&format!("{} whole step", model.name)) {
            lines += &line(&model.for_this_call());
        }
    }
    if !lines.is_empty() {
        let head = ["whole step", "n", "ms", "10^9", "G", "best", "share"];
        let [a, b, c, d, e, f, g] = head;
        println!("\n{a:>28} {b:>6} {c:>9} {d:>8} {e:>8} {f:>8} {g:>7}\n{lines}\n{LEGEND}");
    }
}

fn line(model: &Model) -> String {
    let before = best_product(model);
    let base = model.base();
    let texts = model.texts();
    let mut trainer = Trainer::new(&base, &model.spec()).expect("a good run");
    let mut step = || {
        let batch = base.batch(&texts).expect("good sequences");
        assert!(trainer.step(&[batch]).loss.is_finite());
    };
    step();
    let (begun, mut times) = (Instant::now(), Vec::new());
    while times.is_empty() || (measuring() && begun.elapsed() < TIME) {
        times.push(models::seconds(&mut step));
    }
    let (time, count) = (median(&times), multiply_adds(model));
    let best = before.max(best_product(model));
    let rate = count / time;
    format!(
        "{:>28} {:>6} {:>9.2} {:>8.2} {:>8.1} {:>8.1} {:>6.1}%\n",
        model.name,
        model.config.width,
        1e3 * time,
        count / 1e9,
        rate / 1e9,
        best / 1e9,
        100.0 * rate / best
    )
}

/// Multiply-adds per second of the fastest of the model's frozen products, of all threads together.
fn best_product(model: &Model) -> f64 {
    let setting = Setting::new(model);
    let threads = rayon::current_num_threads() as f64;
    let products = ["1 q, k, v", "5 MLP", "18 head"];
    let all = stages(model).into_iter().filter(|stage| products.contains(&stage.name));
    let rates = all.map(|stage| threads * stage.cost.executed / median(&seconds(&setting, &stage)));
    rates.fold(0.0, f64::max)
}

/// Multiply-adds of the products of a step. For each token and module they are in · out forward and the
/// same backward for the frozen weight, and 3 r (in + out) for LoRA: x Aᵀ, z Bᵀ, dB, dz, dA and dx. Below
/// the query, key and value of the first block no gradient is wanted. Attention has two products forward
/// and five backward of length² · heads · d for each sequence, and a language model's head has one each
/// way of n · vocabulary for each predicted token. A classifier's head is left out.
fn multiply_adds(model: &Model) -> f64 {
    let config = &model.config;
    let tokens = (model.sequences * model.length) as f64;
    let all = model.linears();
    let frozen = |some: &[[usize; 2]]| {
        some.iter().map(|[inputs, outputs]| (inputs * outputs) as f64).sum::<f64>()
    };
    let thin = |some: &[[usize; 2]]| {
        some.iter().map(|[inputs, outputs]| (RANK * (inputs + outputs)) as f64).sum::<f64>()
    };
    let unwanted = frozen(&all[..3]) + (3 * RANK * config.width) as f64;
    let linears = config.depth as f64 * (2.0 * frozen(&all) + 3.0 * thin(&all)) - unwanted;
    let features = (config.heads * config.head_dim) as f64;
    let attention = 7.0 * model.length as f64 * features * config.depth as f64;
    let predicted = match config.family.is_causal() {
        true => (model.sequences * (model.length - 1)) as f64,
        false => 0.0,
    };
    let head = 2.0 * predicted * (config.width * config.vocabulary) as f64;
    tokens * (linears + attention) + head
}
