//! The rows of the figure "loss against c".

use std::collections::BTreeMap;

use lora_experiment::experiment::Score;
use lora_figures::{CurveMeanRow, CurveRow, CurvesFigure, FigureText, OptimumRow, Width};
use lora_sim::spec::Init;
use lora_stats::geometric_mean;

use crate::answer::{Answer, ReadoutAnswer};
use crate::search::Curve;

/// Losses beyond this are marked at the upper edge: the initial error is of order one.
const CEILING: f64 = 10.0;

/// A panel for each init with a limit.
pub fn figure(
    answer: &Answer,
    of: &ReadoutAnswer,
    curves: &BTreeMap<Init, Vec<(u64, Curve)>>,
) -> CurvesFigure {
    let mut figure = CurvesFigure {
        text: text(answer, of),
        loss_name: loss_name(answer.score).into(),
        x_label: "c in η = c n^{γ}".into(),
        rate: "c".into(),
        loss_ceiling: Some(CEILING),
        ..CurvesFigure::default()
    };
    for (&init, seeds) in curves {
        for (seed, curve) in seeds {
            figure.runs.extend(curve.runs.iter().map(|run| CurveRow {
                init,
                width: Width::Infinite,
                seed: *seed,
                learning_rate: run.c,
                loss: run.loss.unwrap_or(f64::INFINITY),
                diverged: run.diverged_at.is_some(),
            }));
        }
        figure.means.extend(means(init, seeds));
        figure.optima.extend(optimum(of, init));
    }
    figure
}

/// Where every seed was sampled.
fn means(init: Init, seeds: &[(u64, Curve)]) -> impl Iterator<Item = CurveMeanRow> {
    let mut by_c: BTreeMap<i64, (f64, Vec<f64>)> = BTreeMap::new();
    for run in seeds.iter().flat_map(|(_, curve)| &curve.runs) {
        by_c.entry(run.c_index).or_insert((run.c, Vec::new())).1.extend(run.loss);
    }
    let count = seeds.len();
    let whole = by_c.into_values().filter(move |(_, losses)| losses.len() == count);
    whole.map(move |(c, losses)| CurveMeanRow {
        init,
        width: Width::Infinite,
        learning_rate: c,
        loss: geometric_mean(&losses),
    })
}

fn optimum(of: &ReadoutAnswer, init: Init) -> Option<OptimumRow> {
    let constants = of.inits.get(&init)?.constants()?;
    Some(OptimumRow {
        init,
        width: Width::Infinite,
        learning_rate: constants.c_opt?,
        loss: constants.loss.value?,
        bracketed: constants.bracketed,
    })
}

fn text(answer: &Answer, of: &ReadoutAnswer) -> FigureText {
    let rates = of.inits.iter().filter_map(|(init, found)| {
        let gamma = found.constants()?.gamma.replace('-', "−");
        Some(format!("{init}: η = c n^{{{gamma}}}"))
    });
    let rates = rates.collect::<Vec<_>>().join(", ");
    let seeds: Vec<String> = answer.seeds.iter().map(u64::to_string).collect();
    let (readout, seeds) = (of.readout.replace('-', "−"), seeds.join(", "));
    let (width, neurons, replicates) = (answer.coupled_width, answer.neurons, answer.replicates);
    FigureText {
        title: "Loss in the limit n → ∞".into(),
        caption: format!(
            "a = {readout}. {rates}. Dots: {}, one per seed and c; lines: geometric means where every seed \
             was sampled; marked: c_{{opt}} and the lowest loss over four times the neurons, geometric means over \
             seeds. Seeds {seeds}, coupled to runs of n = {width}; {replicates} replicates of {neurons} neurons.",
            loss_name(answer.score)
        ),
        badge: answer.quick.then(|| "quick sizes: do not quote".to_owned()),
    }
}

/// The score's name at an axis.
fn loss_name(score: Score) -> &'static str {
    match score {
        Score::TrainTail | Score::TrainFinal | Score::TrainBest => "train loss",
        Score::TestFinal => "held-out loss",
        Score::TestError => "held-out error",
    }
}
