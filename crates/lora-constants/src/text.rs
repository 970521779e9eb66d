//! An answer in words.

use comfy_table::{Table, presets};
use lora_sim::spec::Init;
use lora_stats::CrossingStatus;
use lora_theory::{Rational, parse_rational};

use crate::answer::{
    Answer, BasinOver, Constants, InitAnswer, LossOver, LossPair, ReadoutAnswer, SeedConstants,
    Side,
};
use crate::digits::{digits, percent, with_interval};
use crate::question::MOST_LOSS_NEURONS;

/// How many times as many neurons a loss wants that is not known well enough.
const MORE: usize = 16;

const EXPLANATION: &str = "\
c_opt is the c in η = c n^γ that trains best as n → ∞, and c_stable the largest c at which Z_B stays
under the bound. ≥ or ≤ before a c: not bracketed, so only a bound. Means over seeds are geometric, with
95% intervals. Basin: the values of c whose loss over M neurons is within the tolerance of the lowest. A
? after it: an end was not seen. A ≈ before it: the error exceeds the tolerance. Loss: over the L neurons
of a lowest loss, at the best c tried. Error: the quadrature error of a single seed's loss, relative to
it: the spread of replicates, and the bias as far as L/4, L/2 and L neurons show it. A ! marks a loss not
to be quoted.";

/// The heading, a table, what is missing and why, and which init ends lower.
pub fn render(answer: &Answer) -> String {
    let mut out = format!("{}\n\n{}\n", heading(answer), table(answer));
    out += &format!("\n{EXPLANATION}\n");
    for of in &answer.readouts {
        let readout = exact(&of.readout);
        if below_half(&of.readout) {
            out += &paragraph(&format!(
                "a = {readout}: losses are in units of the squared initial error, which grows with n."
            ));
        }
        for (init, found) in &of.inits {
            let whose = format!("{init}, a = {readout}");
            out += &paragraph(&format!("{whose}: {}", remark(found)));
            let of_loss =
                found.constants().and_then(|found| loss_remark(found, answer.loss_neurons));
            out += &of_loss
                .map_or(String::new(), |said| paragraph(&format!("The loss of {whose} {said}")));
        }
        if let Some(pair) = &of.lower_loss {
            out += &paragraph(&format!("a = {readout}: {}", lower(pair)));
        }
    }
    out
}

/// What is wrong with a loss, after its name.
fn loss_remark(found: &Constants, neurons: usize) -> Option<String> {
    let diverged = |seed: &&SeedConstants| seed.loss.is_none() && seed.c_best.is_some();
    if let Some(SeedConstants { seed, c_best: Some(c), .. }) = found.seeds.iter().find(diverged) {
        return Some(format!(
            "has no value: the limit of seed {seed} diverges at its best c, {}, when it is solved over more \
             neurons.",
            digits(*c)
        ));
    }
    let error = found.loss.quadrature_error.filter(|_| !found.loss_reliable)?;
    let more = MORE * neurons;
    let advice = if more <= MOST_LOSS_NEURONS {
        format!("; try --loss-neurons {more}")
    } else {
        String::new()
    };
    Some(format!("has a quadrature error of {}: do not quote it{advice}", percent(error)))
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
        "{}: {}{quick}\nlimit n → ∞ of {word} {}, coupled to the runs of n = {}; {} replicates of M = {} neurons, L = {} for a lowest loss",
        answer.experiment,
        answer.title,
        seeds.join(", "),
        answer.coupled_width,
        answer.replicates,
        answer.neurons,
        answer.loss_neurons
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
    let LossOver { value, interval, quadrature_error } = found.loss;
    let doubtful = if found.loss_reliable { "" } else { " !" };
    [
        exact(&found.gamma),
        c_opt(found),
        basin(found.basin),
        c_stable(found),
        with_interval(value, interval).map_or("none".into(), |text| text + doubtful),
        quadrature_error.map_or(String::new(), |error| format!("{:.1}%", 100.0 * error)),
    ]
}

fn c_opt(found: &Constants) -> String {
    let known = found.seeds.iter().filter(|seed| seed.bracketed).count();
    rate((found.c_opt, found.c_opt_interval), found.c_opt_bound)
        .unwrap_or_else(|| none(known, found.seeds.len()))
}

fn c_stable(found: &Constants) -> String {
    let statuses = || found.seeds.iter().filter_map(|seed| seed.c_stable_status);
    let known = statuses().filter(|status| *status == CrossingStatus::Bracketed).count();
    // Where no bound can be reached, the remark says why.
    let none = if statuses().next().is_some() {
        none(known, found.seeds.len())
    } else {
        "none".to_owned()
    };
    rate((found.c_stable, found.c_stable_interval), found.c_stable_bound).unwrap_or(none)
}

fn rate((value, ends): (Option<f64>, Option<[f64; 2]>), bound: Option<Side>) -> Option<String> {
    let sign = match bound {
        None => "",
        Some(Side::AtLeast) => "≥ ",
        Some(Side::AtMost) => "≤ ",
    };
    Some(format!("{sign}{}", with_interval(value, ends)?))
}

/// Some seeds have a number, and the others bound theirs on both sides or have nothing.
fn none(known: usize, seeds: usize) -> String {
    format!("none ({known} of {seeds} seeds)")
}

