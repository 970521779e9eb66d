//! Slopes of features over the widths, and whether they are flat.

use lora_experiment::experiment::Experiment;
use lora_experiment::prediction::Predicted;
use lora_experiment::study::feature::of_feature;
use lora_stats::{
    Agreement, DEFAULT_LEVEL, Decision, Interval, ScalingFit, Verdict, WidthRule, agreement,
    decide_interval, scaling_over_seeds,
};
use lora_theory::approximate;
use lora_types::Init;

use crate::compared::spacing;
use crate::coordinates::checked::Checked;
use crate::coordinates::feature::{FEATURES, Feature};
use crate::summary::{FLAT_WITHIN, FeatureSummary};

/// Fewest widths for a verdict: through two points any curve is a line.
const LEAST_WIDTHS: usize = 3;

/// Every feature of every init after every recorded step at which some run has it, and after the last step where every
/// run of the init diverged.
pub fn features(experiment: &Experiment, checked: &Checked) -> Vec<FeatureSummary> {
    let last = experiment.training.steps;
    let mut steps = checked.recorded();
    if steps.last() != Some(&last) {
        steps.push(last);
    }
    // The theory's exponents are those of several steps: a factor may stay still in the first ones.
    let early = Predicted::nothing("it is made for the last step");
    let mut all = Vec::new();
    for &init in &experiment.training.inits {
        for feature in &FEATURES {
            let theory = of_feature(experiment, init, feature.quantity);
            let within = tolerance(&theory);
            for &step in &steps {
                let predicted = if step == last { &theory } else { &early };
                all.extend(judge(experiment, checked, (init, feature, step), (predicted, within)));
            }
        }
    }
    all
}

/// How far from 0 the slope of a flat feature may be: a feature that goes as the theory says is not flat unless the
/// theory says 0.
fn tolerance(theory: &Predicted) -> f64 {
    let exponent = theory.exponent().map(|gamma| approximate(gamma).abs());
    exponent.filter(|&size| size > 0.0).map_or(FLAT_WITHIN, |size| FLAT_WITHIN.min(0.5 * size))
}

/// One feature after one step; none where no run has it and some run reached the end.
fn judge(
    experiment: &Experiment,
    checked: &Checked,
    (init, feature, step): (Init, &Feature, usize),
    (predicted, within): (&Predicted, f64),
) -> Option<FeatureSummary> {
    let by_seed = checked.values(experiment, (init, step), feature);
    let nowhere = by_seed.iter().flatten().flatten().next().is_none();
    let ended = step == experiment.training.steps && checked.all_diverged(init);
    if nowhere && !ended {
        return None;
    }
    let widths: Vec<f64> = experiment.model.widths.iter().map(|&width| width as f64).collect();
    let fit = scaling_over_seeds(&widths, &by_seed, DEFAULT_LEVEL, &WidthRule::default());
    let decision = match &fit {
        _ if nowhere => Decision::unmeasured("every run had diverged"),
        Ok(fit) => flat(fit, within),
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
        flat_within: within,
        why: decision.reason,
    };
    if let Ok(ScalingFit { all, .. }) = fit {
        let interval = all.lower.zip(all.upper);
        let apart = gamma.map_or(0.0, |gamma| approximate(spacing(gamma)));
        summary.agreement = agreement(interval, gamma.map(approximate), apart);
        summary.exponent = Some(all.exponent);
        (summary.lower, summary.upper) = interval.unzip();
        summary.widths_used = all.widths_used.iter().map(|&width| width as usize).collect();
    }
    Some(summary)
}

/// Whether a feature does not change over these widths, by the interval of its slope over all of them. Nothing is said of
/// wider ones.
///
/// One that some seed lacks at some width is not judged: a run that diverged has left the widths at which the answer
/// would be. Neither is one that fewer than three widths have, nor one whose points depart from their line by more
/// than the tolerance.
fn flat(fit: &ScalingFit, within: f64) -> Decision {
    let all = &fit.all;
    if let Some(width) = all.excluded_widths.first() {
        return Decision::unmeasured(format!("some seed has no positive value at n = {width}"));
    }
    let widths = all.widths_used.len();
    if widths < LEAST_WIDTHS {
        let reason = format!("a verdict needs {LEAST_WIDTHS} widths, and there are {widths}");
        return Decision::unmeasured(reason);
    }
    let slope = Interval {
        estimate: all.exponent,
        lower: all.lower,
        upper: all.upper,
        standard_error: all.standard_error,
        undefined_share: 0.0,
        seeds: all.seeds_used,
        level: all.level,
    };
    let decision = decide_interval(&slope, (Some(-within), Some(within)));
    match fit.departure(within) {
        Some(departure) if decision.verdict != Verdict::Refuted => {
            let by = departure.slope.abs();
            let reason =
                format!("the points bend: a local slope departs from the line's by {by:.2}");
            Decision::new(Verdict::NotAPowerLaw, reason)
        }
        _ => decision,
    }
}
