//! Adapters: written and read again, and refused where they are wrong.

mod common;

use std::collections::BTreeMap;
use std::fs;

use lora_checkpoint::{Adapter, AdapterConfig, TargetModules, Tensor};
use serde_json::{Value, json};
use tempfile::tempdir;

const Q: &str = "base_model.model.model.layers.0.self_attn.q_proj";
const EMBEDDING: &str = "base_model.model.model.embed_tokens";

fn adapter() -> Adapter {
    let names = ["q_proj", "embed_tokens"].map(str::to_owned);
    let mut config = AdapterConfig::new(2, 16.0, TargetModules::Names(names.into()));
    config.use_rslora = true;
    config.task_type = Some("CAUSAL_LM".to_owned());
    // In an order that no sorting gives.
    let alphas = [("layers.0.self_attn.q_proj", 8.0), ("embed_tokens", 0.5)];
    config.alpha_pattern = alphas.map(|(name, alpha)| (name.to_owned(), alpha)).to_vec();
    config.rank_pattern = vec![("q_proj".to_owned(), 2), (".*".to_owned(), 2)];
    config.other.insert("bias".to_owned(), json!("none"));
    config.other.insert("inference_mode".to_owned(), json!(true));
    let ramp = |shape: &[usize]| {
        Tensor::f32(shape, (0..shape.iter().product()).map(|k| k as f32).collect())
    };
    let tensors = [
        (format!("{Q}.lora_A.weight"), ramp(&[2, 8])),
        (format!("{Q}.lora_B.weight"), ramp(&[4, 2])),
        (format!("{EMBEDDING}.lora_embedding_A"), ramp(&[2, 10])),
        (format!("{EMBEDDING}.lora_embedding_B"), ramp(&[8, 2])),
        ("base_model.model.score.weight".to_owned(), ramp(&[3, 8])),
    ];
    Adapter { config, tensors: BTreeMap::from(tensors) }
}

