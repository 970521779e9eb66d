//! Sizes of the families' modules, where their configurations leave something out.

mod common;

use common::{adapted_names, config, llama, read_base, refused};
use lora_peft::{Class, adapted};
use serde_json::{Value, json};

/// (fan-in, fan-out) of the first module with a name.
fn shape(base: Value, name: &str) -> (usize, usize) {
    let (peft, base) = config(json!({"target_modules": [name]}), base);
    let module = adapted(&peft, &base).expect("modules").remove(0).module;
    (module.fan_in, module.fan_out)
}

#[test]
fn sizes_that_are_left_out_are_those_of_transformers() {
    let mut old = llama();
    old["num_key_value_heads"] = Value::Null;
    assert_eq!(shape(old, "k_proj"), (64, 64));
    let mut wide_heads = llama();
    wide_heads["head_dim"] = json!(20);
    assert_eq!(shape(wide_heads.clone(), "k_proj"), (64, 40));
    assert_eq!(shape(wide_heads, "o_proj"), (80, 64));
    let gpt2 = json!({
        "model_type": "gpt2", "vocab_size": 100, "n_positions": 16, "n_embd": 32, "n_layer": 2, "n_head": 4,
    });
    assert_eq!(shape(gpt2.clone(), "c_fc"), (32, 128));
    assert_eq!(shape(gpt2.clone(), "c_attn"), (32, 96));
    let (peft, base) = config(json!({"target_modules": ["mlp.c_proj"]}), gpt2);
    let module = adapted(&peft, &base).expect("modules").remove(0).module;
    assert_eq!((module.class, module.kind.as_str()), (Class::Conv1d, "mlp.c_proj"));
}

/// Defaults of their own would be guessed.
#[test]
fn families_with_other_defaults_must_say_their_heads() {
    for family in ["qwen3", "gemma", "gemma2"] {
        let told = refused(json!({}), json!({"model_type": family}));
        assert!(
            told.contains("`head_dim` is missing; valid is a whole number from 1 to"),
            "{told}"
        );
    }
    for family in ["mistral", "qwen2"] {
        let told = refused(json!({}), json!({"model_type": family, "num_key_value_heads": null}));
        assert!(told.contains("`num_key_value_heads` is missing"), "{told}");
    }
    let nested = refused(json!({}), json!({"model_type": "gemma3"}));
    assert!(
        nested.contains("`text_config` is missing; valid is an object with the sizes"),
        "{nested}"
    );
    let inside = json!({"model_type": "gemma3", "text_config": {"hidden_size": 0}});
    assert!(refused(json!({}), inside).contains("`text_config.hidden_size` is 0"));
}

/// Published files of Gemma 3 leave out what `Gemma3TextConfig` has by itself.
#[test]
fn gemma_3_has_sizes_of_its_own() {
    let text = json!({
        "model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 2,
    });
    let nested = json!({"model_type": "gemma3", "text_config": text});
    for base in [text, nested] {
        assert_eq!(shape(base.clone(), "q_proj"), (2560, 8 * 256));
        assert_eq!(shape(base.clone(), "v_proj"), (2560, 4 * 256));
        assert_eq!(shape(base, "embed_tokens"), (262_208, 2560));
    }
    let many = json!({"model_type": "gemma3_text", "num_attention_heads": 1 << 20});
    assert!(refused(json!({}), many).contains("`head_dim` is missing"));
}

#[test]
fn the_head_is_that_of_the_task_else_of_the_saved_model() {
    let mut base = llama();
    let first = |task: Value, base: &Value| {
        adapted_names(json!({"task_type": task}), base.clone()).remove(0)
    };
    assert_eq!(first(Value::Null, &base), "model.layers.0.self_attn.q_proj");
    base["architectures"] = json!(["LlamaModel"]);
    assert_eq!(first(Value::Null, &base), "layers.0.self_attn.q_proj");
    assert_eq!(first(json!("SEQ_CLS"), &base), "model.layers.0.self_attn.q_proj");
    let told = refused(json!({"task_type": "QUESTION_ANS"}), json!({}));
    assert!(told.ends_with("`llama` is not known as a model that answers with a span"), "{told}");
}

#[test]
fn sizes_that_are_too_large_are_refused_before_anything_is_made() {
    for (key, value) in
        [("num_hidden_layers", 10_001_u64), ("hidden_size", 1 << 40), ("head_dim", 1 << 23)]
    {
        let mut base = llama();
        base[key] = json!(value);
        let told = read_base(&base.to_string()).expect_err("refused").to_string();
        assert!(told.contains(&format!("`{key}` is {value}; valid is")), "{told}");
    }
}
