//! Tiny tokenizers for tests, as GGUF files and as folders.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

const TEXT: u32 = 8;
const ARRAY: u32 = 9;

/// The metadata of a GGUF file that is being put together.
pub struct Gguf {
    bytes: Vec<u8>,
    count: u64,
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

impl Gguf {
    pub fn new(model: &str) -> Self {
        Self { bytes: Vec::new(), count: 0 }.text("model", model)
    }

    fn key(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        let key = text(&format!("tokenizer.ggml.{key}"));
        self.bytes.extend([&key[..], &kind.to_le_bytes(), value].concat());
        self.count += 1;
        self
    }

    fn array(self, key: &str, kind: u32, count: usize, values: &[u8]) -> Self {
        let array = [&kind.to_le_bytes()[..], &(count as u64).to_le_bytes(), values].concat();
        self.key(key, ARRAY, &array)
    }

    pub fn text(self, key: &str, value: &str) -> Self {
        let value = text(value);
        self.key(key, TEXT, &value)
    }

    pub fn texts(self, key: &str, values: &[impl AsRef<str>]) -> Self {
        let all: Vec<u8> = values.iter().flat_map(|value| text(value.as_ref())).collect();
        self.array(key, TEXT, values.len(), &all)
    }

    pub fn floats(self, key: &str, values: &[f32]) -> Self {
        let all: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(key, 6, values.len(), &all)
    }

    pub fn ints(self, key: &str, values: &[i32]) -> Self {
        let all: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array(key, 5, values.len(), &all)
    }

    pub fn id(self, key: &str, value: u32) -> Self {
        self.key(key, 4, &value.to_le_bytes())
    }

    pub fn flag(self, key: &str, value: bool) -> Self {
        self.key(key, 7, &[u8::from(value)])
    }

    /// Writes the file.
    pub fn file(self, dir: &TempDir) -> PathBuf {
        let file = dir.path().join("tiny.gguf");
        let start =
            [&b"GGUF\x03\0\0\0"[..], &0_u64.to_le_bytes(), &self.count.to_le_bytes()].concat();
        fs::write(&file, [start, self.bytes].concat()).expect("it is written");
        file
    }
}

/// The character by which byte-level tokenizers spell a byte.
fn spelled(byte: u8) -> char {
    let plain = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if plain(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|byte| !plain(*byte)).count() as u32;
    char::from_u32(256 + before).expect("a character")
}

/// All bytes, in order, so that byte b has the id b; then `ab`, ` ab`, `12`, `123` and two special tokens.
pub const AB: u32 = 256;
pub const SPACE_AB: u32 = 257;
pub const TWELVE: u32 = 258;
pub const HUNDRED: u32 = 259;
pub const START: u32 = 260;
pub const USER: u32 = 261;

/// A byte-level tokenizer under the rules of a name.
pub fn byte_level(pre: &str) -> Gguf {
    let mut tokens: Vec<String> = (0..=255).map(|byte| spelled(byte).to_string()).collect();
    tokens.extend(["ab", "Ġab", "12", "123", "<|start|>", "<|user|>"].map(str::to_owned));
    let mut kinds = vec![1; 262];
    kinds[START as usize] = 3;
    kinds[USER as usize] = 4;
    Gguf::new("gpt2")
        .text("pre", pre)
        .texts("tokens", &tokens)
        .ints("token_type", &kinds)
        .texts("merges", &["a b", "Ġ ab", "1 2", "12 3"])
        .id("bos_token_id", START)
        .id("eos_token_id", START)
}
