//! Configurations for tests.
#![allow(dead_code)] // each test file uses its part

use std::fs;

use lora_checkpoint::CheckpointError;
use lora_peft::{BaseModel, PeftConfig, adapted};
use serde_json::{Value, json};

/// A Llama of three layers, with fewer keys than queries.
pub fn llama() -> Value {
    json!({
        "model_type": "llama", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 96,
        "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 16,
    })
}

fn changed(mut all: Value, change: &Value) -> Value {
    for (key, value) in change.as_object().expect("an object") {
        all[key] = value.clone();
    }
    all
}

/// Reads the text of a PEFT config.
pub fn read(text: &str) -> Result<PeftConfig, CheckpointError> {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("adapter_config.json"), text).expect("a file");
    PeftConfig::open(dir.path())
}

/// Reads the text of a base's configuration.
pub fn read_base(text: &str) -> Result<BaseModel, CheckpointError> {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("config.json"), text).expect("a file");
    BaseModel::open(dir.path())
}

/// Both, which are good.
pub fn open(peft: &str, base: &str) -> (PeftConfig, BaseModel) {
    (read(peft).expect("a config"), read_base(base).expect("a base"))
}

fn peft(change: &Value) -> String {
    let plain = json!({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"],
    });
    changed(plain, change).to_string()
}

/// A changed PEFT config, and a base.
pub fn config(change: Value, base: Value) -> (PeftConfig, BaseModel) {
    open(&peft(&change), &base.to_string())
}

/// The names of the adapted modules.
pub fn adapted_names(change: Value, base: Value) -> Vec<String> {
    let (peft, base) = config(change, base);
    adapted(&peft, &base).expect("modules").into_iter().map(|one| one.module.name).collect()
}

/// What is said of a changed PEFT config on a changed Llama, one of which is at fault.
pub fn refused(change: Value, base: Value) -> String {
    let base = read_base(&changed(llama(), &base).to_string());
    let error = base.and_then(|base| {
        let config = read(&peft(&change))?;
        adapted(&config, &base)
    });
    error.expect_err("it is refused").to_string()
}
