//! An answer in words.

use comfy_table::{Table, presets};
use lora_sim::spec::Init;
use lora_theory::{Rational, parse_rational};

use crate::answer::{Answer, BasinOver, Constants, InitAnswer, LossOver, LowerLoss, ReadoutAnswer};

const EXPLANATION: &str = "\
c_opt is the c in η = c n^γ that trains best as n → ∞, and c_stable the largest c at which Z_B stays
under the bound. Means over seeds are geometric, with 95% intervals. Basin: c whose loss is within the
tolerance of the lowest. The loss at c_opt is solved over four times the neurons; error is the
quadrature's of one seed: the spread of replicates and the distance to a quarter of the neurons. A ?
marks a c that is not bracketed and only a bound.";

/// The heading, a table, what is missing and why, and which init ends lower.
pub fn render(answer: &Answer) -> String {
    let mut out = format!("{}\n\n{}\n", heading(answer), table(answer));
    out += &format!("\n{EXPLANATION}\n");
    for of in &answer.readouts {
        let readout = exact(&of.readout);
        if below_half(&of.readout) {
            out += &wrapped(&format!(
                "a = {readout}: losses are in units of the squared initial error, which grows with n."
            ));
        }
        for (init, found) in &of.inits {
            out += &wrapped(&format!("{init}, a = {readout}: {}", remark(found)));
        }
        if let Some(pair) = &of.lower_loss {
            out += &wrapped(&format!("a = {readout}: {}", lower(pair)));
        }
    }
    out
}

/// Whether the initial error grows with n.
fn below_half(readout: &str) -> bool {
    parse_rational(readout).is_ok_and(|a| a < Rational::new(1, 2))
}

/// An exact number or power with a typographic minus.
fn exact(text: &str) -> String {
    text.strip_prefix('-')
        .map_or_else(|| text.to_owned(), |rest| format!("−{rest}"))
        .replace("^-", "^−")
}

fn heading(answer: &Answer) -> String {
    let seeds: Vec<String> = answer.seeds.iter().map(u64::to_string).collect();
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    let quick = if answer.quick { " (quick sizes: do not quote)" } else { "" };
    format!(
        "{}: {}{quick}\nlimit n → ∞ of {word} {}, coupled to the runs of n = {}; {} neurons, {} times",
        answer.experiment,
        answer.title,
        seeds.join(", "),
        answer.coupled_width,
        answer.neurons,
        answer.replicates
    )
}

fn table(answer: &Answer) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["a", "init", "γ", "c_opt", "basin", "c_stable", "loss", "error"]);
    for of in &answer.readouts {
        for (init, found) in &of.inits {
            table.add_row(row(of, *init, found));
        }
    }
    table.trim_fmt()
}

fn row(of: &ReadoutAnswer, init: Init, found: &InitAnswer) -> Vec<String> {
    let start = [exact(&of.readout), init.to_string()];
    let cells = match found {
        InitAnswer::Nothing { .. } => ["no limit", "", "", "", "", ""].map(str::to_owned),
        InitAnswer::Limit(constants) => of_constants(constants),
    };
    start.into_iter().chain(cells).collect()
}

fn of_constants(found: &Constants) -> [String; 6] {
    let rate = |value, ends, bracketed| {
        with_interval(value, ends).map(|text| if bracketed { text } else { format!("{text} ?") })
    };
    let c_opt = rate(found.c_opt, found.c_opt_interval, found.bracketed);
    let c_stable = rate(found.c_stable, found.c_stable_interval, found.c_stable_bracketed);
    let LossOver { value, interval, quadrature_error } = found.loss;
    [
        exact(&found.gamma),
        c_opt.unwrap_or_else(|| "none".into()),
        basin(found.basin),
        c_stable.unwrap_or_else(|| "none".into()),
        with_interval(value, interval).unwrap_or_else(|| "none".into()),
        quadrature_error.map_or(String::new(), |error| format!("{:.1}%", 100.0 * error)),
    ]
}

fn basin(basin: BasinOver) -> String {
    match (basin.lower, basin.upper) {
        (Some(lower), Some(upper)) => {
            let open = if basin.complete { "" } else { " ?" };
            format!("{} to {}{open}", digits(lower), digits(upper))
        }
        _ => "none".to_owned(),
    }
}

fn with_interval(value: Option<f64>, ends: Option<[f64; 2]>) -> Option<String> {
    let value = digits(value?);
    Some(match ends {
        Some([lower, upper]) => format!("{value} [{}, {}]", digits(lower), digits(upper)),
        None => value,
    })
}

/// Three significant digits.
fn digits(x: f64) -> String {
    let places = if x > 0.0 { (2.0 - x.log10().floor()).clamp(0.0, 12.0) } else { 0.0 };
    format!("{x:.*}", places as usize)
}

/// What the table cannot say.
fn remark(found: &InitAnswer) -> String {
    exact(&match found {
        InitAnswer::Nothing { no_limit } => format!("{no_limit}."),
        InitAnswer::Limit(found) => match &found.c_stable_remark {
            Some(remark) => format!("{}. {remark}.", found.dynamics),
            None => format!("{}.", found.dynamics),
        },
    })
}

/// Characters in a line of running text.
const LINE: usize = 100;

/// A paragraph, after an empty line.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    format!("\n{}\n", lines.join("\n"))
}

fn lower(pair: &LowerLoss) -> String {
    let ratio = with_interval(Some(pair.ratio), pair.interval).unwrap_or_default();
    let beside =
        format!("each at its own c_opt, the loss of Init[A] is {ratio} times that of Init[B]");
    match pair.lower {
        _ if pair.interval.is_none() => {
            format!("one seed cannot say which init ends lower: {beside}.")
        }
        Some(init) => format!("{init} ends lower: {beside}."),
        None => format!("neither init ends lower beyond the seeds' scatter: {beside}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (x, text) in
            [(0.004_321, "0.00432"), (1.2345, "1.23"), (123.4, "123"), (4321.0, "4321")]
        {
            assert_eq!(digits(x), text);
        }
        assert_eq!(
            with_interval(Some(1.0), Some([0.5, 2.0])).as_deref(),
            Some("1.00 [0.500, 2.00]")
        );
        assert_eq!(with_interval(None, None), None);
    }

    #[test]
    fn the_pair_says_who_ends_lower() {
        let pair = |low, high, lower| LowerLoss { ratio: 0.5, interval: Some([low, high]), lower };
        assert_eq!(
            lower(&pair(0.4, 0.6, Some(Init::A))),
            "Init[A] ends lower: each at its own c_opt, the loss of Init[A] is 0.500 [0.400, 0.600] times \
             that of Init[B]."
        );
        assert!(lower(&pair(0.4, 1.6, None)).starts_with("neither init ends lower beyond"));
        let alone = LowerLoss { interval: None, ..pair(0.0, 0.0, None) };
        assert!(lower(&alone).starts_with("one seed cannot say which init ends lower: each"));
        assert!(below_half("1/4") && below_half("-1") && !below_half("1/2"));
    }
}
