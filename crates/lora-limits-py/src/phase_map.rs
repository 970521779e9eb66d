//! `phase_map`: what every learning-rate exponent does.

use lora_advice::predict::{Question, phase_drawing};
use lora_theory::{DEFAULT_STEPS, parse_rational, phases};
use lora_types::Init;
use pyo3::prelude::*;

use crate::answer::{record, records};
use crate::arguments::{Number, Words, exact};
use crate::cells::column;
use crate::drawn::Figures;
use crate::failure::Failure;
use crate::number::{Exact, Power};
use crate::on_thread::on_thread;
use crate::predict::{SettingArguments, both, zero};
use crate::table::Table;

records! {
    /// The γ line of η = n^γ, cut into regimes.
    PhaseMap {
        /// Open intervals in ascending order; each begins where the one before ends.
        phases: Vec<Phase>,
        /// The points at which something changes, in ascending order.
        points: Vec<CriticalPoint>,
    }
    + figures
    {
        /// The phases as a table: a row for each, γ as floats.
        #[getter]
        fn table(&self) -> PyResult<Table> {
            let gamma = |exact: &Exact| parse_rational(&exact.0).ok().map(lora_theory::approximate);
            let output = |phase: &Phase| phase.sizes.output.clone();
            let of = self.phases.iter();
            Ok(Table::of(vec![
                column("gamma_from", of.clone().map(|phase| gamma(&phase.gamma_from))),
                column("gamma_to", of.clone().map(|phase| gamma(&phase.gamma_to))),
                column("regime", of.clone().map(|phase| phase.regime.clone())),
                column("z_a", of.clone().map(|phase| phase.sizes.z_a.clone())),
                column("z_b", of.clone().map(|phase| phase.sizes.z_b.clone())),
                column("delta_z_b", of.clone().map(|phase| phase.sizes.delta_z_b.clone())),
                column("output", of.map(output)),
            ])?)
        }
    }

    /// An open interval of γ on which nothing changes its size.
    Phase {
        /// Lower end, not included.
        #[serde(rename = "from")]
        gamma_from: Exact,
        /// Upper end, not included.
        #[serde(rename = "to")]
        gamma_to: Exact,
        /// What training does between the ends, such as "learning".
        regime: String,
        /// What the regime is made of.
        sizes: RegimeSizes,
    }

    /// Sizes as n → ∞: "vanishing", "order-one" or "exploding".
    RegimeSizes {
        /// Z_A.
        z_a: String,
        /// Z_B.
        z_b: String,
        /// ΔZ_B, the movement of the features.
        delta_z_b: String,
        /// Δf over the first error; None for the layer alone.
        output: Option<String>,
    }

    /// A point of the γ line at which something changes.
    CriticalPoint {
        /// Why it is special, such as "largest-stable".
        marks: Vec<String>,
        /// The exponents there.
        snapshot: Snapshot,
    }

    /// The exponents of all sizes at one γ; −inf is the exponent of an exact zero.
    Snapshot {
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
        /// Of ΔZ_B.
        delta_z_b: Power,
        /// Of Δf; None for the layer alone.
        output: Option<Power>,
        /// Of Δf over the first error; None for the layer alone.
        relative_output: Option<Power>,
        /// What training does there.
        regime: String,
    }
}

/// What every exponent γ of η = n^γ does to one initialisation as n → ∞. Nothing is trained.
///
/// Args:
///     init: "A", "B" or "AB".
///     from_exponent: lower end of the γ line.
///     to_exponent: upper end.
///     std_a_exponent, std_b_exponent, readout, optimizer, train, lr_ratio_exponent, rank_exponent,
///         multiplier_rank, multiplier_width, steps, layer: the setting, as `predict` has it.
///
/// Raises:
///     LoraLimitsError: if arguments contradict each other, or if the range is empty.
#[pyfunction]
#[pyo3(signature = (
    init=None, *, from_exponent=Number::of("-3/2"), to_exponent=zero(), std_a_exponent=None,
    std_b_exponent=None, readout=None, optimizer="adam".to_owned(), train=both(),
    lr_ratio_exponent=None, rank_exponent=zero(), multiplier_rank=zero(), multiplier_width=zero(),
    steps=i64::from(DEFAULT_STEPS), layer=false,
))]
#[pyo3(
    text_signature = "(init=None, *, from_exponent='-3/2', to_exponent=0, std_a_exponent=None, std_b_exponent=None, readout=None, optimizer='adam', train=('A', 'B'), lr_ratio_exponent=None, rank_exponent=0, multiplier_rank=0, multiplier_width=0, steps=4, layer=False)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn phase_map(
    py: Python<'_>,
    init: Option<String>,
    from_exponent: Number,
    to_exponent: Number,
    std_a_exponent: Option<Number>,
    std_b_exponent: Option<Number>,
    readout: Option<Number>,
    optimizer: String,
    train: Words,
    lr_ratio_exponent: Option<Number>,
    rank_exponent: Number,
    multiplier_rank: Number,
    multiplier_width: Number,
    steps: i64,
    layer: bool,
) -> PyResult<PhaseMap> {
    let init = init.or_else(|| std_a_exponent.is_none().then(|| Init::A.key().to_owned()));
    let arguments = SettingArguments {
        init,
        std: [std_a_exponent, std_b_exponent],
        readout,
        optimizer,
        train,
        lr_ratio: lr_ratio_exponent,
        lr_a: None,
        lr_b: None,
        rank: rank_exponent,
        multiplier_rank,
        multiplier_width,
        steps,
        layer,
    };
    let asked = arguments.request(None)?;
    let from = exact("from_exponent", &from_exponent, parse_rational)?;
    let to = exact("to_exponent", &to_exponent, parse_rational)?;
    let answer = move |_| {
        let question = Question::of(&asked)?;
        let setting = question.settings.first();
        let setting = setting.ok_or_else(|| Failure::Bug("no setting".to_owned()))?;
        let line: PhaseMap = record(&phases(setting, from, to)?)?;
        let drawing = phase_drawing(&question, (from, to));
        let figures = Figures::of(move || vec![drawing]);
        Ok(PhaseMap { figures, ..line })
    };
    on_thread(py, answer, |_| Ok(()))
}
