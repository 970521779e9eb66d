//! Where the law of an A of standard deviation 1/r ends: where the motion of A leads over its start.

use lora_peft::AdaptedKind;
use lora_theory::{Rational, approximate};

use super::digits::shown;
use super::draw::Draw;

/// r/s must be small against n^x, for the powers of the best learning rate to hold.
///
/// Under Adam B moves by η, along the readout. Through the start of A the output then moves by
/// s η n^(3/2−a): the readout gives n^(1−a), and r entries of A Z give √n/r each. Through A's own motion
/// it moves by s r η² n^(2−a), since these entries move by η n. Where the first move is as large as it may be, 1 or
/// the n^(1/2−a) of the frozen output, the second is r/s n^-x of it: x = 1/2 for a ≤ 1/2, and 1 − a above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    x: Rational,
}

impl Bound {
    /// Of a start with a readout exponent; none where the law holds at any r/s.
    pub fn of(draw: Draw, readout: Rational) -> Option<Self> {
        let [half, one] = [Rational::new_raw(1, 2), Rational::new_raw(1, 1)];
        let x = if readout <= half { half } else { one - readout };
        (draw == Draw::FixedA && readout < one).then_some(Self { x })
    }

    /// In words.
    pub fn words(self) -> String {
        format!("r/s is small against {}", self.root())
    }

    fn root(self) -> String {
        if self.x == Rational::new_raw(1, 2) { "√n".to_owned() } else { format!("n^{}", self.x) }
    }

    /// r/s over n^x.
    pub fn share(self, kind: &AdaptedKind) -> f64 {
        let [ratio, root] = self.sizes(kind);
        ratio / root
    }

    fn sizes(self, kind: &AdaptedKind) -> [f64; 2] {
        let n = kind.module.fan_in as f64;
        [f64::from(kind.r) / kind.scaling, n.powf(approximate(self.x))]
    }

    /// How a kind of module goes beyond it; none if it does not.
    pub fn broken(self, kind: &AdaptedKind) -> Option<String> {
        let [ratio, root] = self.sizes(kind);
        (ratio >= root).then(|| {
            format!("r/s = {} is not small against {} = {}", shown(ratio), self.root(), shown(root))
        })
    }
}

#[cfg(test)]
mod tests {
    use lora_theory::{Init, Setting, analyse};

    use super::*;

    /// The calculus bends where the bound says: with s = r^-y and r = n^ρ, at ρ (1 + y) = x.
    #[test]
    fn the_powers_of_the_calculus_end_at_the_bound() {
        let readouts = [[1, 4], [1, 2], [5, 8], [3, 4]];
        for (readout, y) in readouts.into_iter().flat_map(|a| [(a, [1, 1]), (a, [1, 2])]) {
            let [readout, y] = [readout, y].map(|[p, q]| Rational::new_raw(p, q));
            let plain = Setting { multiplier_rank: y, ..Setting::network(Init::A, readout) };
            let best = |rank: Rational| {
                let setting = Draw::FixedA.at_rank(&plain, rank);
                let found = analyse(&setting).expect("a setting").critical.optimal;
                found.gamma().expect("a largest rate")
            };
            let bound = Bound::of(Draw::FixedA, readout).expect("a bound");
            let end = bound.x / (y + 1);
            let nought = Rational::new_raw(0, 1);
            let slope = (best(end / 2) - best(nought)) / (end / 2);
            let at = |rank: Rational| (best(rank) - best(nought)) / rank;
            assert_eq!(at(end), slope, "a = {readout}, s = r^-{y}");
            assert_ne!(at(end * 3 / 2), slope, "a = {readout}, s = r^-{y}");
        }
    }

    #[test]
    fn other_starts_and_a_steep_readout_have_none() {
        let half = Rational::new_raw(1, 2);
        assert_eq!(Bound::of(Draw::Of(Init::A), half), None);
        assert_eq!(Bound::of(Draw::FixedA, Rational::new_raw(1, 1)), None);
        let words = |readout| Bound::of(Draw::FixedA, readout).map(Bound::words);
        assert_eq!(words(half).as_deref(), Some("r/s is small against √n"));
        let steep = words(Rational::new_raw(3, 4));
        assert_eq!(steep.as_deref(), Some("r/s is small against n^1/4"));
    }
}
