//! Negative controls: an engine that is slightly wrong must fail the suite.

use lora_conformance::cases::{model, run};
use lora_conformance::reference::{Reference, State};
use lora_conformance::{suite, tolerance};
use lora_sim::activation::slope;
use lora_sim::spec::{Activation, Init, Model, Optimizer, Trained, Training};
use lora_sim::{
    AdapterState, Batch, CpuEngine, Engine, Frozen, Memory, Outcome, Problem, SimError,
};

/// One small fault.
#[derive(Clone, Copy)]
enum Fault {
    /// s off by 0.2%.
    Multiplier,
    /// η_B/η_A off by 0.1%.
    Ratio,
    /// β2 off by 0.001.
    SecondMoment,
    /// The first loss of a run depends on how many share its batch.
    BatchMates,
    /// Both factors are trained, whatever is asked for.
    TrainsBoth,
    /// The other factor is trained.
    TrainsTheOther,
    /// A factor that is not trained has 0 added to it, which takes the sign from a zero.
    AddsZero,
    /// The network itself is trained where the linearised one is asked for.
    TrainsInFull,
}

struct Faulty(CpuEngine, Fault);
struct FaultyProblem<'a>(Box<dyn Problem + 'a>, Fault);

impl Engine for Faulty {
    fn describe(&self) -> String {
        self.0.describe()
    }

    fn numerics(&self) -> String {
        format!("faulty {}", self.0.numerics())
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        let mut model = model.clone();
        if matches!(self.1, Fault::Multiplier) {
            model.multiplier *= 1.002;
        }
        model.linearised &= !matches!(self.1, Fault::TrainsInFull);
        Ok(Box::new(FaultyProblem(self.0.prepare(&model, width, seed)?, self.1)))
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        self.0.memory(model, width, runs)
    }
}

impl Problem for FaultyProblem<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        let mut training = batch.training.clone();
        match self.1 {
            Fault::Ratio => training.lr_ratio *= 1.001,
            Fault::SecondMoment => shift_beta2(&mut training),
            Fault::TrainsBoth => training.train = Trained::AB,
            Fault::TrainsTheOther => training.train = other(training.train),
            Fault::Multiplier | Fault::BatchMates | Fault::AddsZero | Fault::TrainsInFull => {}
        }
        let mut outcomes = self.0.train(&Batch { training: &training, ..batch.clone() })?;
        if matches!(self.1, Fault::BatchMates) && outcomes.len() > 1 {
            outcomes[0].trajectory.losses[0] *= 1.0 + f64::EPSILON;
        }
        if matches!(self.1, Fault::AddsZero) {
            for state in outcomes.iter_mut().filter_map(|outcome| outcome.state.as_mut()) {
                state.a += 0.0;
                state.b += 0.0;
            }
        }
        Ok(outcomes)
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        self.0.frozen()
    }
}

fn shift_beta2(training: &mut Training) {
    if let Optimizer::Adam { beta2, .. } | Optimizer::AdamW { beta2, .. } = &mut training.optimizer
    {
        *beta2 -= 0.001;
    }
}

fn other(train: Trained) -> Trained {
    match train {
        Trained::A => Trained::B,
        Trained::B => Trained::A,
        Trained::AB => Trained::AB,
    }
}

fn faulty(fault: Fault) -> Faulty {
    Faulty(CpuEngine::new(), fault)
}

#[test]
#[should_panic(expected = "bound")]
fn a_multiplier_off_by_two_thousandths_fails_a_step() {
    suite::every_step_agrees_with_the_reference(&faulty(Fault::Multiplier));
}

#[test]
#[should_panic(expected = "bound")]
fn a_rate_ratio_off_by_a_thousandth_fails_a_step() {
    suite::every_step_agrees_with_the_reference(&faulty(Fault::Ratio));
}

#[test]
#[should_panic(expected = "second moment")]
fn a_second_moment_decay_off_by_a_thousandth_fails_a_step() {
    suite::every_step_agrees_with_the_reference(&faulty(Fault::SecondMoment));
}

