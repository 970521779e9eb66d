//! Diagnoses of adapters from the command line: what is refused, what is written, how little memory a large claim
//! takes, and the commands of the documentation.
//!
//! `tests/diagnose/` compares the verdicts with the histories of adapters that PEFT trained.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};

use crate::session::Session;
use crate::walk_through::prints_what_it_shows;
use lora_checkpoint::{Adapter, AdapterConfig, TargetModules, Tensor};
use serde_json::{Value, json};

const Q: &str = "base_model.model.model.layers.0.self_attn.q_proj";

/// Numbers spread evenly over −b to b, in no order.
fn spread(b: f64, count: usize) -> Vec<f32> {
    let place = |k: usize| (k * 7919 % count) as f64 + 0.5;
    (0..count).map(|k| (b * (2.0 * place(k) / count as f64 - 1.0)) as f32).collect()
}

/// An adapter of one module at rank 4, 16 → 16: A as PEFT starts it, and B of small numbers.
fn plain() -> Adapter {
    let config = AdapterConfig::new(4, 8.0, TargetModules::Names(vec!["q_proj".to_owned()]));
    let b = spread(1e-2, 64).into_iter().map(|x| x * x * x * 1e4).collect();
    let tensors = [
        (format!("{Q}.lora_A.weight"), Tensor::f32(&[4, 16], spread(0.25, 64))),
        (format!("{Q}.lora_B.weight"), Tensor::f32(&[16, 4], b)),
    ];
    Adapter { config, tensors: BTreeMap::from(tensors) }
}

/// A session with an adapter in `adapter/`.
fn with(change: impl Fn(&mut Adapter)) -> Session {
    let (session, mut adapter) = (Session::new(), plain());
    change(&mut adapter);
    adapter.write(&session.path("adapter")).expect("it is written");
    session
}

/// The one line of a refusal, without the words before it; nothing is written.
fn refusal(session: &Session, words: &str) -> String {
    let output = session.call(&format!("diagnose {words} --out out"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{told}");
    assert!(!session.path("out").exists(), "{words}");
    told.trim_start_matches("error: ").trim_end().to_owned()
}

/// Changes the adapter's config.
fn configure(session: &Session, key: &str, value: Value) {
    let mut config = session.json("adapter/adapter_config.json");
    config[key] = value;
    fs::write(session.path("adapter/adapter_config.json"), config.to_string()).expect("a file");
}

/// A file of weights with this header and so many bytes of data, which take no place on the disk.
fn weights(session: &Session, header: &str, length: Option<u64>, data: u64) {
    let path = session.path("adapter/adapter_model.safetensors");
    let length = length.unwrap_or(header.len() as u64).to_le_bytes();
    fs::write(&path, [&length[..], header.as_bytes()].concat()).expect("a file");
    let file = OpenOptions::new().write(true).open(&path).expect("a file");
    file.set_len(8 + header.len() as u64 + data).expect("a sparse file");
}

/// A header with the factors of one module in 32 bits, each with its shape and its offsets.
fn header(a: &str, from_a: u64, to_a: u64, b: &str, from_b: u64, to_b: u64) -> String {
    format!(
        r#"{{"{Q}.lora_A.weight": {{"dtype": "F32", "shape": {a}, "data_offsets": [{from_a}, {to_a}]}},
             "{Q}.lora_B.weight": {{"dtype": "F32", "shape": {b}, "data_offsets": [{from_b}, {to_b}]}}}}"#
    )
}

