//! Which ticks an axis gets and how they read.

use crate::toolkit::numbers::{fixed, power_of_ten, scientific};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::style::TICK;
use crate::toolkit::text;

/// Labelled ticks, and unlabelled ones between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ticks {
    pub major: Vec<(f64, String)>,
    pub minor: Vec<f64>,
}

/// Most labels on a vertical axis.
const MOST: usize = 6;

/// Ticks of a linear or decimal log axis.
pub(crate) fn ticks(scale: &Scale) -> Ticks {
    match scale.spacing {
        Spacing::Linear => linear(scale, MOST),
        Spacing::Log10 => decimal(scale),
        // Widths know better: see `width_ticks`.
        Spacing::Log2 => Ticks::default(),
    }
}

fn decimal(scale: &Scale) -> Ticks {
    let power = |end: f64| end.clamp(-330.0, 330.0);
    let span = power(scale.low).floor() as i32..=power(scale.high).ceil() as i32;
    let decades: Vec<i32> = span.clone().filter(|&k| scale.holds(10f64.powi(k))).collect();
    let multiples = |of: &'static [f64]| {
        let all = span.clone().flat_map(move |k| of.iter().map(move |m| m * 10f64.powi(k)));
        all.filter(|&v| scale.holds(v)).collect::<Vec<f64>>()
    };
    let fine = || multiples(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    if decades.len() >= 2 {
        let step = decades.len().div_ceil(MOST) as i32;
        let (shown, rest): (Vec<i32>, Vec<i32>) = decades.iter().partition(|k| *k % step == 0);
        let major = shown.iter().map(|&k| (10f64.powi(k), power_of_ten(k))).collect();
        let minor = match decades.len() {
            0..=5 => fine(),
            _ => rest.iter().map(|&k| 10f64.powi(k)).collect(),
        };
        return Ticks { major, minor };
    }
    let some = multiples(&[1.0, 2.0, 5.0]);
    if some.len() >= 2 {
        let major = some.iter().map(|&v| (v, plain(v))).collect();
        return Ticks { major, minor: fine() };
    }
    linear(scale, 4)
}

/// A round value: decimals if they are few, else a power of ten.
fn plain(value: f64) -> String {
    if !(0.9e-3..1e5).contains(&value) {
        return scientific(value, 0).replacen("1×", "", 1);
    }
    let decimals = (-value.log10() - 1e-9).floor().max(-1.0) as i32 + 1;
    fixed(value, decimals as usize)
}

/// Round steps through the values themselves.
fn linear(scale: &Scale, most: usize) -> Ticks {
    let (low, high) = scale.ends();
    let rough = (high - low) / most as f64;
    let power = 10f64.powi(rough.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough);
    let Some(step) = step.filter(|s| s.is_finite() && *s > 0.0) else { return Ticks::default() };
    let first = (low / step).ceil();
    let values = (0..=most).map(|i| (first + i as f64) * step).filter(|&v| scale.holds(v));
    let major = values.map(|v| (v, stepped(v, step, low.abs().max(high.abs())))).collect();
    Ticks { major, minor: Vec::new() }
}

/// A value on a grid of `step`, with just the decimals that tell neighbours apart.
fn stepped(value: f64, step: f64, largest: f64) -> String {
    if !(1e-3..1e6).contains(&largest) {
        let decimals = (largest.log10().floor() - (step * 1.0001).log10().floor()).clamp(0.0, 6.0);
        return scientific(value, decimals as usize);
    }
    fixed(value, (-(step * 1.0001).log10().floor()).clamp(0.0, 9.0) as usize)
}

/// Ticks for widths: powers of two in full figures, thinned until they fit the scale's length.
///
/// If fewer than two powers of two lie in the range, the widths themselves are taken.
pub(crate) fn width_ticks(scale: &Scale, widths: &[usize]) -> Ticks {
    let mut powers: Vec<f64> = (0..63).map(|k| 2f64.powi(k)).filter(|&v| scale.holds(v)).collect();
    let are_powers = widths.iter().all(|w| w.is_power_of_two());
    if powers.len() < 2 || (widths.len() < 2 && !are_powers) {
        powers = widths.iter().map(|&w| w as f64).collect();
    }
    if are_powers && let (Some(low), Some(high)) = (widths.iter().min(), widths.iter().max()) {
        powers.retain(|&v| v >= *low as f64 && v <= *high as f64);
    }
    thinned(scale, powers.into_iter().map(|v| (v, fixed(v, 0))).collect())
}

/// Ticks at powers of two, named as such, for values between the widths themselves.
pub(crate) fn binary_ticks(scale: &Scale) -> Ticks {
    let ends = (scale.low.ceil().max(-1070.0) as i32, scale.high.floor().min(1020.0) as i32);
    let powers = (ends.0..=ends.1).map(|k| (2f64.powi(k), format!("2^{{{}}}", fixed(k.into(), 0))));
    thinned(scale, powers.filter(|(v, _)| scale.holds(*v)).collect())
}

