//! No value of any key makes the readers panic, and every refusal is one line that begins with the file.

mod common;

use std::fs;

use common::llama;
use lora_peft::{BaseModel, PeftConfig, adapted};
use serde_json::{Value, json};

const PEFT_KEYS: [&str; 24] = [
    "peft_type",
    "r",
    "lora_alpha",
    "use_rslora",
    "use_dora",
    "use_qalora",
    "init_lora_weights",
    "lora_bias",
    "bias",
    "target_modules",
    "exclude_modules",
    "modules_to_save",
    "layers_to_transform",
    "layers_pattern",
    "rank_pattern",
    "alpha_pattern",
    "task_type",
    "layer_replication",
    "target_parameters",
    "alora_invocation_tokens",
    "arrow_config",
    "ensure_weight_tying",
    "use_bdlora",
    "velora_config",
];
const BASE_KEYS: [&str; 12] = [
    "model_type",
    "architectures",
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "id2label",
    "num_labels",
    "text_config",
];

fn values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(false),
        json!(-1),
        json!(0),
        json!(1),
        json!(u64::MAX),
        json!(1e308),
        json!(0.5),
        json!(""),
        json!("("),
        json!("a)(b"),
        json!("(x)?layers"),
        json!("(?P<idx>layers)"),
        json!("layers|model"),
        json!(".*"),
        json!("all-linear"),
        json!("q_proj\n\u{1b}"),
        json!("x".repeat(10_000)),
        json!([]),
        json!([null]),
        json!([""]),
        json!([-1, 0, "q_proj"]),
        json!({}),
        json!({"": 0}),
        json!({"(": 1}),
        json!({".*": 1, "a": {"b": []}}),
    ]
}

#[test]
fn every_value_is_taken_or_refused_in_one_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut taken, mut refused) = (0, 0);
    let mut judge = |peft: &Value, base: &Value| {
        // New files each time: some file systems wait for the disk where one is written anew.
        let name = |kind: &str| dir.path().join(format!("{}-{kind}config.json", taken + refused));
        let files = ["adapter_", ""].map(name);
        fs::write(&files[0], peft.to_string()).expect("a file");
        fs::write(&files[1], base.to_string()).expect("a file");
        let found = PeftConfig::open(&files[0]).and_then(|config| {
            let base = BaseModel::open(&files[1])?;
            adapted(&config, &base)
        });
        match found {
            Ok(modules) => {
                assert!(
                    !modules.is_empty() && modules.iter().all(|one| one.r > 0 && one.scaling > 0.0)
                );
                taken += 1;
            }
            Err(error) => {
                let text = error.to_string();
                let file = text.split_once(": ").expect("a file first").0;
                assert!(file.ends_with("config.json") && text.lines().count() == 1, "{text}");
                refused += 1;
            }
        }
    };
    let plain =
        json!({"peft_type": "LORA", "target_modules": ["q_proj"], "layers_to_transform": [0]});
    for value in values() {
        for key in PEFT_KEYS {
            let mut peft = plain.clone();
            peft[key] = value.clone();
            judge(&peft, &llama());
        }
        for family in ["llama", "gpt2", "opt", "distilbert", "gemma3"] {
            for key in BASE_KEYS {
                let mut base = llama();
                base["model_type"] = json!(family);
                base[key] = value.clone();
                judge(&plain, &base);
            }
        }
    }
    assert!(taken > 100 && refused > 100, "{taken} taken, {refused} refused");
}
