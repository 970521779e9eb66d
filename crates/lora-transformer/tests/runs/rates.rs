//! Which learning rate and which decay acts on which array.

use lora_transformer::batch::Batch;
use lora_transformer::net::Param;
use lora_transformer::optimizer::Rule;
use lora_transformer::run_spec::{RunSpec, Training};
use lora_transformer::schedule::{Decay, Schedule};
use lora_transformer::trained::Trained;
use lora_transformer::trainer::Trainer;
use lora_types::OptimizerKind;

use super::common::Both;

fn descent(weight_decay: f64) -> Rule {
    Rule { kind: OptimizerKind::Sgd, weight_decay, ..Rule::default() }
}

/// θ - η (g + λ θ), as the engine rounds it.
fn descended(theta: &[f32], gradient: &[f32], lr: f64, decay: f32) -> Vec<f32> {
    let pairs = theta.iter().zip(gradient);
    pairs.map(|(theta, g)| theta - lr as f32 * (g + decay * theta)).collect()
}

#[test]
fn b_moves_by_the_ratio_and_the_head_by_its_own_rate() {
    for both in Both::all() {
        let mut spec = RunSpec { lr: 0.01, lora_plus_ratio: 16.0, ..both.spec() };
        spec.lora.init = lora_types::Init::AB;
        spec.training.rule = descent(0.25);
        let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
        let before = trainer.trained.clone();
        let gradients = trainer.step_at(0.5, &[Batch::new(&both.batch)]).gradients;
        for ((x, y), [a, b]) in
            before.adapters.iter().zip(&trainer.trained.adapters).zip(&gradients.sites)
        {
            let (Some(x), Some(y)) = (x, y) else { continue };
            assert!(y.a == descended(&x.a, a, 0.005, 0.25), "{}", both.case.name);
            assert!(y.b == descended(&x.b, b, 0.08, 0.25), "{}", both.case.name);
            assert!(x.a != y.a && x.b != y.b, "{}", both.case.name);
        }
        assert_eq!(before.own.is_empty(), spec.head.is_none());
        for (param, x) in &before.own {
            let wanted = descended(x, &gradients.params[param], 0.5 * 3e-3, 0.25);
            assert!(trainer.trained.own[param] == wanted, "{}", both.case.name);
        }
    }
}

#[test]
fn gains_and_biases_do_not_decay_where_all_weights_are_trained() {
    for both in Both::all() {
        let training = Training { rule: descent(0.5), ..Training::default() };
        let rate = |param: Param| if param.0.is_multiple_of(2) { 0.25 } else { 0.125 };
        let mut trainer = Trainer::whole(&both.base, training, &rate).expect("a training");
        let before = trainer.trained.clone();
        assert_eq!(before.own.len(), both.base.net.params.len());
        let gradients = trainer.step(&[Batch::new(&both.batch)]).gradients;
        for (&param, x) in &before.own {
            let info = &both.base.net.params[param.0];
            let decay = if info.shape.len() == 2 { 0.5 } else { 0.0 };
            let wanted = descended(x, &gradients.params[&param], rate(param), decay);
            let name = (both.case.name, &info.name);
            assert!(trainer.trained.own[&param] == wanted, "{name:?}");
        }
    }
}

/// The run by the schedule, and by factors written by hand.
fn scheduled(schedule: Schedule, factors: &[f64]) -> [Trained; 2] {
    let both = Both::named("Llama");
    let mut spec = both.spec();
    spec.training = Training { steps: factors.len(), schedule, ..spec.training };
    let run = |by_hand: bool| {
        let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
        for &factor in factors {
            let batch = [Batch::new(&both.batch)];
            if by_hand {
                trainer.step_at(factor, &batch)
            } else {
                trainer.step(&batch)
            };
        }
        trainer.trained
    };
    [run(false), run(true)]
}

#[test]
fn a_schedule_is_its_factors() {
    let with = |warmup, decay| Schedule { warmup, decay };
    let cosine = [0.0, 0.5, 1.0, 0.853_553_390_593_273_8, 0.5, 0.146_446_609_406_726_2];
    let all: [(Schedule, [f64; 6]); 4] = [
        (with(0, Decay::Constant), [1.0; 6]),
        (with(4, Decay::Constant), [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
        (with(2, Decay::Linear), [0.0, 0.5, 1.0, 0.75, 0.5, 0.25]),
        (with(2, Decay::Cosine), cosine),
    ];
    let mut ends = Vec::new();
    for (schedule, factors) in all {
        let [run, by_hand] = scheduled(schedule, &factors);
        for (x, y) in run.adapters.iter().zip(&by_hand.adapters) {
            let (Some(x), Some(y)) = (x, y) else { continue };
            // The last digit of a cosine may differ.
            let near = |x: &[f32], y: &[f32]| x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-6);
            assert!(near(&x.a, &y.a) && near(&x.b, &y.b), "{schedule:?}");
        }
        assert!(!ends.contains(&run.adapters), "schedules differ");
        ends.push(run.adapters);
    }
}

/// transformers starts a warm-up at a rate of 0.
#[test]
fn the_first_step_of_a_warm_up_moves_nothing() {
    let both = Both::named("BERT");
    let mut spec = both.spec();
    spec.training.schedule = Schedule { warmup: 2, decay: Decay::Linear };
    let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
    let before = trainer.trained.adapters.clone();
    trainer.step(&[Batch::new(&both.batch)]);
    assert!(trainer.trained.adapters == before && trainer.trained.step == 1);
    trainer.step(&[Batch::new(&both.batch)]);
    assert!(trainer.trained.adapters != before);
}
