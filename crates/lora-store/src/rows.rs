//! The rows of `runs.csv` and `trajectories.csv`: one a run, one a recorded step.

use lora_sim::Trajectory;
use lora_sim::spec::Init;
use lora_stats::Sample;
use lora_types::{Record, for_each_measurement};
use serde::{Deserialize, Serialize};

use crate::limit_row::LimitRow;
use lora_experiment::cells::Cell;
use lora_experiment::experiment::{Experiment, Score};
use lora_experiment::study::definition::Study;

/// The measurement of a transformer that tells how much of what is held out it predicts right.
pub const TEST_ACCURACY: &str = "test_accuracy";

/// One run. Norms are those after the last step; "rms" and "norm" as in [`lora_sim::Record`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// "A", "B" or "AB".
    pub init: Init,
    /// n.
    pub width: usize,
    /// Seed of data, teacher, student and adapter.
    pub seed: u64,
    /// Position of the learning rate on the search grid.
    pub lr_index: i64,
    /// η.
    pub lr: f64,
    /// What the search minimises; empty if the run diverged.
    pub score: Option<f64>,
    /// Train loss before training.
    pub first_loss: f64,
    /// Train loss after the last step.
    pub train_loss: f64,
    /// Loss on the held-out points after the last step; NaN for a run that diverged between steps
    /// that are recorded.
    pub test_loss: f64,
    /// Largest rms of Z_B over all steps; empty if it left f64.
    pub peak_zb: Option<f64>,
    /// rms of Z_A.
    pub za_rms: f64,
    /// rms of Z_B.
    pub zb_rms: f64,
    /// Mean over points of the norm of Z_A.
    pub za_norm: f64,
    /// Mean over points of the norm of Z_B.
    pub zb_norm: f64,
    /// rms entry of A − A_0.
    pub a_move: f64,
    /// rms entry of B − B_0.
    pub b_move: f64,
    /// Smallest rms of A's gradient over the steps; empty if it was always zero.
    pub least_gradient_a: Option<f64>,
    /// Smallest rms of B's gradient over the steps; empty if it was always zero.
    pub least_gradient_b: Option<f64>,
    /// The step at which the run diverged; empty if it did not.
    pub diverged_at: Option<usize>,
}

impl RunRow {
    /// The row of a trajectory.
    pub fn new(
        experiment: &Experiment,
        cell: Cell,
        init: Init,
        (lr_index, lr): (i64, f64),
        trajectory: &Trajectory,
    ) -> Self {
        let last = trajectory.records.last().copied().unwrap_or_default();
        let finite = |x: f64| x.is_finite().then_some(x);
        Self {
            init,
            width: cell.width,
            seed: cell.seed,
            lr_index,
            lr,
            score: score(experiment, trajectory).and_then(finite),
            first_loss: trajectory.losses[0],
            train_loss: trajectory.losses[trajectory.losses.len() - 1],
            test_loss: last.test_loss,
            peak_zb: finite(trajectory.peak_zb),
            za_rms: last.za_rms,
            zb_rms: last.zb_rms,
            za_norm: last.za_norm,
            zb_norm: last.zb_norm,
            a_move: last.a_move,
            b_move: last.b_move,
            least_gradient_a: finite(trajectory.least_gradient_a),
            least_gradient_b: finite(trajectory.least_gradient_b),
            diverged_at: trajectory.diverged_at,
        }
    }

    /// What the search sees of it.
    pub fn sample(&self) -> Sample {
        sample(self.score, self.peak_zb, self.diverged_at)
    }
}

/// What a search sees of a run, given its score, the largest rms of Z_B and the step at which it
/// diverged. The peak of a run that diverged tells nothing.
pub fn sample(score: Option<f64>, peak_zb: Option<f64>, diverged_at: Option<usize>) -> Sample {
    Sample { score, peak: peak_zb.filter(|_| diverged_at.is_none()) }
}

/// The number that the search minimises; none for a run that diverged.
pub fn score(experiment: &Experiment, trajectory: &Trajectory) -> Option<f64> {
    if trajectory.diverged_at.is_some() {
        return None;
    }
    let losses = &trajectory.losses;
    Some(match experiment.search.score {
        Score::TrainFinal => losses[losses.len() - 1],
        Score::TrainBest => losses.iter().copied().fold(f64::INFINITY, f64::min),
        Score::TestFinal => trajectory.records.last()?.test_loss,
        Score::TestError => 1.0 - accuracy(trajectory)?,
        Score::TrainTail => {
            let count = (experiment.search.tail * experiment.training.steps as f64).round();
            let tail = &losses[losses.len() - (count as usize).clamp(1, losses.len())..];
            tail.iter().sum::<f64>() / tail.len() as f64
        }
    })
}

/// The share of what was held out that was predicted right after the last step.
fn accuracy(trajectory: &Trajectory) -> Option<f64> {
    let accuracy = trajectory.extra.iter().find(|extra| extra.name == TEST_ACCURACY)?;
    let &(step, share) = accuracy.values.last()?;
    (trajectory.records.last()?.step == step).then_some(share)
}

macro_rules! step_row {
    ($($name:ident [$unit:literal] $over:ident $meaning:literal;)*) => {
        /// One recorded step of one run, in f32 precision: enough for a figure, half the bytes.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct StepRow {
            /// "A", "B" or "AB".
            pub init: Init,
            /// n.
            pub width: usize,
            /// Seed.
            pub seed: u64,
            /// Position of the learning rate on the search grid.
            pub lr_index: i64,
            /// Updates made so far.
            pub step: usize,
            $(#[doc = concat!($meaning, ".")] pub $name: f32,)*
        }

        impl StepRow {
            /// The row of a record.
            pub fn new(cell: Cell, init: Init, lr_index: i64, record: &Record) -> Self {
                let Cell { width, seed, .. } = cell;
                let step = record.step;
                Self { init, width, seed, lr_index, step, $($name: record.$name as f32,)* }
            }
        }
    };
}
for_each_measurement!(step_row);

