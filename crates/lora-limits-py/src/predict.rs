//! `predict`: the theory's exponents.

use lora_advice::numbers::{WIDTHS, std_exponent};
use lora_advice::predict::{PredictRequest, Question, document};
use lora_constants::{BesideLimit, Solved};
use lora_theory::{DEFAULT_STEPS, MAX_STEPS};
use pyo3::prelude::*;

use crate::answer::{Plain, record, records};
use crate::arguments::{
    Number, PathArgument, Words, exact, init, optimizer, rational, trained, within,
};
use crate::failure::Failure;
use crate::number::{Exact, Largest, Power};
use crate::on_thread::on_thread;

records! {
    /// What the theory says of one initialisation.
    Prediction {
        /// "A", "B", "AB" or "custom".
        init: String,
        /// η_opt: the learning rate that trains best; None where every learning rate is fixed.
        eta_opt: Option<CriticalRate>,
        /// η_stable: the largest at which Z_B stays bounded; None where every learning rate is fixed.
        eta_stable: Option<CriticalRate>,
        /// Every size at η_opt.
        at_optimal: Option<Point>,
        /// Every size at η_stable.
        at_stable: Option<Point>,
        /// Every size at the learning rate that was asked for.
        at_exponent: Option<Point>,
        /// What happens at each of the points, in words.
        words: Vec<String>,
        /// Every size as a function of γ.
        analysis: Analysis,
        /// The synthetic network's learning rates themselves, η = c n^γ, where the limit of the setting was solved; they
        /// are about no other network.
        limit: Option<Plain>,
    }

    /// A critical learning rate η = Θ(n^exponent).
    CriticalRate {
        /// γ; None unless `largest` is a fraction.
        exponent: Option<Exact>,
        /// γ, or "always" or "never" where every γ will do, or none.
        largest: Largest,
        /// x in η ∝ r^x at a given width; None where it is no power.
        rank_exponent: Option<Exact>,
        /// x in η ∝ s^x at a given width and rank.
        multiplier_exponent: Option<Exact>,
    }

    /// The exponents of all sizes at one pair of learning rates; −inf is the exponent of an exact zero.
    Point {
        /// Of η_A; −inf where A does not train.
        lr_a: Power,
        /// Of η_B.
        lr_b: Power,
        /// γ in η = n^γ.
        gamma: Exact,
        /// Of Z_A = A Z.
        z_a: Power,
        /// Of Z_B = s B Z_A.
        z_b: Power,
        /// Of δ1 = s B ΔZ_A.
        delta1: Power,
        /// Of δ2 = s ΔB Z_A.
        delta2: Power,
        /// Of δ3 = s ΔB ΔZ_A.
        delta3: Power,
        /// Of ΔZ_B = δ1 + δ2 + δ3.
        delta_z_b: Power,
        /// Of Δf, the change of the output; None for the layer alone.
        output: Option<Power>,
        /// Of Δf over the error before the first step; None for the layer alone.
        relative_output: Option<Power>,
        /// What training does there, such as "learning".
        regime: String,
    }

    /// Exponents as functions of γ, such as "max(2γ + 1, γ)".
    Analysis {
        /// What was analysed.
        setting: Plain,
        /// Of Z_A.
        z_a: String,
        /// Of Z_B.
        z_b: String,
        /// Of δ1.
        delta1: String,
        /// Of δ2.
        delta2: String,
        /// Of δ3.
        delta3: String,
        /// Of ΔZ_B.
        delta_z_b: String,
        /// Of Δf; None for the layer alone.
        output: Option<String>,
        /// Of the output's error before the first step; None for the layer alone.
        initial_error: Option<Power>,
        /// Of Δf over that error; None for the layer alone.
        relative_output: Option<String>,
        /// The learning-rate exponents that matter.
        critical: Critical,
    }

    /// The learning-rate exponents that matter. Each is a fraction, "always" or "never".
    Critical {
        /// The largest γ with Z_B = O(1).
        stable: Largest,
        /// The largest γ whose Δf does not outgrow the first error; None for the layer alone.
        bounded_output: Option<Largest>,
        /// The largest γ with Z_A = O(1).
        internally_stable: Largest,
        /// The γ with ΔZ_B = Θ(1).
        feature_learning: Vec<GammaRange>,
        /// The γ at which δ1 and δ2 are both Θ(1).
        efficient: Vec<GammaRange>,
        /// That of η_opt.
        optimal: Largest,
    }

    /// A closed interval of γ; an end is None where it is unbounded.
    GammaRange {
        /// Lower end.
        lo: Option<Exact>,
        /// Upper end.
        hi: Option<Exact>,
    }
}

