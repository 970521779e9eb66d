//! Learning rates from a solved limit in words.

use std::fmt::Write as _;

use crate::answer::Side;
use crate::digits::{digits, with_interval};
use crate::rates::{LimitRate, LimitRates, SolvedNetwork};
use crate::text::paragraph;

impl LimitRates {
    /// Which network was solved, and η at the width.
    pub fn render(&self) -> String {
        let whose = format!("{} in the limit n → ∞ that was solved", self.of.init);
        let mut out = paragraph(&format!("{whose}: {}", network(&self.of)));
        let gamma = self.gamma.as_deref().unwrap_or_default();
        for (name, rate) in [("η_opt", &self.eta_opt), ("η_stable", &self.eta_stable)] {
            if let Some(rate) = rate {
                let _ = writeln!(out, "  {}", line(name, rate, (gamma, self.width)));
            }
        }
        out + &self.remark.as_deref().map_or(String::new(), |remark| {
            paragraph(&format!("{}.", remark.trim_end_matches('.'))).trim_start().to_owned()
        })
    }
}

/// Its sizes, and that it is no other network.
fn network(of: &SolvedNetwork) -> String {
    let quick = if of.quick { ", quick sizes: do not quote" } else { "" };
    let ratio = match of.lr_ratio {
        1.0 => String::new(),
        ratio => format!(", η_B = {ratio} η_A"),
    };
    format!(
        "the synthetic network of {} with N = {}, d = {}, r = {}, s = {}, {}, a = {}, {} steps of {}{ratio}, \
         seeds {}{quick}; {}. It says nothing of another model.",
        of.experiment,
        of.points,
        of.input_dim,
        of.rank,
        of.multiplier,
        of.activation.key(),
        of.readout,
        of.steps,
        of.optimizer.key(),
        of.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        of.from
    )
}

fn line(name: &str, rate: &LimitRate, (gamma, width): (&str, u32)) -> String {
    let sign = match rate.bound {
        None => "≈",
        Some(Side::AtLeast) => "≥",
        Some(Side::AtMost) => "≤",
    };
    let c = with_interval(Some(rate.c), rate.c_interval).unwrap_or_else(|| digits(rate.c));
    let lr = match rate.lr_interval {
        Some([low, high]) => format!("{:.2e} [{low:.2e}, {high:.2e}]", rate.lr),
        None => format!("{:.2e}", rate.lr),
    };
    format!("{name} {sign} c n^{gamma} with c = {c}: {lr} at n = {width}")
}
