//! The adaptive search of one (width, seed): batch after batch until no init wants another
//! learning rate.

use lora_sim::spec::{Init, Run, Training};
use lora_sim::{Batch, Problem, SimError, Trajectory};
use lora_stats::{Goals, LrGrid, Sample, Samples, next};

/// One trained run of a search.
pub struct Found<'t> {
    /// Which factor started random.
    pub init: Init,
    /// Position of the learning rate on the grid.
    pub lr_index: i64,
    /// η_A.
    pub lr: f64,
    /// What was measured.
    pub trajectory: &'t Trajectory,
}

/// What is searched for, and how each run is trained.
pub struct Search<'a> {
    /// Learning rates to choose from.
    pub grid: &'a LrGrid,
    /// What is to be located.
    pub goals: Goals,
    /// Initialisations, each searched on its own; all share the batches.
    pub inits: &'a [Init],
    /// How a run is trained.
    pub training: &'a Training,
    /// Seed of the random factors.
    pub adapter_seed: u64,
}

impl Search<'_> {
    /// Trains batches until every init's goals are reached. `take` keeps a run and says what the
    /// search sees of it; `trained` hears of each batch's size.
    pub fn run(
        &self,
        problem: &mut (dyn Problem + '_),
        mut take: impl FnMut(Found) -> Sample,
        mut trained: impl FnMut(usize),
    ) -> Result<(), SimError> {
        let mut samples = vec![Samples::new(); self.inits.len()];
        loop {
            let wanted = self.wanted(&samples);
            if wanted.is_empty() {
                return Ok(());
            }
            let run = |&(init, k): &(usize, i64)| Run {
                init: self.inits[init],
                lr: self.grid.lr(k),
                adapter_seed: self.adapter_seed,
            };
            let runs: Vec<Run> = wanted.iter().map(run).collect();
            let outcomes = problem.train(&Batch::new(self.training, &runs))?;
            for ((&(position, lr_index), run), outcome) in wanted.iter().zip(&runs).zip(&outcomes) {
                let (init, lr, trajectory) = (run.init, run.lr, &outcome.trajectory);
                let sample = take(Found { init, lr_index, lr, trajectory });
                samples[position].insert(lr_index, sample);
            }
            trained(wanted.len());
        }
    }

    /// What every init wants next, as (position of the init, grid index).
    fn wanted(&self, samples: &[Samples]) -> Vec<(usize, i64)> {
        let of = |(init, samples)| {
            next(self.grid, samples, &self.goals).into_iter().map(move |k| (init, k))
        };
        samples.iter().enumerate().flat_map(of).collect()
    }
}
