//! Bytes as a GGUF file.
#![no_main]

#[path = "../checkpoint/mod.rs"]
mod checkpoint;

use libfuzzer_sys::fuzz_target;
use lora_checkpoint::Metadata;
use tempfile::TempDir;

thread_local! {
    static DIR: TempDir = checkpoint::scratch();
}

fuzz_target!(|bytes: &[u8]| {
    DIR.with(|dir| {
        checkpoint::put(dir.path(), "a.gguf", bytes);
        let file = dir.path().join("a.gguf");
        checkpoint::read_all(&file);
        match Metadata::open(&file) {
            Ok(metadata) => {
                for key in metadata.keys() {
                    let _ = (metadata.integers(key), metadata.numbers(key), metadata.number(key));
                    let texts = metadata.texts(key).unwrap_or_default();
                    assert!(texts.is_none_or(|texts| texts.iter().count() == texts.len()));
                }
            }
            Err(error) => checkpoint::told(&file, &error),
        }
    });
});
