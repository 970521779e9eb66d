//! A folder of an adapter, as for the target `adapter`, diagnosed: it is refused in one line, or everything that
//! is said of it can be written.
#![no_main]

#[path = "../checkpoint/mod.rs"]
mod checkpoint;

use libfuzzer_sys::fuzz_target;
use lora_diagnosis::{DiagnoseAnswer, DiagnoseRequest, TrainingAsked, render};
use tempfile::TempDir;

thread_local! {
    static DIR: TempDir = checkpoint::scratch();
}

fuzz_target!(|input: &[u8]| {
    let (config, weights) = checkpoint::two(input);
    DIR.with(|dir| {
        checkpoint::put(dir.path(), "adapter_config.json", config);
        checkpoint::put(dir.path(), "adapter_model.safetensors", weights);
        let training = TrainingAsked::new(1e-3, 100, 1.0, [0.9, 0.999]);
        let training = training.with_weight_decay(0.1).expect("little decay");
        let asked = DiagnoseRequest { dirs: vec![dir.path().to_owned()], training: Some(training) };
        match DiagnoseAnswer::to(&asked) {
            Ok(answer) => {
                let text = render(&answer);
                assert!(text.ends_with('\n') && text.chars().all(|x| x == '\n' || !x.is_control()));
                for module in &answer.adapters[0].found.modules {
                    assert!(module.product.singular_values.iter().all(|value| value.is_finite()));
                }
            }
            Err(error) => checkpoint::told(dir.path(), &error),
        }
    });
});
