//! The benchmarked stages and widths, the model and the batch.

use std::fmt;
use std::sync::{Arc, Mutex};

use lora_sim::spec::{Hidden, Init, Model, Run, Training};
use lora_sim::stages::Stage;
use lora_sim::{Frozen, Isa};

/// A stage at a width.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Width n.
    pub width: usize,
    /// The stage.
    pub stage: Stage,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // Numbered, because divan sorts its table alphabetically.
        let number = Stage::ALL.iter().position(|&stage| stage == self.stage).map_or(0, |i| i + 1);
        write!(f, "n={} {number} {}", self.width, self.stage.name())
    }
}

/// Whether this is `cargo bench` and not a smoke test.
pub fn measuring() -> bool {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    has("--bench") && !has("--test")
}

/// All stages at every width, width by width.
pub fn cases() -> Vec<Case> {
    let widths: &[usize] = if measuring() { &[512, 2048, 8192] } else { &[70, 130] };
    let at = |&width: &usize| Stage::ALL.map(|stage| Case { width, stage });
    widths.iter().flat_map(at).collect()
}

/// The paper's model with N = 1000 and r = 4. It has no W_h, which training never reads and which is
/// slow to draw, and no held-out samples, because the timed steps are not recorded.
pub fn model() -> Model {
    let points = if measuring() { 1000 } else { 50 };
    Model { points, test_points: 0, hidden: Hidden::Zero, ..Model::default() }
}

/// Adam, with a record of the first step alone: the last step is never reached.
pub fn training() -> Training {
    Training { steps: usize::MAX, record_every: usize::MAX, ..Training::default() }
}

/// Half Init\[A\] and half Init\[B\], at learning rates far below the largest stable one: no run
/// diverges, however often a stage is repeated.
pub fn runs(width: usize) -> Vec<Run> {
    let count = if measuring() { 16 } else { 3 };
    let lr = |i: usize| 1e-6 * (i + 1) as f64 / (count * width) as f64;
    let init = |i: usize| if i.is_multiple_of(2) { Init::A } else { Init::B };
    (0..count).map(|i| Run { init: init(i), lr: lr(i), adapter_seed: i as u64 }).collect()
}

/// The fastest instruction set of this machine.
pub fn isa() -> Isa {
    Isa::best()
}

/// The frozen student, drawn once for all stages of a width.
pub fn student(width: usize) -> Arc<Frozen> {
    static LAST: Mutex<Option<Arc<Frozen>>> = Mutex::new(None);
    let mut last = LAST.lock().expect("drawing does not panic");
    match last.as_ref().filter(|frozen| frozen.width == width) {
        Some(frozen) => frozen.clone(),
        None => {
            let frozen = Frozen::draw(&model(), width, 0, isa()).expect("a good model");
            last.insert(Arc::new(frozen)).clone()
        }
    }
}
