//! Slopes of features over the widths, and whether they are flat.

use lora_experiment::experiment::Experiment;
use lora_experiment::prediction::Predicted;
use lora_experiment::study::feature::of_feature;
use lora_stats::{
    Agreement, DEFAULT_LEVEL, Decision, ScalingFit, WidthRule, agreement, decide_exponent,
    scaling_over_seeds,
};
use lora_theory::approximate;
use lora_types::Init;

use crate::compared::spacing;
use crate::coordinates::checked::Checked;
use crate::coordinates::feature::{FEATURES, Feature};
use crate::summary::FeatureSummary;

/// How far from 0 a slope may be and still be flat. The exponents of the calculus are multiples of 1/4 with the usual
/// readouts, and this is half the distance from 0 to the nearest other one.
pub const FLAT_WITHIN: f64 = 0.125;

/// Every feature of every init after every recorded step at which some run has it.
pub fn features(experiment: &Experiment, checked: &Checked) -> Vec<FeatureSummary> {
    let steps = checked.recorded();
    let last = steps.last().copied();
    let mut all = Vec::new();
    for &init in &experiment.training.inits {
        for feature in &FEATURES {
            for &step in &steps {
                // The theory's exponents are those of several steps: a factor may stay still in the first ones.
                let predicted = if Some(step) == last {
                    of_feature(experiment, init, feature.quantity)
                } else {
                    Predicted::nothing("it is made for the last step")
                };
                all.extend(judge(experiment, checked, (init, feature, step), &predicted));
            }
        }
    }
    all
}

/// One feature after one step; none where no run has it.
fn judge(
    experiment: &Experiment,
    checked: &Checked,
    (init, feature, step): (Init, &Feature, usize),
    predicted: &Predicted,
) -> Option<FeatureSummary> {
    let by_seed = checked.values(experiment, (init, step), feature);
    by_seed.iter().flatten().flatten().next()?;
    let widths: Vec<f64> = experiment.model.widths.iter().map(|&width| width as f64).collect();
    let fit = scaling_over_seeds(&widths, &by_seed, DEFAULT_LEVEL, &WidthRule::default());
    let decision = match &fit {
        Ok(fit) => flat(fit),
        Err(error) => Decision::unmeasured(error.to_string()),
    };
    let gamma = predicted.exponent();
    let mut summary = FeatureSummary {
        init,
        feature: feature.name.to_owned(),
        step,
        gamma: experiment.search.lr_exponent.of(init).to_string(),
        exponent: None,
        lower: None,
        upper: None,
        widths_used: Vec::new(),
        predicted_exact: gamma.map(|gamma| gamma.to_string()),
        no_prediction: predicted.reason().map(str::to_owned),
        agreement: Agreement::NoInterval,
        flat: decision.verdict,
        why: decision.reason,
    };
    if let Ok(ScalingFit { chosen, .. }) = fit {
        let interval = chosen.lower.zip(chosen.upper);
        let apart = gamma.map_or(0.0, |gamma| approximate(spacing(gamma)));
        summary.agreement = agreement(interval, gamma.map(approximate), apart);
        summary.exponent = Some(chosen.exponent);
        (summary.lower, summary.upper) = interval.unzip();
        summary.widths_used = chosen.widths_used.iter().map(|&width| width as usize).collect();
    }
    Some(summary)
}

/// Whether a feature does not change with the width. One that some seed lacks at some width is not judged: a run that
/// diverged has left the widths at which the answer would be.
fn flat(fit: &ScalingFit) -> Decision {
    if let Some(width) = fit.all.excluded_widths.first() {
        return Decision::unmeasured(format!("some seed has no positive value at n = {width}"));
    }
    decide_exponent(fit, 0.0, FLAT_WITHIN)
}
