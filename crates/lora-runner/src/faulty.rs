//! Planted faults: an engine that is wrong in one place, for negative controls.

use lora_experiment::study::fault::Fault;
use lora_sim::spec::{Model, Run, Training};
use lora_sim::{
    AdapterState, Batch, Engine, Frozen, Memory, Outcome, Problem, SimError, Trajectory,
};
use lora_store::stored::with_fault;

/// An engine that trains one step at a time on another engine, and mirrors each update of one
/// factor. With an optimiser that is odd in the gradients, as all here are, that is a gradient of
/// the wrong sign.
pub struct Faulty<'e> {
    engine: &'e dyn Engine,
    fault: Fault,
}

impl<'e> Faulty<'e> {
    /// Plants a fault.
    pub fn new(engine: &'e dyn Engine, fault: Fault) -> Self {
        Self { engine, fault }
    }
}

impl Engine for Faulty<'_> {
    fn describe(&self) -> String {
        format!("{}, with a planted fault", self.engine.describe())
    }

    fn numerics(&self) -> String {
        with_fault(&self.engine.numerics(), self.fault)
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        let problem = self.engine.prepare(model, width, seed)?;
        Ok(Box::new(FaultyProblem { problem, model: model.clone(), width, fault: self.fault }))
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        self.engine.memory(model, width, runs)
    }

    fn free_device_memory(&self) -> Option<u64> {
        self.engine.free_device_memory()
    }

    /// Each step of each run is a batch of its own.
    fn runs_at_once(&self, _model: &Model, _width: usize, runs: usize) -> usize {
        runs.min(1)
    }
}

struct FaultyProblem<'e> {
    problem: Box<dyn Problem + 'e>,
    model: Model,
    width: usize,
    fault: Fault,
}

impl Problem for FaultyProblem<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        batch.runs.iter().map(|run| self.train_one(batch.training, run)).collect()
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        self.problem.frozen()
    }
}

impl FaultyProblem<'_> {
    fn train_one(&mut self, training: &Training, run: &Run) -> Result<Outcome, SimError> {
        let single = Training { steps: 1, record_every: 1, ..training.clone() };
        let mut state =
            AdapterState::initial(&lora_network::of_all_layers(&self.model), self.width, run);
        let mut whole: Option<Trajectory> = None;
        for step in 0..training.steps {
            let (runs, starts) = ([*run], [state.clone()]);
            let batch =
                Batch { starts: Some(&starts), keep_states: true, ..Batch::new(&single, &runs) };
            let mut outcomes = self.problem.train(&batch)?;
            let Some(outcome) = outcomes.pop() else { break };
            let ended = append(&mut whole, outcome.trajectory, step, training);
            match outcome.state {
                Some(next) if !ended => state = self.mirrored(&state, next),
                _ => break,
            }
        }
        let trajectory = whole.unwrap_or_else(Trajectory::empty);
        Ok(Outcome { trajectory, state: Some(state) })
    }

    /// The state after an update in the other direction.
    fn mirrored(&self, before: &AdapterState, mut after: AdapterState) -> AdapterState {
        let (from, to) = match self.fault {
            Fault::SignOfB => (&before.b, &mut after.b),
            Fault::SignOfA => (&before.a, &mut after.a),
        };
        to.zip_mut_with(from, |to, &from| *to = from - (*to - from));
        after
    }
}

/// Adds one step's measurements; whether the run has diverged.
fn append(
    whole: &mut Option<Trajectory>,
    step: Trajectory,
    number: usize,
    training: &Training,
) -> bool {
    let loss = step.losses[0];
    let whole = whole.get_or_insert_with(Trajectory::empty);
    whole.losses.push(loss);
    whole.peak_zb = whole.peak_zb.max(step.peak_zb);
    let diverged = !loss.is_finite() || loss > training.divergence_factor * whole.losses[0];
    whole.diverged_at = diverged.then_some(number);
    diverged
}
