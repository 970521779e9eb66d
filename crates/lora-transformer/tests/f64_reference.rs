//! The engine agrees with the plain f64 reference, for every family and every head.

mod common;

use common::{Both, distance};
use lora_conformance::transformer as reference;
use lora_transformer::batch::Batch;
use lora_transformer::model::{self, Keep};
use lora_transformer::net::{Param, Role};
use lora_transformer::pass::Wants;
use lora_transformer::weight::transposed;

/// f32 rounds to 6e-8; a gradient here passes some fifty roundings on its way, in sums of tens of terms.
const TOLERANCE: f64 = 1e-5;

/// Gradients that are tiny beside the others are compared with this share of the largest one: that of a
/// key's bias is zero in exact arithmetic.
const FLOOR: f64 = 1e-2;

#[test]
fn logits_agree() {
    for both in Both::all() {
        let wants = Wants::nothing(&both.base.net);
        let batch = Batch::new(&both.batch);
        let ours = model::outputs(&both.pass(&wants), &batch).concat();
        let exact = both.sequences.iter().flat_map(|sequence| {
            let (config, head) = (&both.case.config, both.case.head);
            reference::logits(config, &both.weights, &both.reference, head, &sequence.ids)
        });
        let off = distance(&ours, &exact.collect::<Vec<_>>(), 0.0);
        assert!(off < TOLERANCE, "{}: {off:e}", both.case.name);
    }
}

#[test]
fn losses_and_all_gradients_agree() {
    for both in Both::all() {
        let (case, wants) = (&both.case, both.everything());
        let batch = Batch::new(&both.batch);
        assert!(batch.slices.len() > 1, "sums over slices are tested, too");
        let (loss, ours) = model::gradients(&both.pass(&wants), &batch, Keep::All);
        let exact = reference::gradients(
            &case.config,
            &both.weights,
            &both.reference,
            case.head,
            &both.sequences,
        );
        let alone = model::loss(&both.pass(&wants), &batch);
        assert_eq!(alone, loss, "{}: with and without gradients", case.name);
        assert!((loss.mean() / exact.loss - 1.0).abs() < TOLERANCE, "{}", case.name);
        let norm = |values: &mut dyn Iterator<Item = &f64>| values.map(|v| v * v).sum::<f64>();
        let largest = exact.weights.values().map(|w| norm(&mut w.iter()).sqrt());
        let floor = FLOOR * largest.fold(0.0, f64::max);
        for (adapter, (a, b)) in both.reference.iter().zip(&exact.adapters) {
            let site = both.base.net.site(&adapter.module).expect("a site");
            for (ours, exact) in ours.sites[site.0].iter().zip([a, b]) {
                let exact: Vec<f64> = exact.iter().copied().collect();
                let off = distance(ours, &exact, floor);
                assert!(off < TOLERANCE, "{}: {}: {off:e}", case.name, adapter.module);
            }
        }
        for (index, info) in both.base.net.params.iter().enumerate() {
            let ours = &ours.params[&Param(index)];
            let ours = match info.role {
                Role::Linear => &transposed(ours, info.shape[1], info.shape[0]),
                _ => ours,
            };
            let exact: Vec<f64> = exact.weights[&info.name].iter().copied().collect();
            let off = distance(ours, &exact, floor);
            assert!(off < TOLERANCE, "{}: {}: {off:e}", case.name, info.name);
        }
    }
}
