//! Numbers that are not finite: where they begin, and runs that diverge.

use lora_checkpoint::Positions;
use lora_transformer::batch::Batch;
use lora_transformer::net::{Param, Role};
use lora_transformer::optimizer::Rule;
use lora_transformer::run_spec::RunSpec;
use lora_transformer::trainer::Trainer;
use lora_transformer::weight::Weight;
use lora_types::OptimizerKind;

use super::common::{Both, everywhere};

const PLANTED: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

/// A run on every module.
fn trainer(both: &Both) -> Trainer<'_> {
    let mut spec = RunSpec { head: None, ..both.spec() };
    spec.lora.targets = everywhere();
    let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
    trainer.trained.adapters.clone_from(&both.adapters);
    trainer
}

/// An entry of a parameter that the batch reads.
fn read_entry(both: &Both, param: Param) -> usize {
    let net = &both.base.net;
    let first = match net.config.positions {
        Positions::Learned { first, .. } => first,
        Positions::Rotary { .. } => 0,
    };
    let row = if param == net.embedding.tokens {
        both.batch[0].ids[0] as usize
    } else if Some(param) == net.embedding.positions {
        first
    } else {
        0
    };
    row * net.config.width
}

#[test]
fn the_module_of_a_planted_weight_is_named() {
    for mut both in Both::all() {
        assert_eq!(trainer(&both).first_not_finite(&Batch::new(&both.batch)), None);
        for index in 0..both.base.net.params.len() {
            let param = Param(index);
            let entry = read_entry(&both, param);
            let healthy = both.base.weights[index].clone();
            for planted in PLANTED {
                let mut values = healthy.to_vec();
                values[entry] = planted;
                both.base.weights[index] = Weight::of(values);
                let found = trainer(&both).first_not_finite(&Batch::new(&both.batch));
                let wanted = both.base.net.module(param).to_owned();
                assert_eq!(found, Some(wanted), "{}: {planted}", both.case.name);
            }
            both.base.weights[index] = healthy;
        }
        let roles = both.base.net.params.iter().map(|info| info.role);
        assert!(roles.filter(|&role| role == Role::Gain).count() > 4, "norms are among them");
    }
}

#[test]
fn the_module_of_a_planted_factor_is_named() {
    for both in Both::all() {
        let batch = Batch::new(&both.batch);
        for (index, info) in both.base.net.sites.iter().enumerate() {
            for (planted, of_a) in PLANTED.iter().flat_map(|&p| [(p, true), (p, false)]) {
                let mut trainer = trainer(&both);
                let adapter = trainer.trained.adapters[index].as_mut().expect("all are adapted");
                // An embedding reads the columns of its tokens alone.
                let column = if info.embedding { both.batch[0].ids[0] as usize } else { 0 };
                if of_a {
                    adapter.a[column] = planted;
                } else {
                    adapter.b[0] = planted;
                }
                let found = trainer.first_not_finite(&batch);
                let name = (both.case.name, planted, of_a);
                assert_eq!(found.as_deref(), Some(&info.name[..]), "{name:?}");
            }
        }
    }
}

#[test]
fn a_run_that_diverges_is_a_result() {
    for both in Both::all() {
        for kind in OptimizerKind::ALL {
            let mut spec = RunSpec { lr: 1e30, ..both.spec() };
            spec.lora.targets = everywhere();
            spec.training.rule = Rule { kind, ..Rule::default() };
            spec.training.clip = (kind == OptimizerKind::Adam).then_some(1.0);
            let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
            let losses: Vec<f64> =
                (0..6).map(|_| trainer.step(&[Batch::new(&both.batch)]).loss).collect();
            let name = (both.case.name, kind, &losses);
            assert!(losses[0].is_finite() && !losses[5].is_finite(), "{name:?}");
            let found = trainer.first_not_finite(&Batch::new(&both.batch)).expect("it diverged");
            let net = &both.base.net;
            let known = (0..net.params.len()).any(|index| net.module(Param(index)) == found);
            assert!(known || net.site(&found).is_some(), "{found}");
        }
    }
}
