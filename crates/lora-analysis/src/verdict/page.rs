//! The page of results, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write;

use lora_stats::Verdict;

use crate::verdict::escape::{line, markdown};
use crate::verdict::tested::Judged;
use crate::verdict::{plan_page, table};
use lora_experiment::study::definition::{Axis, Rates, Scope, Study};
use lora_experiment::study::suite::Suite;
use lora_experiment::study::words;

/// The whole page. `command` is what to type to train the default experiment with some settings.
pub fn render(
    suite: &Suite,
    judged: &[Judged],
    (figures, quick): (&[String], bool),
    command: impl Fn(&[String]) -> String,
) -> String {
    let mut out = verdicts(suite, judged, "", quick);
    for figure in figures {
        let _ = writeln!(out, "\n![{figure}]({figure}.png)");
    }
    studies(&mut out, suite, quick);
    commands(&mut out, suite, command);
    out
}

/// The part of the page that follows from the verdicts, with a `note` at its head.
pub fn verdicts(suite: &Suite, judged: &[Judged], note: &str, quick: bool) -> String {
    let mut out = format!("# What holds and what does not\n\n{note}");
    if quick {
        out += "**Quick sizes, which decide little: do not quote.**\n\n";
    }
    let _ = writeln!(out, "{}.\n", table::count(judged));
    out += "*Holds*: the 95% interval over seeds lies inside the tolerance around the prediction, and \
            the fit with a finite-width correction does not contradict. *Refuted*: both lie outside, \
            and the widest points do not lead back. *Not a power law*: the local slopes depart from the \
            fitted one, by more than the tolerance and beyond what a suite of 600 fits shows by chance; \
            the reason says where they are heading. *Undecided*: anything else. A loss is compared by \
            the interval of its mean log ratio over the three widest, a regime by the sizes that the \
            intervals leave open. ";
    let _ = writeln!(
        out,
        "Claims, tolerances and studies stand in {}. Predictions come from the exponent calculus, and \
         `docs/method.md` says when each rule was fixed.",
        places(suite)
    );
    out += &plan_page::render(suite);
    for verdict in table::ORDER {
        section(&mut out, judged, verdict);
    }
    controls(&mut out, judged);
    out
}

/// Where the topics stand: the directory of the built-in ones, or the name of each file.
fn places(suite: &Suite) -> String {
    let studies = suite.studies.iter().map(|study| study.file.as_str());
    let files: BTreeSet<&str> =
        suite.claims.iter().map(|claim| claim.file.as_str()).chain(studies).collect();
    if files.iter().all(|file| Suite::is_built_in(file)) {
        return "`experiments/verify/`".to_owned();
    }
    files.into_iter().map(markdown).collect::<Vec<_>>().join(", ")
}

fn section(out: &mut String, judged: &[Judged], verdict: Verdict) {
    let of: Vec<&Judged> = table::ordered(judged).filter(|j| j.verdict == verdict).collect();
    let _ = writeln!(out, "\n## {} ({})\n", table::heading(verdict), of.len());
    if of.is_empty() {
        return;
    }
    out.push_str("| claim | source | predicted | measured | why |\n|---|---|---|---|---|\n");
    for judged in of {
        let [predicted, measured] = table::numbers(judged);
        let says = markdown(&words::statement(judged.claim, table::named(judged)));
        let _ = writeln!(
            out,
            "| **{}** {says} | {} | {predicted} | {measured} | {}{} |",
            markdown(&judged.claim.id),
            markdown(&judged.claim.source),
            plan_page::beside(judged),
            markdown(&table::why(judged))
        );
    }
}

fn controls(out: &mut String, judged: &[Judged]) {
    out.push_str(
        "\n## Negative controls\n\nEach control is wrong in one respect and must be refuted.\n\n",
    );
    out.push_str(
        "| control | what is wrong | predicted | measured | verdict |\n|---|---|---|---|---|\n",
    );
    for judged in table::controls(judged) {
        let [predicted, measured] = table::numbers(judged);
        let _ = writeln!(
            out,
            "| {} | {} | {predicted} | {measured} | {} |",
            markdown(&judged.claim.id),
            markdown(judged.claim.control.as_deref().unwrap_or_default()),
            judged.verdict.name()
        );
    }
}

fn studies(out: &mut String, suite: &Suite, quick: bool) {
    out.push_str("\n## Studies\n\n");
    if quick {
        out.push_str("The table describes each study at its full size.\n\n");
    }
    out.push_str("| study | what it trains | over |\n|---|---|---|\n");
    for study in &suite.studies {
        let _ = writeln!(out, "| {} | {} | {} |", markdown(&study.id), about(study), over(study));
    }
}

/// The studies that `run` can train as well, with figures of their own.
fn commands(out: &mut String, suite: &Suite, command: impl Fn(&[String]) -> String) {
    out.push_str("\n<details><summary>Commands that train a study alone</summary>\n\n```sh\n");
    for study in &suite.studies {
        if let Some(settings) = study.as_settings() {
            let _ = writeln!(out, "# {}\n{}", line(&study.id), line(&command(&settings)));
        }
    }
    out.push_str("```\n\n</details>\n");
}

fn about(study: &Study) -> String {
    let scope = match study.scope {
        Scope::Network => "network",
        Scope::Layer => "layer alone",
    };
    let rates = match &study.rates {
        Rates::Search(_) => "LR searched".to_owned(),
        Rates::Powers { pairs, .. } if pairs.len() == 1 => "one LR".to_owned(),
        Rates::Powers { pairs, .. } => format!("{} LRs", pairs.len()),
    };
    format!("{} ({scope}, {rates})", markdown(&study.about))
}

fn over(study: &Study) -> String {
    let axis = match study.axis {
        Axis::Width => "n",
        Axis::Rank => "r",
    };
    let ends = study.at.first().zip(study.at.last());
    let range = ends.map_or(String::new(), |(first, last)| format!("{axis} = {first} to {last}"));
    format!("{range}, {} seeds", study.seeds())
}
