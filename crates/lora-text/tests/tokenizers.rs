//! Tokenizers of GGUF files and of folders.

use std::fs;

use crate::common::{AB, Gguf, HUNDRED, SPACE_AB, START, TWELVE, USER, byte_level};
use lora_text::{SpecialIds, Tokenizer};
use tempfile::tempdir;

fn open(gguf: Gguf) -> Result<Tokenizer, String> {
    let dir = tempdir().expect("a folder");
    let file = gguf.file(&dir);
    Tokenizer::open(&file)
        .map_err(|error| error.to_string().replace(&format!("{}: ", file.display()), ""))
}

fn ids(gguf: Gguf, text: &str) -> Vec<u32> {
    open(gguf).expect("it opens").encode(text, false).expect("ids")
}

fn bytes(text: &str) -> Vec<u32> {
    text.bytes().map(u32::from).collect()
}

#[test]
fn each_name_has_rules_of_its_own() {
    // Digits: alone, up to three, alone, as many as there are, and three by three.
    let digits = [
        ("smollm", bytes("123")),
        ("llama-bpe", vec![HUNDRED]),
        ("qwen2", bytes("123")),
        ("gpt-2", vec![HUNDRED]),
        ("default", vec![HUNDRED]),
    ];
    for (name, expected) in digits {
        assert_eq!(ids(byte_level(name), "123"), expected, "{name}");
        assert_eq!(ids(byte_level(name), "ab ab"), [AB, SPACE_AB], "{name}");
    }
    for name in ["llama-bpe", "gpt-2", "default"] {
        assert_eq!(ids(byte_level(name), "12312"), [HUNDRED, TWELVE], "{name}");
    }
    // Three by three from the left, no 123 is left whole.
    assert_eq!(ids(byte_level("gpt-2"), "11123"), [bytes("11"), vec![HUNDRED]].concat());
    for name in ["llama-bpe", "default"] {
        assert_eq!(ids(byte_level(name), "11123"), bytes("11123"), "{name}");
    }
    // Qwen2 composes: e and an accent become é, of two bytes.
    assert_eq!(ids(byte_level("qwen2"), "e\u{301}"), bytes("é"));
    assert_eq!(ids(byte_level("llama-bpe"), "e\u{301}"), bytes("e\u{301}"));
}

#[test]
fn special_tokens_are_found_and_left_out() {
    let tokenizer = open(byte_level("smollm")).expect("it opens");
    let ids = tokenizer.encode("<|start|>ab<|user|>", true).expect("ids");
    assert_eq!(ids, [START, AB, USER]);
    assert_eq!(tokenizer.decode(&ids, false).expect("text"), "ab<|user|>");
    assert_eq!(tokenizer.decode(&ids, true).expect("text"), "<|start|>ab<|user|>");
    let special = SpecialIds { bos: Some(START), eos: Some(START), ..SpecialIds::default() };
    assert_eq!((tokenizer.special(), tokenizer.vocabulary()), (&special, 262));
    assert_eq!((tokenizer.id("<|user|>"), tokenizer.id("none")), (Some(USER), None));
}

#[test]
fn the_start_is_added_where_the_file_or_its_rules_say() {
    let with = |gguf: Gguf| open(gguf).expect("it opens").encode("ab", true).expect("ids");
    assert_eq!(with(byte_level("smollm")), [AB]);
    assert_eq!(with(byte_level("llama-bpe")), [START, AB]);
    assert_eq!(with(byte_level("llama-bpe").flag("add_bos_token", false)), [AB]);
    assert_eq!(with(byte_level("qwen2").flag("add_bos_token", true)), [START, AB]);
    assert_eq!(with(byte_level("qwen2").flag("add_eos_token", true)), [AB, START]);
    let tokenizer = open(byte_level("llama-bpe")).expect("it opens");
    assert_eq!(tokenizer.encode("ab", false).expect("ids"), [AB]);
    assert_eq!(tokenizer.encode_pair("ab", "12", true).expect("ids"), [START, AB, START, TWELVE]);
    assert_eq!(tokenizer.encode_pair("ab", "12", false).expect("ids"), [AB, TWELVE]);
}

fn pieces() -> Gguf {
    let mut tokens: Vec<String> =
        ["<unk>", "<s>", "</s>", "a", "b", "\u{2581}", "ab", "\u{2581}ab"]
            .map(str::to_owned)
            .into();
    let mut kinds = vec![2, 3, 3, 1, 1, 1, 1, 1];
    let mut scores = vec![0.0, 0.0, 0.0, -3.0, -4.0, -5.0, -1.0, -2.0];
    for byte in 0..=255 {
        tokens.push(format!("<0x{byte:02X}>"));
        kinds.push(6);
        scores.push(0.0);
    }
    Gguf::new("llama")
        .texts("tokens", &tokens)
        .ints("token_type", &kinds)
        .floats("scores", &scores)
        .id("bos_token_id", 1)
        .id("unknown_token_id", 0)
}

