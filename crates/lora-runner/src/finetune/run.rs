//! One LoRA run on a base, and what is measured of it.

use std::time::Instant;

use lora_data::Data;
use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::Schedule as ScheduleKey;
use lora_sim::spec::{Model, Optimizer, Run, Training as SimTraining};
use lora_sim::{Record, Trajectory};
use lora_store::rows::TEST_ACCURACY;
use lora_transformer::base::Base;
use lora_transformer::batch::Batch;
use lora_transformer::lora::LoraSpec;
use lora_transformer::model::Keep;
use lora_transformer::optimizer::Rule;
use lora_transformer::order::Order;
use lora_transformer::record::{After, Before, Compared, SiteRecord};
use lora_transformer::run_spec::{RunSpec, Training};
use lora_transformer::schedule::{Decay, Schedule};
use lora_transformer::trained::Trained;
use lora_transformer::trainer::{Step, Trainer};
use lora_types::{ExtraMeasurement, OptimizerKind};

use super::adapters::{adapters, head};
use super::error::FinetuneError;
use super::run_state::{Found, RunState};
use crate::watch::Watch;

/// Everything that runs of a (width, seed) share.
pub struct Setting<'a> {
    pub section: &'a TransformerSection,
    pub data: &'a Data,
    pub base: &'a Base,
    pub model: &'a Model,
    pub seed: u64,
    /// What is kept of a forward pass.
    pub keep: Keep,
}

/// Sees what is trained, and what was measured.
pub type Measured<'a> = dyn FnMut(&Trained, &Trajectory) + 'a;

/// What goes with the training of a run.
pub struct Beside<'a> {
    /// Who is asked whether to stop, and told how far the run is.
    pub watch: &'a Watch,
    /// Where its state is kept.
    pub state: Option<&'a RunState<'a>>,
    /// Sees what is trained, and what was measured, whenever it was measured.
    pub measured: Option<&'a mut Measured<'a>>,
}

impl Setting<'_> {
    /// Trains one run, or goes on with it where a state of it is kept. The result is the same to the bit.
    pub fn train(
        &self,
        training: &SimTraining,
        run: &Run,
        beside: Beside<'_>,
    ) -> Result<Trajectory, FinetuneError> {
        if beside.watch.stopped() {
            return Err(FinetuneError::Stopped);
        }
        let spec = self.spec(training, run);
        let mut trainer = Trainer::new(self.base, &spec)?;
        let order = Order::new(self.data.train.len(), self.section.batch, self.seed);
        let start = trainer.trained.adapters.clone();
        let found = beside.state.and_then(|state| state.find(&mut trainer.trained, training.steps));
        let trajectory = match found {
            Some(Found::Ended(trajectory)) => {
                beside.watch.meter.stepped(self.base.net.config.width, 1.0, 0);
                return Ok(trajectory);
            }
            Some(Found::Open(trajectory)) => trajectory,
            None => Trajectory::empty(),
        };
        let live =
            Live { setting: self, training, beside, trainer, order, start, trajectory, last: None };
        live.run()
    }

    /// How a run is trained.
    pub fn spec(&self, training: &SimTraining, run: &Run) -> RunSpec {
        let section = self.section;
        let lora = LoraSpec {
            init: run.init,
            train: training.train,
            seed: run.adapter_seed,
            ..adapters(section, self.model)
        };
        let decay = match section.schedule {
            ScheduleKey::Constant => Decay::Constant,
            ScheduleKey::Linear => Decay::Linear,
            ScheduleKey::Cosine => Decay::Cosine,
        };
        RunSpec {
            lora,
            lr: run.lr,
            lora_plus_ratio: training.lr_ratio,
            head: head(section),
            training: Training {
                rule: rule(&training.optimizer),
                schedule: Schedule { warmup: section.warmup, decay },
                steps: training.steps,
                clip: (section.max_grad_norm > 0.0).then_some(section.max_grad_norm),
                keep: self.keep,
                seed: self.seed,
            },
        }
    }
}

