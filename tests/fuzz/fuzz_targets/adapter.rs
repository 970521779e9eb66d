//! A folder of an adapter: `adapter_config.json`, a byte of 0, and `adapter_model.safetensors`. An adapter
//! that is read is the same after it was written and read again.
#![no_main]

#[path = "../checkpoint/mod.rs"]
mod checkpoint;

use libfuzzer_sys::fuzz_target;
use lora_checkpoint::Adapter;
use tempfile::TempDir;

thread_local! {
    static DIR: TempDir = checkpoint::scratch();
}

fuzz_target!(|input: &[u8]| {
    let (config, weights) = checkpoint::two(input);
    DIR.with(|dir| {
        checkpoint::put(dir.path(), "adapter_config.json", config);
        checkpoint::put(dir.path(), "adapter_model.safetensors", weights);
        match Adapter::open(dir.path()) {
            Ok(adapter) => {
                adapter.write(dir.path()).expect("it is written");
                let again = Adapter::open(dir.path()).expect("it is read again");
                assert_eq!(again.config, adapter.config.with_defaults());
                // A NaN differs from itself, but not its bits.
                let bits = |adapter: &Adapter| format!("{:?}", adapter.tensors);
                assert_eq!(bits(&again), bits(&adapter));
            }
            Err(error) => checkpoint::told(dir.path(), &error),
        }
    });
});
