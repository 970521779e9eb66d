//! `laws`: how learning rates and features scale with the width in several runs, side by side.

use lora_laws::{Law, LawQuantity, LawsError, MeasuredRun, Span};

use crate::cli::LawsArgs;
use crate::error::CommandError;
use lora_tables::plain::{add, table};

/// Reads all runs before anything is written.
pub fn laws(arguments: &LawsArgs) -> Result<String, CommandError> {
    let runs = MeasuredRun::read_all(&arguments.dirs, &mut |note| eprintln!("{note}"))?;
    let laws = lora_laws::laws(&runs)?;
    let written = lora_laws::write(&runs, &laws, &arguments.out, arguments.stability)?;
    let files: String = written.iter().map(|file| format!("{}\n", file.display())).collect();
    Ok(format!("{}\n{EXPLANATION}\n\n{files}", text(&laws)))
}

const EXPLANATION: &str = "\
Exponents over the width, with 95% intervals over seeds. Where all seeds have one base at each width,
they hold the scatter of the widths, too. The calculus starts from a, how the backward signal falls:
that of a synthetic network is given, and that of a transformer is measured. A range of predictions is
that over the interval of a. Verdicts say whether the two ranges meet.";

fn text(laws: &[Law]) -> String {
    let mut out = table(&["run", "init", "of", "exponent", "interval", "predicted", "verdict"]);
    for law in laws.iter().filter(|law| law.module.is_none()) {
        let fit = &law.fit;
        let exponent = match (&fit.not_a_power_law, fit.exponent) {
            (Some(_), _) => "no power law".to_owned(),
            (None, None) => "too few widths".to_owned(),
            (None, Some(exponent)) => two(exponent),
        };
        let interval = fit.lower.zip(fit.upper).filter(|_| fit.not_a_power_law.is_none());
        let measured = law.quantity == LawQuantity::Readout;
        add(
            &mut out,
            vec![
                law.run.clone(),
                law.arm.to_string(),
                law.quantity.symbol().to_owned(),
                exponent,
                interval.map_or("–".to_owned(), ends),
                law.predicted.map_or("–".to_owned(), range),
                if measured { String::new() } else { law.agreement.words().to_owned() },
            ],
        );
    }
    format!("{}\n", out.trim_fmt())
}

fn two(x: f64) -> String {
    lora_analysis::minus::minus_signs(&format!("{x:.2}"))
}

fn ends((lower, upper): (f64, f64)) -> String {
    format!("[{}, {}]", two(lower), two(upper))
}

/// "−0.75", or "−0.75 to −0.68".
fn range(of: Span) -> String {
    let (lower, upper) = (two(of.lower), two(of.upper));
    if lower == upper { lower } else { format!("{lower} to {upper}") }
}

impl From<LawsError> for CommandError {
    fn from(error: LawsError) -> Self {
        let said = error.to_string();
        match error {
            LawsError::Store(error) => error.into(),
            LawsError::OneWidth { .. } | LawsError::Twice(_) => {
                Self::Usage(format!("laws: {said}"))
            }
            _ => Self::Failed(said),
        }
    }
}