#[test]
fn a_bad_adapter_gets_one_line_and_nothing_is_written() {
    let file = "diagnose: adapter/adapter_model.safetensors";
    let config = "diagnose: adapter/adapter_config.json";
    let said = |change: &dyn Fn(&Session)| {
        let session = with(|_| {});
        change(&session);
        refusal(&session, "adapter")
    };
    let put = |text: String, length: Option<u64>, data: u64| {
        said(&|session: &Session| weights(session, &text, length, data))
    };
    let set = |key: &'static str, value: Value| {
        said(&|session: &Session| configure(session, key, value.clone()))
    };
    let cases = [
        (
            set("r", json!(8)),
            format!("{file}: tensor `model.layers.0.self_attn.q_proj` has factors of rank 4; the configuration says 8"),
        ),
        (
            set("rank_pattern", json!({"layers.0.self_attn.q_proj": 2})),
            format!("{file}: tensor `model.layers.0.self_attn.q_proj` has factors of rank 4; the configuration says 2"),
        ),
        (set("peft_type", json!("LOHA")), format!("{config}: `peft_type` is \"LOHA\"; valid is \"LORA\"")),
        (
            set("use_qalora", json!(true)),
            format!("{config}: `use_qalora` is true; valid is false: what is said here is of a product s B A alone"),
        ),
        (
            put(header("[4, 16]", 0, 256, "[16, 8]", 256, 768), None, 768),
            format!(
                "{file}: tensor `model.layers.0.self_attn.q_proj` has factors of the shapes [4, 16] and [16, 8]; valid is \
                 r × in and out × r"
            ),
        ),
        (
            put(header("[4, 16]", 0, 256, "[16, 4]", 128, 384), None, 384),
            format!("{file}: tensor `{Q}.lora_B.weight` shares bytes with another tensor"),
        ),
        (
            put(header("[400, 16]", 0, 256, "[16, 4]", 256, 512), None, 512),
            format!("{file}: tensor `{Q}.lora_A.weight` of shape [400, 16] cannot be in bytes 0 to 256 of the data"),
        ),
        (
            put("{}".to_owned(), Some(100 << 30), 0),
            format!("{file}: is no whole safetensors file: its header has 107374182400 bytes, and the file 10"),
        ),
        (
            put("{}".to_owned(), Some(17 << 20), 20 << 20),
            format!("{file}: has a header of 17825792 bytes; valid are at most 16777216"),
        ),
        (
            put(header("[4, 4294967296]", 0, 1 << 36, "[16, 4]", 1 << 36, (1 << 36) + 256), None, (1 << 36) + 256),
            format!(
                "{file}: tensor `model.layers.0.self_attn.q_proj` has a factor of 17179869184 numbers; at most 67108864 \
                 are read"
            ),
        ),
        (
            put("{}".to_owned(), None, 0),
            format!(
                "{file}: has no factors of a linear module; valid are names as PEFT saves them, such as \
                 `base_model.model.….q_proj.lora_A.weight`"
            ),
        ),
        (
            put(
                format!(r#"{{"{Q}.lora_A.weight": {{"dtype": "F32", "shape": [4, 16], "data_offsets": [0, 256]}}}}"#),
                None,
                256,
            ),
            format!("{file}: there is no tensor `{Q}.lora_B.weight`"),
        ),
        (
            said(&|session: &Session| {
                let weights = session.path("adapter/adapter_model.safetensors");
                fs::rename(weights, session.path("adapter/adapter_model.bin")).expect("renamed");
            }),
            "diagnose: adapter: holds `adapter_model.bin` alone, a pickle, which is not read; valid is \
             `adapter_model.safetensors`"
                .to_owned(),
        ),
    ];
    let faults: Vec<String> = cases
        .iter()
        .filter(|(refused, expected)| refused != expected)
        .map(|(refused, expected)| format!("{refused}\nexpected\n{expected}\n"))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Names of a file reach the terminal on one line and without its controls.
#[test]
fn control_characters_of_a_name_are_escaped() {
    let session = with(|adapter| {
        let renamed = |name: &str| name.replace("q_proj", "q_\u{1b}[2J\nq_proj");
        adapter.tensors =
            adapter.tensors.iter().map(|(name, t)| (renamed(name), t.clone())).collect();
        adapter
            .tensors
            .insert("base_model.model.\u{7}score.weight".to_owned(), Tensor::f32(&[1], vec![1.0]));
    });
    let text = session.ok("diagnose adapter --lr 1e-3 --steps 100");
    assert!(
        text.contains("self_attn.q_\\u{1b}[2J\\nq_proj") && text.contains("\\u{7}score"),
        "{text}"
    );
    assert!(text.chars().all(|char| char == '\n' || !char.is_control()), "{text:?}");
}

#[test]
fn more_modules_than_a_model_has_are_refused() {
    let session = with(|_| {});
    let each = |k: u64| {
        let place = |factor: &str, from: u64| {
            format!(
                r#""m{k}.lora_{factor}.weight":{{"dtype":"F32","shape":[1,1],"data_offsets":[{from},{}]}}"#,
                from + 4
            )
        };
        format!("{},{}", place("A", 8 * k), place("B", 8 * k + 4))
    };
    let all: Vec<String> = (0..16_385).map(each).collect();
    weights(&session, &format!("{{{}}}", all.join(",")), None, 8 * 16_385);
    assert_eq!(
        refusal(&session, "adapter"),
        "diagnose: adapter/adapter_model.safetensors: has factors of 16385 modules; at most 16384 are diagnosed"
    );
}

/// Only numbers of 64 bits can be too small for 32: a factor of them is not exactly zero.
#[test]
fn a_factor_that_is_zero_in_32_bits_alone_is_trained() {
    let session = with(|_| {});
    let header = format!(
        r#"{{"{Q}.lora_A.weight": {{"dtype": "F64", "shape": [4, 16], "data_offsets": [0, 512]}},
             "{Q}.lora_B.weight": {{"dtype": "F64", "shape": [16, 4], "data_offsets": [512, 1024]}}}}"#
    );
    weights(&session, &header, None, 0);
    let tiny = |values: Vec<f32>, by: f64| {
        values.into_iter().flat_map(move |x| (f64::from(x) * by).to_le_bytes())
    };
    let data: Vec<u8> = tiny(spread(0.25, 64), 1.0).chain(tiny(spread(0.25, 64), 1e-60)).collect();
    let path = session.path("adapter/adapter_model.safetensors");
    let before = fs::read(&path).expect("a file");
    fs::write(&path, [before, data].concat()).expect("a file");
    let printed: Value =
        serde_json::from_str(&session.ok("diagnose adapter --json")).expect("JSON");
    assert_eq!(printed["adapters"][0]["modules"][0]["start"]["untrained"], false);
}

