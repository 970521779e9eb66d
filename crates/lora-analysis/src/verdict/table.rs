//! One line about each judged claim, for tables and for the page.

use lora_stats::{Needed, Verdict};
use lora_theory::Rational;

use crate::minus::minus_signs;
use crate::verdict::tested::{Judged, Tested};
use lora_experiment::study::claim::Test;
use lora_experiment::study::words::{at, exact, minus, quantity};

/// The order of tables: refuted, no power law, undecided, holds; within each, that of the suite.
pub const ORDER: [Verdict; 4] =
    [Verdict::Refuted, Verdict::NotAPowerLaw, Verdict::Undecided, Verdict::Holds];

/// The verdict as a heading.
pub fn heading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "Holds",
        Verdict::Refuted => "Refuted",
        Verdict::NotAPowerLaw => "Not a power law over what was measured",
        Verdict::Undecided => "Undecided",
    }
}

/// The claims, without the controls, in the order of the table.
pub fn ordered<'j, 'c>(judged: &'j [Judged<'c>]) -> impl Iterator<Item = &'j Judged<'c>> {
    let with = move |verdict| judged.iter().filter(move |j| j.verdict == verdict);
    ORDER.into_iter().flat_map(with).filter(|judged| judged.claim.control.is_none())
}

/// The negative controls.
pub fn controls<'j, 'c>(judged: &'j [Judged<'c>]) -> impl Iterator<Item = &'j Judged<'c>> {
    judged.iter().filter(|judged| judged.claim.control.is_some())
}

/// "40 claims: 2 refuted, 1 not a power law, 5 undecided, 32 hold; 6 of 6 negative controls
/// refuted".
pub fn count(judged: &[Judged]) -> String {
    let of = |verdict| ordered(judged).filter(|judged| judged.verdict == verdict).count();
    let all = ordered(judged).count();
    let [refuted, bent, undecided, hold] = ORDER.map(of);
    let controls: Vec<&Judged> = controls(judged).collect();
    let failed = controls.iter().filter(|judged| judged.verdict == Verdict::Refuted).count();
    let controls = match controls.len() {
        0 => "no negative control was run".to_owned(),
        run => format!("{failed} of {run} negative controls refuted"),
    };
    format!(
        "{all} claims: {refuted} refuted, {bent} not a power law, {undecided} undecided, {hold} hold; \
         {controls}"
    )
}

/// Predicted and measured, in short.
pub fn numbers(judged: &Judged) -> [String; 2] {
    match (judged.claim.test, judged.tested.as_slice()) {
        (Test::Map, tested) => {
            ["the calculus's regimes".into(), share(judged, tested.len(), "points")]
        }
        (Test::Lower, [tested]) => ["ratio below 1".into(), ratio(tested)],
        (Test::Steeper, [tested]) => ["ratio's exponent below 0".into(), estimate(tested)],
        (Test::Trains, [tested]) => ["ratio below 1/10".into(), ratio(tested)],
        (Test::Nearer, [tested]) => ["ratio of distances below 1".into(), ratio(tested)],
        (Test::Collapse, [tested]) => {
            let within = judged.claim.within.unwrap_or(1.0);
            [format!("ratio within a factor of {within}"), ratio(tested)]
        }
        (_, [tested]) => [predicted(tested), estimate(tested)],
        (Test::Lower, tested) => ["ratio below 1".into(), share(judged, tested.len(), "rates")],
        (_, tested) if tested.len() <= 3 => {
            let join = |of: fn(&Tested) -> String| {
                let each = |t: &Tested| format!("{} {}", quantity(t.quantity), of(t));
                tested.iter().map(each).collect::<Vec<_>>().join(", ")
            };
            [join(predicted), join(estimate)]
        }
        (_, tested) => ["the calculus's table".into(), share(judged, tested.len(), "exponents")],
    }
}

fn share(judged: &Judged, all: usize, what: &str) -> String {
    let hold = judged.count(Verdict::Holds);
    let refuted = judged.count(Verdict::Refuted);
    format!("{hold} of {all} {what} hold, {refuted} refuted")
}

fn predicted(tested: &Tested) -> String {
    tested.predicted.map_or("–".into(), |gamma| minus(&gamma.to_string()))
}