#[test]
fn sentence_piece_merges_by_scores_and_falls_back_to_bytes() {
    let tokenizer = open(pieces()).expect("it opens");
    let byte = |byte: u8| 8 + u32::from(byte);
    let ids = tokenizer.encode("ab ab é", true).expect("ids");
    assert_eq!(ids, [1, 7, 7, 5, byte(0xc3), byte(0xa9)]);
    assert_eq!(tokenizer.decode(&ids, false).expect("text"), "ab ab é");
    let bare = open(pieces().flag("add_space_prefix", false)).expect("it opens");
    assert_eq!(bare.encode("ab ab", false).expect("ids"), [6, 7]);
    assert_eq!(bare.decode(&[6, 7], false).expect("text"), "ab ab");
}

#[test]
fn refusals_name_the_key() {
    let tokens = || Gguf::new("gpt2").texts("tokens", &["a", "b"]);
    let cases = [
        (open(Gguf::new("bert")), "`tokenizer.ggml.model` is `bert`; valid is `gpt2` or `llama`"),
        (open(Gguf::new("gpt2")), "has no `tokenizer.ggml.tokens`"),
        (
            open(Gguf::new("gpt2").texts("tokens", &["a", "a"])),
            "`tokenizer.ggml.tokens` has the token `a` twice",
        ),
        (
            open(tokens().ints("token_type", &[1])),
            "`tokenizer.ggml.token_type` has 1 values for 2 tokens",
        ),
        (
            open(tokens().text("pre", "falcon")),
            "`tokenizer.ggml.pre` is `falcon`; valid is one of smollm, llama-bpe, qwen2, gpt-2, default",
        ),
        (open(tokens()), "has no `tokenizer.ggml.merges`"),
        (
            open(tokens().texts("merges", &["ab"])),
            "`tokenizer.ggml.merges` has a merge without a space",
        ),
        (
            open(tokens().texts("merges", &["a c"])),
            "is no tokenizer: Token `c` out of vocabulary at line 1 column ",
        ),
        (open(Gguf::new("llama").texts("tokens", &["a"])), "has no `tokenizer.ggml.scores`"),
        (
            open(byte_level("gpt-2").id("mask_token_id", 262)),
            "`tokenizer.ggml.mask_token_id` is 262; valid is a token's number below 262",
        ),
        (open(byte_level("gpt-2").text("tokens_", "").flag("add_bos_token", true)), ""),
    ];
    for (opened, expected) in cases {
        match opened {
            Err(refused) => {
                assert!(refused.starts_with(expected) && !expected.is_empty(), "{refused}")
            }
            Ok(_) => assert_eq!(expected, ""),
        }
    }
}

/// A folder with words, special tokens around them, padding and truncation.
const WORDS: &str = r##"{
    "version": "1.0",
    "truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
    "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                "pad_type_id": 0, "pad_token": "[PAD]"},
    "added_tokens": [
        {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}
    ],
    "normalizer": null,
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}
    },
    "decoder": null,
    "model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[CLS]": 1, "a": 2, "b": 3, "?": 4}, "unk_token": "?"}
}"##;

#[test]
fn a_folder_is_read_without_padding_and_truncation() {
    let dir = tempdir().expect("a folder");
    let missing = Tokenizer::open(dir.path()).expect_err("nothing is there").to_string();
    assert!(missing.contains("tokenizer.json: No such file"), "{missing}");
    fs::write(dir.path().join("tokenizer.json"), WORDS).expect("it is written");
    let tokenizer = Tokenizer::open(dir.path()).expect("it opens");
    assert_eq!(tokenizer.encode("a b a b c", true).expect("ids"), [1, 2, 3, 2, 3, 4]);
    assert_eq!(tokenizer.encode("a b a b", false).expect("ids"), [2, 3, 2, 3]);
    assert_eq!(
        tokenizer.special(),
        &SpecialIds { pad: Some(0), cls: Some(1), ..SpecialIds::default() }
    );
    let again = Tokenizer::from_json(dir.path(), tokenizer.to_json().expect("text").as_bytes())
        .expect("it opens");
    assert_eq!(again.encode("a b a b c", true).expect("ids"), [1, 2, 3, 2, 3, 4]);
}

#[test]
fn files_beside_it_name_special_tokens() {
    let dir = tempdir().expect("a folder");
    fs::write(dir.path().join("tokenizer.json"), WORDS).expect("it is written");
    fs::write(
        dir.path().join("special_tokens_map.json"),
        r#"{"unk_token": {"content": "?"}, "bos_token": "a"}"#,
    )
    .expect("written");
    fs::write(dir.path().join("tokenizer_config.json"), r#"{"bos_token": "b", "eos_token": null}"#)
        .expect("written");
    let special = Tokenizer::open(dir.path()).expect("it opens").special().clone();
    assert_eq!((special.unk, special.bos, special.eos), (Some(4), Some(3), None));
    fs::write(dir.path().join("tokenizer_config.json"), "[]").expect("written");
    let refused = Tokenizer::open(dir.path()).expect_err("an array").to_string();
    assert!(refused.contains("tokenizer_config.json: is no JSON object"), "{refused}");
}
