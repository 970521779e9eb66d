//! Which modules are adapted: PEFT's rules, one by one. `tests/advise/` of the repository asks PEFT itself.

mod common;

use common::{adapted_names, config, llama, refused};
use lora_peft::{AdaptedModule, adapted, kinds, trained_whole, unmatched};
use serde_json::{Value, json};

fn all(change: Value) -> Vec<AdaptedModule> {
    let (peft, base) = config(change, llama());
    adapted(&peft, &base).expect("modules")
}

#[test]
fn null_is_what_peft_adapts_in_the_family() {
    let names = adapted_names(json!({"target_modules": null}), llama());
    assert_eq!(names.len(), 6);
    assert_eq!(names[..2], ["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.v_proj"]);
    let phi3 = json!({"model_type": "phi3"});
    let told = refused(json!({"target_modules": null}), phi3);
    assert!(told.ends_with("since PEFT has no default for `phi3`"), "{told}");
}

#[test]
fn all_linear_leaves_the_logits_of_a_language_model_out() {
    let names = adapted_names(json!({"target_modules": "all-linear"}), llama());
    assert_eq!(names.len(), 3 * 7);
    assert!(!names.iter().any(|name| name == "lm_head" || name.contains("embed")));
    // A classifier's head is trained whole, whatever the list says.
    let score = json!({"target_modules": ["score", "q_proj"], "task_type": "SEQ_CLS"});
    assert_eq!(adapted_names(score, llama()).len(), 3);
}

#[test]
fn a_pattern_is_for_whole_names_and_a_name_for_their_ends() {
    let pattern = json!({"target_modules": r"model\.layers\.[02]\.mlp\.down_proj"});
    assert_eq!(adapted_names(pattern, llama()).len(), 2);
    assert!(refused(json!({"target_modules": "down_proj"}), json!({})).contains("no such module"));
    let ends = json!({"target_modules": ["mlp.down_proj", "1.self_attn.k_proj"]});
    assert_eq!(adapted_names(ends, llama()).len(), 4);
    // PEFT passes over a name without a module, as long as another one has some.
    let (peft, base) = config(json!({"target_modules": ["query", "q_proj", "key"]}), llama());
    assert_eq!(adapted(&peft, &base).expect("modules").len(), 3);
    assert_eq!(unmatched(&peft, &base), ["query", "key"]);
    // The end begins behind a dot.
    assert!(refused(json!({"target_modules": ["own_proj"]}), json!({})).contains("\"own_proj\""));
    let group = refused(json!({"target_modules": "q_proj)(.*"}), json!({}));
    assert!(group.contains("valid is a regular expression"), "{group}");
}

#[test]
fn what_is_excluded_or_saved_is_not_adapted() {
    let change =
        json!({"exclude_modules": ["0.self_attn.q_proj"], "modules_to_save": ["layers.1"]});
    assert_eq!(
        adapted_names(change, llama()),
        [
            "model.layers.0.self_attn.v_proj",
            "model.layers.2.self_attn.q_proj",
            "model.layers.2.self_attn.v_proj"
        ]
    );
    let pattern = json!({"exclude_modules": r".*\.[01]\..*"});
    assert_eq!(adapted_names(pattern, llama()).len(), 2);
}

#[test]
fn chosen_layers_are_counted_by_the_first_number_behind_a_word() {
    let one = json!({"layers_to_transform": 1});
    assert_eq!(adapted_names(one, llama()).len(), 2);
    let named = |pattern: &str| json!({"layers_to_transform": [0, 2], "layers_pattern": pattern});
    assert_eq!(adapted_names(named("layers"), llama()).len(), 4);
    assert!(refused(named("blocks"), json!({})).contains("nothing of it is left"));
    // Without a head no word stands before the layers, and PEFT finds no number.
    let bare = json!({"layers_to_transform": [0], "task_type": "FEATURE_EXTRACTION"});
    assert!(refused(bare, json!({})).contains("nothing of it is left"));
    let none = json!({"layers_to_transform": [], "layers_pattern": "blocks"});
    assert_eq!(adapted_names(none, llama()).len(), 6);
    let with_all = json!({"layers_to_transform": [0], "target_modules": "all-linear"});
    assert!(refused(with_all, json!({})).contains("`target_modules` is no list of names"));
}

/// The number is found whatever groups a pattern has, and PEFT puts no group around a pattern: in
/// `layers|h` only `h` stands before a number.
#[test]
fn a_pattern_for_layers_may_have_groups_of_its_own() {
    let named = |pattern: &str| json!({"layers_to_transform": [0, 2], "layers_pattern": pattern});
    for pattern in ["(x)?layers", "(layers|h)", "(l)(a)yers", "(?:layers|h)"] {
        let names = adapted_names(named(pattern), llama());
        assert_eq!(names.len(), 4, "{pattern}");
        assert!(!names.iter().any(|name| name.contains(".1.")), "{pattern}");
    }
    assert!(refused(named("layers|h"), json!({})).contains("nothing of it is left"));
    let taken = refused(named("(?P<idx>layers)"), json!({}));
    assert!(
        taken.contains("`layers_pattern` is \"(?P<idx>layers)\"; valid is a regular"),
        "{taken}"
    );
}

