//! The rows of `map.csv`: a sweep under a choice, with every key that may matter.

use serde::{Deserialize, Serialize};

use crate::choice::Choice;
use crate::finding::{Finding, Found};
use crate::sweep::Sweep;

/// A sweep under a choice. Exponents are those of the best learning rate over all widths; ratios are at the
/// widest network. Ends are those of 95% intervals over seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapRow {
    /// a in W_out ~ N(0, n^-2a).
    pub readout_exponent: f64,
    /// "gaussian" or "zero": W_h.
    pub hidden: String,
    /// Factor of the teacher's outputs.
    pub teacher_scale: f64,
    /// Standard deviation of a random A in units of n^-1/2.
    pub a_scale: f64,
    /// Standard deviation of a random B in units of r^-1/2.
    pub b_scale: f64,
    /// s.
    pub multiplier: f64,
    /// r.
    pub rank: usize,
    /// N.
    pub points: usize,
    /// φ.
    pub activation: String,
    /// "adam" and so on.
    pub optimizer: String,
    /// Factors that are trained.
    pub train: String,
    /// η_B/η_A.
    pub lr_ratio: f64,
    /// Width of the teacher.
    pub teacher_width: usize,
    /// Rank of the teacher.
    pub teacher_rank: usize,
    /// The smallest width.
    pub narrowest: usize,
    /// The largest width.
    pub widest: usize,
    /// Seeds.
    pub seeds: usize,
    /// T.
    pub steps: usize,
    /// "final loss" or "mean loss".
    pub metric: String,
    /// "fine grid" or "coarse grid".
    pub grid: String,
    /// Where the learning rate of the comparison is chosen.
    pub lr_at: String,
    /// Exponent of η_opt under Init\[A\].
    pub eta_opt_a: Option<f64>,
    /// Lower end.
    pub eta_opt_a_lower: Option<f64>,
    /// Upper end.
    pub eta_opt_a_upper: Option<f64>,
    /// Whether it is the printed one.
    pub eta_opt_a_verdict: String,
    /// Exponent of η_opt under Init\[B\].
    pub eta_opt_b: Option<f64>,
    /// Lower end.
    pub eta_opt_b_lower: Option<f64>,
    /// Upper end.
    pub eta_opt_b_upper: Option<f64>,
    /// Whether it is the printed one.
    pub eta_opt_b_verdict: String,
    /// Norm of Z_A under Init\[A\] over that under Init\[B\].
    pub za_ratio: Option<f64>,
    /// Lower end.
    pub za_ratio_lower: Option<f64>,
    /// Upper end.
    pub za_ratio_upper: Option<f64>,
    /// Whether it is much larger.
    pub larger_za_verdict: String,
    /// Loss under Init\[B\] over that under Init\[A\].
    pub loss_ratio: Option<f64>,
    /// Lower end.
    pub loss_ratio_lower: Option<f64>,
    /// Upper end.
    pub loss_ratio_upper: Option<f64>,
    /// Whether the loss under Init\[A\] is lower.
    pub lower_loss_verdict: String,
    /// How many of the four findings hold.
    pub as_printed: usize,
}

impl MapRow {
    /// The row of a sweep under a choice, from its findings in the order of [`Finding::ALL`].
    pub(crate) fn of(sweep: &Sweep, choice: Choice, found: &[Found]) -> Self {
        let of = |finding: Finding| found.iter().find(|found| found.finding == finding);
        let number = |finding, get: fn(&Found) -> Option<f64>| {
            let value = of(finding).and_then(get);
            match finding {
                Finding::Follows(_) => value,
                Finding::LargerZa | Finding::LowerLoss => value.map(f64::exp),
            }
        };
        let value = |finding| number(finding, |found| found.value);
        let lower = |finding| number(finding, |found| found.interval.map(|(lower, _)| lower));
        let upper = |finding| number(finding, |found| found.interval.map(|(_, upper)| upper));
        let verdict = |finding| {
            let verdict = of(finding).and_then(|found| found.verdict);
            verdict.map_or("not measured", |verdict| verdict.name()).to_owned()
        };
        let [a, b, za, loss] = Finding::ALL;
        let widths = sweep.widths();
        let holds = |found: &&Found| found.verdict == Some(lora_stats::Verdict::Holds);
        Self {
            readout_exponent: sweep.model.readout_exponent,
            hidden: sweep.model.hidden.key().to_owned(),
            teacher_scale: sweep.model.teacher_scale,
            a_scale: sweep.model.a_scale,
            b_scale: sweep.model.b_scale,
            multiplier: sweep.model.multiplier,
            rank: sweep.model.rank,
            points: sweep.model.points,
            activation: sweep.model.activation.key().to_owned(),
            optimizer: sweep.training.optimizer.kind().key().to_owned(),
            train: sweep.training.train.key().to_owned(),
            lr_ratio: sweep.training.lr_ratio,
            teacher_width: sweep.model.teacher.width,
            teacher_rank: sweep.model.teacher.rank,
            narrowest: widths.first().copied().unwrap_or_default(),
            widest: widths.last().copied().unwrap_or_default(),
            seeds: sweep.seeds().len(),
            steps: choice.steps,
            metric: choice.metric.words().to_owned(),
            grid: choice.grid.words().to_owned(),
            lr_at: choice.lr_at.words().to_owned(),
            eta_opt_a: value(a),
            eta_opt_a_lower: lower(a),
            eta_opt_a_upper: upper(a),
            eta_opt_a_verdict: verdict(a),
            eta_opt_b: value(b),
            eta_opt_b_lower: lower(b),
            eta_opt_b_upper: upper(b),
            eta_opt_b_verdict: verdict(b),
            za_ratio: value(za),
            za_ratio_lower: lower(za),
            za_ratio_upper: upper(za),
            larger_za_verdict: verdict(za),
            loss_ratio: value(loss),
            loss_ratio_lower: lower(loss),
            loss_ratio_upper: upper(loss),
            lower_loss_verdict: verdict(loss),
            as_printed: found.iter().filter(holds).count(),
        }
    }
}
