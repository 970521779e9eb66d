//! The limit in the figures of an experiment: loss against c, and the power laws that learning rates tend to.

use std::collections::{BTreeMap, BTreeSet};

use lora_figures::{
    AsymptoteRow, CurveMeanRow, CurveRow, CurvesFigure, OptimumRow, Quantity, ScalingRow, Width,
};
use lora_sim::spec::Init;
use lora_store::limits::{LimitRow, c_of, gammas, searched};
use lora_theory::{approximate, parse_rational};

use crate::answer::{Constants, Side};
use crate::beside::{InitLimit, LimitSummary};
use crate::figure::{means, optimum, rates};

/// The figure of losses against learning rates as one of losses against c = η n^-γ, on which the widths tend to the
/// limit, with the limit among them.
pub fn against_c(figure: CurvesFigure, rows: &[LimitRow], limit: &LimitSummary) -> CurvesFigure {
    let mut figure = in_units_of_c(figure, &gammas(rows));
    figure.runs.extend(searched(rows).map(curve_row));
    figure.means.extend(curves(rows));
    let inits = || limit.inits.iter().map(|(&init, found)| (init, &found.constants));
    figure.optima.extend(inits().filter_map(|(init, constants)| optimum(init, constants)));
    let rates = rates(inits());
    let LimitSummary { coupled_width, neurons, replicates, .. } = limit;
    figure.x_label = "c in η = c n^{γ}".into();
    figure.rate = "c".into();
    figure.text.title = "Loss against c at every width and at n = ∞".into();
    figure.text.caption = format!(
        "{rates}. n = ∞: the limit, coupled to runs of n = {coupled_width}, over {replicates} replicates of {neurons} \
         neurons; its optimum is drawn at the lowest loss over four times the neurons. {}",
        figure.text.caption
    );
    figure
}

/// Where no limit is known of an init, it has no place on the axis.
fn in_units_of_c(figure: CurvesFigure, gammas: &BTreeMap<Init, f64>) -> CurvesFigure {
    let c = |init, width: Width, lr| Some(c_of(lr, width.finite()?, *gammas.get(&init)?));
    let CurvesFigure { runs, means, optima, .. } = &figure;
    let runs = runs.iter().filter_map(|row| {
        let learning_rate = c(row.init, row.width, row.learning_rate)?;
        Some(CurveRow { learning_rate, ..row.clone() })
    });
    let means = means.iter().filter_map(|row| {
        let learning_rate = c(row.init, row.width, row.learning_rate)?;
        Some(CurveMeanRow { learning_rate, ..row.clone() })
    });
    let optima = optima.iter().filter_map(|row| {
        let learning_rate = c(row.init, row.width, row.learning_rate)?;
        Some(OptimumRow { learning_rate, ..row.clone() })
    });
    let (runs, means, optima) = (runs.collect(), means.collect(), optima.collect());
    CurvesFigure { runs, means, optima, ..figure }
}

fn curve_row(row: &LimitRow) -> CurveRow {
    CurveRow {
        init: row.init,
        width: Width::Infinite,
        seed: row.seed,
        learning_rate: row.c,
        loss: row.score.unwrap_or(f64::INFINITY),
        diverged: row.diverged_at.is_some(),
    }
}

/// The mean curve of every init.
fn curves(rows: &[LimitRow]) -> Vec<CurveMeanRow> {
    let mut by_init: BTreeMap<Init, Vec<&LimitRow>> = BTreeMap::new();
    for row in searched(rows) {
        by_init.entry(row.init).or_default().push(row);
    }
    let of_each = by_init.into_iter().flat_map(|(init, rows)| {
        let seeds: BTreeSet<u64> = rows.iter().map(|row| row.seed).collect();
        means(init, seeds.len(), rows.into_iter().map(|row| (row.c_index, row.c, row.score)))
    });
    of_each.collect()
}

/// The power laws c_opt n^γ and c_stable n^γ. A c_stable that stands for one width is none.
pub fn asymptotes(limit: &LimitSummary) -> Vec<AsymptoteRow> {
    let mut rows = Vec::new();
    for (&init, InitLimit { constants, .. }) in &limit.inits {
        let Ok(gamma) = parse_rational(&constants.gamma) else { continue };
        let Constants { c_opt, c_opt_interval, c_opt_bound, .. } = constants;
        let opt = (Quantity::EtaOpt, *c_opt, *c_opt_interval, *c_opt_bound);
        let Constants { c_stable, c_stable_interval, c_stable_bound, c_stable_remark, .. } =
            constants;
        let c_stable = c_stable.filter(|_| c_stable_remark.is_none());
        let stable = (Quantity::EtaStable, c_stable, *c_stable_interval, *c_stable_bound);
        rows.extend([opt, stable].into_iter().filter_map(|(quantity, c, interval, bound)| {
            Some(row((quantity, init), c?, approximate(gamma), (interval, bound)))
        }));
    }
    rows
}

fn row(
    (quantity, init): (Quantity, Init),
    constant: f64,
    exponent: f64,
    (interval, bound): (Option<[f64; 2]>, Option<Side>),
) -> AsymptoteRow {
    let [lower, upper] = [0, 1].map(|end| interval.map(|ends| ends[end]));
    AsymptoteRow { quantity, init, constant, lower, upper, exponent, bracketed: bound.is_none() }
}

/// The losses at n = ∞.
pub fn losses(limit: &LimitSummary) -> Vec<ScalingRow> {
    let loss = |(&init, found): (&Init, &InitLimit)| {
        let loss = found.constants.loss;
        let [lower, upper] = [0, 1].map(|end| loss.interval.map(|ends| ends[end]));
        Some(ScalingRow {
            quantity: Quantity::Loss,
            init,
            width: Width::Infinite,
            value: loss.value?,
            lower,
            upper,
            bracketed: found.constants.bracketed,
        })
    };
    limit.inits.iter().filter_map(loss).collect()
}
