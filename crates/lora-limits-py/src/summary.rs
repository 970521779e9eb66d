//! The summary of a sweep, as `summary.json` holds it.

use std::collections::BTreeMap;

use crate::answer::{Plain, records};
use crate::cells::column;
use crate::coordinates::CoordinateSummary;
use crate::failure::Failure;
use crate::number::Exact;
use crate::table::Table;

records! {
    /// Results of a sweep, a pure function of its measurements and the theory.
    Summary {
        /// Version of the document.
        schema: u32,
        /// Short name of the experiment.
        experiment: String,
        /// Its title.
        title: String,
        /// Whether the sizes are the quick ones.
        quick: bool,
        /// Confidence level of all intervals.
        level: f64,
        /// By init: "A", "B", "AB".
        inits: BTreeMap<String, InitSummary>,
        /// What the paper says of the two inits, by width.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        statements: Vec<StatementSummary>,
        /// The coordinate check; None unless figures.coordinates_lr asks for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coordinates: Option<CoordinateSummary>,
        /// The limit n → ∞, as summary.json holds it; None unless "inf" is one of the widths.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Plain>,
        /// Reasons to doubt a number.
        warnings: Vec<String>,
    }
    {
        /// The fitted exponents as a table: two rows for each init.
        #[getter]
        fn exponents(&self) -> pyo3::PyResult<Table> {
            Ok(exponents(&[(String::new(), &self.inits)])?)
        }

        /// What holds at each width as a table: a row for each init and width.
        #[getter]
        fn widths(&self) -> pyo3::PyResult<Table> {
            Ok(widths(&[(String::new(), &self.inits)])?)
        }
    }

    /// A statement of the paper about the two inits at one width, paired by seed.
    StatementSummary {
        /// n.
        width: usize,
        /// Its short name.
        statement: String,
        /// In words, with the ratio that it is about.
        says: String,
        /// Geometric mean over seeds of that ratio; None if some seed has none.
        ratio: Option<f64>,
        /// Where some seed's ratio is not known: "at_least" or "at_most" this number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bound: Option<String>,
        /// Lower end of its interval.
        lower: Option<f64>,
        /// Upper end.
        upper: Option<f64>,
        /// Seeds that both inits have.
        seeds: usize,
        /// Whether the ratio is above 1.
        verdict: String,
        /// Why.
        why: String,
    }

    /// Results of one initialisation.
    InitSummary {
        /// Exponent of the learning rate with the best score.
        eta_opt: ExponentSummary,
        /// Exponent of the largest learning rate whose Z_B stays under the bound.
        eta_stable: ExponentSummary,
        /// Results at each width.
        widths: Vec<WidthSummary>,
    }

    /// A fitted exponent γ in η = c n^γ beside the predicted one.
    ExponentSummary {
        /// γ; None if fewer than two widths could be used.
        exponent: Option<f64>,
        /// Lower end of its interval; None with a single seed.
        lower: Option<f64>,
        /// Upper end.
        upper: Option<f64>,
        /// The theory's γ; None where it has none.
        predicted: Option<f64>,
        /// The same, exact.
        predicted_exact: Option<Exact>,
        /// Why the theory has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_prediction: Option<String>,
        /// What the interval says about the prediction: "agrees", "excluded", "too_wide", "no_interval" or
        /// "no_prediction".
        agreement: String,
        /// Why no exponent describes these widths; None unless the points are shown to lie on no power law.
        not_a_power_law: Option<String>,
        /// c.
        prefactor: Option<f64>,
        /// Widths in the fit.
        widths_used: Vec<usize>,
        /// Widths left out because the learning rate of some seed was not bracketed.
        excluded_widths: Vec<usize>,
        /// Number of seeds.
        seeds: usize,
        /// γ between neighbouring widths of the fit.
        local_slopes: Vec<SlopeSummary>,
    }

    /// The exponent between two neighbouring widths.
    SlopeSummary {
        /// Smaller width.
        #[serde(rename = "from")]
        from_: usize,
        /// Larger width.
        to: usize,
        /// ln(η_to/η_from) / ln(to/from).
        slope: f64,
        /// Lower end of its interval.
        lower: Option<f64>,
        /// Upper end.
        upper: Option<f64>,
    }

    /// Results at one width; means over seeds are geometric.
    WidthSummary {
        /// n.
        width: usize,
        /// Learning rate with the best score.
        eta_opt: LrSummary,
        /// Learning rates whose score is within the tolerance of the best.
        basin: BasinSummary,
        /// Largest learning rate whose Z_B stays under the bound.
        eta_stable: LrSummary,
        /// Best score.
        loss: ValueSummary,
        /// Held-out loss there.
        test_loss: ValueSummary,
        /// rms of Z_A after training at the optimum.
        za_rms: ValueSummary,
        /// rms of Z_B there.
        zb_rms: ValueSummary,
        /// Norm of Z_A there, averaged over training samples.
        za_norm: ValueSummary,
        /// Norm of Z_B there, averaged over training samples.
        zb_norm: ValueSummary,
        /// Runs at this width that diverged.
        diverged_runs: usize,
        /// Runs at this width.
        runs: usize,
    }

    /// A learning rate found by the search.
    LrSummary {
        /// Geometric mean over seeds; None if no seed has one. Where `bracketed` is False, it is only a bound.
        value: Option<f64>,
        /// Lower end of its interval.
        lower: Option<f64>,
        /// Upper end.
        upper: Option<f64>,
        /// Whether every seed has it inside the sampled learning rates.
        bracketed: bool,
        /// Seeds whose reading is a grid point and not an interpolation.
        at_grid_point: usize,
    }

    /// A basin; ends are geometric means over seeds.
    BasinSummary {
        /// Its lower end.
        lower: Option<f64>,
        /// Its upper end.
        upper: Option<f64>,
        /// Whether both ends were seen for every seed.
        complete: bool,
    }

    /// A positive quantity over seeds.
    ValueSummary {
        /// Geometric mean; None if some seed has none.
        value: Option<f64>,
        /// Lower end of its interval.
        lower: Option<f64>,
        /// Upper end.
        upper: Option<f64>,
    }
}

