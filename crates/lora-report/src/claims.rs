//! The verdicts of a verification.

use std::collections::BTreeMap;

use lora_types::Verdict;
use maud::{Markup, html};

use crate::typeset::typeset;
use crate::{PageClaim, PageTest, VerdictCount, Verdicts};

/// Tests by claim, for the script that unfolds them.
pub(crate) fn tests(verdicts: &Verdicts) -> BTreeMap<&str, Vec<&PageTest>> {
    let mut by_claim: BTreeMap<&str, Vec<&PageTest>> = BTreeMap::new();
    if let Verdicts::Some { tests, .. } = verdicts {
        for test in tests {
            by_claim.entry(&test.claim).or_default().push(test);
        }
    }
    by_claim
}

pub(crate) fn section(verdicts: &Verdicts) -> Markup {
    html! {
        section id="verdicts" {
            h2 { "What holds and what does not" }
            @match verdicts {
                Verdicts::None { sentence, command } => {
                    p { (sentence) }
                    pre tabindex="0" { code { (command) } }
                }
                Verdicts::Some { about, quick, claims, pictures, .. } => {
                    @if *quick {
                        p.badge { "A quick verification, which decides little. Do not quote it." }
                    }
                    p { (about) }
                    (counts(&VerdictCount::of(claims)))
                    p.note {
                        "An exponent holds if its 95% interval over seeds lies inside the tolerance \
                         around the prediction, and the fit with a finite-width correction does not \
                         contradict. It is refuted if both intervals lie outside on the same side. \
                         Where the local slopes depart from the fitted line beyond chance, the points \
                         lie on no power law, and the reason says where the slope is heading. \
                         Everything else is undecided. Tables and maps combine several exponents, and the \
                         interval of the ratio decides a comparison of losses; docs/method.md has \
                         the rules. A negative control is wrong in one respect and must be refuted."
                    }
                    (filter(claims))
                    (table(claims))
                    @for picture in pictures {
                        details.figure {
                            summary { "Figure: " (picture.title()) }
                            (picture.markup())
                        }
                    }
                }
            }
        }
    }
}

fn counts(count: &VerdictCount) -> Markup {
    let share = |n: usize| format!("flex-grow:{n}");
    let parts = [
        (Verdict::Holds, count.holds, "hold"),
        (Verdict::Undecided, count.undecided, "undecided"),
        (Verdict::NotAPowerLaw, count.not_a_power_law, "not a power law"),
        (Verdict::Refuted, count.refuted, "refuted"),
    ];
    let controls_fail = count.controls - count.controls_refuted;
    html! {
        div.shares aria-hidden="true" {
            @for (kind, n, _) in parts { @if n > 0 { span.(key(kind)) style=(share(n)) {} } }
        }
        p.counts {
            "Of " strong { (count.claims) } " claims "
            @for (index, (kind, n, says)) in parts.into_iter().enumerate() {
                @if index > 0 { ", " }
                span.mark.(key(kind)) { (n) " " (says) }
            }
            ". "
            @if count.controls == 0 { "No negative control was run." }
            @else if controls_fail == 0 {
                (count.controls_refuted) " of " (count.controls)
                " negative controls are refuted, as all must be."
            }
        }
        @if controls_fail > 0 {
            p.notice {
                strong { (controls_fail) " of " (count.controls) }
                " negative controls " (if controls_fail == 1 { "is" } else { "are" })
                " not refuted, but all must be: a test that passes what is wrong proves nothing, so \
                 do not rely on these verdicts."
            }
        }
    }
}

/// What the filter shows or hides, by key and name: every verdict, and the negative controls.
fn kinds() -> impl Iterator<Item = (String, &'static str)> {
    let verdicts = Verdict::ALL.map(|verdict| (key(verdict), verdict.name()));
    verdicts.into_iter().chain([("control".to_owned(), "controls")])
}

/// Controls of the table below; without a script the whole table is there.
fn filter(claims: &[PageClaim]) -> Markup {
    let mut topics: Vec<&str> = Vec::new();
    for row in claims {
        if !topics.contains(&row.topic.as_str()) {
            topics.push(&row.topic);
        }
    }
    html! {
        div.app hidden {
            div.controls {
                fieldset {
                    legend { "Show" }
                    @for (key, name) in kinds() {
                        label.chip style=(format!("--chip:var(--{key})")) {
                            input type="checkbox" name="verdict" value=(key) checked; (name)
                        }
                    }
                }
                label.field { span { "Topic" }
                    select id="topic" {
                        option value="" { "all" }
                        @for topic in topics { option value=(topic) { (topic) } }
                    }
                }
                label.field {
                    span { "Search" }
                    input type="search" id="claim-search" placeholder="muP, Z_A, rank …";
                }
            }
            p id="claims-shown" aria-live="polite" {}
        }
    }
}

fn table(claims: &[PageClaim]) -> Markup {
    html! {
        div.scroll.tall tabindex="0" role="group" aria-label="Claims" {
            table.claims id="claims" {
                thead {
                    tr {
                        th scope="col" { "Verdict" }
                        th scope="col" { "Claim" }
                        th scope="col" { "Predicted" }
                        th scope="col" { "Measured" }
                        th scope="col" { "Why" }
                    }
                }
                tbody { @for claim in claims { (row(claim)) } }
            }
        }
    }
}

fn row(claim: &PageClaim) -> Markup {
    let kind = if claim.control.is_some() { "control".to_owned() } else { key(claim.verdict) };
    html! {
        tr data-kind=(kind) data-topic=(claim.topic) data-claim=(claim.claim) {
            td { span.mark.(key(claim.verdict)) { (claim.verdict.name()) } }
            td {
                span.claim-name { (claim.claim) }
                @if let Some(wrong) = &claim.control {
                    p { strong { "Negative control: " } (typeset(wrong)) }
                } @else {
                    p { (typeset(&claim.statement)) }
                }
                p.source {
                    (typeset(&claim.topic))
                    @if !claim.source.is_empty() { " · " (typeset(&claim.source)) }
                }
            }
            td.figures { (typeset(&claim.predicted)) }
            td.figures { (typeset(&claim.measured)) }
            td { (claim.why) }
        }
    }
}

/// A verdict as a class of the page, the name of its colour and the value of a filter.
pub(crate) fn key(kind: Verdict) -> String {
    kind.name().replace(' ', "-")
}
