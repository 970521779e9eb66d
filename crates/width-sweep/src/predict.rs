//! `predict`: the theory's exponents as a table.

use comfy_table::{Table, presets};
use lora_theory::{Analysis, Init, Largest, Rational, Setting, Snapshot, TheoryError, analyse};
use serde::Serialize;

use crate::cli::PredictArgs;
use crate::error::CommandError;
use crate::prediction::{optimizer, theory_init};

/// The table, or JSON.
pub fn predict(arguments: &PredictArgs) -> Result<String, CommandError> {
    let inits = match arguments.init {
        None => vec![Init::A, Init::B],
        Some(init) => vec![theory_init(init.into())],
    };
    let usage = |error: TheoryError| CommandError::Usage(format!("predict: {error}"));
    let analyses: Vec<Analysis> = inits
        .into_iter()
        .map(|init| analyse(&setting(arguments, init)))
        .collect::<Result<_, _>>()
        .map_err(usage)?;
    if arguments.json {
        return json(&analyses, arguments.lr_exponent).map_err(usage);
    }
    let mut out = heading(arguments);
    for analysis in &analyses {
        out += &match arguments.lr_exponent {
            Some(gamma) => at_exponent(analysis, gamma),
            None => critical(analysis),
        }
        .map_err(usage)?;
    }
    Ok(out)
}

fn setting(arguments: &PredictArgs, init: Init) -> Setting {
    let scope = match arguments.layer {
        true => Setting::layer(init),
        false => Setting::network(init, arguments.readout),
    };
    Setting { optimizer: optimizer(arguments.optimizer), ..scope }
}

fn heading(arguments: &PredictArgs) -> String {
    let scope = match arguments.layer {
        true => "The LoRA layer alone, backward signal of order one".to_owned(),
        false => format!("The whole network, W_out ~ N(0, n^{})", arguments.readout * -2),
    };
    let optimizer = arguments.optimizer.name();
    format!("{scope}; optimiser {optimizer}; η = Θ(n^γ), n → ∞, rank and multiplier fixed\n")
}

fn table(header: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(header);
    table
}

/// Critical learning rates, and every quantity at the two that matter.
fn critical(analysis: &Analysis) -> Result<String, TheoryError> {
    let critical = &analysis.critical;
    let mut out = format!("\n{}\n", analysis.setting.init);
    let mut rates = table(vec!["largest η with".into(), String::new()]);
    let mut rate = |name: &str, largest: &Largest| {
        rates.add_row(vec![name.to_owned(), largest.to_string()]);
    };
    if let Some(bounded) = &critical.bounded_output {
        rate("output O(1): η_opt", bounded);
    }
    rate("Z_B O(1): η_stable", &critical.stable);
    rate("Z_A O(1): internally stable", &critical.internally_stable);
    out += &format!("{}\n\n", rates.trim_fmt());
    let mut points: Vec<(&str, Snapshot)> = Vec::new();
    for (name, snapshot) in [("η_opt", analysis.at_optimal()?), ("η_stable", analysis.at_stable()?)]
    {
        match (snapshot, points.first_mut()) {
            (Some(at), Some((first, same))) if at.gamma == same.gamma => {
                *first = "η_opt = η_stable"
            }
            (Some(at), _) => points.push((name, at)),
            (None, _) => {}
        }
    }
    out += &format!("{}\n", sizes(&points));
    for (_, at) in &points {
        out += &format!("{}\n", analysis.describe(at.gamma)?);
    }
    Ok(out)
}

fn at_exponent(analysis: &Analysis, gamma: Rational) -> Result<String, TheoryError> {
    let at = analysis.at(gamma)?;
    let (init, regime) = (analysis.setting.init, at.regime);
    let (sizes, words) = (sizes(&[("η", at)]), analysis.describe(gamma)?);
    Ok(format!("\n{init}: {regime}\n{sizes}\n{words}\n"))
}

/// Every quantity at some learning rates.
fn sizes(points: &[(&str, Snapshot)]) -> String {
    let mut header = vec!["size at".to_owned()];
    header.extend(points.iter().map(|(name, at)| format!("{name} = n^{}", at.gamma)));
    let mut sizes = table(header);
    for (row, name) in SIZES.iter().enumerate() {
        let cells = points.iter().map(|(_, at)| size_cell(at, row));
        sizes.add_row(std::iter::once((*name).to_owned()).chain(cells));
    }
    sizes.trim_fmt()
}

const SIZES: [&str; 7] = ["Z_A", "Z_B", "δ1", "δ2", "δ3", "ΔZ_B", "Δ output"];

fn size_cell(at: &Snapshot, row: usize) -> String {
    let sizes = [at.z_a, at.z_b, at.delta1, at.delta2, at.delta3, at.delta_z_b];
    match sizes.get(row) {
        Some(size) => size.to_string(),
        None => at.output.map_or("–".into(), |output| output.to_string()),
    }
}

#[derive(Serialize)]
struct Prediction<'a> {
    analysis: &'a Analysis,
    at_optimal: Option<Snapshot>,
    at_stable: Option<Snapshot>,
    at_exponent: Option<Snapshot>,
    words: Vec<String>,
}

fn json(analyses: &[Analysis], gamma: Option<Rational>) -> Result<String, TheoryError> {
    let mut predictions = Vec::new();
    for analysis in analyses {
        let at_exponent = gamma.map(|gamma| analysis.at(gamma)).transpose()?;
        let (at_optimal, at_stable) = (analysis.at_optimal()?, analysis.at_stable()?);
        let shown = [&at_exponent, &at_optimal, &at_stable].into_iter().flatten();
        let words = shown.map(|at| analysis.describe(at.gamma)).collect::<Result<_, _>>()?;
        predictions.push(Prediction { analysis, at_optimal, at_stable, at_exponent, words });
    }
    let text = serde_json::to_string_pretty(&predictions).expect("plain data is valid JSON");
    Ok(text + "\n")
}
