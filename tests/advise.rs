//! Advice for a PEFT config from the command line: a learning rate carried over every change alone and over
//! all together, starts of the factors, what is refused, and the commands of the documentation.
//!
//! `tests/advise/` compares the modules with what PEFT makes of them.

use std::fs;

use crate::session::Session;
use crate::walk_through::{blocks, printed, prints_what_it_shows, root};
use lora_theory::{Init, Rational, Setting, approximate, multiplier_exponents};
use serde_json::{Value, json};

/// A Llama of a given width, as transformers writes it.
fn llama(width: usize) -> Value {
    json!({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1000,
        "hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": 4,
        "num_attention_heads": 8, "num_key_value_heads": 8,
    })
}

/// A PEFT config with PEFT's defaults, changed.
fn peft(changes: Value) -> Value {
    let mut config = json!({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "lora_alpha": 16,
        "target_modules": ["q_proj", "v_proj"],
    });
    for (key, value) in changes.as_object().expect("an object") {
        config[key] = value.clone();
    }
    config
}

/// A directory with some files.
fn with(files: &[(&str, Value)]) -> Session {
    let session = Session::new();
    for (name, value) in files {
        fs::write(session.path(name), value.to_string()).expect("a file");
    }
    session
}

fn advice(session: &Session, words: &str) -> Value {
    serde_json::from_str(&session.ok(&format!("advise --json {words}"))).expect("JSON")
}

fn lr(answer: &Value) -> [f64; 3] {
    ["lower", "value", "upper"].map(|end| answer["lr"][end].as_f64().expect("a number"))
}

fn close(one: f64, other: f64) {
    assert!((one / other - 1.0).abs() < 1e-9, "{one}, expected {other}");
}

/// The rate of `to.json` on the wider Llama, from a rate of 2e-4 for the other config.
fn carried(from: Value, to: Value, base_changes: bool) -> [f64; 3] {
    let narrow = if base_changes { llama(1024) } else { llama(4096) };
    let files =
        [("from.json", from), ("to.json", to), ("narrow.json", narrow), ("wide.json", llama(4096))];
    let words = "--peft to.json --model wide.json --from-peft from.json --from-model narrow.json";
    lr(&advice(&with(&files), &format!("{words} --from-lr 2e-4")))
}

/// What `transfer` makes of the same numbers.
fn transferred(words: &str) -> [f64; 3] {
    let printed = Session::new().ok(&format!("transfer --json --from-lr 2e-4 {words}"));
    lr(&serde_json::from_str(&printed).expect("JSON"))
}

fn all_close(one: [f64; 3], other: [f64; 3]) {
    one.into_iter().zip(other).for_each(|(one, other)| close(one, other));
}

const RSLORA: &str = "--from-width 4096 --from-rank 8 --to-rank 8 --rslora";

/// The power of s under Init[A], from the calculus.
fn power_of_s() -> f64 {
    let setting = Setting::network(Init::A, Rational::new_raw(1, 2));
    let power = multiplier_exponents(&setting).expect("powers").optimal;
    // The loss depends on s η_A η_B alone.
    assert_eq!(power, Some(Rational::new_raw(-1, 2)));
    approximate(Rational::new_raw(-1, 2))
}

#[test]
fn each_change_alone_follows_its_law() {
    let plain = || peft(json!({}));
    let alpha = carried(plain(), peft(json!({"lora_alpha": 64})), false);
    all_close(alpha, [2e-4 * 4f64.powf(power_of_s()); 3]);
    let rank = carried(plain(), peft(json!({"r": 64})), false);
    all_close(rank, transferred("--from-width 4096 --from-rank 8 --to-rank 64"));
    assert!(rank[0] < rank[1] && rank[1] < rank[2], "ranks were measured: {rank:?}");
    // At the same rank and α, s grows by √r.
    let switched = carried(plain(), peft(json!({"use_rslora": true})), false);
    all_close(switched, [2e-4 * 8f64.sqrt().powf(power_of_s()); 3]);
    let base = carried(plain(), plain(), true);
    all_close(base, transferred("--from-width 1024 --to-width 4096"));
    assert!(base[2] < 2e-4, "a wider base wants a lower rate: {base:?}");
    // 2e-4 times (4096/1024)^-0.80, the slope that was measured between these widths.
    assert_eq!(format!("{:.2e}", base[1]), "6.56e-5");
}

