//! Runs that diverge.

use lora_transformer::batch::Batch;
use lora_transformer::net::Param;
use lora_transformer::optimizer::Rule;
use lora_transformer::run_spec::RunSpec;
use lora_transformer::trainer::Trainer;
use lora_types::OptimizerKind;

use super::common::{Both, everywhere};

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