#[test]
fn a_number_that_is_not_finite_is_named_by_its_place() {
    let session = with(|adapter| {
        let mut values = spread(0.25, 64);
        values[37] = f32::NAN;
        adapter.tensors.insert(format!("{Q}.lora_A.weight"), Tensor::f32(&[4, 16], values));
    });
    assert_eq!(
        refusal(&session, "adapter"),
        format!(
            "diagnose: adapter/adapter_model.safetensors: tensor `{Q}.lora_A.weight` has a number that is not finite, at \
             row 2, column 5"
        )
    );
}

#[test]
fn a_bad_request_is_refused() {
    let session = with(|_| {});
    assert_eq!(
        refusal(&session, "adapter adapter"),
        "diagnose: adapter: is named twice; valid is each folder once"
    );
    let missing = refusal(&session, "elsewhere");
    assert!(missing.starts_with("diagnose: elsewhere/adapter_config.json: "), "{missing}");
    for (words, said) in [
        ("adapter --lr 1e-3", "--steps <T>"),
        ("adapter --steps 10", "--lr <η>"),
        ("adapter --betas 0.9,0.99", "--lr <η>"),
        ("adapter --lr 0 --steps 10", "must be a finite number above 0, such as 2e-4"),
        ("adapter --lr 1 --steps 0", "0 is not in 1..=1000000000"),
        (
            "adapter --lr 1 --steps 1 --betas 0.9",
            "must be two numbers from 0 to below 1, the second above 0, such as 0.9,0.999",
        ),
        ("adapter --lr 1 --steps 1 --betas 0.9,0", "must be two numbers from 0 to below 1"),
        ("adapter --weight-decay 0.1", "--lr <η>"),
        (
            "adapter --lr 1 --steps 1 --weight-decay -0.1",
            "invalid value '-0.1' for '--weight-decay <λ>': must be a finite number from 0, such as 0.01",
        ),
        (
            "adapter --lr 1 --steps 1 --weight-decay nan",
            "invalid value 'nan' for '--weight-decay <λ>': must be a finite number from 0, such as 0.01",
        ),
        (
            "adapter --lr 1e-3 --steps 1 --lr-ratio 16 --weight-decay 62.5",
            "--weight-decay 62.5: must be below 62.5, one over the largest learning rate: a step keeps 1 − ηλ of a factor",
        ),
        ("", "<DIR>..."),
    ] {
        let refused = refusal(&session, words);
        assert!(refused.contains(said), "{words}: {refused}");
    }
    fs::create_dir(session.path("mine")).expect("a directory");
    fs::write(session.path("mine/notes.txt"), "mine").expect("a file");
    let output = session.call("diagnose adapter --out mine");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(session.names("mine"), ["notes.txt"]);
}

