//! The rows of the figure "loss against c".

use std::collections::BTreeMap;

use lora_experiment::experiment::Score;
use lora_figures::{
    CurveMeanRow, CurveRow, CurvesFigure, Drawable, Drawing, FigureText, OptimumRow, Width,
};
use lora_sim::spec::Init;
use lora_stats::geometric_mean;

use crate::answer::{Answer, Constants, InitAnswer, ReadoutAnswer};
use crate::constants::Curves;
use crate::search::Curve;

/// Losses beyond this are marked at the upper edge: the initial error is of order one.
const CEILING: f64 = 10.0;

/// How the names of figures begin; the readout exponent follows.
pub(crate) const FIGURE: &str = "loss-a";

/// The figures of an answer, which [`write`](crate::write()) leaves in a directory: one for each readout exponent
/// with which some init has a limit.
pub fn drawings(answer: &Answer, curves: &Curves) -> Vec<Drawing> {
    let drawn = answer.readouts.iter().zip(curves).filter(|(_, curves)| !curves.is_empty());
    let name = |of: &ReadoutAnswer| format!("{FIGURE}{}", of.readout.replace('/', "-"));
    drawn.map(|(of, curves)| figure(answer, of, curves).named(name(of))).collect()
}

/// A panel for each init with a limit.
fn figure(
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
        let runs = seeds.iter().flat_map(|(_, curve)| &curve.runs);
        let losses = runs.map(|run| (run.c_index, run.c, run.loss));
        figure.means.extend(means(init, seeds.len(), losses));
        let constants = of.inits.get(&init).and_then(InitAnswer::constants);
        figure.optima.extend(constants.and_then(|constants| optimum(init, constants)));
    }
    figure
}

/// Where every one of `count` seeds was sampled, from the place on the grid, the c and the loss of every run.
pub(crate) fn means(
    init: Init,
    count: usize,
    runs: impl Iterator<Item = (i64, f64, Option<f64>)>,
) -> impl Iterator<Item = CurveMeanRow> {
    let mut by_c: BTreeMap<i64, (f64, Vec<f64>)> = BTreeMap::new();
    for (index, c, loss) in runs {
        by_c.entry(index).or_insert((c, Vec::new())).1.extend(loss);
    }
    let whole = by_c.into_values().filter(move |(_, losses)| losses.len() == count);
    whole.map(move |(c, losses)| CurveMeanRow {
        init,
        width: Width::Infinite,
        learning_rate: c,
        loss: geometric_mean(&losses),
    })
}

/// Where the lowest loss is.
pub(crate) fn optimum(init: Init, constants: &Constants) -> Option<OptimumRow> {
    Some(OptimumRow {
        init,
        width: Width::Infinite,
        learning_rate: constants.c_opt?,
        loss: constants.loss.value?,
        bracketed: constants.bracketed,
    })
}

/// How the learning rates of each init scale, in words.
pub(crate) fn rates<'c>(inits: impl Iterator<Item = (Init, &'c Constants)>) -> String {
    let rates = inits.map(|(init, constants)| {
        let gamma = constants.gamma.replace('-', "−");
        format!("{init}: η = c n^{{{gamma}}}")
    });
    rates.collect::<Vec<_>>().join(", ")
}

fn text(answer: &Answer, of: &ReadoutAnswer) -> FigureText {
    let rates =
        rates(of.inits.iter().filter_map(|(init, found)| Some((*init, found.constants()?))));
    let seeds: Vec<String> = answer.seeds.iter().map(u64::to_string).collect();
    let (readout, seeds) = (of.readout.replace('-', "−"), seeds.join(", "));
    let (width, replicates) = (answer.coupled_width, answer.replicates);
    let (neurons, loss_neurons) = (answer.neurons, answer.loss_neurons);
    FigureText {
        title: "Loss in the limit n → ∞".into(),
        caption: format!(
            "a = {readout}. {rates}. Dots: {}, one per seed and c; lines: geometric means where every seed \
             was sampled; marked: c_{{opt}} and the lowest loss over {loss_neurons} neurons, geometric means over \
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
