//! The training loop of a batch. The host looks at the device once in many steps.

use lora_sim::spec::Run;
use lora_sim::{AdapterState, Batch as Request, Outcome, Rule, SimError, Trajectory};

use crate::adapters::Adapters;
use crate::buffers::{Buffers, STEPS_AT_ONCE, SUMS};
use crate::history::Reader;
use crate::problem::CudaProblem;
use crate::raw::Batch;
use crate::raw_rule::RawRule;
use crate::step::{Step, enqueue};

/// Runs that train together, and their start states.
pub struct Group<'a> {
    /// The request that they belong to.
    pub request: &'a Request<'a>,
    /// The runs.
    pub runs: &'a [Run],
    /// Their start states, if the request has any.
    pub starts: Option<&'a [AdapterState]>,
}

/// Trains a group in `buffers`.
///
/// # Errors
///
/// [`SimError::Device`] if the device fails.
pub fn train(
    problem: &CudaProblem,
    buffers: &Buffers,
    group: &Group,
) -> Result<Vec<Outcome>, SimError> {
    let loop_ = Loop::new(problem, buffers, group)?;
    let trajectories = loop_.run()?;
    let states = group.request.keep_states.then(|| loop_.states(&trajectories)).transpose()?;
    let mut states = states.map(Vec::into_iter);
    let outcome = |trajectory| {
        let state = states.as_mut().and_then(Iterator::next);
        Outcome { trajectory, state }
    };
    Ok(trajectories.into_iter().map(outcome).collect())
}

/// A group on the device, ready to train.
pub struct Loop<'a> {
    problem: &'a CudaProblem<'a>,
    buffers: &'a Buffers,
    group: &'a Group<'a>,
    adapters: Adapters<'a>,
    /// The parameter of its kernels.
    pub batch: Batch,
}

impl<'a> Loop<'a> {
    /// Brings the group to the device.
    ///
    /// # Errors
    ///
    /// [`SimError::Device`] if a copy or a launch fails.
    pub fn new(
        problem: &'a CudaProblem,
        buffers: &'a Buffers,
        group: &'a Group,
    ) -> Result<Self, SimError> {
        let (queue, layout, model) = (&problem.queue, &problem.layout, &problem.model);
        let (training, runs) = (group.request.training, group.runs.len());
        let batch = Batch::new(layout, (model, training), &problem.frozen, buffers, runs);
        let adapters = Adapters { queue, layout, model };
        match group.starts {
            Some(states) => adapters.load(buffers, states)?,
            None => adapters.draw(buffers, group.runs)?,
        }
        queue.clear(&buffers.za)?;
        // The update of a factor leaves the sums of its gradient, and that of B the B before it. A
        // factor that is not trained has no update, so they are filled here.
        queue.clear(&buffers.a_squares)?;
        queue.clear(&buffers.b_squares)?;
        queue.copy(&buffers.b, &buffers.b_previous, buffers.b.len())?;
        let entries = runs * layout.neurons * layout.stride;
        // SAFETY: `Batch` is the kernel's parameter, made from `buffers`.
        unsafe { queue.launch("start_wb", [entries.div_ceil(256), 1, 1], [256, 1], &batch) }?;
        queue.upload(&vec![2i32; runs], &buffers.status)?;
        let active: Vec<i32> = std::iter::once(runs as i32).chain(0..runs as i32).collect();
        queue.upload(&active, &buffers.active)?;
        Ok(Self { problem, buffers, group, adapters, batch })
    }