/// The refusal of an adapter's folder after its configuration was changed, without the file's name.
fn refusal(change: impl Fn(&mut Value)) -> String {
    let dir = tempdir().expect("a folder");
    adapter().write(dir.path()).expect("it is written");
    let file = dir.path().join("adapter_config.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
    change(&mut json);
    fs::write(&file, json.to_string()).expect("it is written");
    let refused = Adapter::open(dir.path()).expect_err("it is refused").to_string();
    let folder = format!("{}/", dir.path().display());
    refused.replace(&folder, "")
}

#[test]
fn an_adapter_is_the_same_after_writing_and_reading() {
    let (dir, ours) = (tempdir().expect("a folder"), adapter());
    ours.write(dir.path()).expect("it is written");
    assert_eq!(Adapter::open(dir.path()).expect("it opens"), ours);
    let json: Value =
        serde_json::from_slice(&fs::read(dir.path().join("adapter_config.json")).expect("a file"))
            .expect("JSON");
    // What PEFT writes for the same adapter.
    for (key, value) in [
        ("peft_type", json!("LORA")),
        ("lora_alpha", json!(16)),
        ("init_lora_weights", json!(true)),
        ("modules_to_save", Value::Null),
        ("base_model_name_or_path", Value::Null),
        ("target_modules", json!(["q_proj", "embed_tokens"])),
        ("alpha_pattern", json!({ "layers.0.self_attn.q_proj": 8, "embed_tokens": 0.5 })),
    ] {
        assert_eq!(json[key], value, "{key}");
    }
}

#[test]
fn a_pattern_that_is_there_twice_is_refused() {
    let dir = tempdir().expect("a folder");
    adapter().write(dir.path()).expect("it is written");
    let file = dir.path().join("adapter_config.json");
    let text = fs::read_to_string(&file).expect("a file");
    let twice = text.replace(r#""embed_tokens": 0.5"#, r#""q": 1, "q": 0.5"#);
    assert_ne!(text, twice);
    fs::write(&file, twice).expect("it is written");
    let refused = Adapter::open(dir.path()).expect_err("it is refused").to_string();
    assert!(refused.contains("`q` is there twice"), "{refused}");
}

#[test]
fn pairs_have_modules_and_ranks() {
    let ours = adapter();
    let pairs: Vec<_> =
        ours.pairs().map(|pair| (pair.module, pair.rank(), pair.embedding)).collect();
    assert_eq!(
        pairs,
        [("model.embed_tokens", 2, true), ("model.layers.0.self_attn.q_proj", 2, false)]
    );
}

#[test]
fn factors_need_partners_of_their_rank() {
    let scratch = tempdir().expect("a folder");
    let absent = scratch.path().join("absent");
    let refused = |change: fn(&mut Adapter)| {
        let mut ours = adapter();
        change(&mut ours);
        ours.write(&absent).expect_err("it is refused").to_string()
    };
    let file = absent.join("adapter_model.safetensors").display().to_string();
    let alone = refused(|ours| drop(ours.tensors.remove(&format!("{Q}.lora_B.weight"))));
    assert_eq!(alone, format!("{file}: there is no tensor `{Q}.lora_B.weight`"));
    let alone = refused(|ours| drop(ours.tensors.remove(&format!("{EMBEDDING}.lora_embedding_A"))));
    assert_eq!(alone, format!("{file}: there is no tensor `{EMBEDDING}.lora_embedding_A`"));
    let ranks = refused(|ours| {
        ours.tensors.insert(format!("{Q}.lora_B.weight"), Tensor::f32(&[4, 3], vec![0.0; 12]));
    });
    assert!(ranks.contains("has factors of the shapes [2, 8] and [4, 3]"), "{ranks}");
    let other = refused(|ours| {
        ours.config.rank_pattern.clear();
        ours.config.r = 3;
    });
    assert!(other.ends_with("has factors of rank 2; the configuration says 3"), "{other}");
    let short = refused(|ours| {
        ours.tensors.insert(
            "base_model.model.score.weight".to_owned(),
            Tensor::f32(&[3, 8], vec![0.0; 12]),
        );
    });
    assert!(short.ends_with("has another count of numbers than its shape says"), "{short}");
    assert!(!absent.exists());
}

#[test]
fn what_is_not_plain_lora_is_refused() {
    let file = "adapter_config.json";
    let cases = [
        (
            refusal(|json| json["peft_type"] = json!("IA3")),
            "`peft_type` is \"IA3\"; valid is \"LORA\"",
        ),
        (refusal(|json| json["use_dora"] = json!(true)), "`use_dora` is true; valid is false"),
        (refusal(|json| json["bias"] = json!("all")), "`bias` is \"all\"; valid is \"none\""),
        (
            refusal(|json| json["r"] = json!(0)),
            "`r` is 0; valid is a whole number from 1 to 1048576",
        ),
        (
            refusal(|json| json["r"] = Value::Null),
            "`r` is missing; valid is a whole number from 1 to 1048576",
        ),
        (
            refusal(|json| json["lora_dropout"] = json!(1.5)),
            "`lora_dropout` is 1.5; valid is a number from 0 to 1",
        ),
        (
            refusal(|json| json["target_modules"] = json!([1])),
            "`target_modules` is [1]; valid is a list of names, or a pattern",
        ),
        (
            refusal(|json| json["rank_pattern"] = json!({ "q": "8" })),
            "`rank_pattern` is {\"q\":\"8\"}; valid is an object of ranks",
        ),
        (
            refusal(|json| json["alpha_pattern"] = json!([["q", 8]])),
            "`alpha_pattern` is [[\"q\",8]]; valid is an object of numbers",
        ),
    ];
    for (refused, expected) in cases {
        assert_eq!(refused, format!("{file}: {expected}"));
    }
}

#[test]
fn keys_of_other_versions_are_kept() {
    let dir = tempdir().expect("a folder");
    let mut ours = adapter();
    ours.config.other.insert("eva_config".to_owned(), json!({ "rho": 2.0 }));
    ours.config.init_lora_weights = "gaussian".to_owned();
    ours.config.lora_alpha = 0.5;
    ours.write(dir.path()).expect("it is written");
    assert_eq!(Adapter::open(dir.path()).expect("it opens"), ours);
}
