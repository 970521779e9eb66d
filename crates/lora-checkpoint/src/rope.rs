//! The angles of rotary positions: from a base and a scaling, and back.

use std::f64::consts::TAU;

/// The base that transformers takes if none is given.
pub(crate) const DEFAULT_BASE: f64 = 10_000.0;
/// How much recovered frequencies may differ. Factors in GGUF files have 32 bits.
const CLOSE: f64 = 1e-6;

/// How frequencies are changed for sequences longer than those of pretraining.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scaling {
    /// They are not.
    None,
    /// All are divided by a factor.
    Linear { factor: f64 },
    /// Llama 3: only waves that are long against `original` positions are, with a smooth transition.
    Llama3 { factor: f64, low: f64, high: f64, original: f64 },
}

impl Scaling {
    /// Whether every parameter is one that [`frequencies`] can use.
    pub(crate) fn is_sound(self) -> bool {
        let positive = |number: f64| number.is_finite() && number > 0.0;
        match self {
            Self::None => true,
            Self::Linear { factor } => positive(factor),
            Self::Llama3 { factor, low, high, original } => {
                [factor, low, high, original].into_iter().all(positive) && high > low
            }
        }
    }

    fn of(self, frequency: f64) -> f64 {
        match self {
            Self::None => frequency,
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 { factor, low, high, original } => {
                let turns = original * frequency / TAU;
                let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                frequency * (kept + (1.0 - kept) / factor)
            }
        }
    }
}

/// Angle of each pair of a head's numbers at place p, divided by p.
pub(crate) fn frequencies(head_dim: usize, base: f64, scaling: Scaling) -> Vec<f64> {
    plain(head_dim / 2, base).map(|frequency| scaling.of(frequency)).collect()
}

fn plain(pairs: usize, base: f64) -> impl Iterator<Item = f64> {
    (0..pairs).map(move |pair| base.powf(-(pair as f64) / pairs as f64))
}

/// A base and a scaling that give these frequencies; none if there are no such.
///
/// Neighbours that a scaling treats alike have the ratio of the base: the first two as a rule, and the last
/// two of heads so small that the second is stretched already.
pub(crate) fn recover(given: &[f64]) -> Option<(f64, Scaling)> {
    let pairs = given.len();
    if pairs == 1 {
        return recover_with(given, DEFAULT_BASE);
    }
    let base =
        |at: usize| Some(round_base((given.get(at)? / given.get(at + 1)?).powf(pairs as f64)));
    let first = base(0).and_then(|base| recover_with(given, base));
    first.or_else(|| recover_with(given, base(pairs.checked_sub(2)?)?))
}

fn recover_with(given: &[f64], base: f64) -> Option<(f64, Scaling)> {
    let &first = given.first()?;
    let scaling = if (first - 1.0).abs() > CLOSE {
        Scaling::Linear { factor: whole(1.0 / first) }
    } else if agree(given, base, Scaling::None) {
        Scaling::None
    } else {
        llama3(given, base)?
    };
    (scaling.is_sound() && agree(given, base, scaling)).then_some((base, scaling))
}

/// Low, high and original matter by their ratios alone, so low is taken for 1.
fn llama3(given: &[f64], base: f64) -> Option<Scaling> {
    let plain: Vec<f64> = plain(given.len(), base).collect();
    let factor = Some(whole(plain.last()? / given.last()?)).filter(|factor| *factor >= 1.0)?;
    // Turns for each place, and the share that is kept.
    let all: Vec<(f64, f64)> = plain
        .iter()
        .zip(given)
        .map(|(plain, given)| (plain / TAU, (given / plain - 1.0 / factor) / (1.0 - 1.0 / factor)))
        .collect();
    let mut partly = all.iter().filter(|(_, kept)| *kept > CLOSE && *kept < 1.0 - CLOSE);
    let (high, original) = match (partly.next(), partly.next_back()) {
        (Some((x, s)), Some((x2, s2))) => {
            let slope = (s - s2) / (x - x2);
            let offset = slope * x - s;
            (whole((1.0 + offset) / offset), whole(slope / offset))
        }
        // One point fixes one parameter; the usual ratio of high to low is 4.
        (Some((x, s)), None) => (4.0, whole((3.0 * s + 1.0) / x)),
        // Without any, every number of positions that puts none in between will do.
        _ => {
            let (turns, _) = all.iter().rfind(|(_, kept)| *kept > 0.5)?;
            (4.0, (4.0 / turns).ceil())
        }
    };
    Some(Scaling::Llama3 { factor, low: 1.0, high, original })
}

