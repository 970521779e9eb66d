//! How linear modules start, in the theory's terms.

use lora_peft::Start;
use lora_theory::{
    Exponent, Init, InitStd, Powers, Rational, Setting, TheoryError, analyse, rank_exponents,
};
use serde::Serialize;

/// A start that the theory knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Draw {
    /// PEFT's `true`: Init\[A\], or `false`: both random. The constants differ from the paper's, the
    /// exponents do not.
    Of(Init),
    /// PEFT's `gaussian`: B = 0 and A of standard deviation 1/r, whatever the fan-in.
    FixedA,
}

/// Powers of the rank: small ones, as [`rank_exponents`] has them.
const RANKS: [Rational; 2] = [Rational::new_raw(1, 256), Rational::new_raw(1, 128)];

const NOUGHT: Rational = Rational::new_raw(0, 1);

impl Draw {
    /// Of PEFT's start; none where the factors are computed from something.
    pub fn of(start: &Start) -> Option<Self> {
        match start {
            Start::Kaiming => Some(Self::Of(Init::A)),
            Start::BothRandom => Some(Self::Of(Init::AB)),
            Start::Gaussian => Some(Self::FixedA),
            Start::Computed { .. } => None,
        }
    }

    /// In the paper's terms.
    pub fn label(self) -> &'static str {
        match self {
            Self::Of(init) => init.label(),
            Self::FixedA => "Init[A], fixed std",
        }
    }

    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Of(Init::A) => {
                "Init[A]: B = 0, and A is Kaiming-uniform with a = √5, so of variance 1/(3n)"
            }
            Self::Of(Init::B) => "Init[B]: A = 0 and B is random",
            Self::Of(Init::AB) => {
                "both factors random: A has variance 1/(3n) and B has 1/(3r), so the adapter changes the \
                 model before the first step"
            }
            Self::FixedA => {
                "Init[A] with B = 0 and an A of standard deviation 1/r, which does not shrink with n"
            }
        }
    }

    /// The setting of a network whose LoRA layer starts like this, at rank n^`rank`.
    pub(super) fn at_rank(self, plain: &Setting, rank: Rational) -> Setting {
        let init = match self {
            Self::Of(init) => InitStd::Of(init),
            Self::FixedA => {
                InitStd::Custom { a: Exponent::Power(NOUGHT - rank), b: Exponent::Zero }
            }
        };
        Setting { init, rank, ..plain.clone() }
    }

    /// The same setting with factors that start like this, at a fixed rank.
    pub fn started(self, plain: &Setting) -> Setting {
        self.at_rank(plain, NOUGHT)
    }

    /// Powers of the rank in the critical learning rates; none where the calculus only bounds them.
    ///
    /// # Errors
    /// [`TheoryError`] for a setting outside the calculus.
    pub fn rank_powers(
        self,
        plain: &Setting,
    ) -> Result<Option<[Option<Rational>; 2]>, TheoryError> {
        match self {
            Self::Of(Init::AB) => Ok(None),
            Self::Of(_) => {
                let Powers { optimal, stable, .. } = rank_exponents(&self.started(plain))?;
                Ok(Some([optimal, stable]))
            }
            Self::FixedA => self.slopes(plain).map(Some),
        }
    }

    /// As [`rank_exponents`], with an A whose size falls with the rank.
    fn slopes(self, plain: &Setting) -> Result<[Option<Rational>; 2], TheoryError> {
        let critical = |rank| analyse(&self.at_rank(plain, rank)).map(|found| found.critical);
        let here = critical(NOUGHT)?;
        let there = [critical(RANKS[0])?, critical(RANKS[1])?];
        let slope = |of: fn(&lora_theory::Critical) -> lora_theory::Largest| {
            let start = of(&here).gamma()?;
            let at = |k: usize| Some((of(&there[k]).gamma()? - start) / RANKS[k]);
            at(0).filter(|slope| Some(*slope) == at(1))
        };
        Ok([slope(|critical| critical.optimal), slope(|critical| critical.stable)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(readout: [i64; 2]) -> Setting {
        let readout = Rational::new_raw(readout[0], readout[1]);
        Setting { multiplier_rank: Rational::new_raw(1, 1), ..Setting::network(Init::A, readout) }
    }

    /// An A that does not shrink makes the first output larger by n^1/2: that is what bounds the best
    /// learning rate with the standard readout, and not with muP's.
    #[test]
    fn a_gaussian_start_lowers_the_best_rate_of_the_standard_readout_alone() {
        let optimal = |draw: Draw, readout| {
            let started = draw.started(&setting(readout));
            analyse(&started).expect("a setting").critical.optimal.to_string()
        };
        let both = |readout| [Draw::Of(Init::A), Draw::FixedA].map(|draw| optimal(draw, readout));
        assert_eq!(both([1, 2]), ["n^-3/4", "n^-1"]);
        assert_eq!(both([1, 1]), ["n^-1/2", "n^-1/2"]);
    }

    /// With s = α/r and an A of 1/r the first output is (η/r) Σ_r n^1/2 n^1/2/r …: exactly one power more of
    /// the rank than at an A of fixed size.
    #[test]
    fn the_size_of_a_gaussian_a_adds_its_own_power_of_the_rank() {
        let plain = setting([1, 2]);
        let [optimal, _] = Draw::FixedA.rank_powers(&plain).expect("powers").expect("known");
        let fixed = rank_exponents(&Draw::FixedA.started(&plain)).expect("powers");
        assert_eq!(optimal.zip(fixed.optimal).map(|(x, y)| x - y), Some(Rational::new_raw(1, 1)));
        assert_eq!(Draw::Of(Init::AB).rank_powers(&plain), Ok(None));
    }
}
