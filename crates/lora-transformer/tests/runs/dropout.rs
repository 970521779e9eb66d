//! LoRA's dropout through the whole model.

use std::sync::Mutex;

use lora_transformer::batch::Batch;
use lora_transformer::dropout::Dropout;
use lora_transformer::model;
use lora_transformer::net::Site;
use lora_transformer::observe::{Input, Observer, Seen};
use lora_transformer::pass::Pass;
use lora_transformer::trainer::Trainer;

use super::common::{Both, RANK};

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