/// The arguments that say which setting is meant, as `predict` and `phase_map` have them.
pub struct SettingArguments {
    pub init: Option<String>,
    pub std: [Option<Number>; 2],
    pub readout: Option<Number>,
    pub optimizer: String,
    pub train: Words,
    pub lr_ratio: Option<Number>,
    pub lr_a: Option<Number>,
    pub lr_b: Option<Number>,
    pub rank: Number,
    pub multiplier_rank: Number,
    pub multiplier_width: Number,
    pub steps: i64,
    pub layer: bool,
}

/// Two arguments that contradict each other.
fn refuse(both: bool, one: &str, other: &str) -> Result<(), Failure> {
    match both {
        true => Err(Failure::Request(format!("{one} contradicts {other}: give one of them"))),
        false => Ok(()),
    }
}

impl SettingArguments {
    /// What they ask.
    pub fn request(&self, lr: Option<&Number>) -> Result<PredictRequest, Failure> {
        let plain = PredictRequest::default();
        let [std_a, std_b] = &self.std;
        refuse(self.layer && self.readout.is_some(), "layer", "readout")?;
        refuse(self.init.is_some() && std_a.is_some(), "init", "std_a_exponent")?;
        for (rate, name) in [(&self.lr_a, "lr_a_exponent"), (&self.lr_b, "lr_b_exponent")] {
            refuse(self.lr_ratio.is_some() && rate.is_some(), "lr_ratio_exponent", name)?;
        }
        if std_a.is_some() != std_b.is_some() {
            let said = "std_a_exponent and std_b_exponent need each other: give both or none";
            return Err(Failure::Request(said.to_owned()));
        }
        let std = |name, given: &Option<Number>| {
            given.as_ref().map(|given| exact(name, given, std_exponent)).transpose()
        };
        let (std_a, std_b) = (std("std_a_exponent", std_a)?, std("std_b_exponent", std_b)?);
        let or_zero = |name, given: &Number| {
            Ok::<_, Failure>(rational(name, Some(given))?.unwrap_or_default())
        };
        Ok(PredictRequest {
            init: init(self.init.as_deref())?,
            std: std_a.zip(std_b).map(|(a, b)| [a, b]),
            layer: self.layer,
            readout: rational("readout", self.readout.as_ref())?.unwrap_or(plain.readout),
            optimizer: optimizer(&self.optimizer)?,
            train: trained(&self.train.0)?,
            lr: rational("lr_exponent", lr)?,
            lr_ratio: rational("lr_ratio_exponent", self.lr_ratio.as_ref())?,
            lr_a: rational("lr_a_exponent", self.lr_a.as_ref())?,
            lr_b: rational("lr_b_exponent", self.lr_b.as_ref())?,
            rank: or_zero("rank_exponent", &self.rank)?,
            multiplier_rank: or_zero("multiplier_rank", &self.multiplier_rank)?,
            multiplier_width: or_zero("multiplier_width", &self.multiplier_width)?,
            steps: within("steps", self.steps, (1, MAX_STEPS))?,
        })
    }
}

