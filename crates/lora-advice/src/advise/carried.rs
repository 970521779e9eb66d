//! A learning rate that is carried from a module of one config to the same module of another.

use lora_peft::{AdaptedKind, Role};
use lora_theory::{Rational, approximate};
use lora_types::Init;

use super::bound::Bound;
use super::draw::Draw;
use super::law::Law;
use super::side::Side;
use crate::transfer::remarks::{at_both_ranks, of_every_answer, of_multiplier, of_range};
use crate::transfer::{
    CarriedLr, LogFactor, LrRange, Method, Multiplier, SizeChange, TransferAnswer, TransferError,
    TransferRequest,
};

/// What becomes of a learning rate at one kind of module.
pub struct Carried {
    /// The rate there.
    pub lr: LrRange,
    /// A factor for each size that changes.
    pub changes: Vec<SizeChange>,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// Reasons for caution.
    pub warnings: Vec<String>,
}

/// What is carried, and by which law.
pub struct Carrier<'a> {
    /// The config of the known rate.
    pub from: &'a Side,
    /// The config that wants one.
    pub to: &'a Side,
    /// η.
    pub lr: f64,
    /// Which rate it is.
    pub goal: CarriedLr,
    /// a in W_out ~ N(0, n^-2a).
    pub readout: Rational,
    /// The law of both.
    pub law: &'a Law,
}

impl Carrier<'_> {
    /// The rate of a kind of module, or why there is none.
    pub fn to(&self, kind: &AdaptedKind) -> Result<Carried, String> {
        if let Some(why) = no_law(kind.module.role) {
            return Err(why.to_owned());
        }
        let same = self.from.like(kind).ok_or_else(|| match self.known(kind) {
            true => "the other config has it with several ranks or alphas".to_owned(),
            false => "the other config does not adapt it".to_owned(),
        })?;
        if let Some(why) = self.rank_beyond(same, kind) {
            return Err(why);
        }
        let carried = match self.law.draw {
            Draw::Of(init) => self.measured(init, same, kind),
            Draw::FixedA => self.derived(same, kind),
        };
        carried.map_err(|error| error.to_string())
    }

    fn known(&self, kind: &AdaptedKind) -> bool {
        self.from.kinds.iter().any(|known| known.module.kind == kind.module.kind)
    }

    /// Why another rank is beyond the law of a Gaussian start.
    fn rank_beyond(&self, from: &AdaptedKind, to: &AdaptedKind) -> Option<String> {
        let bound: Bound = self.law.bound.filter(|_| self.goal == CarriedLr::Optimal)?;
        let broken = [from, to].into_iter().find_map(|kind| bound.broken(kind));
        broken
            .filter(|_| from.r != to.r)
            .map(|how| format!("{how}, so the motion of A leads, and the power of r is not known"))
    }

    /// α of the known config, in the terms of the other one: rsLoRA's α/√r and LoRA's α/r are the same
    /// s with another α.
    fn alpha_of(&self, from: &AdaptedKind) -> f64 {
        match self.from.config.use_rslora == self.to.config.use_rslora {
            true => from.alpha,
            false => from.scaling * self.to.config.divisor(from.r),
        }
    }

    /// By measurement where there is one, else by the theory.
    fn measured(
        &self,
        init: Init,
        from: &AdaptedKind,
        to: &AdaptedKind,
    ) -> Result<Carried, TransferError> {
        let request = TransferRequest {
            from_width: from.module.fan_in as u32,
            to_width: Some(to.module.fan_in as u32),
            from_rank: from.r,
            to_rank: Some(to.r),
            from_alpha: Some(self.alpha_of(from)),
            to_alpha: Some(to.alpha),
            rslora: self.to.config.use_rslora,
            from_lr: self.lr,
            goal: self.goal,
            readout: self.readout,
            init,
            ..TransferRequest::default()
        };
        match TransferAnswer::to(&request) {
            Ok(TransferAnswer { lr, changes, assumptions, warnings, .. }) => {
                Ok(Carried { lr, changes, assumptions, warnings })
            }
            Err(TransferError::NothingChanges) => Ok(self.unchanged()),
            Err(error) => Err(error),
        }
    }

    fn unchanged(&self) -> Carried {
        let lr = LrRange { value: self.lr, lower: self.lr, upper: self.lr };
        let assumptions = Vec::from(of_every_answer(self.lr, self.goal));
        Carried { lr, changes: Vec::new(), assumptions, warnings: Vec::new() }
    }

    /// By the theory's powers alone: a start that was not measured.
    fn derived(&self, from: &AdaptedKind, to: &AdaptedKind) -> Result<Carried, TransferError> {
        let [of_n, of_r, of_s] = self.law.rate(self.goal).powers();
        let sizes = [
            ("n", [from.module.fan_in as f64, to.module.fan_in as f64], of_n),
            ("r", [f64::from(from.r), f64::from(to.r)], of_r),
            ("α", [self.alpha_of(from), to.alpha], of_s),
        ];
        let changes = sizes.into_iter().filter(|(_, [from, to], _)| from != to);
        let changes = changes.map(|(of, sizes, power)| self.by_theory(of, sizes, power));
        let changes: Vec<SizeChange> = changes.collect::<Result<_, _>>()?;
        let total = changes.iter().fold(LogFactor::default(), |log, one| log.and_at_worst(one.log));
        let lr = total.times(self.lr).ok_or(TransferError::OutOfRange)?;
        let warnings = changes
            .iter()
            .filter(|change| change.of != "α")
            .map(|change| format!("the exponent of {} was not measured for this start", change.of));
        let assumptions = self.of_powers(&changes);
        Ok(Carried { lr, warnings: warnings.collect(), assumptions, changes })
    }

    /// What the theory's powers take for granted.
    fn of_powers(&self, changes: &[SizeChange]) -> Vec<String> {
        let multiplier =
            if self.to.config.use_rslora { Multiplier::Sqrt } else { Multiplier::Inverse };
        let of = |symbol| changes.iter().find(|change| change.of == symbol);
        let mut lines = Vec::from(of_every_answer(self.lr, self.goal));
        lines.extend(of("r").map(|_| at_both_ranks(multiplier).to_owned()));
        lines.extend(of("α").map(of_multiplier));
        lines.extend(of_range(changes));
        lines
    }

    fn by_theory(
        &self,
        of: &'static str,
        [from, to]: [f64; 2],
        power: Option<Rational>,
    ) -> Result<SizeChange, TransferError> {
        let goal = self.goal;
        let unknown = TransferError::Unknown { goal, of, from, to, exact: None };
        let power = power.ok_or(unknown)?;
        let log = LogFactor::power([approximate(power); 3], to.ln() - from.ln());
        Ok(SizeChange {
            of,
            from,
            to,
            method: Method::Theory,
            factor: log.times(1.0).ok_or(TransferError::FactorOutOfRange)?,
            theory: Some(approximate(power)),
            theory_exact: Some(power.to_string()),
            measured: None,
            measured_between: None,
            given: None,
            log,
        })
    }
}

/// Why the theory has no law of a module; none for a hidden one.
pub fn no_law(role: Role) -> Option<&'static str> {
    match role {
        Role::Hidden => None,
        Role::Lookup => Some(
            "a token takes one column of A out of the table, so no sum over the fan-in grows with it: the \
             theory's layer is another one",
        ),
        Role::Output => {
            Some("it is the readout itself, while the theory's LoRA layer is a hidden one")
        }
    }
}
