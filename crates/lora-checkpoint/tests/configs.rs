//! `config.json`: every key that counts, and refusals word for word.

mod common;

use std::fs;

use common::{tiny, weights};
use lora_checkpoint::{
    Activation, Checkpoint, Config, Family, JsonFile, Positions, write_checkpoint,
};
use serde_json::{Value, json};
use tempfile::tempdir;

/// A tiny folder whose configuration is changed: what it is read as, or the refusal without the file's name.
fn changed(family: Family, change: impl Fn(&mut Value)) -> Result<Config, String> {
    let (dir, config) = (tempdir().expect("a folder"), tiny(family));
    write_checkpoint(dir.path(), &config, &weights(&config), None).expect("it is written");
    let file = dir.path().join("config.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
    change(&mut json);
    fs::write(&file, json.to_string()).expect("it is written");
    let read = Checkpoint::open(dir.path()).map(|read| read.config);
    read.map_err(|error| error.to_string().replace(&format!("{}: ", file.display()), ""))
}

fn set(family: Family, key: &str, value: Value) -> Result<Config, String> {
    changed(family, |json| json[key] = value.clone())
}

fn frequencies(config: Result<Config, String>) -> Vec<f64> {
    match config.expect("it is read").positions {
        Positions::Rotary { inverse_frequencies } => inverse_frequencies,
        Positions::Learned { .. } => panic!("they are learned"),
    }
}

#[test]
fn refusals_name_key_value_and_what_is_valid() {
    use Family::{Bert, DistilBert, Llama, Qwen2, Roberta};
    let whole = |most: usize| format!("valid is a whole number from 1 to {most}");
    let cases = [
        (set(Bert, "model_type", json!("gpt2")), "`model_type` is \"gpt2\"; valid is `bert`, `roberta`, `distilbert`, `llama` or `qwen2`".to_owned()),
        (set(Bert, "position_embedding_type", json!("relative_key")), "`position_embedding_type` is \"relative_key\"; valid is `absolute`".to_owned()),
        (set(Bert, "num_attention_heads", json!(0)), format!("`num_attention_heads` is 0; {}", whole(1 << 20))),
        (set(Bert, "num_attention_heads", json!(3)), "`hidden_size` is 8; valid is a multiple of `num_attention_heads`, which is 3".to_owned()),
        (set(Bert, "num_hidden_layers", json!(1_000_000_000_000_u64)), format!("`num_hidden_layers` is 1000000000000; {}", whole(10_000))),
        (set(Bert, "hidden_size", Value::Null), format!("`hidden_size` is missing; {}", whole(1 << 20))),
        (set(Bert, "hidden_size", json!(8.5)), format!("`hidden_size` is 8.5; {}", whole(1 << 20))),
        (set(Bert, "layer_norm_eps", json!(-1)), "`layer_norm_eps` is -1; valid is a number above 0".to_owned()),
        (set(Bert, "hidden_act", json!("gelu_fast")), "`hidden_act` is \"gelu_fast\"; valid is `gelu`, `gelu_new`, `gelu_pytorch_tanh`, `relu`, `silu` or `swish`".to_owned()),
        (set(Bert, "is_decoder", json!(true)), "`is_decoder` is true; valid is false".to_owned()),
        (set(Bert, "quantization_config", json!({})), "`quantization_config` is {}; valid are weights that are not quantised, or a GGUF file".to_owned()),
        (set(Roberta, "max_position_embeddings", json!(2)), "`max_position_embeddings` is 2; valid is more than 2, where positions begin (`pad_token_id` + 1)".to_owned()),
        (set(DistilBert, "dim", json!(7)), "`dim` is 7; valid is a multiple of `n_heads`, which is 2".to_owned()),
        (set(Llama, "num_key_value_heads", json!(3)), "`num_key_value_heads` is 3; valid is a divisor of `num_attention_heads`, which is 2".to_owned()),
        (set(Llama, "rope_scaling", json!({ "type": "dynamic", "factor": 2.0 })), "`rope_scaling.type` is \"dynamic\"; valid is `default`, `linear` or `llama3`".to_owned()),
        (set(Llama, "rope_parameters", json!({ "rope_type": "yarn" })), "`rope_parameters.rope_type` is \"yarn\"; valid is `default`, `linear` or `llama3`".to_owned()),
        (set(Llama, "rope_scaling", json!({ "rope_type": "linear" })), "`rope_scaling.factor` is missing; valid is a number above 0".to_owned()),
        (set(Llama, "partial_rotary_factor", json!(0.5)), "`partial_rotary_factor` is 0.5; valid is 1".to_owned()),
        (set(Llama, "attention_bias", json!("yes")), "`attention_bias` is \"yes\"; valid is true or false".to_owned()),
        (changed(Qwen2, |json| { json["use_sliding_window"] = json!(true); json["sliding_window"] = json!(15); }), "`sliding_window` is 15; valid is a window of `max_position_embeddings` = 16 or more, or none".to_owned()),
    ];
    for (refused, expected) in cases {
        assert_eq!(refused.expect_err(&expected), expected);
    }
}

#[test]
fn a_sliding_window_that_cuts_nothing_is_read() {
    let window = |on: bool, window: u32| {
        changed(Family::Qwen2, |json| {
            json["use_sliding_window"] = json!(on);
            json["sliding_window"] = json!(window);
        })
    };
    assert_eq!(window(false, 4).expect("it is off"), tiny(Family::Qwen2));
    assert_eq!(window(true, 16).expect("it is long"), tiny(Family::Qwen2));
}

#[test]
fn rotary_positions_are_read_in_both_spellings() {
    let old = frequencies(changed(Family::Llama, |json| {
        json["rope_theta"] = json!(500_000.0);
        json["rope_scaling"] = json!({ "type": "linear", "factor": 4.0 });
    }));
    let new = frequencies(changed(Family::Llama, |json| {
        let all = json.as_object_mut().expect("an object");
        all.remove("rope_theta");
        all.remove("rope_scaling");
        json["rope_parameters"] =
            json!({ "rope_type": "linear", "factor": 4.0, "rope_theta": 500_000.0 });
    }));
    assert_eq!(old, new);
    assert_eq!(old[0], 0.25);
    assert!((old[1] - 0.25 / 500_000_f64.sqrt()).abs() < 1e-18);
    let plain = frequencies(set(Family::Llama, "rope_scaling", json!({ "rope_type": "default" })));
    assert_eq!(plain, common::frequencies(4));
}

#[test]
fn llama3_scaling_follows_its_formula() {
    let scaling = json!({
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    });
    let all = frequencies(changed(Family::Llama, |json| {
        json["rope_theta"] = json!(500.0);
        json["rope_scaling"] = scaling.clone();
    }));
    // Turns of 64 positions: 64 / 2π = 10.2 are more than 4, and 10.2 / 500^(1/2) = 0.46 fewer than 1.
    assert_eq!(all[0], 1.0);
    assert!((all[1] - 500_f64.powf(-0.5) / 8.0).abs() < 1e-15);
    let between = frequencies(changed(Family::Llama, |json| {
        json["rope_theta"] = json!(16.0);
        json["rope_scaling"] = scaling.clone();
    }));
    // 10.186 / 4 = 2.546 turns: a share of (2.546 - 1) / 3 stays.
    let kept = (64.0 / std::f64::consts::TAU / 4.0 - 1.0) / 3.0;
    assert!((between[1] - 0.25 * (kept + (1.0 - kept) / 8.0)).abs() < 1e-15);
}

#[test]
fn what_is_left_out_has_the_default_of_transformers() {
    let without = |family, keys: &[&str]| {
        changed(family, |json| {
            keys.iter().for_each(|key| drop(json.as_object_mut().and_then(|all| all.remove(*key))))
        })
    };
    let llama = without(
        Family::Llama,
        &[
            "head_dim",
            "rms_norm_eps",
            "hidden_act",
            "tie_word_embeddings",
            "attention_bias",
            "mlp_bias",
            "rope_theta",
        ],
    );
    assert_eq!(llama.expect("it is read"), tiny(Family::Llama));
    let bert = without(Family::Bert, &["type_vocab_size", "layer_norm_eps", "hidden_act"]);
    assert_eq!(bert.expect("it is read"), tiny(Family::Bert));
    let roberta = without(Family::Roberta, &["pad_token_id"]);
    assert_eq!(roberta.expect("it is read"), tiny(Family::Roberta));
    // Without names of classes there are two, and the head has three.
    assert!(
        without(Family::Bert, &["id2label"])
            .expect_err("refused")
            .contains("`classifier.weight` has the shape [3, 8]")
    );
}

#[test]
fn activations_have_several_names() {
    for (name, activation) in [
        ("gelu_new", Activation::GeluTanh),
        ("relu", Activation::Relu),
        ("swish", Activation::Silu),
    ] {
        let config = set(Family::Bert, "hidden_act", json!(name)).expect("it is read");
        assert_eq!(config.activation, activation);
    }
    assert_eq!(
        set(Family::DistilBert, "activation", json!("relu")).expect("it is read").activation,
        Activation::Relu
    );
}

#[test]
fn a_head_need_not_be_a_share_of_the_width() {
    let config = Config {
        head_dim: 6,
        positions: Positions::Rotary { inverse_frequencies: common::frequencies(6) },
        tied_head: true,
        ..tiny(Family::Llama)
    };
    let dir = tempdir().expect("a folder");
    write_checkpoint(dir.path(), &config, &weights(&config), None).expect("it is written");
    let mut read = Checkpoint::open(dir.path()).expect("it opens");
    assert_eq!(read.config, config);
    assert_eq!(
        read.take("model.layers.0.self_attn.q_proj.weight").expect("it is there").shape,
        [12, 8]
    );
    assert!(!read.has("lm_head.weight"));
}

#[test]
fn frequencies_without_a_name_cannot_be_written() {
    let config = Config {
        positions: Positions::Rotary { inverse_frequencies: vec![1.0, -0.5] },
        ..tiny(Family::Llama)
    };
    let dir = tempdir().expect("a folder");
    let refused =
        write_checkpoint(dir.path(), &config, &weights(&config), None).expect_err("it is refused");
    assert!(refused.to_string().contains("cannot say which frequencies"), "{refused}");
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 0);
}

