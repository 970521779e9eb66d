//! One run from code: Init[A] at width 1024, with what is recorded on the way.
//!
//! ```sh
//! cargo run -p lora-sim --example one_run
//! ```

use lora_sim::spec::{Init, Model, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, SimError};

fn main() -> Result<(), SimError> {
    let (width, seed) = (1024, 0);
    let model = Model { points: 256, ..Model::default() };
    let training = Training { steps: 50, record_every: 10, ..Training::default() };
    let run = Run { init: Init::A, lr: 2e-3, adapter_seed: seed };

    let engine = CpuEngine::new();
    println!("{} at n = {width}, η = {} on {}", run.init.label(), run.lr, engine.describe());
    let mut problem = engine.prepare(&model, width, seed)?;
    let outcomes = problem.train(&Batch::new(&training, &[run]))?;

    println!("step  train loss  test loss  rms Z_A  rms Z_B");
    for record in &outcomes[0].trajectory.records {
        println!(
            "{:4}  {:10.5}  {:9.5}  {:7.4}  {:7.4}",
            record.step, record.train_loss, record.test_loss, record.za_rms, record.zb_rms
        );
    }
    Ok(())
}
