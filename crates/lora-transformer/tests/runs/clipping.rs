//! The largest norm of a gradient.

use lora_transformer::batch::Batch;
use lora_transformer::optimizer::Rule;
use lora_transformer::pass::Gradients;
use lora_transformer::trained::Trained;
use lora_transformer::trainer::Trainer;
use lora_types::OptimizerKind;

use super::common::Both;

const LR: f64 = 0.5;

/// Parameters before and after one step of plain descent, with what the step reports.
fn descent(both: &Both, clip: Option<f64>) -> [Gradients; 2] {
    let mut spec = both.spec();
    spec.lr = LR;
    spec.head.iter_mut().for_each(|head| head.lr = LR);
    spec.training.clip = clip;
    spec.training.rule = Rule { kind: OptimizerKind::Sgd, ..Rule::default() };
    let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
    let before = trainer.trained.clone();
    let step = trainer.step(&[Batch::new(&both.batch)]);
    assert!((step.gradient_norm - norm(&step.gradients)).abs() < 1e-12);
    [moved(&before, &trainer.trained), step.gradients]
}

/// The sum of squares over all arrays at once, in f64.
fn norm(gradients: &Gradients) -> f64 {
    let all = gradients.arrays().flatten();
    all.map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
}

/// What an update has subtracted, in the arrays of gradients.
fn moved(before: &Trained, after: &Trained) -> Gradients {
    let difference =
        |x: &Vec<f32>, y: &Vec<f32>| -> Vec<f32> { x.iter().zip(y).map(|(x, y)| x - y).collect() };
    let sites = before.adapters.iter().zip(&after.adapters).map(|pair| match pair {
        (Some(x), Some(y)) => [difference(&x.a, &y.a), difference(&x.b, &y.b)],
        _ => Default::default(),
    });
    let own = before.own.iter().map(|(&param, x)| (param, difference(x, &after.own[&param])));
    Gradients { sites: sites.collect(), params: own.collect() }
}

#[test]
fn one_factor_shrinks_all_arrays_to_the_wanted_norm() {
    for both in Both::all() {
        let [free, gradients] = descent(&both, None);
        let size = norm(&gradients);
        assert!((norm(&free) / (LR * size) - 1.0).abs() < 1e-4, "{}", both.case.name);
        let clip = 0.1 * size;
        let [clipped, reported] = descent(&both, Some(clip));
        assert!(reported == gradients, "the report is of the gradient before");
        assert!((norm(&clipped) / (LR * clip) - 1.0).abs() < 1e-4, "{}", both.case.name);
        // Parameters are of order one: their f32 hides what is below 1e-7.
        for (clipped, gradient) in clipped.arrays().zip(gradients.arrays()) {
            for (clipped, gradient) in clipped.iter().zip(gradient) {
                let wanted = LR * 0.1 * f64::from(*gradient);
                assert!((f64::from(*clipped) - wanted).abs() < 4e-7, "{}", both.case.name);
            }
        }
    }
}

#[test]
fn a_gradient_below_the_bound_keeps_every_byte() {
    for both in Both::all() {
        let [free, gradients] = descent(&both, None);
        let [clipped, _] = descent(&both, Some(1.001 * norm(&gradients)));
        assert!(free == clipped, "{}", both.case.name);
    }
}
