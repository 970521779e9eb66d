//! How byte-level tokenizers cut a text into words before they merge bytes, by the names that GGUF files
//! use. Where Hugging Face publishes a tokenizer of that name, the rules are its.

use serde_json::{Value, json};

/// Rules of one name.
pub(crate) struct Rules {
    /// What is done to the text first.
    pub(crate) normalizer: Value,
    /// How it is cut.
    pub(crate) pre_tokenizer: Value,
    /// Whether a word that is a token as a whole is not made of merges.
    pub(crate) ignore_merges: bool,
    /// Whether a text begins with the token for its start if the file does not say.
    pub(crate) add_bos: bool,
}

/// Names that are known, for messages.
pub(crate) const NAMES: [&str; 5] = ["smollm", "llama-bpe", "qwen2", "gpt-2", "default"];

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const PUNCTUATION: &str = r"[\p{P}\$\+<=>\^~\|]+";

/// The words of Llama 3 and Qwen2, which differ in how many digits stay together.
fn words(digits: &str) -> String {
    let first = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    let rest = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    format!("{first}{digits}{rest}")
}

fn split(regex: &str) -> Value {
    json!({ "type": "Split", "pattern": { "Regex": regex }, "behavior": "Isolated", "invert": false })
}

/// Bytes as characters. `use_regex` also cuts as GPT-2 does.
fn byte_level(use_regex: bool) -> Value {
    json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex })
}

fn sequence(steps: &[Value]) -> Value {
    json!({ "type": "Sequence", "pretokenizers": steps })
}

/// The rules of a name.
pub(crate) fn rules(name: &str) -> Option<Rules> {
    let plain = |pre_tokenizer| Rules {
        normalizer: Value::Null,
        pre_tokenizer,
        ignore_merges: false,
        add_bos: false,
    };
    Some(match name {
        "smollm" => {
            let digits = json!({ "type": "Digits", "individual_digits": true });
            plain(sequence(&[digits, byte_level(true)]))
        }
        "llama-bpe" => Rules {
            ignore_merges: true,
            add_bos: true,
            ..plain(sequence(&[split(&words(r"\p{N}{1,3}")), byte_level(false)]))
        },
        "qwen2" => Rules {
            normalizer: json!({ "type": "NFC" }),
            ..plain(sequence(&[split(&words(r"\p{N}")), byte_level(false)]))
        },
        "gpt-2" => plain(byte_level(true)),
        // llama.cpp's own, for files that do not say.
        "default" => plain(sequence(&[
            split(PUNCTUATION),
            split(GPT2),
            split(r"\p{N}+"),
            split("[0-9][0-9][0-9]"),
            byte_level(false),
        ])),
        _ => return None,
    })
}
