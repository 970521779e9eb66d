//! The dynamics that a setting has in the limit, derived from its leading terms.

use lora_sim::spec::{Activation, Model, Optimizer, Training};
use lora_theory::{
    Alignment, Exponent, InitStd, Leading, Preactivation, Rational, Setting, Source, analyse,
    leading, parse_rational,
};
use lora_types::Init;

use crate::error::LimitError;
use crate::rule::Rule;

/// The operations of a limit's training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dynamics {
    /// B is made of its updates alone, one function b(h, sgn ω) of a neuron.
    MeanField {
        /// Whether φ acts on h + s b·U, or is linear around h.
        full: bool,
    },
    /// A trains through the random decoder that B_0 and W_out make of the frozen neurons.
    Decoder {
        /// Whether Z_B outgrows h, so that h drops out of φ once A has moved.
        homogeneous: bool,
        /// Whether B's own motion adds to the output: P and the kink term D.
        moving: bool,
    },
}

/// A setting at one exponent of the learning rate, with what its limit is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    setting: Setting,
    activation: Activation,
    terms: Leading,
    dynamics: Dynamics,
}

/// The exponents of a sign-like optimizer stand still from the third symbolic step on.
const FEWEST_STEPS: u32 = 3;

/// The setting of the calculus that a synthetic model and its training belong to. The learning-rate
/// ratio is a constant, which no exponent notices.
///
/// # Errors
/// [`LimitError::Theory`] for a readout exponent that is not a short decimal. 2/3 is none: see
/// [`setting_at`].
pub fn setting(model: &Model, training: &Training, init: Init) -> Result<Setting, LimitError> {
    let readout = parse_rational(&model.readout_exponent.to_string())?;
    Ok(setting_at(readout, training, init))
}

/// The same, with the readout exponent as the exact fraction that a model's number stands for.
pub fn setting_at(readout: Rational, training: &Training, init: Init) -> Setting {
    let (optimizer, train) = (training.optimizer.kind(), training.train);
    Setting { optimizer, train, ..Setting::network(init, readout) }
}

impl Class {
    /// The limit at the largest learning rate n^γ at which the output does not explode.
    ///
    /// # Errors
    /// [`LimitError::NoCriticalRate`] if there is no such γ, else as [`Class::at`].
    pub fn critical(setting: &Setting, phi: Activation) -> Result<Self, LimitError> {
        let optimal = analyse(setting)?.critical.optimal;
        Self::at(setting, optimal.gamma().ok_or(LimitError::NoCriticalRate)?, phi)
    }

    /// The limit of a model with the readout exponent a, for which the model's number stands, at the critical
    /// exponent of an init.
    ///
    /// # Errors
    /// As [`Class::critical`] and [`Class::check`].
    pub fn of(
        readout: Rational,
        model: &Model,
        training: &Training,
        init: Init,
    ) -> Result<Self, LimitError> {
        let class = Self::critical(&setting_at(readout, training, init), model.activation)?;
        class.check(model, training)?;
        Ok(class)
    }

    /// The limit at η = c n^γ.
    ///
    /// # Errors
    /// [`LimitError::Missing`] where the output explodes or nothing is learned,
    /// [`LimitError::Unsupported`] for leading terms that the solver does not run, and
    /// [`LimitError::Theory`] for a bad setting.
    pub fn at(setting: &Setting, gamma: Rational, phi: Activation) -> Result<Self, LimitError> {
        let setting = setting.validated()?;
        let zero = Rational::from_integer(0);
        for (refused, what) in [
            (setting.rank != zero, "a rank that grows"),
            (setting.multiplier_width != zero, "a multiplier that grows"),
            (setting.alignment != Alignment::Tracked, "an alignment that is wrong on purpose"),
            (setting.steps < FEWEST_STEPS, "fewer than three symbolic steps"),
            // Starts of runs have the standard deviations of an init.
            (matches!(setting.init, InitStd::Custom { .. }), "custom standard deviations"),
        ] {
            (!refused).then_some(()).ok_or(LimitError::Unsupported { what })?;
        }
        let terms = leading(&setting, gamma)?.terms().map_err(LimitError::Missing)?;
        let dynamics = dynamics(&terms, phi)?;
        Ok(Self { setting, activation: phi, terms, dynamics })
    }

    /// What the calculus says.
    pub fn terms(&self) -> &Leading {
        &self.terms
    }

    /// What the solver runs.
    pub fn dynamics(&self) -> Dynamics {
        self.dynamics
    }

