//! The f64 transformers against the values that PyTorch computed of the same weights and adapters, with
//! the models of transformers 5.24 and PEFT 0.21 in f64.
//!
//! Two operations of transformers work in f32 whatever the model's type, RMSNorm and the angles of rotary
//! positions. They were replaced by the same formulas in f64.

use lora_conformance::transformer::difference::inner;
use lora_conformance::transformer::{cases, gradients, random_adapters, random_weights};

/// The loss, and the norm of the gradient by all A and B.
const VALUES: [(&str, f64, f64); 13] = [
    ("BERT", 0.7963888428884637, 1.2808305418129053),
    ("BERT, mean, tanh form of GELU", 1.6308644894135462, 1.9047162669080404),
    ("RoBERTa", 1.0627078999839261, 0.7244598204763505),
    ("RoBERTa, mean", 1.510335850957355, 1.7521526335345559),
    ("DistilBERT", 1.2359724071899234, 0.9856506413400642),
    ("DistilBERT, mean, ReLU", 1.2749170413313964, 0.7455312704140364),
    ("Llama", 2.190313850205615, 1.3620941635456714),
    ("Llama, tied head", 4.505642203299493, 2.3386358049293263),
    ("Llama, all biases", 2.3418153147180827, 1.6073210877000408),
    ("Llama, one head of keys", 2.5870925514894294, 1.8821693922302685),
    ("Llama, no grouped queries, mean", 1.7762942735630485, 2.086595434775224),
    ("Qwen2", 2.250511194462364, 1.4744933796357416),
    ("Qwen2, tied head", 4.376978856860213, 1.969737541025715),
];

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    let cases = cases::all();
    assert_eq!(cases.len(), VALUES.len());
    for (case, (name, loss, norm)) in cases.iter().zip(VALUES) {
        assert_eq!(case.name, name);
        let weights = random_weights(&case.config, 3);
        let adapters = random_adapters(&case.config, 2, 0.75, 4);
        let batch = cases::batch(case);
        let got = gradients(&case.config, &weights, &adapters, case.head, &batch);
        let squares = got.adapters.iter().map(|(da, db)| inner(da, da) + inner(db, db));
        let got_norm = squares.sum::<f64>().sqrt();
        assert!((got.loss - loss).abs() < 1e-12, "{name}: loss {} and {loss}", got.loss);
        assert!((got_norm - norm).abs() < 1e-12, "{name}: norm {got_norm} and {norm}");
    }
}
