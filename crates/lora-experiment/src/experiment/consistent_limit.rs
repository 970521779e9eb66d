//! Whether the limit n → ∞ of an experiment that names it as a width exists and is solved.

use lora_limit::Class;
use lora_theory::Rational;
use lora_types::ModelKind;

use crate::experiment::Experiment;
use crate::experiment::conflict::{Conflict, conflict};

/// Every init that is trained must have a limit: an infinite width stands beside all curves, or beside none.
pub fn check(e: &Experiment) -> Result<(), Conflict> {
    if !e.model.widths.has_infinite() {
        return Ok(());
    }
    if e.model.kind != ModelKind::Synthetic {
        let valid = r#"without "inf": only the limit of the synthetic network is solved"#;
        return conflict("model.widths", Some("model.kind"), valid);
    }
    if e.model.readout_exponent < Rational::new(1, 2) {
        let valid = r#"without "inf" while model.readout_exponent is below 1/2: there the loss grows with n"#;
        return conflict("model.widths", Some("model.readout_exponent"), valid);
    }
    for &init in &e.training.inits {
        let found = Class::of(e.model.readout_exponent, &e.model(), &e.training(), init);
        if let Err(why) = found {
            return conflict("model.widths", None, format!(r#"without "inf": for {init} {why}"#));
        }
    }
    Ok(())
}