    /// The setting that was asked for.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// The φ that was asked for.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Whether a model and a training are those that the class was derived for, and the solver knows the
    /// update rule.
    ///
    /// # Errors
    /// [`LimitError::OtherClass`] for another model or training, [`LimitError::Unsupported`] for SGD, a
    /// linearised network, ingredients of a transformer and a weight decay that stays, and [`LimitError::Invalid`] for an epsilon above 1e-6.
    pub fn check(&self, model: &Model, training: &Training) -> Result<(), LimitError> {
        Rule::new(&training.optimizer, 1)?;
        let readout = Exponent::Power(self.setting.readout).to_f64();
        for (same, what) in [
            (self.activation == model.activation, "activation"),
            (readout == model.readout_exponent, "readout exponent"),
            (self.setting.optimizer == training.optimizer.kind(), "optimizer"),
            (self.setting.train == training.train, "choice of trained factors"),
        ] {
            same.then_some(()).ok_or(LimitError::OtherClass { what })?;
        }
        let what = "a network that is linearised";
        (!model.linearised).then_some(()).ok_or(LimitError::Unsupported { what })?;
        let bare = model.ingredients.are_none() && training.batch == 0;
        let what = "ingredients of a transformer";
        bare.then_some(()).ok_or(LimitError::Unsupported { what })?;
        if matches!(training.optimizer, Optimizer::AdamW { .. }) {
            let shrinks = self.rate_exponents().iter().all(|gamma| *gamma < 0.0);
            let what = "weight decay at a learning rate that does not shrink";
            shrinks.then_some(()).ok_or(LimitError::Unsupported { what })?;
        }
        Ok(())
    }

    /// The exponent of one unit of the limit's Z_A; of A_0 Z if A's motion is of lower order.
    pub fn z_a_exponent(&self) -> Exponent {
        let scales = &self.terms.scales;
        if self.terms.inner.has_updates() { scales.moved_z_a } else { scales.initial_z_a }
    }

    /// γ of A's and of B's learning rate as numbers; −∞ for a factor that does not train.
    pub fn rate_exponents(&self) -> [f64; 2] {
        [self.terms.scales.eta_a.to_f64(), self.terms.scales.eta_b.to_f64()]
    }
}

fn dynamics(terms: &Leading, phi: Activation) -> Result<Dynamics, LimitError> {
    let unsupported = |what| Err(LimitError::Unsupported { what });
    let homogeneous = terms.preactivation == Preactivation::Homogeneous;
    // A mean field starts from B_0 = 0, and a random decoder from A_0 = 0, both exactly.
    let no_b = terms.products[0] == [Exponent::Zero; 2];
    let no_a = terms.scales.initial_z_a == Exponent::Zero;
    match (terms.features, terms.readers, terms.preactivation) {
        _ if !no_a && !no_b => unsupported("both factors random"),
        (Source::Updates, ..) if !no_b => unsupported("updates of B that outgrow a random B_0"),
        (Source::Updates, Source::Updates, Preactivation::Linearised) => {
            Ok(Dynamics::MeanField { full: false })
        }
        (Source::Updates, Source::Updates, Preactivation::Full) => {
            Ok(Dynamics::MeanField { full: true })
        }
        (Source::Updates, _, Preactivation::Homogeneous) => {
            unsupported("a mean field that outgrows h")
        }
        (Source::Both, ..) => unsupported("an initial B and its motion of one order in Z_B"),
        (Source::Initial, _, Preactivation::Linearised) => {
            unsupported("a random decoder whose Z_B tends to zero")
        }
        (Source::Initial, ..) if homogeneous && phi != Activation::Relu => {
            unsupported("a Z_B that outgrows h, unless φ is relu")
        }
        (Source::Initial, Source::Initial, _) => {
            Ok(Dynamics::Decoder { homogeneous, moving: false })
        }
        (Source::Initial, Source::Both, _) => Ok(Dynamics::Decoder { homogeneous, moving: true }),
        _ => unsupported("an output that parts of B read which do not make Z_B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message of a refusal names what the terms have.
    #[test]
    fn refusals_name_their_terms() -> Result<(), LimitError> {
        let terms = |init, gamma: &str| -> Result<Leading, LimitError> {
            let setting = Setting::network(init, parse_rational("1/2")?);
            leading(&setting, parse_rational(gamma)?)?.terms().map_err(LimitError::Missing)
        };
        let field = terms(Init::A, "-3/4")?;
        let decoder = terms(Init::B, "-1")?;
        let grown = Leading { preactivation: Preactivation::Homogeneous, ..field };
        let lost = Leading { preactivation: Preactivation::Linearised, ..decoder };
        let apart = Leading { readers: Source::Updates, ..decoder };
        for (terms, what) in [
            (grown, "a mean field that outgrows h"),
            (lost, "a random decoder whose Z_B tends to zero"),
            (apart, "an output that parts of B read which do not make Z_B"),
        ] {
            let found = dynamics(&terms, Activation::Relu);
            assert_eq!(found, Err(LimitError::Unsupported { what }));
        }
        Ok(())
    }

    /// Its limit is another one where φ is in full, and a user must not be told this one.
    #[test]
    fn a_linearised_network_is_refused() -> Result<(), LimitError> {
        let setting = Setting::network(Init::A, parse_rational("1/2")?);
        let class = Class::critical(&setting, Activation::Relu)?;
        let (model, training) = (Model::default(), Training::default());
        assert_eq!(class.check(&model, &training), Ok(()));
        let what = "a network that is linearised";
        let linearised = class.check(&Model { linearised: true, ..model }, &training);
        assert_eq!(linearised, Err(LimitError::Unsupported { what }));
        Ok(())
    }
}
