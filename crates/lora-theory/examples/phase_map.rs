//! A map of regimes: one line for each readout exponent a, one column for each learning rate n^γ.
//!
//! ```sh
//! cargo run -p lora-theory --example phase_map
//! ```

use lora_theory::{Init, Regime, Setting, TheoryError, analyse, rational};

fn main() -> Result<(), TheoryError> {
    println!("γ from -3/2 to 0 in steps of 1/16. Regimes: . no learning, L learning,");
    println!("i internally unstable, * learning but internally unstable, x unstable");
    for init in [Init::A, Init::B] {
        for eighths in 4..=8 {
            let readout = rational(eighths, 8)?;
            let analysis = analyse(&Setting::network(init, readout))?;
            let mut line = String::new();
            for sixteenths in -24..=0 {
                line.push(match analysis.at(rational(sixteenths, 16)?)?.regime {
                    Regime::NoLearning => '.',
                    Regime::Learning => 'L',
                    Regime::InternallyUnstable => 'i',
                    Regime::LearningInternallyUnstable => '*',
                    Regime::Unstable => 'x',
                });
            }
            let optimal = analysis.critical.optimal;
            println!("{init}, a = {:<3}  {line}  η_opt = {optimal}", readout.to_string());
        }
    }
    Ok(())
}