#[test]
#[should_panic(expected = "bound")]
fn a_multiplier_off_by_two_thousandths_fails_a_trajectory() {
    suite::short_trajectories_agree_with_the_reference(&faulty(Fault::Multiplier));
}

#[test]
#[should_panic(expected = "reference")]
fn a_multiplier_off_by_two_thousandths_fails_the_records() {
    suite::recorded_numbers_agree_with_the_reference(&faulty(Fault::Multiplier));
}

#[test]
#[should_panic(expected = "losses: [")]
fn one_bit_that_depends_on_batch_mates_fails() {
    suite::batch_mates_change_no_byte(&faulty(Fault::BatchMates));
}

#[test]
#[should_panic(expected = "bound")]
fn a_rate_ratio_off_by_a_thousandth_breaks_the_bound_of_an_update() {
    let case = suite::aligned_case(Init::A, Optimizer::SignSgd);
    suite::every_update_is_bounded(&faulty(Fault::Ratio), &case, 1.0);
}

#[test]
#[should_panic(expected = "did not keep its bits")]
fn training_both_factors_where_one_is_asked_for_fails() {
    suite::a_factor_that_is_not_trained_keeps_its_bits(&faulty(Fault::TrainsBoth));
}

#[test]
#[should_panic(expected = "bound")]
fn training_both_factors_where_one_is_asked_for_fails_a_step() {
    suite::a_factor_trained_alone_agrees_with_the_reference(&faulty(Fault::TrainsBoth));
}

#[test]
#[should_panic(expected = "did not keep its bits")]
fn training_the_other_factor_fails() {
    suite::a_factor_that_is_not_trained_keeps_its_bits(&faulty(Fault::TrainsTheOther));
}

#[test]
#[should_panic(expected = "did not keep its bits")]
fn a_zero_that_loses_its_sign_fails() {
    suite::a_factor_that_is_not_trained_keeps_its_bits(&faulty(Fault::AddsZero));
}

#[test]
#[should_panic(expected = "did not keep its bits")]
fn training_both_factors_fails_where_one_diverges() {
    suite::a_diverging_factor_leaves_the_other_alone(&faulty(Fault::TrainsBoth));
}

#[test]
#[should_panic(expected = "bound")]
fn training_in_full_where_the_linearised_network_is_asked_for_fails_a_step() {
    suite::a_linearised_network_agrees_with_the_reference(&faulty(Fault::TrainsInFull));
}

#[test]
#[should_panic(expected = "after three steps")]
fn training_in_full_where_the_linearised_network_is_asked_for_is_seen() {
    suite::a_linearised_network_starts_as_the_network(&faulty(Fault::TrainsInFull));
}

/// Relu's tangent forwards, but the mask of H + s B Z_A backwards, at a neuron that B has just moved to where the mask
/// of the network itself would be uncertain. That of the linearised one is not, so that no rounding excuses it.
#[test]
fn the_mask_of_the_moved_preactivation_is_no_rounding_of_the_linearised_network() {
    let model = Model { linearised: true, ..model(1, 0, 1, Activation::Relu) };
    let engine = CpuEngine::new();
    let problem = engine.prepare(&model, 20, 7).expect("a small problem");
    let reference = Reference::new(&model, &problem.frozen().expect("in memory"));
    let initial = AdapterState::initial(&model, 20, &run(Init::AB, 1.0));
    let mut state = State::from_engine(&initial);
    let row = reference.h.iter().position(|&h| h > 0.1).expect("half of them are above 0");
    let za = state.a.dot(&reference.z)[(0, 0)];
    state.b[(row, 0)] = -(1.0 + 1e-9) * reference.h[(row, 0)] / (model.multiplier * za);
    let pass = reference.pass(&state.a, &state.b);
    let masked = slope(Activation::Relu, pass.pre[(row, 0)]);
    assert_eq!([masked, pass.slopes[(row, 0)]], [0.0, 1.0]);
    let allowed = tolerance::allowance(&model, &reference, &state, &pass, 1.0);
    let off = pass.grad_b[(row, 0)].abs();
    assert!(off > 10.0 * allowed.b[(row, 0)], "{off} beside {}", allowed.b[(row, 0)]);
}