#[test]
fn all_changes_together_are_one_transfer() {
    let to = peft(json!({"r": 64, "lora_alpha": 32, "use_rslora": true}));
    let alpha = 16.0 / 8.0 * 8f64.sqrt();
    let words = format!("--from-alpha {alpha} --to-alpha 32 --rslora --from-rank 8 --to-rank 64");
    let all = carried(peft(json!({})), to, true);
    all_close(all, transferred(&format!("{words} --from-width 1024 --to-width 4096")));
}

#[test]
fn a_rate_that_goes_there_and_back_is_what_it_was() {
    let to = || peft(json!({"r": 64, "lora_alpha": 32}));
    let [_, there, _] = carried(peft(json!({})), to(), false);
    let [_, back, _] = carried(to(), peft(json!({})), false);
    close(there / 2e-4, 2e-4 / back);
    // rsLoRA with an α that leaves s as it is changes nothing.
    let same_s = peft(json!({"use_rslora": true, "lora_alpha": 2.0 * 8f64.sqrt()}));
    all_close(carried(peft(json!({})), same_s, false), [2e-4; 3]);
    all_close(
        transferred(&format!("{RSLORA} --from-alpha 16 --to-alpha 64")),
        [2e-4 * 4f64.powf(power_of_s()); 3],
    );
}

/// LoRA+'s rate is that of `transfer` with a ratio, at every width.
#[test]
fn lora_plus_divides_the_rate_of_a_as_transfer_does() {
    let files =
        [("to.json", peft(json!({}))), ("narrow.json", llama(1024)), ("wide.json", llama(4096))];
    let words = "--peft to.json --model wide.json --from-model narrow.json --from-lr 2e-4";
    let answer = advice(&with(&files), words);
    let words = "--from-width 1024 --to-width 4096 --lora-plus-ratio 1 --to-lora-plus-ratio 16";
    let of_a = transferred(words)[1];
    close(answer["lora_plus"]["lr_a"].as_f64().expect("a rate"), of_a);
    close(answer["lora_plus"]["lr_b"].as_f64().expect("a rate"), 16.0 * of_a);
    // The layer's pair is not the network's: there B moves the output through the start of A by η_B n^1/2.
    assert_eq!(answer["law"]["lora_plus"], json!(["-1", "0"]));
    assert_eq!(answer["law"]["lora_plus_network"], json!(["-3/2", "-1/2"]));
    let text = with(&files).ok("advise --peft to.json --model wide.json");
    let layer = "In the layer alone both factors move the features at η_A = n^-1 and η_B = 1,";
    let network = "at this λ the network trains best at η_A = n^-3/2 and η_B = n^-1/2.";
    assert!(text.contains(layer) && text.contains(network), "{text}");
}

/// Modules with another fan-in want another rate; one rate is the lowest.
#[test]
fn every_kind_of_module_has_its_own_rate() {
    let mut wide = llama(4096);
    wide["intermediate_size"] = json!(4096);
    let to = peft(
        json!({"target_modules": "all-linear", "rank_pattern": {"layers.1.mlp.down_proj": 16}}),
    );
    let files = [("to.json", to), ("narrow.json", llama(1024)), ("wide.json", wide)];
    let words = "--peft to.json --model wide.json --from-model narrow.json --from-lr 2e-4";
    let answer = advice(&with(&files), words);
    let modules = answer["modules"].as_array().expect("a list");
    let rate = |kind: &str, r: u32| {
        let found = modules.iter().find(|module| module["kind"] == kind && module["r"] == r);
        let found = found.unwrap_or_else(|| panic!("no {kind} of rank {r}: {answer}"));
        (found["lr"]["value"].as_f64().expect("a rate"), found["count"].as_u64().expect("a count"))
    };
    // The fan-in of down_proj stays at 4096.
    assert_eq!(rate("mlp.down_proj", 8), (2e-4, 3));
    assert_eq!(rate("mlp.down_proj", 16), (2e-4, 1));
    let (query, count) = rate("self_attn.q_proj", 8);
    assert_eq!(count, 4);
    close(query, transferred("--from-width 1024 --to-width 4096")[1]);
    let [lower, value, upper] = lr(&answer);
    close(value, query);
    assert!(lower < query && upper == 2e-4, "{answer}");
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("learning rates differ by a factor of"), "{warnings}");
    let bent =
        "fan-in and fan-out of `mlp.gate_proj`, `mlp.up_proj`, `mlp.down_proj` do not grow alike";
    assert!(warnings.contains(bent), "{warnings}");
}

