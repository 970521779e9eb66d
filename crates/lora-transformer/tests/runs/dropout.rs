//! LoRA's dropout through the whole model.

use std::sync::Mutex;

use lora_conformance::transformer::difference::derivative;
use lora_transformer::adapter::Adapter;
use lora_transformer::batch::Batch;
use lora_transformer::dropout::Dropout;
use lora_transformer::model::{self, Keep};
use lora_transformer::net::Site;
use lora_transformer::observe::{Input, Observer, Seen};
use lora_transformer::pass::Pass;
use lora_transformer::trainer::Trainer;

use super::common::{Both, RANK};

/// An adapter moved along a direction in both factors.
fn moved(adapter: &Adapter, [of_a, of_b]: [&[f32]; 2], by: f64) -> Adapter {
    let add = |x: &[f32], d: &[f32]| {
        x.iter().zip(d).map(|(x, d)| (f64::from(*x) + by * f64::from(*d)) as f32).collect()
    };
    Adapter { a: add(&adapter.a, of_a), b: add(&adapter.b, of_b), ..adapter.clone() }
}

/// With its mask fixed the loss is a function, smooth but for DistilBERT's ReLUs. Its derivative along a
/// gradient is the gradient's norm; a backward pass with another mask would miss that by some tens of
/// percent.
#[test]
fn gradients_are_those_of_the_loss_with_the_same_mask() {
    for both in Both::all() {
        let wants = both.adapters_alone();
        let dropout = Dropout::new(0.4, 11, 3);
        let pass = Pass { dropout, ..both.pass(&wants) };
        let batch = Batch::new(&both.batch);
        let (loss, gradients) = model::gradients(&pass, &batch, Keep::All);
        assert_ne!(loss, model::loss(&both.pass(&wants), &batch), "{}", both.case.name);
        for (index, adapter) in both.adapters.iter().enumerate() {
            let Some(adapter) = adapter else { continue };
            let [a, b] = &gradients.sites[index];
            let squares = a.iter().chain(b).map(|&g| f64::from(g).powi(2)).sum::<f64>();
            let norm = squares.sqrt();
            let along = |by: f64| {
                let mut adapters = both.adapters.clone();
                adapters[index] = Some(moved(adapter, [a, b], by / norm));
                model::loss(&Pass { adapters: &adapters, ..pass }, &batch).mean()
            };
            // A short step crosses no kink. The loss is known to some 1e-7, and is divided by the step.
            let kinks = both.case.name.starts_with("DistilBERT");
            let step = if kinks { 0.002 } else { 0.05 };
            let quotient = derivative(along, step);
            let name = (both.case.name, &both.base.net.sites[index].name, quotient, norm);
            assert!((quotient - norm).abs() < 1e-6 / step + 2e-3 * norm, "{name:?}");
        }
    }
}

/// Input and A x of one module.
struct One {
    site: Site,
    input: Vec<f32>,
    za: Vec<f32>,
}

impl Observer for One {
    fn site(&mut self, site: Site, seen: Seen<'_>) {
        if let (Input::Rows(x), true) = (seen.input, site == self.site) {
            self.input.extend_from_slice(x);
            self.za.extend_from_slice(seen.za);
        }
    }

    fn other(&mut self, _: &dyn Fn() -> String, _: &[f32]) {}
}

/// A x of the first linear module, whose input no dropout has touched, is linear in the mask.
#[test]
fn the_mean_over_masks_is_the_value_without_dropout() {
    const MASKS: usize = 400;
    const RATE: f32 = 0.3;
    for both in [Both::named("BERT"), Both::named("Llama")] {
        let wants = both.adapters_alone();
        let batch = Batch::new(&both.batch);
        let site = both.base.net.blocks[0].attention.qkv[0].site;
        let look = |dropout| {
            let one = Mutex::new(One { site, input: Vec::new(), za: Vec::new() });
            let pass = Pass { dropout, observer: Some(&one), ..both.pass(&wants) };
            model::loss(&pass, &batch);
            one.into_inner().expect("no panic")
        };
        let plain = look(None);
        let mut sums = vec![0.0f64; plain.za.len()];
        for seed in 0..MASKS {
            let masked = look(Dropout::new(RATE, seed as u64, 0));
            assert_eq!(masked.input, plain.input, "an observer sees the input before dropout");
            sums.iter_mut().zip(&masked.za).for_each(|(sum, &za)| *sum += f64::from(za));
        }
        let a = &both.adapters[site.0].as_ref().expect("adapted").a;
        let width = a.len() / RANK;
        for (place, (sum, &za)) in sums.iter().zip(&plain.za).enumerate() {
            let x = &plain.input[place / RANK * width..][..width];
            let a = &a[place % RANK * width..][..width];
            let squares = x.iter().zip(a).map(|(x, a)| f64::from(x * a).powi(2)).sum::<f64>();
            let odds = f64::from(RATE) / (1.0 - f64::from(RATE));
            let error = (squares * odds / MASKS as f64).sqrt();
            // Of some fifty entries none is five standard errors away.
            let off = (sum / MASKS as f64 - f64::from(za)).abs();
            assert!(off < 5.0 * error, "{}: {off} at {place}", both.case.name);
        }
    }
}

#[test]
fn evaluation_has_no_dropout_and_training_has_one_mask_for_each_step_and_part() {
    for both in Both::all() {
        let batch = Batch::new(&both.batch);
        let with = |rate: f32, step: usize| {
            let mut spec = both.spec();
            spec.lora.dropout = rate;
            let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
            // B is not zero here, so that the mask shows.
            for (own, adapter) in trainer.trained.adapters.iter_mut().zip(&both.adapters) {
                if own.is_some() {
                    own.clone_from(adapter);
                }
            }
            trainer.trained.step = step;
            trainer
        };
        let [plain, dropped, later] = [with(0.0, 0), with(0.5, 0), with(0.5, 1)];
        assert_eq!(plain.loss(&both.batch), dropped.loss(&both.batch), "{}", both.case.name);
        assert!(plain.outputs(&batch) == dropped.outputs(&batch), "{}", both.case.name);
        let losses = [
            plain.gradients(&batch, 0).0.sum,
            dropped.gradients(&batch, 0).0.sum,
            dropped.gradients(&batch, 1).0.sum,
            later.gradients(&batch, 0).0.sum,
        ];
        let differ = |i: usize| losses[i + 1..].iter().all(|other| *other != losses[i]);
        assert!((0..4).all(differ), "{}: {losses:?}", both.case.name);
        assert_eq!(losses[1], with(0.5, 0).gradients(&batch, 0).0.sum, "{}", both.case.name);
    }
}
