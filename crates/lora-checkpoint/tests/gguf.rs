//! GGUF files: what they are read as, and what is refused.

mod common;

use std::fs;

use common::{ARRAY, F32, Gguf, TEXT, U32, gguf, gguf_keys, gguf_name, tiny, weights};
use lora_checkpoint::{
    Checkpoint, CheckpointError, Config, Family, Format, Metadata, Positions, Tensor,
};
use tempfile::{TempDir, tempdir};

fn open_in(dir: &TempDir, bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let file = dir.path().join("tiny.gguf");
    fs::write(&file, bytes).expect("it is written");
    Checkpoint::open(&file)
}

/// The refusal without the file's name.
fn refusal(bytes: &[u8]) -> String {
    let dir = tempdir().expect("a folder");
    let refused = open_in(&dir, bytes).expect_err("it is refused").to_string();
    refused.replace(&format!("{}: ", dir.path().join("tiny.gguf").display()), "")
}

#[test]
fn llama_and_qwen2_are_read_with_hugging_face_names_and_rows() {
    for family in [Family::Llama, Family::Qwen2] {
        for (version, tied) in [(2, true), (3, false)] {
            let config = Config { tied_head: tied, ..tiny(family) };
            let dir = tempdir().expect("a folder");
            let bytes = gguf(&config).bytes_with(version, |offset| offset);
            let mut read = open_in(&dir, &bytes).expect("it opens");
            assert_eq!(read.config, config);
            let all = weights(&config);
            assert_eq!(read.names().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
            for (name, tensor) in &all {
                assert_eq!(&read.take(name).expect("it is there"), tensor, "{name}");
            }
            assert_eq!(
                (read.label().as_str(), &read.format),
                ("tiny (GGUF)", &Format::Gguf { kinds: "F32".to_owned() })
            );
        }
    }
}

#[test]
fn quantised_blocks_and_their_label() {
    let config = Config {
        width: 32,
        head_dim: 16,
        positions: Positions::Rotary { inverse_frequencies: common::frequencies(16) },
        ..tiny(Family::Llama)
    };
    let name = "token_embd.weight";
    // Q8_0: the scale 2 and the numbers 0, 1, 2, …
    let block: Vec<u8> = [0x00, 0x40].into_iter().chain(0..32).collect();
    let file = gguf(&config).without(name).tensor(name, &[10, 32], 8, block.repeat(10));
    let dir = tempdir().expect("a folder");
    let mut read = open_in(&dir, &file.bytes()).expect("it opens");
    let values = read.take("model.embed_tokens.weight").expect("it is there").to_f32();
    assert!(values.iter().enumerate().all(|(at, value)| *value == 2.0 * (at % 32) as f32));
    assert_eq!(read.label(), "tiny (GGUF, dequantised from Q8_0)");
    assert_eq!(read.format, Format::Gguf { kinds: "F32, Q8_0".to_owned() });
    let count: usize = weights(&config).values().map(Tensor::len).sum();
    assert_eq!(Checkpoint::bytes(read.path()).expect("headers"), 4 * count as u64);
}

#[test]
fn factors_of_frequencies_divide_them() {
    let config = tiny(Family::Llama);
    let file = gguf(&config).f32("rope_freqs.weight", &Tensor::f32(&[2], vec![1.0, 8.0]));
    let dir = tempdir().expect("a folder");
    let read = open_in(&dir, &file.bytes()).expect("it opens");
    assert_eq!(
        read.config.positions,
        Positions::Rotary { inverse_frequencies: vec![1.0, 0.01 / 8.0] }
    );
    assert!(!read.has("rope_freqs.weight"));
    let short = gguf(&config).f32("rope_freqs.weight", &Tensor::f32(&[1], vec![1.0]));
    assert_eq!(
        refusal(&short.bytes()),
        "tensor `rope_freqs.weight` has the shape [1]; the configuration says [2]"
    );
    let zero = gguf(&config).f32("rope_freqs.weight", &Tensor::f32(&[2], vec![1.0, 0.0]));
    assert!(refusal(&zero.bytes()).contains("has the factor 0; valid is above 0"));
}

#[test]
fn metadata_have_typed_getters() {
    let numbers: Vec<u8> =
        [&U32.to_le_bytes()[..], &2_u64.to_le_bytes(), &7_u32.to_le_bytes(), &8_u32.to_le_bytes()]
            .concat();
    let file = gguf(&tiny(Family::Llama))
        .key("array", ARRAY, &numbers)
        .key("yes", 7, &[1])
        .key("minus", 11, &(-3_i64).to_le_bytes())
        .key("huge", 10, &u64::MAX.to_le_bytes());
    let dir = tempdir().expect("a folder");
    let read = open_in(&dir, &file.bytes()).expect("it opens");
    let metadata = read.gguf_metadata().expect("a GGUF file");
    assert_eq!(metadata.text("general.architecture").expect("a text"), Some("llama"));
    assert_eq!(metadata.integer("minus").expect("a number"), Some(-3));
    assert_eq!(metadata.flag("yes").expect("a flag"), Some(true));
    assert_eq!(metadata.integers("array").expect("an array"), Some(vec![7, 8]));
    assert_eq!(metadata.numbers("array").expect("an array"), Some(vec![7.0, 8.0]));
    assert_eq!(
        metadata.number("llama.attention.layer_norm_rms_epsilon").expect("a number"),
        Some(1e-6)
    );
    let tokens = metadata.texts("tokenizer.ggml.tokens").expect("an array").expect("it is there");
    assert_eq!((tokens.iter().collect::<Vec<_>>(), tokens.get(3)), (vec!["a", "", "bcd"], None));
    assert_eq!(metadata.text("none").expect("absent"), None);
    let wrong = metadata.integer("general.architecture").expect_err("a text").to_string();
    assert!(
        wrong.ends_with("`general.architecture` is `llama`; valid is a whole number"),
        "{wrong}"
    );
    assert!(
        metadata
            .integer("huge")
            .expect_err("too large")
            .to_string()
            .contains("`huge` is too large; valid is a whole number")
    );
    assert!(Metadata::open(read.path()).expect("it opens").keys().eq(metadata.keys()));
}

#[test]
fn keys_are_checked() {
    let llama = tiny(Family::Llama);
    let with = |key: &str, value: u32| refusal(&gguf(&llama).u32(key, value).bytes());
    let change = |change: fn(&mut Config)| {
        let mut config = llama.clone();
        change(&mut config);
        let file = weights(&llama)
            .iter()
            .fold(gguf_keys(&config), |file, (name, tensor)| file.f32(&gguf_name(name), tensor));
        refusal(&file.bytes())
    };
    let cases = [
        (with("split.count", 2), "is one of 2 parts; merge them into one file first"),
        (
            with("llama.expert_count", 8),
            "`llama.expert_count` is 8; mixtures of experts are not supported",
        ),
        (
            with("llama.rope.dimension_count", 2),
            "`llama.rope.dimension_count` is 2; valid is 4, the size of a head",
        ),
        (with("llama.block_count", 2), "has the key `llama.block_count` twice"),
        (
            with("general.alignment", 24),
            "`general.alignment` is 24; valid is a power of two up to 1048576",
        ),
        (
            change(|config| config.heads = 0),
            "`llama.attention.head_count` is 0; valid is a whole number from 1 to 1048576",
        ),
        (
            change(|config| config.heads = 3),
            "`llama.embedding_length` is 8; valid is a multiple of `llama.attention.head_count`, which is 3",
        ),
        (
            change(|config| config.key_value_heads = 3),
            "`llama.attention.head_count_kv` is 3; valid is a divisor of `llama.attention.head_count`, which is 2",
        ),
        (
            refusal(&gguf(&llama).text("llama.rope.scaling.type", "yarn").bytes()),
            "`llama.rope.scaling.type` is `yarn`; valid is `none` or `linear`",
        ),
        (
            refusal(&Gguf::new().text("general.architecture", "gemma").bytes()),
            "`general.architecture` is `gemma`; valid is `llama` or `qwen2`",
        ),
        (
            refusal(&Gguf::new().bytes()),
            "`general.architecture` is missing; valid is `llama` or `qwen2`",
        ),
        (
            refusal(&gguf(&llama).without("blk.1.attn_v.weight").bytes()),
            "there is no tensor `model.layers.1.self_attn.v_proj.weight`",
        ),
    ];
    for (refused, expected) in cases {
        assert_eq!(refused, expected);
    }
}

#[test]
fn counts_lengths_and_offsets_are_compared_with_the_file() {
    let keys = || gguf_keys(&tiny(Family::Llama));
    let start = |tensors: u64, keys: u64| {
        [&b"GGUF\x03\0\0\0"[..], &tensors.to_le_bytes(), &keys.to_le_bytes()].concat()
    };
    let texts = [&TEXT.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat();
    let floats = [&F32.to_le_bytes()[..], &(1_u64 << 62).to_le_bytes()].concat();
    let arrays = [&ARRAY.to_le_bytes()[..], &1_u64.to_le_bytes()].concat();
    let with = |kind, value: &[u8]| refusal(&Gguf::new().key("k", kind, value).bytes());
    let tensor = |shape: &[usize], kind, bytes: usize| {
        refusal(&keys().tensor("t", shape, kind, vec![0; bytes]).bytes())
    };
    let moved = |by: fn(u64) -> u64| refusal(&gguf(&tiny(Family::Llama)).bytes_with(3, by));
    let cases = [
        (refusal(b"GGML"), "is no GGUF file: it does not begin with `GGUF`"),
        (
            refusal(b"GGUF\0\0\0\x03"),
            "is a GGUF file of version 50331648, big endian; valid is 2 or 3, little endian",
        ),
        (refusal(b"GGUF\x01\0\0\0"), "is a GGUF file of version 1; valid is 2 or 3, little endian"),
        (
            refusal(&start(0, u64::MAX)),
            "is not whole: it promises 18446744073709551615 keys, and 0 bytes are left",
        ),
        (
            refusal(&start(1 << 60, 0)),
            "is not whole: it promises 1152921504606846976 tensors, and 0 bytes are left",
        ),
        (
            with(TEXT, &(1_u64 << 24 | 1).to_le_bytes()),
            "promises a text of 16777217 bytes; the longest may have 16777216",
        ),
        (
            with(TEXT, &100_u64.to_le_bytes()),
            "is not whole: it promises 100 bytes, and 19 bytes are left",
        ),
        (
            with(ARRAY, &texts),
            "is not whole: it promises 18446744073709551615 texts, and 15 bytes are left",
        ),
        (
            with(ARRAY, &floats),
            "is not whole: it promises 4611686018427387904 numbers, and 15 bytes are left",
        ),
        (with(ARRAY, &arrays), "has an array of arrays under the key `k`"),
        (with(13, &[0; 8]), "has a value of the unknown type 13 under the key `k`"),
        (with(TEXT, &[&1_u64.to_le_bytes()[..], &[0xff]].concat()), "has a text that is not UTF-8"),
        (tensor(&[], 0, 0), "tensor `t` has 0 axes; valid is 1 to 4"),
        (tensor(&[1; 5], 0, 4), "tensor `t` has 5 axes; valid is 1 to 4"),
        (
            tensor(&[4], 10, 4),
            "tensor `t` has numbers of ggml's type 10; those that can be read are F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K",
        ),
        (tensor(&[2, 48], 8, 102), "tensor `t` has a shape that its blocks do not fill"),
        (tensor(&[usize::MAX, 32], 8, 34), "tensor `t` has a shape that its blocks do not fill"),
        (tensor(&[1 << 40], 0, 4), "tensor `t` ends behind the end of the file"),
        (moved(|offset| offset + 1), "tensor `blk.0.attn_k.weight` is not aligned"),
        (moved(|_| u64::MAX - 31), "tensor `blk.0.attn_k.weight` ends behind the end of the file"),
        (moved(|_| 0), "tensor `blk.0.ffn_norm.weight` shares bytes with another tensor"),
        (
            refusal(
                &gguf(&tiny(Family::Llama))
                    .f32("output_norm.weight", &Tensor::f32(&[8], vec![0.0; 8]))
                    .bytes(),
            ),
            "tensor `output_norm.weight` is there twice",
        ),
        (
            refusal(
                &gguf(&tiny(Family::Llama))
                    .f32("model.norm.weight", &Tensor::f32(&[8], vec![0.0; 8]))
                    .bytes(),
            ),
            "tensor `output_norm.weight` is there twice, under two names",
        ),
    ];
    for (refused, expected) in cases {
        assert_eq!(refused, expected);
    }
}