#[test]
fn an_embedding_and_a_head_get_no_rate_of_their_own() {
    let to = peft(json!({"target_modules": ["q_proj", "embed_tokens", "lm_head"]}));
    let session =
        with(&[("to.json", to), ("narrow.json", llama(1024)), ("wide.json", llama(4096))]);
    let words = "--peft to.json --model wide.json --from-model narrow.json --from-lr 2e-4";
    let answer = advice(&session, words);
    let modules = answer["modules"].as_array().expect("a list");
    let of = |kind: &str| modules.iter().find(|module| module["kind"] == kind).expect("a module");
    let embedding = of("model.embed_tokens");
    assert_eq!(
        (&embedding["init"], &embedding["std_a"], &embedding["std_b"]),
        (&json!("Init[B]"), &json!(0.0), &json!(1.0))
    );
    for kind in ["model.embed_tokens", "lm_head"] {
        assert!(of(kind)["lr"].is_null() && of(kind)["why_not"].is_string(), "{answer}");
    }
    assert!(answer["lr"]["value"].is_f64());
    let alone = peft(json!({"target_modules": ["embed_tokens"]}));
    let session =
        with(&[("to.json", alone), ("narrow.json", llama(1024)), ("wide.json", llama(4096))]);
    let told = refusal(&session, words);
    assert!(told.contains("carried to no module: a token takes one column of A"), "{told}");
    // Nothing of what is said of hidden layers is said of it.
    let text = session.ok("advise --peft to.json --model wide.json");
    assert!(!text.contains("Init[A]") && !text.contains("best LR"), "{text}");
    assert!(text.contains("`loraplus_lr_embedding`"), "{text}");
    assert!(
        text.ends_with(
            "There is no advice for `model.embed_tokens`: the theory is of hidden linear layers, and this config \
             adapts none.\n"
        ),
        "{text}"
    );
}

/// What is warned of in a learning rate of `from.json` on the same base.
fn warned(from: Value, to: Value) -> Vec<String> {
    let session = with(&[("from.json", from), ("to.json", to), ("base.json", llama(4096))]);
    let words = "--peft to.json --model base.json --from-peft from.json --from-lr 2e-4";
    let answer = advice(&session, words);
    let lines = answer["warnings"].as_array().expect("a list");
    lines.iter().map(|line| line.as_str().expect("a text").to_owned()).collect()
}