/// One adapted module of a transformer in one run, in f32 precision: its features after the last step, and the
/// gradients of the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModuleRow {
    /// "A", "B" or "AB".
    pub init: Init,
    /// n.
    pub width: usize,
    /// Seed.
    pub seed: u64,
    /// Position of the learning rate on the search grid.
    pub lr_index: i64,
    /// Its name in the model.
    pub module: String,
    /// rms of Z_A.
    pub za_rms: f32,
    /// rms of Z_B.
    pub zb_rms: f32,
    /// Norm of A's gradient in the first step; empty where a run of an earlier version did not keep it.
    #[serde(default)]
    pub first_a_gradient: Option<f32>,
    /// Norm of B's gradient, likewise.
    #[serde(default)]
    pub first_b_gradient: Option<f32>,
}

impl ModuleRow {
    /// The rows of a run, in the order of the model; none of a model that does not measure its modules.
    pub fn of(cell: Cell, init: Init, lr_index: i64, trajectory: &Trajectory) -> Vec<Self> {
        let extra = &trajectory.extra;
        let values =
            |name: &str| extra.iter().find(|extra| extra.name == name).map(|of| &of.values);
        let last = |name: &str| values(name)?.last().map(|&(_, value)| value as f32);
        let at_start = |name: &str| values(name)?.first().map(|&(_, value)| value as f32);
        let modules = extra.iter().filter_map(|extra| extra.name.strip_suffix(ZA_RMS));
        let row = |module: &str| {
            let (za_rms, zb_rms) =
                (last(&format!("{module}{ZA_RMS}"))?, last(&format!("{module}{ZB_RMS}"))?);
            let [a, b] = FIRST_GRADIENTS.map(|name| at_start(&format!("{module}{name}")));
            // An earlier version kept zeros.
            let kept = a.zip(b).filter(|both| *both != (0.0, 0.0));
            let (first_a_gradient, first_b_gradient) = kept.unzip();
            let (Cell { width, seed, .. }, module) = (cell, module.to_owned());
            let of = Self {
                init,
                width,
                seed,
                lr_index,
                module,
                za_rms,
                zb_rms,
                first_a_gradient,
                first_b_gradient,
            };
            Some(of)
        };
        modules.filter_map(row).collect()
    }
}

/// How the names of the measurements of Z_A and Z_B end, behind that of a module.
const ZA_RMS: &str = ".za_rms";
const ZB_RMS: &str = ".zb_rms";
/// And those of the gradients.
const FIRST_GRADIENTS: [&str; 2] = [".a_gradient", ".b_gradient"];

/// Everything that a sweep measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// One row a run, by width, seed, init and learning rate.
    pub runs: Vec<RunRow>,
    /// One row a recorded step.
    pub steps: Vec<StepRow>,
    /// One row a run and adapted module; none of models that do not measure them.
    pub modules: Vec<ModuleRow>,
    /// One row a run of the limit n → ∞; none where that is none of the widths.
    pub limits: Vec<LimitRow>,
}

impl Results {
    /// Adds the rows of a run.
    pub fn add_run(
        &mut self,
        experiment: &Experiment,
        cell: Cell,
        init: Init,
        (lr_index, lr): (i64, f64),
        trajectory: &Trajectory,
    ) {
        let steps = trajectory.records.iter().map(|r| StepRow::new(cell, init, lr_index, r));
        self.steps.extend(steps);
        self.modules.extend(ModuleRow::of(cell, init, lr_index, trajectory));
        self.runs.push(RunRow::new(experiment, cell, init, (lr_index, lr), trajectory));
    }

    /// All of several, in the order of the files.
    pub fn of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut results = Self::default();
        parts.into_iter().for_each(|part| results.add(part));
        results.sort();
        results
    }

    /// Adds the rows of others.
    pub fn add(&mut self, other: Self) {
        self.runs.extend(other.runs);
        self.steps.extend(other.steps);
        self.modules.extend(other.modules);
        self.limits.extend(other.limits);
    }

    /// The order of the files: it does not tell in which order the search went.
    pub fn sort(&mut self) {
        self.runs.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index));
        self.steps.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index, r.step));
        // The modules of a run stay in the order of the model.
        self.modules.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index));
    }
}

/// A finished run of a search.
#[derive(Clone, Copy, Debug)]
pub struct Found<'t> {
    /// Which factor started random.
    pub init: Init,
    /// Position of the learning rate: on the search grid, or among the given pairs.
    pub lr_index: i64,
    /// η_A.
    pub lr: f64,
    /// η_B.
    pub lr_b: f64,
    /// What was measured.
    pub trajectory: &'t Trajectory,
}

/// Rows that are made of runs, as these are finished or found. `()` keeps nothing.
pub trait Rows: Default + Send {
    /// Adds the rows of a run of a cell.
    fn take(&mut self, study: &Study, cell: Cell, run: &Found);
}

impl Rows for () {
    fn take(&mut self, _: &Study, _: Cell, _: &Found) {}
}

impl Rows for Results {
    fn take(&mut self, study: &Study, cell: Cell, run: &Found) {
        let Found { init, lr_index, lr, trajectory, .. } = *run;
        self.add_run(&study.experiment, cell, init, (lr_index, lr), trajectory);
    }
}