fn rule(optimizer: &Optimizer) -> Rule {
    let plain = Rule::default();
    let kind = optimizer.kind();
    match *optimizer {
        Optimizer::Adam { beta1, beta2, epsilon } => {
            Rule { kind, betas: [beta1, beta2], epsilon, weight_decay: 0.0 }
        }
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
            Rule { kind: OptimizerKind::AdamW, betas: [beta1, beta2], epsilon, weight_decay }
        }
        Optimizer::SignSgd | Optimizer::Sgd => Rule { kind, ..plain },
    }
}

/// A run that has not ended.
struct Live<'a, 'b> {
    setting: &'a Setting<'a>,
    training: &'a SimTraining,
    beside: Beside<'b>,
    trainer: Trainer<'a>,
    order: Order,
    /// Adapters before the first step.
    start: Vec<Option<lora_transformer::adapter::Adapter>>,
    trajectory: Trajectory,
    /// The last step, and what was there before its update; kept where its result is recorded.
    last: Option<(Step, Vec<Option<lora_transformer::adapter::Adapter>>, Before)>,
}

impl<'a> Live<'a, '_> {
    fn run(mut self) -> Result<Trajectory, FinetuneError> {
        let (begun, mut kept) = (Instant::now(), Instant::now());
        let mut pause = self.beside.state.map(RunState::pause);
        let from = self.trainer.trained.step;
        self.tell_share(from, 0);
        for t in from..=self.training.steps {
            let (loss, step, tokens) = self.look(t);
            // A run that goes on has measured this step before it was stopped.
            if self.trajectory.losses.len() == t && self.measure(t, loss, step.as_ref()) {
                break;
            }
            self.tell_share(1, tokens);
            let stopped = self.beside.watch.stopped();
            if let Some(state) = self.beside.state
                && (stopped || pause.is_some_and(|pause| kept.elapsed() >= pause))
            {
                pause = Some(state.keep(&self.trajectory, Some(&self.trainer.trained)));
                kept = Instant::now();
            }
            if stopped {
                return Err(FinetuneError::Stopped);
            }
            let Some(step) = step else { break };
            self.update(t, step);
        }
        // The batch that it belongs to may go on for long. The state of an ended run holds no adapters, so it is of
        // no use where they are wanted.
        let state = self.beside.state.filter(|_| self.beside.measured.is_none());
        if let Some(state) = state.filter(|state| begun.elapsed() >= state.pause()) {
            state.keep(&self.trajectory, None);
        }
        Ok(self.trajectory)
    }

    /// So many more of its steps are done, on so many tokens.
    fn tell_share(&self, steps: usize, tokens: usize) {
        let share = steps as f64 / self.training.steps.max(1) as f64;
        self.beside.watch.meter.stepped(self.setting.base.net.config.width, share, tokens);
    }

    /// The loss after `t` updates, with its gradients if an update follows, and the tokens of the step.
    fn look(&mut self, t: usize) -> (f64, Option<Step>, usize) {
        let batches = self.batches(t);
        let tokens = batches.iter().map(Batch::tokens).sum();
        // The gradient of the last look would be for nobody.
        let step = (t < self.training.steps).then(|| self.trainer.look(&batches));
        let loss = step.as_ref().map_or_else(|| self.trainer.look_at_loss(&batches), |s| s.loss);
        (loss, step, tokens)
    }

    /// Notes what there is after `t` updates; whether the run ends here.
    fn measure(&mut self, t: usize, loss: f64, step: Option<&Step>) -> bool {
        self.trajectory.losses.push(loss);
        let first = self.trajectory.losses[0];
        let diverged = !(loss.is_finite() && loss <= self.training.divergence_factor * first);
        if diverged {
            self.trajectory.diverged_at = Some(t);
        }
        if self.training.records(t) || diverged {
            self.record(t, loss, step.filter(|_| t == 0));
        }
        match step {
            Some(step) if !diverged => {
                self.note_gradients(step);
                false
            }
            _ => true,
        }
    }

    /// The batches of a step, one after another in the order of the sequences.
    fn batches(&mut self, t: usize) -> Vec<Batch<'a>> {
        let setting = self.setting;
        let (train, count) = (&setting.data.train, setting.section.accumulation);
        let batch = |part: usize| {
            let picked = self.order.step(t * count + part);
            Batch::new(picked.iter().map(|&index| &train[index as usize]))
        };
        (0..count).map(batch).collect()
    }

    fn update(&mut self, t: usize, step: Step) {
        let next = self.training.records(t + 1).then(|| {
            let probe = Batch::new(&self.setting.data.probe);
            let before = self.trainer.observe(&probe, Before::new(&self.setting.base.net));
            (self.trainer.trained.adapters.clone(), before)
        });
        self.trainer.apply(&step);
        self.last = next.map(|(adapters, before)| (step, adapters, before));
    }

    fn note_gradients(&mut self, step: &Step) {
        let square = |values: &Vec<f32>| values.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
        for factor in [0, 1] {
            let arrays = step.gradients.sites.iter().map(|site| &site[factor]);
            let (sum, entries) = arrays.fold((0.0, 0), |(sum, entries), array| {
                (sum + square(array), entries + array.len())
            });
            let mut squares = [0.0; 2];
            squares[factor] = sum;
            self.trajectory.note_gradients(squares, entries.max(1));
        }
    }

    /// Measures all modules and the held-out loss after `t` updates, with the gradients of the last one, or of the
    /// `first`.
    fn record(&mut self, t: usize, train_loss: f64, first: Option<&Step>) {
        let after = self.trainer.trained.adapters.clone();
        let (last, earlier) = match self.last.take() {
            Some((step, before, earlier)) => (Some(step), Some((before, earlier))),
            None => (None, None),
        };
        let gradients = last.as_ref().or(first).map(|step| &step.gradients);
        let none = || (after.clone(), Before::new(&self.setting.base.net));
        let (before, earlier) = earlier.unwrap_or_else(none);
        let compared = Compared { start: self.start.clone(), before, after };
        let probe = Batch::new(&self.setting.data.probe);
        let seen = self.trainer.observe(&probe, After::new(compared, earlier));
        let sites = seen.records(&self.setting.base.net, t, gradients);
        let tested = self.setting.section.tests_at(t, t == self.training.steps);
        let test = tested.then(|| self.trainer.loss(&self.setting.data.test));
        let test_loss = test.map_or(f64::NAN, |test| test.mean());
        let record = Record { step: t, train_loss, test_loss, ..over_modules(&sites) };
        self.trajectory.note_features(record.zb_rms);
        self.trajectory.records.push(record);
        if let Some(test) = test {
            self.extra(TEST_ACCURACY, t, test.accuracy());
            if self.setting.data.tests_pairs {
                self.extra("test_exact", t, test.exact_match());
            }
        }
        for site in sites {
            for (name, value) in site.named() {
                self.extra(&format!("{}.{name}", site.module), site.step, value);
            }
        }
        if let Some(measured) = &mut self.beside.measured {
            measured(&self.trainer.trained, &self.trajectory);
        }
    }

    fn extra(&mut self, name: &str, step: usize, value: f64) {
        let extra = &mut self.trajectory.extra;
        match extra.iter_mut().find(|one| one.name == name) {
            Some(one) => one.values.push((step, value)),
            None => {
                extra.push(ExtraMeasurement { name: name.to_owned(), values: vec![(step, value)] })
            }
        }
    }
}

/// Root mean squares over modules, and the mean of their norms.
fn over_modules(sites: &[SiteRecord]) -> Record {
    let count = sites.len().max(1) as f64;
    let mean = |of: fn(&SiteRecord) -> f64| sites.iter().map(of).sum::<f64>() / count;
    let rms = |of: fn(&SiteRecord) -> f64| {
        (sites.iter().map(|site| of(site).powi(2)).sum::<f64>() / count).sqrt()
    };
    Record {
        za_rms: rms(|site| site.za_rms),
        za_norm: mean(|site| site.za_norm),
        zb_rms: rms(|site| site.zb_rms),
        zb_norm: mean(|site| site.zb_norm),
        delta1: rms(|site| site.delta1),
        delta2: rms(|site| site.delta2),
        delta3: rms(|site| site.delta3),
        a_move: rms(|site| site.a_move),
        b_move: rms(|site| site.b_move),
        ..Record::default()
    }
}