/// The exponents that the theory predicts, one entry for each initialisation. Nothing is trained.
///
/// Exponents are exact: give an int, a text such as "-3/4" or "0.5", a Fraction, or a float of few
/// decimals.
///
/// Args:
///     init: "A" (A random, B = 0), "B" (the reverse) or "AB"; Init[A] and Init[B] if None.
///     std_a_exponent: in place of an init, x in the standard deviation n^x of the entries of A_0, r × n, or
///         "zero".
///     std_b_exponent: the same of B_0, n × r.
///     readout: a in W_out ~ N(0, n^-2a); 1/2, the standard one, if None. 1 is muP's.
///     optimizer: "adam", "adamw", "signsgd" or "sgd".
///     train: the factors that train.
///     lr_exponent: γ of η = n^γ at which to show everything; the critical ones if None.
///     lr_ratio_exponent: λ in η_A = η and η_B = n^λ η, as in LoRA+.
///     lr_a_exponent: fixes η_A = n^γ_A.
///     lr_b_exponent: fixes η_B = n^γ_B.
///     rank_exponent: ρ in the rank r = n^ρ, from 0 (a fixed rank) to 1.
///     multiplier_rank: τ in the multiplier s = n^σ r^-τ: 1 for α/r, 1/2 for rsLoRA.
///     multiplier_width: σ in it.
///     steps: symbolic steps; more than 4 matter for SGD alone.
///     layer: the LoRA layer alone, with an outside backward signal of order one.
///     limit: a folder that `limit` wrote, whose constants give the learning rate itself; if None those of paper,
///         which come with the package.
///     width: n at which they give it; that of the limit if None.
///
/// Raises:
///     LoraLimitsError: if arguments contradict each other or an exponent is out of range.
#[pyfunction]
#[pyo3(signature = (
    *, init=None, std_a_exponent=None, std_b_exponent=None, readout=None, optimizer="adam".to_owned(),
    train=both(), lr_exponent=None, lr_ratio_exponent=None, lr_a_exponent=None,
    lr_b_exponent=None, rank_exponent=zero(), multiplier_rank=zero(), multiplier_width=zero(),
    steps=i64::from(DEFAULT_STEPS), layer=false, limit=None, width=None,
))]
#[pyo3(
    text_signature = "(*, init=None, std_a_exponent=None, std_b_exponent=None, readout=None, optimizer='adam', train=('A', 'B'), lr_exponent=None, lr_ratio_exponent=None, lr_a_exponent=None, lr_b_exponent=None, rank_exponent=0, multiplier_rank=0, multiplier_width=0, steps=4, layer=False, limit=None, width=None)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn predict(
    py: Python<'_>,
    init: Option<String>,
    std_a_exponent: Option<Number>,
    std_b_exponent: Option<Number>,
    readout: Option<Number>,
    optimizer: String,
    train: Words,
    lr_exponent: Option<Number>,
    lr_ratio_exponent: Option<Number>,
    lr_a_exponent: Option<Number>,
    lr_b_exponent: Option<Number>,
    rank_exponent: Number,
    multiplier_rank: Number,
    multiplier_width: Number,
    steps: i64,
    layer: bool,
    limit: Option<PathArgument>,
    width: Option<i64>,
) -> PyResult<Vec<Prediction>> {
    let arguments = SettingArguments {
        init,
        std: [std_a_exponent, std_b_exponent],
        readout,
        optimizer,
        train,
        lr_ratio: lr_ratio_exponent,
        lr_a: lr_a_exponent,
        lr_b: lr_b_exponent,
        rank: rank_exponent,
        multiplier_rank,
        multiplier_width,
        steps,
        layer,
    };
    let asked = arguments.request(lr_exponent.as_ref())?;
    refuse(asked.lr.is_some() && limit.is_some(), "lr_exponent", "limit")?;
    refuse(asked.lr.is_some() && width.is_some(), "lr_exponent", "width")?;
    let width =
        width.map(|width| within("width", width, (*WIDTHS.start(), *WIDTHS.end()))).transpose()?;
    let answer = move |_| {
        let question = Question::of(&asked)?;
        let answers = question.answers()?;
        let limit = limit.as_ref().map(|PathArgument(dir)| dir.as_path());
        let rates = match (question.at, limit) {
            (Some(_), None) if width.is_none() => vec![None; answers.len()],
            _ => Solved::of_each(limit, &question.settings, width)?,
        };
        let beside = |(answer, limit)| BesideLimit { answer, limit };
        let document = document(&answers, &question)?;
        record(&document.into_iter().zip(rates).map(beside).collect::<Vec<_>>())
    };
    on_thread(py, answer, |_| Ok(()))
}

/// The default of the factors that train.
pub fn both() -> Words {
    Words(vec!["A".to_owned(), "B".to_owned()])
}

/// The default of an exponent.
pub fn zero() -> Number {
    Number::of("0")
}