/// Each of these changes what the known rate was found with, and nothing that a law knows.
#[test]
fn what_no_law_accounts_for_is_warned_of() {
    let plain = || peft(json!({}));
    let cases = [
        (
            json!({"target_modules": ["q_proj", "k_proj"], "layers_to_transform": [0, 2]}),
            "the two configs do not adapt the same modules (`self_attn.k_proj` here alone, `self_attn.v_proj` in \
             the other config alone, `self_attn.q_proj` in other layers): the known rate was found with other \
             modules in motion, which no law here accounts for",
        ),
        (
            json!({"task_type": "SEQ_CLS"}),
            "the other config is of a language model, and this one of a classifier of sequences: another head and \
             another loss, which no law here accounts for",
        ),
        (
            json!({"bias": "all", "lora_bias": true, "modules_to_save": ["norm"]}),
            "what trains beside the factors differs from the other config, which no law here accounts for: `bias` \
             is \"none\" there and \"all\" here, `lora_bias` is false there and true here, what trains whole is \
             empty there and norm here",
        ),
        (
            json!({"target_modules": ["q_proj", "v_proj", "query"]}),
            "`target_modules` lists \"query\", and `llama` has no such module: PEFT passes over it",
        ),
    ];
    for (change, line) in cases {
        let lines = warned(plain(), peft(change));
        assert!(lines.iter().any(|told| told == line), "no {line:?} in {lines:#?}");
    }
    let same = warned(plain(), peft(json!({"layers_to_transform": [3, 2, 1, 0]})));
    assert!(same.is_empty(), "{same:?}");
}

#[test]
fn a_head_that_trains_whole_is_warned_of_though_no_key_names_it() {
    let of = |task: &str, saved: Value| {
        let config = peft(json!({"task_type": task, "modules_to_save": saved}));
        let lines = warned(config.clone(), config);
        lines.into_iter().find(|line| line.contains("whole")).unwrap_or_default()
    };
    let head = "`score` trains whole at the same learning rate, of which the theory says nothing";
    assert_eq!(of("SEQ_CLS", Value::Null), head);
    assert!(of("SEQ_CLS", json!(["norm"])).starts_with("`norm`, `score` train whole at"));
    assert_eq!(of("CAUSAL_LM", Value::Null), "");
}

/// A rate without a measured factor says that it has no range, and assumes what every answer assumes.
#[test]
fn what_rests_on_the_theory_alone_does_not_look_exact() {
    let said = |change: Value| {
        let files =
            [("from.json", peft(json!({}))), ("to.json", peft(change)), ("base.json", llama(4096))];
        let words = "--peft to.json --model base.json --from-peft from.json --from-lr 2e-4";
        with(&files).ok(&format!("advise {words}"))
    };
    let derived = said(json!({"lora_alpha": 64}));
    assert!(derived.contains("1.00e-4, derived, no range"), "{derived}");
    assert!(
        derived.ends_with("Train with learning_rate=1.00e-4 (derived, no range).\n"),
        "{derived}"
    );
    let unchanged = said(json!({"bias": "all"}));
    assert!(unchanged.ends_with("learning_rate=2.00e-4 (unchanged, no range).\n"), "{unchanged}");
    for text in [derived, unchanged] {
        for line in [
            "- 2e-4 is the best LR of the first model; any error in it carries over\n",
            "- the known rate is taken to be right for each module by itself, although it was found with one rate \
             for all of them\n",
        ] {
            assert!(text.contains(line), "no {line:?}: {text}");
        }
    }
    let measured = said(json!({"r": 64}));
    assert!(
        measured.ends_with("if you can afford to, the 95% range of the measured factors.\n"),
        "{measured}"
    );
}

#[test]
fn a_module_without_a_rate_weakens_the_advice_and_is_no_question_of_law() {
    let to = peft(json!({"target_modules": ["q_proj", "o_proj"], "layers_to_transform": 1}));
    let mut base = llama(64);
    base["num_hidden_layers"] = json!(2);
    let files = [
        ("from.json", peft(json!({"layers_to_transform": 1}))),
        ("to.json", to),
        ("base.json", base),
    ];
    let words = "advise --peft to.json --model base.json --from-peft from.json --from-lr 2e-4";
    let text = with(&files).ok(words);
    assert!(
        text.starts_with(
            "llama, width 64, 2 layers, as a language model: LoRA on 2 modules of 2 kinds"
        ),
        "{text}"
    );
    let row = text
        .lines()
        .rfind(|line| line.trim_start().starts_with("self_attn.o_proj"))
        .expect("a row");
    assert!(row.trim_end().ends_with('–') && !text.contains("no law\n"), "{text}");
    assert!(
        text.ends_with(
            " (unchanged, no range). No rate was carried to `self_attn.o_proj`, so this one is a start and no more.\n"
        ),
        "{text}"
    );
    let one = peft(json!({"target_modules": ["q_proj"], "layers_to_transform": 0}));
    let mut shallow = llama(64);
    shallow["num_hidden_layers"] = json!(1);
    let text = with(&[("to.json", one), ("base.json", shallow)])
        .ok("advise --peft to.json --model base.json");
    assert!(
        text.starts_with(
            "llama, width 64, 1 layer, as a language model: LoRA on 1 module of 1 kind\n"
        ),
        "{text}"
    );
}

