//! Trajectories at each seed's own best learning rate.

use std::collections::BTreeMap;

use lora_report::{Named, StepCurve, StepValues};
use lora_sim::spec::Init;

use crate::draw::Sources;
use crate::readings::Reading;
use crate::report::curves::{geometric_mean, named, of_samples};
use lora_store::rows::StepRow;

/// Most recorded steps that the page holds of a trajectory.
const MOST_STEPS: usize = 101;

type OfStep = fn(&StepRow) -> f32;

const QUANTITIES: [(&str, &str, OfStep); 11] = [
    ("train_loss", "train loss", |step| step.train_loss),
    ("test_loss", "held-out loss", |step| step.test_loss),
    ("za_rms", "rms Z_{A}", |step| step.za_rms),
    ("zb_rms", "rms Z_{B}", |step| step.zb_rms),
    ("za_norm", "norm of Z_{A}, mean over points", |step| step.za_norm),
    ("zb_norm", "norm of Z_{B}, mean over points", |step| step.zb_norm),
    ("delta1", "rms δ1 = s B ΔZ_{A} of the last update", |step| step.delta1),
    ("delta2", "rms δ2 = s ΔB Z_{A} of the last update", |step| step.delta2),
    ("delta3", "rms δ3 = s ΔB ΔZ_{A} of the last update", |step| step.delta3),
    ("a_move", "rms movement of A", |step| step.a_move),
    ("b_move", "rms movement of B", |step| step.b_move),
];

/// Names, in the order of the values.
pub fn quantities(sources: &Sources) -> Vec<Named> {
    QUANTITIES.map(|(key, name, _)| named(key, &of_samples(sources, name))).to_vec()
}

/// A run's recorded steps, by init, width, seed and learning rate.
type Trajectories<'s> = BTreeMap<(Init, usize, u64, i64), Vec<&'s StepRow>>;

/// One curve for each init and width, and a note if steps were left out.
pub fn curves(sources: &Sources) -> (Vec<StepCurve>, Option<String>) {
    let mut trajectories = Trajectories::new();
    for step in &sources.results.steps {
        let key = (step.init, step.width, step.seed, step.lr_index);
        trajectories.entry(key).or_default().push(step);
    }
    let longest = trajectories.values().map(Vec::len).max().unwrap_or(0);
    let every = longest.saturating_sub(1).div_ceil(MOST_STEPS - 1).max(1);
    let curve = |(&(init, width), readings): (&(Init, usize), &Vec<Reading>)| {
        curve((init, width), readings, &trajectories, every)
    };
    let curves = sources.readings.iter().filter_map(curve).collect();
    let note = (every > 1).then(|| {
        format!(
            "Of the recorded steps the explorer holds one in {every}, and the last; all are in \
             trajectories.csv."
        )
    });
    (curves, note)
}

fn curve(
    (init, width): (Init, usize),
    readings: &[Reading],
    trajectories: &Trajectories,
    every: usize,
) -> Option<StepCurve> {
    let best: Vec<_> = readings.iter().filter_map(|reading| reading.best).collect();
    let runs: Vec<&Vec<&StepRow>> = best
        .iter()
        .map(|run| trajectories.get(&(init, width, run.seed, run.lr_index)))
        .collect::<Option<_>>()?;
    let length = runs.iter().map(|steps| steps.len()).min().filter(|length| *length > 0)?;
    let kept = |index: &usize| index.is_multiple_of(every) || index + 1 == length;
    let kept: Vec<usize> = (0..length).filter(kept).collect();
    let lr = geometric_mean(best.iter().map(|run| Some(run.lr)))?;
    let values = QUANTITIES.map(|(_, _, of)| {
        let mut values = StepValues::default();
        for &index in &kept {
            let seeds: Vec<f64> = runs.iter().map(|run| f64::from(of(run[index]))).collect();
            values.mean.push(geometric_mean(seeds.iter().map(|&x| Some(x))));
            values.low.push(seeds.iter().copied().reduce(f64::min));
            values.high.push(seeds.iter().copied().reduce(f64::max));
        }
        values
    });
    Some(StepCurve {
        init,
        n: width.into(),
        seeds: runs.len(),
        of: readings.len(),
        lr,
        steps: kept.iter().map(|&index| runs[0][index].step).collect(),
        values: values.to_vec(),
    })
}
