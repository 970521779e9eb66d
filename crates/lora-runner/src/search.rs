//! The adaptive search of one (width, seed): batch after batch until no init wants another
//! learning rate.

use lora_sim::Trajectory;
use lora_sim::spec::{Init, Run};
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

/// What is searched for.
pub struct Search<'a> {
    /// Learning rates to choose from.
    pub grid: &'a LrGrid,
    /// What is to be located.
    pub goals: Goals,
    /// Initialisations, each searched on its own; all share the batches.
    pub inits: &'a [Init],
    /// Seed of the random factors.
    pub adapter_seed: u64,
}

impl Search<'_> {
    /// Has batches trained until every init's goals are reached. `train` gives a trajectory for each
    /// run; `take` keeps one and says what the search sees of it.
    pub fn run<E>(
        &self,
        mut train: impl FnMut(&[Run]) -> Result<Vec<Trajectory>, E>,
        mut take: impl FnMut(Found) -> Sample,
    ) -> Result<(), E> {
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
            let trained = train(&runs)?;
            for ((&(position, lr_index), run), trajectory) in wanted.iter().zip(&runs).zip(&trained)
            {
                let (init, lr) = (run.init, run.lr);
                let sample = take(Found { init, lr_index, lr, trajectory });
                samples[position].insert(lr_index, sample);
            }
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