/// Summaries of inits under the name of their setting.
type Settings<'a> = [(String, &'a BTreeMap<String, InitSummary>)];

/// The exponents of all settings: two rows for each init.
///
/// # Errors
/// [`Failure::Bug`] if the columns are not of one length.
pub fn exponents(of: &Settings<'_>) -> Result<Table, Failure> {
    let inits = || of.iter().flat_map(|(setting, inits)| inits.iter().map(move |of| (setting, of)));
    let rows: Vec<(&String, &String, &str, &ExponentSummary)> = inits()
        .flat_map(|(setting, (init, of))| {
            let both = [("eta_opt", &of.eta_opt), ("eta_stable", &of.eta_stable)];
            both.map(|(quantity, fit)| (setting, init, quantity, fit))
        })
        .collect();
    let fits = || rows.iter().map(|(.., fit)| *fit);
    let exact = |fit: &ExponentSummary| fit.predicted_exact.as_ref().map(|exact| exact.0.clone());
    Table::of(vec![
        column("setting", rows.iter().map(|(setting, ..)| (*setting).clone())),
        column("init", rows.iter().map(|(_, init, ..)| (*init).clone())),
        column("quantity", rows.iter().map(|(_, _, quantity, _)| (*quantity).to_owned())),
        column("exponent", fits().map(|fit| fit.exponent)),
        column("lower", fits().map(|fit| fit.lower)),
        column("upper", fits().map(|fit| fit.upper)),
        column("predicted", fits().map(|fit| fit.predicted)),
        column("predicted_exact", fits().map(exact)),
        column("agreement", fits().map(|fit| fit.agreement.clone())),
        column("prefactor", fits().map(|fit| fit.prefactor)),
        column("seeds", fits().map(|fit| fit.seeds)),
    ])
}

/// The widths of all settings: a row for each init and width.
///
/// # Errors
/// [`Failure::Bug`] if the columns are not of one length.
pub fn widths(of: &Settings<'_>) -> Result<Table, Failure> {
    let mut rows: Vec<(&String, &String, &WidthSummary)> = Vec::new();
    for (setting, inits) in of {
        for (init, summary) in *inits {
            rows.extend(summary.widths.iter().map(|width| (setting, init, width)));
        }
    }
    let all = || rows.iter().map(|(.., width)| *width);
    Table::of(vec![
        column("setting", rows.iter().map(|(setting, ..)| (*setting).clone())),
        column("init", rows.iter().map(|(_, init, _)| (*init).clone())),
        column("width", all().map(|row| row.width)),
        column("eta_opt", all().map(|row| row.eta_opt.value)),
        column("eta_opt_lower", all().map(|row| row.eta_opt.lower)),
        column("eta_opt_upper", all().map(|row| row.eta_opt.upper)),
        column("eta_opt_bracketed", all().map(|row| row.eta_opt.bracketed)),
        column("basin_lower", all().map(|row| row.basin.lower)),
        column("basin_upper", all().map(|row| row.basin.upper)),
        column("eta_stable", all().map(|row| row.eta_stable.value)),
        column("eta_stable_bracketed", all().map(|row| row.eta_stable.bracketed)),
        column("loss", all().map(|row| row.loss.value)),
        column("test_loss", all().map(|row| row.test_loss.value)),
        column("za_rms", all().map(|row| row.za_rms.value)),
        column("zb_rms", all().map(|row| row.zb_rms.value)),
        column("diverged_runs", all().map(|row| row.diverged_runs)),
        column("runs", all().map(|row| row.runs)),
    ])
}
