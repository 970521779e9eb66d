//! Models from checkpoints: heads that are missing or do not fit, tasks, and half precision.

use std::collections::BTreeMap;
use std::path::Path;

use half::bf16;
use lora_checkpoint::{Checkpoint, Data, Family, Tensor, write_checkpoint};
use lora_conformance::transformer as reference;
use lora_conformance::transformer::cases::{decoder, encoder};
use lora_transformer::base::{Base, natural_pooling};
use lora_transformer::batch::Batch;
use lora_transformer::error::TransformerError;
use lora_transformer::net::{Pooling, Task};
use lora_transformer::run_spec::RunSpec;
use lora_transformer::trainer::Trainer;

use super::common::{Both, flat, task};

const ENCODERS: [Family; 3] = [Family::Bert, Family::Roberta, Family::DistilBert];

/// A case's checkpoint, with the tensors that `keep` takes.
fn write(dir: &Path, both: &Both, half: bool, keep: impl Fn(&str) -> bool) -> Checkpoint {
    let config = &both.case.config;
    let all = lora_checkpoint::expected(config).into_iter();
    let all = all.chain(lora_checkpoint::optional(config)).filter(|(name, _)| keep(name));
    let tensors: BTreeMap<String, Tensor> = all
        .map(|(name, shape)| {
            let values = flat(&both.weights[&name]);
            let data = if half {
                Data::BF16(values.into_iter().map(bf16::from_f32).collect())
            } else {
                Data::F32(values)
            };
            (name, Tensor { shape, data })
        })
        .collect();
    write_checkpoint(dir, config, &tensors, None).expect("a checkpoint");
    Checkpoint::open(dir).expect("its own checkpoint")
}

/// One case for each family, whose heads are those of checkpoints.
fn families() -> impl Iterator<Item = Both> {
    ["BERT", "RoBERTa", "DistilBERT", "Llama", "Qwen2"].into_iter().map(Both::named)
}

#[test]
fn a_checkpoint_is_the_same_model_as_its_weights() {
    for both in families() {
        let dir = tempfile::tempdir().expect("a folder");
        let checkpoint = write(dir.path(), &both, false, |_| true);
        let base = Base::new(checkpoint, task(&both.case), 3).expect("a model");
        assert!(base.new.is_empty(), "{:?}", base.new);
        for (x, y) in base.weights.iter().zip(&both.base.weights) {
            assert!(x.plain() == y.plain(), "{}", both.case.name);
        }
        assert_eq!(base.bytes(), both.base.bytes());
    }
}

/// Names of the parameters of a head are new, and depend on the seed alone.
#[test]
fn a_missing_head_is_drawn() {
    for both in families().filter(|both| !both.case.config.family.is_causal()) {
        let dir = tempfile::tempdir().expect("a folder");
        let body: Vec<String> = lora_checkpoint::expected(&both.case.config)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let open = || write(dir.path(), &both, false, |name| body.iter().any(|b| b == name));
        for pooling in [Pooling::Cls, Pooling::Mean] {
            let task = Task::Classify { labels: 40, pooling };
            let draw = |seed| Base::new(open(), task, seed).expect("a model");
            let (base, same, other) = (draw(3), draw(3), draw(4));
            let head: Vec<&str> =
                base.net.params[base.net.head_from..].iter().map(|info| &info.name[..]).collect();
            assert_eq!(base.new, head, "{}", both.case.name);
            for index in base.net.head_from..base.net.params.len() {
                let values = base.weights[index].to_vec();
                let weights = |of: &Base| of.weights[index].to_vec();
                assert_eq!(values, weights(&same));
                if base.net.params[index].name.ends_with("bias") {
                    assert!(values.iter().all(|&v| v == 0.0));
                } else {
                    assert_ne!(values, weights(&other));
                    let square = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
                    let count = values.len() as f64;
                    // Five standard errors of a variance of 0.02².
                    let off = square / count / 4e-4 - 1.0;
                    assert!(off.abs() < 5.0 * (2.0 / count).sqrt(), "{off}");
                }
            }
        }
    }
}

/// A head for three classes does not become one for five; its other layer stays.
#[test]
fn a_head_of_another_size_is_drawn_anew() {
    for family in ENCODERS {
        let both = families().find(|both| both.case.config.family == family).expect("a case");
        let dir = tempfile::tempdir().expect("a folder");
        let checkpoint = write(dir.path(), &both, false, |_| true);
        let task = Task::Classify { labels: 5, pooling: Pooling::Cls };
        let base = Base::new(checkpoint, task, 3).expect("a model");
        let output = family.classifier().expect("an encoder");
        assert_eq!(base.new, [format!("{output}.weight"), format!("{output}.bias")]);
        let loss = Trainer::new(&base, &both.spec()).expect("a run").loss(&both.batch).mean();
        assert!(loss.is_finite());
    }
}

