//! Whether Adam's epsilon set the scale of the updates.

use crate::readings::Readings;
use lora_experiment::experiment::Experiment;
use lora_types::OptimizerKind;

/// A warning if Adam's epsilon is not far below the gradients, where it would set the scale of the
/// updates.
pub fn epsilon_warning(experiment: &Experiment, readings: &Readings) -> Option<String> {
    if !matches!(experiment.training.optimizer, OptimizerKind::Adam | OptimizerKind::AdamW) {
        return None;
    }
    let best = readings.values().flatten().filter_map(|reading| reading.best);
    let gradients = best.flat_map(|row| [row.least_gradient_a, row.least_gradient_b]);
    let least = gradients.flatten().fold(f64::INFINITY, f64::min);
    let epsilon = experiment.training.epsilon;
    (epsilon > 1e-2 * least).then(|| {
        format!(
            "epsilon = {epsilon:e} is not far below the smallest rms gradient at an optimum, \
             {least:.1e}: {}",
            epsilon_hint(least)
        )
    })
}

/// What to do about gradients this small. Adam's second moment averages their squares. Where f32
/// cannot hold those, the updates are not Adam's, whatever epsilon is.
fn epsilon_hint(least: f64) -> String {
    if least * least < f64::from(f32::MIN_POSITIVE) {
        return "its square is below what 32-bit floats hold, so that no epsilon helps; leave out the \
                widths where it is so small"
            .to_owned();
    }
    format!("try training.epsilon={:e}", 10f64.powf((1e-4 * least).log10().floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epsilon_that_is_named_is_a_normal_number_in_f32() {
        assert_eq!(epsilon_hint(3e-6), "try training.epsilon=1e-10");
        for power in 0..320 {
            let hint = epsilon_hint(10f64.powi(-power));
            match hint.rsplit_once('=') {
                Some((_, epsilon)) => {
                    let epsilon: f32 = epsilon.parse().expect("a number");
                    assert!(epsilon.is_normal(), "{hint}");
                }
                None => assert!(power >= 19 && hint.contains("no epsilon helps"), "{hint}"),
            }
        }
        assert!(epsilon_hint(0.0).contains("no epsilon helps"));
    }
}