/// Every second, third and so on of the labels, until they stand apart; the others as minor ticks.
fn thinned(scale: &Scale, all: Vec<(f64, String)>) -> Ticks {
    let fits = |step: usize| {
        let shown: Vec<&(f64, String)> = all.iter().step_by(step).collect();
        shown.windows(2).all(|pair| {
            let room = scale.at(pair[1].0).unwrap_or(0.0) - scale.at(pair[0].0).unwrap_or(0.0);
            let half = |tick: &(f64, String)| text::width(&tick.1, TICK, false) / 2.0;
            room > half(pair[0]) + half(pair[1]) + 3.0
        })
    };
    let step = (1..=all.len()).find(|&s| fits(s)).unwrap_or(1);
    let minor = all.iter().map(|(v, _)| *v).collect();
    Ticks { major: all.into_iter().step_by(step).collect(), minor }
}

/// Ticks at quarters, for exponents; coarser if the range is wide.
pub(crate) fn quarter_ticks(scale: &Scale) -> Ticks {
    quarters(scale, 12)
}

/// Ticks for measured exponents: at quarters if they divide the range, else through the values themselves.
pub(crate) fn exponent_ticks(scale: &Scale, most: usize) -> Ticks {
    let ticks = quarters(scale, most);
    if ticks.major.len() < 3 { linear(scale, most) } else { ticks }
}

fn quarters(scale: &Scale, most: usize) -> Ticks {
    let (low, high) = scale.ends();
    let step = [0.25, 0.5, 1.0, 2.0, 5.0].into_iter().find(|s| (high - low) / s <= most as f64);
    let Some(step) = step else { return linear(scale, most.min(8)) };
    let first = (low / step - 1e-9).ceil();
    let values = (0..16).map(|i| (first + f64::from(i)) * step).filter(|&v| scale.holds(v));
    Ticks {
        major: values.map(|v| (v, crate::toolkit::numbers::fraction(v))).collect(),
        minor: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(spacing: Spacing, low: f64, high: f64) -> Vec<String> {
        let scale = Scale::over(spacing, [low, high], 0.0).unwrap().laid(0.0, 100.0);
        ticks(&scale).major.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn log_labels_suit_the_span() {
        assert_eq!(labels(Spacing::Log10, 1e-4, 1e-2), ["10^{−4}", "10^{−3}", "10^{−2}"]);
        assert_eq!(labels(Spacing::Log10, 0.015, 0.15), ["0.02", "0.05", "0.1"]);
        assert_eq!(labels(Spacing::Log10, 0.021, 0.024), ["0.021", "0.022", "0.023", "0.024"]);
        assert!(labels(Spacing::Log10, 1e-30, 1e30).len() <= 7);
        assert!(labels(Spacing::Log10, 1.0e-7, 1.1e-7)[0].contains("10^{−7}"));
    }

    #[test]
    fn linear_labels_are_round() {
        assert_eq!(
            labels(Spacing::Linear, 0.0, 300.0),
            ["0", "50", "100", "150", "200", "250", "300"]
        );
        assert_eq!(labels(Spacing::Linear, -0.1, 0.1)[0], "−0.10");
    }

    #[test]
    fn powers_of_two_are_named_and_thinned() {
        let over = |low, high| Scale::over(Spacing::Log2, [low, high], 0.0).unwrap();
        let ticks = binary_ticks(&over(90.0, 5800.0).laid(0.0, 200.0));
        assert_eq!(ticks.major.len(), 6);
        assert_eq!(ticks.major[0], (128.0, "2^{7}".to_owned()));
        let wide = binary_ticks(&over(5e-324, f64::MAX).laid(0.0, 100.0));
        assert!((2..12).contains(&wide.major.len()));
    }

    #[test]
    fn exponents_get_quarters_where_these_tell_enough() {
        let labels = |low, high| {
            let scale = Scale::over(Spacing::Linear, [low, high], 0.0).unwrap();
            exponent_ticks(&scale, 6).major.into_iter().map(|t| t.1).collect::<Vec<_>>()
        };
        assert_eq!(labels(-1.0, -0.5), ["−1", "−3/4", "−1/2"]);
        assert_eq!(labels(-0.8, -0.7)[0], "−0.80");
    }

    #[test]
    fn crowded_widths_are_thinned() {
        let widths: Vec<usize> = (7..=20).map(|k| 1 << k).collect();
        let scale = Scale::over(Spacing::Log2, widths.iter().map(|&w| w as f64), 0.05).unwrap();
        let wide = width_ticks(&scale.laid(0.0, 1000.0), &widths);
        assert_eq!(wide.major.len(), 14);
        let narrow = width_ticks(&scale.laid(0.0, 110.0), &widths);
        assert!((2..7).contains(&narrow.major.len()));
        assert_eq!(narrow.major[0].1, "128");
    }
}