/// Matrices stay in the precision of the file, and what is trained is in f32.
#[test]
fn a_checkpoint_in_half_precision_takes_half_the_memory_and_trains() {
    for both in families() {
        let dir = tempfile::tempdir().expect("a folder");
        let checkpoint = write(dir.path(), &both, true, |_| true);
        let base = Base::new(checkpoint, task(&both.case), 3).expect("a model");
        let params = base.net.params.iter().zip(&base.weights);
        let bytes = params.map(|(info, weight)| {
            let entries: usize = info.shape.iter().product();
            let matrix = info.shape.len() == 2;
            assert_eq!(weight.plain().is_none(), matrix, "{}", info.name);
            entries as u64 * if matrix { 2 } else { 4 }
        });
        assert_eq!(bytes.sum::<u64>(), base.bytes());
        // The same numbers in f32 give the same bytes.
        let mut wide = Both::named(both.case.name);
        // Files of DistilBERT cannot say another ε than 1e-12.
        wide.base.net.config.norm_epsilon = base.net.config.norm_epsilon;
        for weight in &mut wide.base.weights {
            let values = weight.to_vec().into_iter();
            let rounded = values.map(|value| bf16::from_f32(value).to_f32()).collect();
            *weight = lora_transformer::weight::Weight::of(rounded);
        }
        let run = |base: &Base| {
            let spec = RunSpec { lr: 0.01, ..both.spec() };
            let mut trainer = Trainer::new(base, &spec).expect("a run");
            let loss = |_| trainer.step(&[Batch::new(&both.batch)]).loss;
            let losses: Vec<f64> = (0..3).map(loss).collect();
            (losses, trainer.trained)
        };
        assert!(run(&base) == run(&wide.base), "{}", both.case.name);
    }
}

#[test]
fn tasks_that_a_family_has_no_head_for_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    for both in families() {
        let open = || write(dir.path(), &both, false, |_| true);
        let classify = |labels| Task::Classify { labels, pooling: Pooling::Mean };
        let build = |task| Base::new(open(), task, 0).map(|_| ());
        if both.case.config.family.is_causal() {
            let error = build(classify(2)).expect_err("no classifier");
            assert!(matches!(error, TransformerError::Task { .. }), "{error}");
        } else {
            let error = build(Task::NextToken).expect_err("an encoder");
            assert!(error.to_string().contains("an encoder"), "{error}");
            for labels in [0, 1] {
                let error = build(classify(labels)).expect_err("too few");
                assert!(matches!(error, TransformerError::OutOfRange { .. }), "{error}");
            }
            build(classify(2)).expect("two are enough");
        }
        build(Task::Hidden).expect("every model has hidden states");
    }
}

/// DistilBERT and RoBERTa draw their layer, as transformers does; BERT without a pooler takes the mean.
#[test]
fn pooling_is_the_familys_own_where_it_can_be() {
    for (both, bare) in families().flat_map(|both| {
        let name = both.case.name;
        [(both, false), (Both::named(name), true)]
    }) {
        let family = both.case.config.family;
        if family.is_causal() {
            continue;
        }
        let dir = tempfile::tempdir().expect("a folder");
        let checkpoint = write(dir.path(), &both, false, |name| !bare || !name.contains("pooler"));
        let wanted = if bare && family == Family::Bert { Pooling::Mean } else { Pooling::Cls };
        assert_eq!(natural_pooling(&checkpoint), wanted, "{family:?}, {bare}");
    }
}

#[test]
fn modules_of_the_head_are_found_by_parts_of_their_names() {
    let modules = |name: &str, parts: &[&str]| {
        let both = Both::named(name);
        let parts: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
        let found = both.base.net.head_params(&parts).map_err(|error| error.to_string())?;
        let names = found.into_iter().map(|param| both.base.net.params[param.0].name.clone());
        Ok::<Vec<String>, String>(names.collect())
    };
    let plain = ["classifier.weight", "classifier.bias"].map(str::to_owned).to_vec();
    assert_eq!(modules("BERT", &["classifier"]), Ok(plain.clone()));
    assert_eq!(modules("DistilBERT", &["classifier"]), Ok(plain));
    assert_eq!(modules("RoBERTa", &["classifier"]).map(|found| found.len()), Ok(4));
    assert_eq!(modules("RoBERTa", &["out_proj"]).map(|found| found.len()), Ok(2));
    assert_eq!(modules("BERT", &["classifier", "pooler"]).map(|found| found.len()), Ok(4));
    let error = modules("BERT", &["classifier", "score"]).expect_err("no such module");
    assert!(error.contains("score") && error.contains("bert.pooler.dense, classifier"), "{error}");
    // Modules of the body are not the head's, and a language model has no such head.
    modules("BERT", &["query"]).expect_err("of the body");
    modules("Llama", &["lm_head"]).expect_err("no classifier");
}

/// The same shape on disk and here, at a depth that `Both` does not have.
#[test]
fn a_deeper_model_is_read_whole() {
    for mut config in [encoder(Family::Roberta), decoder(Family::Qwen2)] {
        config.depth = 3;
        let weights = reference::random_weights(&config, 5);
        let dir = tempfile::tempdir().expect("a folder");
        let all = lora_checkpoint::expected(&config).into_iter();
        let tensor = |(name, shape): (String, Vec<usize>)| {
            let data = Data::F32(flat(&weights[&name]));
            (name, Tensor { shape, data })
        };
        write_checkpoint(dir.path(), &config, &all.map(tensor).collect(), None).expect("written");
        let checkpoint = Checkpoint::open(dir.path()).expect("a checkpoint");
        let base = Base::new(checkpoint, Task::Hidden, 0).expect("a model");
        assert_eq!(base.net.blocks.len(), 3);
        assert!(base.weights.iter().all(|weight| !weight.is_empty()));
    }
}
