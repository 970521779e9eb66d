//! The limit n → ∞ among the widths of a sweep.

use lora_analysis::minus::minus_signs;
use lora_analysis::summary::Summary;
use lora_constants::{Constants, FeatureLimit, InitLimit, LimitSummary, Side, digits};
use lora_types::{Init, Width};

use crate::plain::wrapped;

/// The row of n = ∞ below those of the widths that were trained.
pub fn row(limit: &LimitSummary, init: Init) -> Option<Vec<String>> {
    let InitLimit { constants, z_a, z_b } = limit.inits.get(&init)?;
    let Constants { c_opt, c_opt_bound, c_stable, c_stable_bound, gamma, basin, .. } = constants;
    let basin = match (basin.lower, basin.upper) {
        (Some(lower), Some(upper)) => {
            let open = if basin.complete { "" } else { "?" };
            format!("c: {}…{}{open}", digits(lower), digits(upper))
        }
        _ => NOTHING.to_owned(),
    };
    Some(vec![
        Width::Infinite.to_string(),
        rate((*c_opt, *c_opt_bound), gamma),
        String::new(),
        basin,
        constants.loss.value.map_or(NOTHING.to_owned(), |loss| format!("{loss:.3e}")),
        NOTHING.to_owned(),
        feature(z_a),
        feature(z_b),
        rate((*c_stable, *c_stable_bound), gamma),
        String::new(),
    ])
}

/// What the row cannot say; nothing without a limit.
pub fn words(summary: &Summary) -> String {
    let Some(limit) = &summary.limit else { return String::new() };
    let LimitSummary { coupled_width, neurons, replicates, .. } = limit;
    let mut words = format!(
        "n = ∞ is the limit, coupled to the runs of n = {coupled_width} and solved over {replicates} replicates of \
         {neurons} neurons. There a learning rate is c n^γ, and the basin holds values of c. A feature in units of n \
         grows or vanishes with n."
    );
    for (init, InitLimit { constants, .. }) in &limit.inits {
        let error = constants.loss.quadrature_error;
        if let Some(error) = error {
            let doubt = if constants.loss_reliable { "" } else { ": do not quote it" };
            let percent = 100.0 * error;
            words +=
                &format!(" The loss of {init} has a quadrature error of {percent:.0}%{doubt}.");
        }
        if let Some(remark) = &constants.c_stable_remark {
            words += &format!(" {init}: {remark}.");
        }
    }
    format!("\n{}\n", wrapped(&minus_signs(&words)))
}

const NOTHING: &str = "–";

/// "1.18 n^-3/4"; with a ? where c is only a bound.
fn rate((c, bound): (Option<f64>, Option<Side>), gamma: &str) -> String {
    let mark = if bound.is_some() { "?" } else { "" };
    c.map_or(NOTHING.to_owned(), |c| minus_signs(&format!("{}{mark} n^{gamma}", digits(c))))
}

/// A feature, with its unit unless that is 1.
fn feature(of: &FeatureLimit) -> String {
    match (of.value, of.power) {
        (Some(value), Some(0.0)) => format!("{value:.3e}"),
        (Some(value), Some(power)) => minus_signs(&format!("{} n^{power}", digits(value))),
        _ => NOTHING.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_has_its_unit_and_a_bound_its_mark() {
        let feature = |power| feature(&FeatureLimit { value: Some(0.25), power });
        assert_eq!(feature(Some(0.0)), "2.500e-1");
        assert_eq!(feature(Some(-0.5)), "0.250 n^−0.5");
        assert_eq!(feature(None), "–");
        assert_eq!(rate((Some(1.18), None), "-3/4"), "1.18 n^−3/4");
        assert_eq!(rate((Some(1.18), Some(Side::AtLeast)), "-1"), "1.18? n^−1");
        assert_eq!(rate((None, None), "-1"), "–");
    }
}
