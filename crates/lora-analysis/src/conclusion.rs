//! What a run found, in two sentences of plain words.
//!
//! The first sentence says which init trains best and how its best learning rate moves with the
//! width. The second says what agrees with the theory, what is excluded and what cannot be told.

mod theory;

#[cfg(test)]
mod tests;

use lora_report::significant;
use lora_types::Init;

use crate::minus::minus_signs;
use crate::summary::{ExponentSummary, Summary, ValueSummary, WidthSummary};

/// The conclusion of a run. One init is named the better one only if the intervals of the losses
/// are apart.
///
/// The text has no symbols but the names of the inits and the width n, so that it can stand before
/// all definitions.
pub fn conclusion(summary: &Summary) -> String {
    format!("{} {}", which_init(summary), theory::compared(summary))
}

fn which_init(summary: &Summary) -> String {
    let mut inits: Vec<Init> = summary.inits.keys().copied().collect();
    let ranking = match inits.as_slice() {
        [] => return "Nothing was trained.".to_owned(),
        [only] => format!("{only} alone was trained"),
        _ => match Ranking::of(summary) {
            Ok(ranking) => {
                // The better init first, if there is one.
                inits.sort_by_key(|init| ranking.tied.is_empty() && *init != ranking.best);
                ranking.words(&inits)
            }
            Err(reason) => reason.to_owned(),
        },
    };
    let fits: Vec<&ExponentSummary> =
        inits.iter().map(|init| &summary.inits[init].eta_opt).collect();
    if summary.inits.values().all(|init| init.widths.len() == 1) {
        return format!("{ranking}; one width says nothing of how learning rates move with it.");
    }
    if fits.len() > 1 && fits.iter().all(|fit| fit.exponent.is_none()) {
        let inits: Vec<String> = inits.iter().map(Init::to_string).collect();
        let of = list(&inits);
        return format!(
            "{ranking}; the best learning rates of {of} have no exponent, {}.",
            TOO_FEW.replace(" it ", " them ")
        );
    }
    let common = fits.windows(2).all(|pair| range(pair[0]) == range(pair[1]));
    let said = |here: bool, fit: &ExponentSummary| range(fit).filter(|_| here).unwrap_or_default();
    let movement = |(at, fit): (usize, &&ExponentSummary)| {
        let of = if at == 0 { "the best learning rate" } else { "that" };
        let over = said(!common, fit);
        let moves = moves(fit, summary.level);
        format!("{of} of {} {moves}{}{over}", inits[at], if over.is_empty() { "" } else { " " })
    };
    let moves: Vec<String> = fits.iter().enumerate().map(movement).collect();
    let over = said(common, fits[0]);
    let over = if over.is_empty() { over } else { over + ", " };
    format!("{ranking}; {over}{}.", list(&moves))
}

/// The widths of a fit: "from n = 128 to 8192".
fn range(fit: &ExponentSummary) -> Option<String> {
    let (first, last) = (fit.widths_used.first()?, fit.widths_used.last()?);
    Some(format!("from n = {first} to {last}"))
}

/// The losses of all inits at one width.
struct Ranking {
    width: usize,
    best: Init,
    /// The init with the second smallest loss, and the ratio of the smallest loss to it.
    next: (Init, f64),
    /// The inits whose intervals overlap that of the best one, and that one; empty if there are
    /// none.
    tied: Vec<Init>,
}

impl Ranking {
    /// At the widest width where every init has its best learning rate inside the search.
    fn of(summary: &Summary) -> Result<Self, &'static str> {
        let widest = summary.inits.values().flat_map(|init| &init.widths).map(|row| row.width);
        let mut widths: Vec<usize> = widest.collect();
        widths.sort_unstable_by(|one, other| other.cmp(one));
        let at = |width| losses(summary, width).map(|losses| (width, losses));
        let Some((width, mut losses)) = widths.into_iter().find_map(at) else {
            return Err(
                "The inits cannot be ranked, since at no width all of them have their best \
                        learning rate inside the search",
            );
        };
        losses.sort_by(|(_, one), (_, other)| one.0.total_cmp(&other.0));
        let (best, (loss, best_end)) = losses[0];
        let (next, (next_loss, _)) = losses[1];
        let Some((_, best_upper)) = best_end else { return Err(NO_INTERVALS) };
        let mut tied = vec![best];
        for (init, (_, interval)) in &losses[1..] {
            let Some((lower, _)) = interval else { return Err(NO_INTERVALS) };
            if *lower <= best_upper {
                tied.push(*init);
            }
        }
        let tied = if tied.len() > 1 { tied } else { Vec::new() };
        Ok(Self { width, best, next: (next, loss / next_loss), tied })
    }

    fn words(&self, inits: &[Init]) -> String {
        let Self { width, best, next: (next, ratio), tied } = self;
        if !tied.is_empty() {
            let mut tied = tied.clone();
            tied.sort_unstable();
            let tied: Vec<String> = tied.iter().map(Init::to_string).collect();
            return format!(
                "Each at its own best learning rate, {} end at losses that the intervals do not \
                 tell apart at n = {width}",
                list(&tied)
            );
        }
        let which = if inits.len() > 2 { ", the next best," } else { "" };
        format!(
            "Each at its own best learning rate, {best} ends at {} times the loss of {next}{which} at \
             n = {width}",
            significant(*ratio, 2)
        )
    }
}

const NO_INTERVALS: &str = "One seed gives no intervals, so the inits are not ranked";

const TOO_FEW: &str = "since fewer than two widths have it inside the search at every seed";

/// A loss, and its interval.
type Loss = (f64, Option<(f64, f64)>);

/// The loss of every init at a width; none if one is not measured, or not at its optimum.
fn losses(summary: &Summary, width: usize) -> Option<Vec<(Init, Loss)>> {
    let loss = |row: &WidthSummary| {
        let ValueSummary { value, lower, upper } = row.loss;
        value.filter(|_| row.eta_opt.bracketed).map(|value| (value, lower.zip(upper)))
    };
    let of_init = |(&init, results): (&Init, &crate::summary::InitSummary)| {
        let row = results.widths.iter().find(|row| row.width == width)?;
        Some((init, loss(row)?))
    };
    summary.inits.iter().map(of_init).collect()
}

/// How a learning rate moves with the width.
fn moves(fit: &ExponentSummary, level: f64) -> String {
    let Some(exponent) = fit.exponent else {
        return format!("has no exponent, {TOO_FEW}");
    };
    if fit.not_a_power_law.is_some() {
        return "follows no power law".to_owned();
    }
    let number = |x: f64| minus_signs(&format!("{x:.2}"));
    let way = |falls: bool| if falls { "falls" } else { "rises" };
    let Some((lower, upper)) = fit.lower.zip(fit.upper) else {
        let way = way(exponent < 0.0);
        return format!("{way} like n^{} (no interval)", number(exponent));
    };
    let interval = format!("{:.0}% interval {} to {}", 100.0 * level, number(lower), number(upper));
    let exponent = number(exponent);
    if upper < 0.0 || lower > 0.0 {
        return format!("{} like n^{exponent} ({interval})", way(upper < 0.0));
    }
    format!("shows no clear trend (exponent {exponent}, {interval})")
}

/// "one", "one and two", "one, two and three".
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
