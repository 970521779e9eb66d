//! A folder of a transformer: `config.json`, a byte of 0, and `model.safetensors`.
#![no_main]

#[path = "../checkpoint/mod.rs"]
mod checkpoint;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    static DIR: TempDir = checkpoint::scratch();
}

fuzz_target!(|input: &[u8]| {
    let (config, weights) = checkpoint::two(input);
    DIR.with(|dir| {
        checkpoint::put(dir.path(), "config.json", config);
        checkpoint::put(dir.path(), "model.safetensors", weights);
        checkpoint::read_all(dir.path());
    });
});