/// With the standard readout A's own motion leads from r/s = √n on, and the powers change.
#[test]
fn the_law_of_a_gaussian_start_ends_where_a_moves_more_than_it_started_with() {
    let gaussian = |r: u32, alpha: u32| {
        peft(json!({"init_lora_weights": "gaussian", "r": r, "lora_alpha": alpha}))
    };
    // √4096 = 64; at α = 16 r/s is r²/16.
    let [_, small, _] = carried(gaussian(8, 16), gaussian(16, 16), false);
    close(small, 2.0 * 2e-4);
    let session = with(&[
        ("from.json", gaussian(8, 16)),
        ("to.json", gaussian(64, 16)),
        ("base.json", llama(4096)),
    ]);
    let sides = ["--peft to.json --from-peft from.json", "--peft from.json --from-peft to.json"];
    for side in sides {
        let words = format!("{side} --model base.json --from-lr 2e-4");
        assert_eq!(
            refusal(&session, &words),
            "the learning rate is carried to no module: r/s = 256 is not small against √n = 64, so the motion of A \
             leads, and the power of r is not known"
        );
        // The largest stable rate has no such bound.
        advice(&session, &format!("{words} --goal stable"));
    }
    let beyond = |lines: Vec<String>| lines.into_iter().find(|line| line.contains("hold while"));
    let line = beyond(warned(gaussian(64, 16), gaussian(64, 32))).expect("a warning");
    assert_eq!(
        line,
        "the powers of the best LR hold while r/s is small against √n; in `self_attn.q_proj` r/s = 256 is not \
         small against √n = 64, so the motion of A leads, and they do not hold there"
    );
    assert_eq!(beyond(warned(gaussian(8, 16), gaussian(8, 32))), None);
}

/// A Gaussian A of fixed size changes the law of the best rate, and it was not measured.
#[test]
fn a_gaussian_start_has_a_law_of_its_own() {
    let gaussian = peft(json!({"init_lora_weights": "gaussian"}));
    let session =
        with(&[("to.json", gaussian), ("narrow.json", llama(1024)), ("wide.json", llama(4096))]);
    let words = "--peft to.json --model wide.json --from-model narrow.json --from-lr 2e-4";
    let answer = advice(&session, words);
    assert_eq!(answer["law"]["optimal"]["exponent"], "-1");
    assert_eq!(answer["modules"][0]["changes"][0]["method"], "theory");
    close(lr(&answer)[1], 2e-4 / 4.0);
    assert_eq!(answer["modules"][0]["std_a"], 0.125);
    let text = answer.to_string();
    for said in [
        "was not measured for this start",
        "13.9 times that of True",
        "falls like n^-1 instead of n^-3/4 while r/s is small against √n",
        "the theory's powers count as exact and widen no range",
    ] {
        assert!(text.contains(said), "no {said:?}: {text}");
    }
    let mup = advice(&session, &format!("{words} --readout 1"));
    assert_eq!(mup["law"]["optimal"]["exponent"], "-1/2");
    assert!(mup["advice"].to_string().contains("have the same power of n in their best"), "{mup}");
}

