//! The answers as text, for a reader who knows LoRA and not this program.

use super::{InitAnswer, Question, heading};
use comfy_table::{Table, presets};
use lora_theory::{Analysis, Exponent, Largest, Powers, Rational, Snapshot, TheoryError};

/// The heading, and a block for each init.
///
/// # Errors
/// [`TheoryError`] for a question outside the calculus.
pub fn render(answers: &[InitAnswer], question: &Question) -> Result<String, TheoryError> {
    let mut out = heading(question);
    for answer in answers {
        let analysis = &answer.analysis;
        out += &format!("\n{}\n", analysis.setting.init);
        out += &match question.at {
            Some(gamma) => at_exponent(analysis, gamma)?,
            None => critical(answer)?,
        };
    }
    Ok(out)
}

/// CriticalRate learning rates, and every quantity at the two that matter.
fn critical(answer: &InitAnswer) -> Result<String, TheoryError> {
    let analysis = &answer.analysis;
    let mut out = format!("{}\n\n", rates(answer).trim_fmt());
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
    let shown = |(name, at): &(&str, Snapshot)| format!("{name} = n^{}", at.gamma);
    let columns: Vec<(String, &Snapshot)> =
        points.iter().map(|point| (shown(point), &point.1)).collect();
    if !columns.is_empty() {
        out += &format!("{}\n", sizes(analysis, &columns));
    }
    if analysis.delta_z_b.is_zero() {
        out += "Nothing moves at any learning rate: the gradient is exactly zero.\n";
    }
    for (name, at) in &points {
        out += &format!("\n{name}: {}\n{}\n", regime(at), analysis.describe(at.gamma)?);
    }
    Ok(out)
}

/// The critical learning rates with their powers of the width, the rank and the multiplier.
fn rates(answer: &InitAnswer) -> Table {
    let critical = &answer.analysis.critical;
    let rank = answer.of_rank.as_ref();
    let mut header = vec!["largest η with", "in the width", "in s"];
    header.extend(rank.map(|_| "in the rank"));
    let mut rates = table(header.into_iter().map(str::to_owned).collect());
    let mut rate = |name: &str, largest: Largest, of: fn(&Powers) -> Option<Rational>| {
        let mut cells = vec![name.to_owned(), largest.to_string()];
        cells.push(power_of("s", of(&answer.of_multiplier)));
        cells.extend(rank.map(|powers| power_of("r", of(powers))));
        rates.add_row(cells);
    };
    if let Some(bounded) = critical.bounded_output {
        rate("Δf = O(e⁰): η_opt", bounded, |powers| powers.optimal);
    }
    rate("Z_B = O(1): η_stable", critical.stable, |powers| powers.stable);
    rate("Z_A = O(1)", critical.internally_stable, |powers| powers.internally_stable);
    rates
}

fn power_of(base: &str, power: Option<Rational>) -> String {
    power.map_or("–".to_owned(), |power| format!("{base}^{power}"))
}

fn at_exponent(analysis: &Analysis, gamma: Rational) -> Result<String, TheoryError> {
    let at = analysis.at(gamma)?;
    let rates = analysis.setting.rates_at(gamma)?;
    let named = ["η_A", "η_B"].into_iter().zip(rates);
    let trained: Vec<_> = named.filter(|(_, rate)| *rate != Exponent::Zero).collect();
    let title = match trained.as_slice() {
        [(_, Exponent::Power(a)), (_, Exponent::Power(b))] if a != b => {
            format!("η_A = n^{a}, η_B = n^{b}")
        }
        [(_, Exponent::Power(rate)), ..] => format!("η = n^{rate}"),
        _ => format!("η = n^{gamma}"),
    };
    let (sizes, words) = (sizes(analysis, &[(title.clone(), &at)]), analysis.describe(gamma)?);
    Ok(format!("{sizes}\n\n{title}: {}\n{words}\n", regime(&at)))
}

/// The regime by name and in words.
fn regime(at: &Snapshot) -> String {
    format!("{}. {}", at.regime, at.regime.describe())
}

/// Every quantity at some learning rates.
fn sizes(analysis: &Analysis, points: &[(String, &Snapshot)]) -> String {
    let mut header = vec!["size at".to_owned()];
    header.extend(points.iter().map(|(name, _)| name.clone()));
    let mut sizes = table(header);
    for (row, name) in SIZES.iter().enumerate() {
        let cells = points.iter().filter_map(|(_, at)| size(at, analysis.initial_error, row));
        let cells: Vec<String> = cells.map(|size| size.to_string()).collect();
        if !cells.is_empty() {
            sizes.add_row(std::iter::once((*name).to_owned()).chain(cells));
        }
    }
    sizes.trim_fmt()
}

const SIZES: [&str; 8] = ["Z_A", "Z_B", "δ1", "δ2", "δ3", "ΔZ_B", "Δf", "e⁰"];

/// `None` for the output of the layer alone, which has none.
fn size(at: &Snapshot, initial_error: Option<Exponent>, row: usize) -> Option<Exponent> {
    let features = [at.z_a, at.z_b, at.delta1, at.delta2, at.delta3, at.delta_z_b].map(Some);
    features.into_iter().chain([at.output, initial_error]).nth(row).flatten()
}

fn table(header: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(header);
    table
}