/// A file that claims much is refused before anything of that size is in memory.
#[cfg(target_os = "linux")]
#[test]
fn large_claims_take_little_memory() {
    let session = with(|_| {});
    let command = assert_cmd::cargo::cargo_bin("width-sweep");
    let call = |words: &str| {
        let line = format!("ulimit -v 700000; exec {} {words}", command.display());
        let mut shell = assert_cmd::Command::new("sh");
        let output =
            shell.current_dir(session.path("")).args(["-c", &line]).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, told) = call("diagnose adapter --json");
    assert_eq!(code, Some(0), "{told}");
    // 64 GiB of weights, on the disk a few bytes.
    weights(
        &session,
        &header("[4, 4294967296]", 0, 1 << 36, "[16, 4]", 1 << 36, (1 << 36) + 256),
        None,
        (1 << 36) + 256,
    );
    let (code, told) = call("diagnose adapter");
    assert!(code == Some(2) && told.contains("at most 67108864 are read"), "{told}");
    // A header of many numbers, each of which would be a value of its own.
    let shape = "0,".repeat(6 << 20);
    let long =
        format!(r#"{{"a": {{"dtype": "F32", "shape": [{shape}0], "data_offsets": [0, 0]}}}}"#);
    weights(&session, &long, None, 0);
    let (code, told) = call("diagnose adapter");
    assert!(code == Some(2) && told.contains("has no factors of a linear module"), "{told}");
}

#[test]
fn the_answer_and_the_files_say_the_same() {
    let session = with(|_| {});
    plain().write(&session.path("other")).expect("it is written");
    let words = "diagnose adapter other --lr 1e-3 --steps 100";
    let printed: Value =
        serde_json::from_str(&session.ok(&format!("{words} --json"))).expect("JSON");
    let text = session.ok(&format!("{words} --out out"));
    assert!(text.ends_with("out/modules.csv\nout/depth.png\nout/report.html\n"), "{text}");
    assert_eq!(
        session.names("out"),
        ["depth.csv", "depth.png", "depth.svg", "diagnosis.json", "modules.csv", "report.html"]
    );
    let mut written = session.json("out/diagnosis.json");
    assert_eq!(written["diagnosed_by"], "lora-limits");
    assert_eq!(written["again"], format!("width-sweep {words} --out out"));
    for own in ["diagnosed_by", "again"] {
        written.as_object_mut().expect("an object").remove(own);
    }
    assert_eq!(written, printed);
    let table = session.text("out/modules.csv");
    assert_eq!(table.lines().count(), 3);
    // Again, into the same directory: the same bytes.
    let before: Vec<Vec<u8>> =
        session.names("out").iter().map(|name| session.read(&format!("out/{name}"))).collect();
    session.ok(&format!("{words} --out out"));
    let after: Vec<Vec<u8>> =
        session.names("out").iter().map(|name| session.read(&format!("out/{name}"))).collect();
    assert!(before == after);
    let module = &printed["adapters"][0]["modules"][0];
    assert_eq!((&module["kind"], &module["layer"]), (&json!("self_attn.q_proj"), &json!(0)));
    assert_eq!(module["scaling"], 2.0);
}

#[test]
fn report_makes_the_page_again_and_takes_no_verdicts_for_it() {
    let session = with(|_| {});
    session.ok("diagnose adapter --out out");
    let first = session.read("out/report.html");
    let table = session.read("out/modules.csv");
    fs::write(session.path("out/report.html"), "").expect("a file");
    let text = session.ok("report out");
    assert!(text.starts_with("out/report.html (") && session.read("out/report.html") == first);
    session.ok("report out --out page.html");
    assert!(session.read("page.html") == first);
    for (words, said) in [
        ("report out --verify out", "error: report: --verify is for runs, not for a diagnosis"),
        ("report out --out out/modules.csv", "error: "),
    ] {
        let output = session.call(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.starts_with(said), "{told}");
    }
    assert!(session.read("out/modules.csv") == table, "no other file is replaced");
}

/// Every line of an output that the page shows is printed, in this order.
#[test]
fn the_walk_through_of_the_book_prints_what_it_shows() {
    prints_what_it_shows("docs/diagnose.md", 2);
}