    /// The launches of one step.
    pub fn step(&self) -> Step<'a> {
        Step {
            layout: &self.problem.layout,
            activation: self.problem.model.activation,
            train: self.group.request.training.train,
            runs: self.group.runs.len(),
            multiprocessors: self.problem.queue.device().multiprocessors,
        }
    }

    /// Records a whole step as a graph. The function that it returns launches a number of steps.
    ///
    /// # Errors
    ///
    /// [`SimError::Device`] if the driver cannot record the step.
    pub fn record(&self) -> Result<impl Fn(usize) -> Result<(), SimError>, SimError> {
        let queue = &self.problem.queue;
        let (forward, backward) = (self.step().forward(), self.step().backward());
        let graph = queue.capture(|| {
            enqueue(queue, &forward, &self.batch)?;
            enqueue(queue, &backward, &self.batch)
        })?;
        let failed = |error| crate::queue::device_error("launching a step", error);
        Ok(move |steps| (0..steps).try_for_each(|_| graph.launch().map_err(failed)))
    }

    /// Trains to the end, or until every run has diverged.
    ///
    /// # Errors
    ///
    /// [`SimError::Device`] if the device fails.
    pub fn run(&self) -> Result<Vec<Trajectory>, SimError> {
        let steps = self.group.request.training.steps;
        let launch = self.record()?;
        let mut trajectories = vec![Trajectory::empty(); self.group.runs.len()];
        let mut rules = self.window(0, steps.min(self.buffers.steps));
        for from in (0..steps).step_by(self.buffers.steps) {
            let to = steps.min(from + self.buffers.steps);
            self.bring(from, &rules)?;
            launch(to - from)?;
            // While the device trains.
            rules = self.window(to, steps.min(to + self.buffers.steps));
            if !self.collect(&mut trajectories, from, to, true)? {
                return Ok(trajectories);
            }
        }
        self.bring(steps, &[])?;
        enqueue(&self.problem.queue, &self.step().forward(), &self.batch)?;
        self.collect(&mut trajectories, steps, steps + 1, false)?;
        Ok(trajectories)
    }

    /// Sets the device's step counter to `from`, and brings the rules of steps `from` to `to`.
    ///
    /// # Errors
    ///
    /// [`SimError::Device`] if a copy fails.
    pub fn set_out(&self, from: usize, to: usize) -> Result<(), SimError> {
        self.bring(from, &self.window(from, to))
    }

    fn bring(&self, from: usize, rules: &[RawRule]) -> Result<(), SimError> {
        let queue = &self.problem.queue;
        queue.upload(rules, &self.buffers.rules)?;
        queue.upload(&[from as i32; 2], &self.buffers.clock)
    }

    /// Rules of steps `from` to `to`.
    fn window(&self, from: usize, to: usize) -> Vec<RawRule> {
        (from..to).flat_map(|t| self.rules(t)).collect()
    }

    /// Rules of A and B of every run at step `t`.
    fn rules(&self, t: usize) -> impl Iterator<Item = RawRule> + '_ {
        let training = self.group.request.training;
        self.group.runs.iter().enumerate().flat_map(move |(position, run)| {
            let update = self.updates_before(position) + t + 1;
            let rule = |lr| RawRule::from(Rule::new(&training.optimizer, lr, update));
            [rule(run.lr), rule(run.lr * training.lr_ratio)]
        })
    }

    fn updates_before(&self, position: usize) -> usize {
        self.group.starts.map_or(0, |states| states[position].step)
    }

    /// Reads the history of steps `from` to `to`. Returns whether any run continues.
    fn collect(
        &self,
        trajectories: &mut [Trajectory],
        from: usize,
        to: usize,
        updated: bool,
    ) -> Result<bool, SimError> {
        let runs = trajectories.len();
        let mut sums = vec![0.0f64; (to - from) * runs * SUMS];
        self.problem.queue.download(&self.buffers.history, &mut sums)?;
        let (rows, _) = sums.as_chunks::<SUMS>();
        let reader = Reader {
            model: &self.problem.model,
            training: self.group.request.training,
            layout: &self.problem.layout,
        };
        for (position, trajectory) in trajectories.iter_mut().enumerate() {
            for t in from..to {
                if trajectory.diverged_at.is_some() {
                    break;
                }
                reader.take(trajectory, t, &rows[(t - from) * runs + position], updated);
            }
        }
        Ok(trajectories.iter().any(|trajectory| trajectory.diverged_at.is_none()))
    }

    fn states(&self, trajectories: &[Trajectory]) -> Result<Vec<AdapterState>, SimError> {
        let made = |(position, trajectory): (usize, &Trajectory)| {
            self.updates_before(position) + trajectory.losses.len() - 1
        };
        let steps: Vec<usize> = trajectories.iter().enumerate().map(made).collect();
        self.adapters.states(self.buffers, &steps)
    }
}

/// Steps whose history and rules the device holds at once.
pub fn steps_at_once(steps: usize) -> usize {
    steps.clamp(1, STEPS_AT_ONCE)
}
