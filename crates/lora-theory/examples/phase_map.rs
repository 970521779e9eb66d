//! A map of regimes: one line for each readout exponent a, one column for each learning rate n^γ.
//!
//! ```sh
//! cargo run -p lora-theory --example phase_map
//! ```

use lora_theory::{Init, Regime, Setting, TheoryError, analyse, rational};

fn main() -> Result<(), TheoryError> {
    println!(
        "regimes for γ = -2, -15/8, …, 0 (. none, L learning, ! internally unstable, x unstable)"
    );
    for init in [Init::A, Init::B] {
        for eighths in 4..=8 {
            let readout = rational(eighths, 8)?;
            let analysis = analyse(&Setting::network(init, readout))?;
            let mut line = String::new();
            for gamma in -16..=0 {
                line.push(match analysis.at(rational(gamma, 8)?)?.regime {
                    Regime::NoLearning => '.',
                    Regime::Learning => 'L',
                    Regime::InternallyUnstable | Regime::LearningInternallyUnstable => '!',
                    Regime::Unstable => 'x',
                });
            }
            println!("{init}, a = {readout:<3}  {line}  η_opt = {}", analysis.critical.optimal);
        }
    }
    Ok(())
}