/// What readers with rules of their own see: order where it counts, and every key once.
#[test]
fn a_file_by_its_keys_keeps_the_order_of_an_object_inside() {
    let dir = tempdir().expect("a folder");
    let path = dir.path().join("c.json");
    let read = |text: &str| {
        fs::write(&path, text).expect("a file");
        JsonFile::open(&path)
    };
    let file = read(r#"{"p": {"b": 1, "a": 2}, "n": null, "t": {"x": 3}}"#).expect("good");
    let in_order = file.in_order("p").expect("an object");
    assert_eq!(in_order, [("b".to_owned(), json!(1)), ("a".to_owned(), json!(2))]);
    assert_eq!(file.in_order("n").expect("absent"), []);
    let inside = file.fields().inside("t", "t.").expect("an object");
    assert_eq!(inside.size("x", 3).expect("a size"), 3);
    let told = inside.size("x", 2).expect_err("refused").to_string();
    assert!(told.ends_with("c.json: `t.x` is 3; valid is a whole number from 1 to 2"), "{told}");
    let refused = |text: &str| {
        let found = read(text).and_then(|file| file.in_order("p"));
        found.expect_err("refused").to_string()
    };
    assert!(
        refused(r#"{"p": {"a": 1, "a": 2}}"#)
            .ends_with("valid is an object that has every key once")
    );
    assert!(refused(r#"{"p": 4}"#).ends_with("`p` is 4; valid is an object"));
    assert!(refused(r#"{"p": 1, "p": 2}"#).contains("`p` is there twice"));
}