/// Where Init[B] was measured to end lower, nobody is told that Init[A] does.
#[test]
fn the_advice_on_the_init_is_what_was_measured_with_the_readout() {
    let session = with(&[("to.json", peft(json!({}))), ("wide.json", llama(4096))]);
    let said = |readout: &str| {
        let words = format!("--peft to.json --model wide.json --readout {readout}");
        advice(&session, &words)["advice"].as_str().expect("a text").to_owned()
    };
    assert!(
        said("1/2").starts_with("Keep init_lora_weights=True, which is Init[A]: where"),
        "{}",
        said("1/2")
    );
    assert!(said("1").contains(", although where this readout was measured"), "{}", said("1"));
    assert!(
        said("1/3").starts_with("Keep init_lora_weights=True, which is Init[A]. A config"),
        "{}",
        said("1/3")
    );
}

/// The one line of a refusal, without the words before it.
fn refusal(session: &Session, words: &str) -> String {
    let output = session.call(&format!("advise {words}"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    told.trim_start_matches("error: advise: ").trim_end().to_owned()
}

const HERE: &str = "--peft to.json --model base.json";

#[test]
fn a_bad_config_gets_one_line_with_file_key_value_and_what_is_valid() {
    let families = "`llama`, `mistral`, `qwen2`, `qwen3`, `gemma`, `gemma2`, `gemma3_text`, `gemma3`, \
                    `phi`, `phi3`, `gpt2`, `gpt_neox`, `opt`, `bert`, `roberta`, `xlm-roberta`, `distilbert`";
    let modules =
        "embed_tokens, q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head";
    let product = "what is said here is of a product s B A alone";
    let cases = [
        (json!({"r": 0}), "to.json: `r` is 0; valid is a whole number from 1 to 65536".to_owned()),
        (json!({"lora_alpha": 0}), "to.json: `lora_alpha` is 0; valid is a number above 0".to_owned()),
        (json!({"use_dora": true}), format!("to.json: `use_dora` is true; valid is false: {product}")),
        (
            json!({"target_modules": ["query", "key"]}),
            format!("to.json: `target_modules` is \"query\"; `llama` has no such module; valid are names that end in {modules}"),
        ),
        (
            json!({"target_modules": ".*attention.*"}),
            format!("to.json: `target_modules` is \".*attention.*\"; `llama` has no such module; valid are names that end in {modules}"),
        ),
        (
            json!({"target_modules": "(?!x)q_proj"}),
            "to.json: `target_modules` is \"(?!x)q_proj\"; valid is a regular expression without look-around and \
             back-references (error: look-around, including look-ahead and look-behind, is not supported)"
                .to_owned(),
        ),
        (
            json!({"exclude_modules": ["self_attn.q_proj", "v_proj"]}),
            "to.json: `target_modules` is [\"q_proj\", \"v_proj\"]; nothing of it is left to adapt behind \
             `exclude_modules`, `modules_to_save` and `layers_to_transform`"
                .to_owned(),
        ),
        (
            json!({"init_lora_weights": "pissa_niter_4"}),
            "to.json: `init_lora_weights` is \"pissa_niter_4\"; there both factors come from the largest singular \
             vectors of the weight, which changes, while the theory's are zero, or random and independent: valid are \
             true, false and \"gaussian\""
                .to_owned(),
        ),
        (
            json!({"init_lora_weights": "orthogonal"}),
            "to.json: `init_lora_weights` is \"orthogonal\"; there both factors are random but drawn together so that \
             B A = 0, while the theory's are zero, or random and independent: valid are true, false and \"gaussian\""
                .to_owned(),
        ),
        (
            json!({"init_lora_weights": "gaussian", "lora_bias": true}),
            "to.json: `lora_bias` is true; valid is false, since `init_lora_weights` is \"gaussian\"".to_owned(),
        ),
        (
            json!({"init_lora_weights": "xavier"}),
            "to.json: `init_lora_weights` is \"xavier\"; valid is true, false, \"gaussian\", or a name that PEFT \
             knows: \"eva\", \"olora\", \"pissa\", \"pissa_niter_4\", \"corda\", \"loftq\", \"orthogonal\", \"mica\" \
             or \"lora_ga\""
                .to_owned(),
        ),
        (
            json!({"rank_pattern": {"q_proj": 0}}),
            "to.json: `rank_pattern` is {\"q_proj\":0}; valid are whole numbers from 1 to 65536".to_owned(),
        ),
        (
            json!({"layers_pattern": "layers"}),
            "to.json: `layers_pattern` is \"layers\"; valid is null, since `layers_to_transform` names no layers"
                .to_owned(),
        ),
        (
            json!({"task_type": "SEQ_2_SEQ_LM"}),
            "to.json: `task_type` is \"SEQ_2_SEQ_LM\"; valid is \"CAUSAL_LM\", \"SEQ_CLS\", \"TOKEN_CLS\", \
             \"QUESTION_ANS\", \"FEATURE_EXTRACTION\" or null"
                .to_owned(),
        ),
        (json!({"peft_type": "IA3"}), "to.json: `peft_type` is \"IA3\"; valid is \"LORA\"".to_owned()),
    ];
    for (change, message) in cases {
        let session = with(&[("to.json", peft(change)), ("base.json", llama(64))]);
        assert_eq!(refusal(&session, HERE), message);
    }
    let bases = [
        (
            json!({"model_type": "t5"}),
            format!("base.json: `model_type` is \"t5\"; the families whose modules are known are {families}"),
        ),
        (
            json!({"hidden_size": null}),
            "base.json: `hidden_size` is missing; valid is a whole number from 1 to 16777216".to_owned(),
        ),
        (
            json!({"num_attention_heads": 7}),
            "base.json: `hidden_size` is 64; valid is a multiple of `num_attention_heads`, which is 7".to_owned(),
        ),
    ];
    for (change, message) in bases {
        let mut base = llama(64);
        change
            .as_object()
            .expect("an object")
            .iter()
            .for_each(|(key, value)| base[key] = value.clone());
        let session = with(&[("to.json", peft(json!({}))), ("base.json", base)]);
        assert_eq!(refusal(&session, HERE), message);
    }
}

#[test]
fn two_configs_that_are_not_alike_are_refused() {
    let other = json!({
        "model_type": "bert", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 128,
        "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 32,
    });
    let gaussian = peft(json!({"init_lora_weights": "gaussian"}));
    let linear = peft(json!({"target_modules": "all-linear"}));
    let files = [
        ("to.json", linear.clone()),
        ("same.json", linear),
        ("gaussian.json", gaussian),
        ("base.json", llama(64)),
        ("bert.json", other),
    ];
    let session = with(&files);
    let told = |words: &str| refusal(&session, &format!("{HERE} --from-lr 1e-4 {words}"));
    assert_eq!(
        told("--from-model bert.json"),
        "bert.json: `model_type` is \"bert\", and \"llama\" for the other base; a learning rate is carried within a \
         family"
    );
    assert_eq!(
        told("--from-peft gaussian.json"),
        "gaussian.json: `init_lora_weights` is gaussian, and true in the other config; a learning rate is carried \
         between configs that start alike"
    );
    assert_eq!(
        told(""),
        "--from-lr needs --from-peft, --from-model or both: the config for which that learning rate is known"
    );
    let missing = told("--from-peft none.json");
    assert!(missing.starts_with("none.json: "), "{missing}");
    let same = advice(&session, &format!("{HERE} --from-lr 1e-4 --from-peft same.json"));
    assert_eq!(lr(&same), [1e-4; 3]);
    assert_eq!(same["modules"][0]["by"], "nothing that the law knows changes");
}

/// Every line of an output that the page shows is printed, in this order.
#[test]
fn the_walk_through_of_the_book_prints_what_it_shows() {
    prints_what_it_shows("docs/advise.md", 3);
}

#[test]
fn the_command_of_the_readme_ends_in_a_learning_rate() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let ours: Vec<&str> =
        blocks(&readme, "sh").into_iter().filter(|block| block.contains(" advise ")).collect();
    assert_eq!(ours.len(), 1);
    let whole = printed(ours[0]);
    assert!(
        whole.lines().last().is_some_and(|line| line.contains(" Train with learning_rate=")),
        "{whole}"
    );
}
