//! What changes no byte, beside what the suite in `conformance` has: which other gradients are wanted, and the
//! precision in which the same numbers are stored.

mod common;

use common::Both;
use half::{bf16, f16};
use lora_checkpoint::{Data, Tensor};
use lora_transformer::batch::{Batch, Sequence};
use lora_transformer::dropout::Dropout;
use lora_transformer::loss::Loss;
use lora_transformer::model::{self, Keep};
use lora_transformer::pass::{Gradients, Pass, Wants};
use lora_transformer::weight::Weight;

/// Enough copies of the batch for many slices.
fn many(both: &Both) -> Vec<Sequence> {
    both.batch.iter().cycle().take(60).cloned().collect()
}

fn gradients(both: &Both, wants: &Wants, keep: Keep) -> (Loss, Gradients) {
    let sequences = many(both);
    let dropout = Dropout::new(0.2, 3, 4);
    model::gradients(&Pass { dropout, ..both.pass(wants) }, &Batch::new(&sequences), keep)
}

/// Where the backward pass stops early, what it does compute stays the same.
#[test]
fn a_gradient_does_not_depend_on_which_others_are_wanted() {
    for both in Both::all() {
        let (_, all) = gradients(&both, &both.everything(), Keep::All);
        for (index, adapter) in both.adapters.iter().enumerate() {
            if adapter.is_none() {
                continue;
            }
            for only in [[true, false], [false, true]] {
                let mut wants = Wants::nothing(&both.base.net);
                wants.sites[index] = only;
                let (_, some) = gradients(&both, &wants, Keep::Inputs);
                let wanted = usize::from(only[1]);
                let name = (&both.case.name, &both.base.net.sites[index].name, wanted);
                assert!(some.sites[index][wanted] == all.sites[index][wanted], "{name:?}");
                assert!(some.sites[index][1 - wanted].is_empty() && some.params.is_empty());
            }
        }
        for param in all.params.keys() {
            let mut wants = Wants::nothing(&both.base.net);
            wants.params[param.0] = true;
            let (_, some) = gradients(&both, &wants, Keep::All);
            let name = (&both.case.name, &both.base.net.params[param.0].name);
            assert!(some.params[param] == all.params[param], "{name:?}");
        }
    }
}

#[test]
fn numbers_kept_in_half_precision_are_the_same_numbers() {
    for mut both in Both::all() {
        let wants = both.adapters_alone();
        let all = std::mem::take(&mut both.base.weights);
        // Values that all three precisions hold, 8 bits each.
        let rounded = |weight: &Weight| -> Vec<f32> {
            weight
                .to_vec()
                .iter()
                .map(|&v| bf16::from_f32((v * 64.0).round() / 64.0).to_f32())
                .collect()
        };
        let matrices: Vec<bool> =
            both.base.net.params.iter().map(|info| info.shape.len() == 2).collect();
        let keep = |data: &dyn Fn(Vec<f32>) -> Data| -> Vec<Weight> {
            let weights = all.iter().zip(&matrices);
            let one = |(weight, &matrix): (&Weight, &bool)| {
                let values = rounded(weight);
                let shape = vec![values.len()];
                let data = if matrix { data(values) } else { Data::F32(values) };
                Weight::new(Tensor { shape, data })
            };
            weights.map(one).collect()
        };
        let kinds: [&dyn Fn(Vec<f32>) -> Data; 3] = [
            &Data::F32,
            &|values| Data::F16(values.into_iter().map(f16::from_f32).collect()),
            &|values| Data::BF16(values.into_iter().map(bf16::from_f32).collect()),
        ];
        let results = kinds.map(|kind| {
            both.base.weights = keep(kind);
            gradients(&both, &wants, Keep::All)
        });
        assert!(results[0] == results[1] && results[0] == results[2], "{}", both.case.name);
    }
}