/// The estimate with its interval.
pub fn estimate(tested: &Tested) -> String {
    let Some(fit) = &tested.fit else { return "–".into() };
    let chosen = &fit.chosen;
    with_interval(chosen.exponent, chosen.lower, chosen.upper)
}

/// A ratio with its interval, from logarithms.
fn ratio(tested: &Tested) -> String {
    let Some(interval) = &tested.interval else { return "–".into() };
    let exp = |end: Option<f64>| end.map(f64::exp);
    with_interval(interval.estimate.exp(), exp(interval.lower), exp(interval.upper))
}

fn with_interval(value: f64, lower: Option<f64>, upper: Option<f64>) -> String {
    let number = |value: f64| minus(&format!("{value:.3}"));
    match (lower, upper) {
        (Some(lower), Some(upper)) => {
            format!("{} [{}, {}]", number(value), number(lower), number(upper))
        }
        _ => number(value),
    }
}

/// Why the verdict is what it is, and what would decide it, for readers.
pub fn why(judged: &Judged) -> String {
    minus_signs(&reason(judged))
}

fn reason(judged: &Judged) -> String {
    let Some(tested) = judged.deciding() else { return "nothing was measured".into() };
    if judged.tested.len() == 1 {
        return format!("{}{}{}", tested.decision.reason, range(tested), needs(judged));
    }
    if judged.verdict == Verdict::Holds {
        return format!("all {} within tolerance", judged.tested.len());
    }
    let numbers = match &tested.fit {
        Some(_) => format!(" predicted {}, measured {},", predicted(tested), estimate(tested)),
        None => String::new(),
    };
    let reason = &tested.decision.reason;
    format!("{}:{numbers} {reason}{}{}", place(tested), range(tested), needs(judged))
}

/// The points of the fit, if some of the study's points have no value.
fn range(tested: &Tested) -> String {
    let Some(fit) = &tested.fit else { return String::new() };
    let used = &fit.all.widths_used;
    match (fit.all.excluded_widths.is_empty(), used.first(), used.last()) {
        (false, Some(first), Some(last)) => format!("; over {first} to {last} only"),
        _ => String::new(),
    }
}

/// What would decide all of a claim's undecided tests, if one number of seeds or points does.
fn needs(judged: &Judged) -> String {
    needed(judged).map_or(String::new(), |needed| {
        let seeds = needed.seeds.map(|seeds| format!("{seeds} seeds"));
        let widest = needed.widest.map(|widest| format!("points up to 2^{:.0}", widest.log2()));
        let what: Vec<String> = [seeds, widest].into_iter().flatten().collect();
        format!("; {} would decide", what.join(" or "))
    })
}

/// The most that an undecided test needs, if every one of them can be decided that way.
pub fn needed(judged: &Judged) -> Option<Needed> {
    let undecided = judged.tested.iter().map(|tested| &tested.decision);
    let undecided: Vec<_> = undecided.filter(|d| d.verdict == Verdict::Undecided).collect();
    if judged.verdict != Verdict::Undecided || undecided.is_empty() {
        return None;
    }
    let each = undecided.iter().map(|decision| decision.needed.as_ref());
    let all: Vec<&Needed> = each.collect::<Option<_>>()?;
    let seeds: Option<Vec<usize>> = all.iter().map(|needed| needed.seeds).collect();
    let widest: Option<Vec<f64>> = all.iter().map(|needed| needed.widest).collect();
    let needed = Needed {
        seeds: seeds.and_then(|seeds| seeds.into_iter().max()),
        widest: widest.and_then(|widest| widest.into_iter().max_by(f64::total_cmp)),
    };
    (needed.seeds.is_some() || needed.widest.is_some()).then_some(needed)
}

/// Which of a claim's tests it is.
pub fn place(tested: &Tested) -> String {
    let rates = tested.rates.map_or(String::new(), |rates| at(rates, exact));
    format!("{}{rates}", quantity(tested.quantity))
}

/// The exponent that a judged claim's statement names.
pub fn named(judged: &Judged) -> Option<Rational> {
    judged.tested.first().and_then(|tested| tested.predicted)
}