fn basin(basin: BasinOver) -> String {
    match (basin.lower, basin.upper) {
        (Some(lower), Some(upper)) => {
            let rough = if basin.resolved { "" } else { "≈ " };
            let open = if basin.complete { "" } else { " ?" };
            format!("{rough}{} to {}{open}", digits(lower), digits(upper))
        }
        _ => "none".to_owned(),
    }
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

/// Running text in lines.
pub fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Running text behind an empty line.
pub(crate) fn paragraph(text: &str) -> String {
    format!("\n{}\n", wrapped(text))
}

fn lower(pair: &LossPair) -> String {
    let pair = match pair {
        LossPair::Compared(pair) => pair,
        LossPair::Not { not_compared } => return format!("not compared: {not_compared}."),
    };
    let ratio = with_interval(Some(pair.ratio), pair.interval).unwrap_or_default();
    let beside =
        format!("each at its own best c, the loss of Init[A] is {ratio} times that of Init[B]");
    if pair.interval.is_none() {
        return format!("one seed cannot say which init ends lower: {beside}.");
    }
    let who = pair.lower.map_or("neither init".to_owned(), |init| init.to_string());
    let beyond = "beyond the seeds' scatter and both quadrature errors";
    format!("{who} ends lower {beyond}: {beside}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::LowerLoss;

    #[test]
    fn the_pair_says_who_ends_lower() {
        let pair = |low, high, lower| LowerLoss {
            ratio: 0.5,
            interval: Some([low, high]),
            interval_over_seeds: Some([0.45, 0.55]),
            lower,
        };
        let said = |pair| lower(&LossPair::Compared(pair));
        // The interval is the widened one.
        assert_eq!(
            said(pair(0.4, 0.6, Some(Init::A))),
            "Init[A] ends lower beyond the seeds' scatter and both quadrature errors: each at its own best c, \
             the loss of Init[A] is 0.500 [0.400, 0.600] times that of Init[B]."
        );
        assert!(said(pair(0.4, 1.6, None)).starts_with("neither init ends lower beyond"));
        let alone = LowerLoss { interval: None, ..pair(0.0, 0.0, None) };
        assert!(said(alone).starts_with("one seed cannot say which init ends lower: each"));
        let not = LossPair::Not { not_compared: "the optimum of Init[B] lies at an edge".into() };
        assert_eq!(lower(&not), "not compared: the optimum of Init[B] lies at an edge.");
        assert!(below_half("1/4") && below_half("-1") && !below_half("1/2"));
    }

    fn seed(status: Option<CrossingStatus>, loss: Option<f64>) -> SeedConstants {
        let c_best = Some(1.414);
        SeedConstants { seed: 3, c_stable_status: status, c_best, loss, ..SeedConstants::default() }
    }

    #[test]
    fn a_loss_that_is_not_known_says_so() {
        let rough = |error: f64| Constants {
            loss: LossOver { value: Some(0.00384), interval: None, quadrature_error: Some(error) },
            loss_reliable: error <= 0.25,
            seeds: vec![seed(None, Some(0.00384))],
            ..Constants::default()
        };
        assert_eq!(of_constants(&rough(1.07))[4..], ["0.00384 !", "107.0%"]);
        assert_eq!(of_constants(&rough(0.2))[4..], ["0.00384", "20.0%"]);
        assert_eq!(
            loss_remark(&rough(1.07), 4096).as_deref(),
            Some("has a quadrature error of 107%: do not quote it; try --loss-neurons 65536")
        );
        // Where no more are allowed.
        let most = loss_remark(&rough(1.07), 1 << 23);
        assert_eq!(most.as_deref(), Some("has a quadrature error of 107%: do not quote it"));
        assert_eq!(loss_remark(&rough(0.2), 1024), None);
        let none = Constants { seeds: vec![seed(None, None)], ..Constants::default() };
        assert_eq!(
            loss_remark(&none, 1024).as_deref(),
            Some(
                "has no value: the limit of seed 3 diverges at its best c, 1.41, when it is solved over more \
                 neurons."
            )
        );
    }

    #[test]
    fn bounds_have_a_sign_and_mixed_ones_a_count() {
        use CrossingStatus::{AllStable, Bracketed, NoneStable};
        let of = |statuses: &[CrossingStatus], c_stable, c_stable_bound| {
            let seeds = statuses.iter().map(|status| seed(Some(*status), None)).collect();
            of_constants(&Constants { seeds, c_stable, c_stable_bound, ..Constants::default() })[3]
                .clone()
        };
        assert_eq!(of(&[Bracketed], Some(2.0), None), "2.00");
        assert_eq!(of(&[AllStable, Bracketed], Some(2.0), Some(Side::AtLeast)), "≥ 2.00");
        assert_eq!(of(&[NoneStable], Some(2.0), Some(Side::AtMost)), "≤ 2.00");
        assert_eq!(of(&[NoneStable, Bracketed, AllStable], None, None), "none (1 of 3 seeds)");
        assert_eq!(of(&[], None, None), "none");
        let ends = BasinOver { lower: Some(0.5), upper: Some(2.0), complete: true, resolved: true };
        assert_eq!(basin(ends), "0.500 to 2.00");
        let rough = BasinOver { resolved: false, complete: false, ..ends };
        assert_eq!(basin(rough), "≈ 0.500 to 2.00 ?");
    }
}