fn agree(given: &[f64], base: f64, scaling: Scaling) -> bool {
    let ours = frequencies(2 * given.len(), base, scaling);
    given.iter().zip(&ours).all(|(given, ours)| (given - ours).abs() <= CLOSE * given.abs())
}

/// The whole number that a number was before it was rounded, if it looks like one.
fn whole(number: f64) -> f64 {
    let rounded = number.round();
    if (number - rounded).abs() <= 1e-4 * number.abs() { rounded } else { number }
}

/// A power of a frequency has lost digits. Bases of models have few.
fn round_base(base: f64) -> f64 {
    let unit = 10_f64.powf(base.log10().floor() - 3.0);
    let rounded = (base / unit).round() * unit;
    if (base - rounded).abs() <= 2e-5 * base { whole(rounded) } else { whole(base) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That of Llama 3.2 1B.
    const LLAMA_3_2: Scaling =
        Scaling::Llama3 { factor: 32.0, low: 1.0, high: 4.0, original: 8192.0 };

    #[test]
    fn plain_frequencies_are_powers_of_the_base() {
        let ours = frequencies(8, 10_000.0, Scaling::None);
        for (ours, exact) in ours.iter().zip([1.0, 0.1, 0.01, 0.001]) {
            assert!((ours - exact).abs() < 1e-15, "{ours} {exact}");
        }
        let halved = frequencies(8, 10_000.0, Scaling::Linear { factor: 2.0 });
        assert_eq!(halved[0], 0.5);
    }

    #[test]
    fn llama3_keeps_short_waves_and_stretches_long_ones() {
        let plain = frequencies(64, 500_000.0, Scaling::None);
        let ours = frequencies(64, 500_000.0, LLAMA_3_2);
        assert_eq!(ours[0], plain[0]);
        assert!((ours[31] * 32.0 / plain[31] - 1.0).abs() < 1e-12);
        let partly = ours.iter().zip(&plain).filter(|(ours, plain)| {
            let ratio = *ours / *plain;
            ratio < 1.0 - 1e-9 && ratio > 1.0 / 32.0 + 1e-9
        });
        assert_eq!(partly.count(), 3);
    }

    #[test]
    fn a_scaling_is_recovered_from_its_frequencies() {
        let cases = [
            (64, 10_000.0, Scaling::None),
            (64, 100_000.0, Scaling::None),
            (128, 1_000_000.0, Scaling::None),
            (2, 10_000.0, Scaling::None),
            (64, 10_000.0, Scaling::Linear { factor: 4.0 }),
            (64, 500_000.0, LLAMA_3_2),
            (
                128,
                500_000.0,
                Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original: 8192.0 },
            ),
        ];
        for (head_dim, base, scaling) in cases {
            let exact = frequencies(head_dim, base, scaling);
            assert_eq!(recover(&exact), Some((base, scaling)));
            let rounded: Vec<f64> = exact.iter().map(|&exact| f64::from(exact as f32)).collect();
            assert_eq!(recover(&rounded), Some((base, scaling)));
        }
        // With small heads parameters may be others, but frequencies are the same.
        for (head_dim, base, original) in [(16, 100.0, 32.0), (4, 500.0, 64.0), (4, 16.0, 64.0)] {
            let scaling = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, original };
            let exact = frequencies(head_dim, base, scaling);
            let (base, scaling) = recover(&exact).expect("one");
            assert!(agree(&exact, base, scaling), "{base} {scaling:?}");
        }
        assert_eq!(recover(&[1.0, 0.5, 0.7, 0.1]), None);
        assert_eq!(recover(&[]), None);
    }
}