/// In `a|b` the end of a name may be an `a`, or its beginning a `b`.
#[test]
fn what_is_saved_is_matched_without_a_group() {
    let saved = |pattern: &str| {
        let change = json!({"target_modules": ["q_proj", "lm_head"], "modules_to_save": [pattern]});
        adapted_names(change, llama())
    };
    assert_eq!(saved("q_proj|k_proj"), ["lm_head"]);
    assert_eq!(saved("lm_head|q_proj").len(), 3);
    assert_eq!(saved("(lm_head|q_proj)x").len(), 4);
}

#[test]
fn the_head_of_a_task_trains_whole_under_the_name_that_the_model_has() {
    let of = |task: &str, saved: Value| {
        let base = json!({
            "model_type": "bert", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 96,
            "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 16,
        });
        let change =
            json!({"task_type": task, "target_modules": ["query"], "modules_to_save": saved});
        let (peft, base) = config(change, base);
        trained_whole(&peft, &base)
    };
    assert_eq!(of("SEQ_CLS", Value::Null), ["classifier"]);
    assert_eq!(
        of("TOKEN_CLS", json!(["classifier", "score", "norm", "norm"])),
        ["norm", "classifier"]
    );
    assert_eq!(of("QUESTION_ANS", Value::Null), ["qa_outputs"]);
    assert!(of("FEATURE_EXTRACTION", Value::Null).is_empty());
    let (peft, base) = config(json!({"task_type": "SEQ_CLS"}), llama());
    assert_eq!(trained_whole(&peft, &base), ["score"]);
}

#[test]
fn the_first_pattern_that_matches_a_module_counts() {
    // In an order that no sorting gives.
    let text = r#"{"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "lora_alpha": 16,
        "rank_pattern": {"layers.1.self_attn.q_proj": 2, ".*": 4, "v_proj": 3}, "alpha_pattern": {"v_proj": 1.5}}"#;
    let (peft, base) = common::open(text, &llama().to_string());
    let modules = adapted(&peft, &base).expect("modules");
    let of = |name: &str| {
        let found = modules.iter().find(|one| one.module.name.ends_with(name)).expect("a module");
        (found.r, found.alpha, found.scaling)
    };
    assert_eq!(of("1.self_attn.q_proj"), (2, 16.0, 8.0));
    assert_eq!(of("0.self_attn.q_proj"), (4, 16.0, 4.0));
    assert_eq!(of("0.self_attn.v_proj"), (4, 1.5, 0.375));
    let kinds = kinds(modules);
    let counts: Vec<_> =
        kinds.iter().map(|kind| (kind.module.kind.as_str(), kind.layers.clone())).collect();
    assert_eq!(
        counts,
        [
            ("self_attn.q_proj", vec![0, 2]),
            ("self_attn.v_proj", vec![0, 1, 2]),
            ("self_attn.q_proj", vec![1])
        ]
    );
    let twice = text.replace(r#""v_proj": 3"#, r#"".*": 3"#);
    let told = common::read(&twice).expect_err("refused").to_string();
    assert!(told.contains("every key once"), "{told}");
}

/// Kaiming-uniform with a = √5 has the bound 1/√fan-in, so the variance 1/(3 fan-in).
#[test]
fn factors_start_as_the_config_says() {
    let stds = |change: Value| {
        let first = all(change).remove(0);
        let stds = first.stds.expect("drawn");
        (stds.a, stds.b)
    };
    let close = |one: (f64, f64), other: (f64, f64)| {
        assert!((one.0 - other.0).abs() + (one.1 - other.1).abs() < 1e-12, "{one:?} {other:?}");
    };
    let (n, r) = (64.0, 8.0);
    let kaiming = |fan: f64| 1.0 / (3.0 * fan).sqrt();
    close(stds(json!({})), (kaiming(n), 0.0));
    close(stds(json!({"init_lora_weights": "gaussian"})), (1.0 / r, 0.0));
    close(stds(json!({"init_lora_weights": false})), (kaiming(n), kaiming(r)));
    let table =
        |init: Value| json!({"target_modules": ["embed_tokens"], "init_lora_weights": init});
    close(stds(table(json!(true))), (0.0, 1.0));
    close(stds(table(json!("gaussian"))), (0.0, 1.0));
    close(stds(table(json!(false))), (1.0, 1.0));
    assert!(all(json!({"init_lora_weights": "olora"}))[0].stds.is_none());
    let drawn = refused(json!({"lora_bias": true, "init_lora_weights": "gaussian"}), json!({}));
    let valid = "`lora_bias` is true; valid is false, since `init_lora_weights` is \"gaussian\"";
    assert!(drawn.ends_with(valid), "{drawn}");
    let bias = json!({"target_modules": ["embed_tokens"], "lora_bias": true});
    assert!(refused(bias, json!({})).contains("`model.embed_tokens` is an embedding"));
}
