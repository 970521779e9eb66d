//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::typeset::typeset;
use crate::{
    Report, Verdicts, claims, colors, embed, explorer, exponents, map, provenance, symbols,
};

/// Nothing is loaded, from anywhere; scripts and styles are those of the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// A mark in every page, by which the program recognises one.
pub const MARK: &str = "<meta name=\"generator\" content=\"lora-limits report\">";

/// Sections: their ids and names.
const SECTIONS: [(&str, &str); 6] = [
    ("exponents", "Exponents"),
    ("explore", "Explore"),
    ("theory", "Theory"),
    ("verdicts", "Verdicts"),
    ("figures", "Figures"),
    ("provenance", "Provenance"),
];

/// The page.
pub fn render(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&report.name, &report.title, report.explorer.widths.len()))
            body {
                a.skip href="#exponents" { "Skip to the results" }
                (header(report))
                main {
                    (exponents::section(report))
                    (explorer::section(&report.explorer))
                    @if let Some(theory) = &report.theory { (map::section(theory)) }
                    @if has(report, "verdicts") { (claims::section(&report.verdicts)) }
                    (figures(report))
                    (provenance::section(&report.provenance, &report.commands, &report.experiment))
                }
                (data(report))
                (embed::scripts())
            }
        }
    };
    page.into_string()
}

/// Whether the page has a section. Without a theory there is no map of it, and no verdicts but those that
/// are there.
fn has(report: &Report, id: &str) -> bool {
    match id {
        "theory" => report.theory.is_some(),
        "verdicts" => report.theory.is_some() || matches!(report.verdicts, Verdicts::Some { .. }),
        _ => true,
    }
}

/// The head of a page with colours for so many widths.
pub(crate) fn head(name: &str, title: &str, widths: usize) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            (PreEscaped(MARK))
            title { (name) ": " (title) }
            link rel="icon" href="data:,";
            (embed::styles(&colors::variables(widths)))
            (embed::early())
        }
    }
}

fn header(report: &Report) -> Markup {
    html! {
        header.top {
            (bar(SECTIONS.into_iter().filter(|(id, _)| has(report, id))))
            p.kicker { "lora-limits · " (report.name) }
            h1 { (report.title) }
            @if report.quick {
                p.badge {
                    "Quick run: small sizes, to see everything work. Do not quote its numbers."
                }
            }
            @if !report.conclusion.is_empty() { p.conclusion { (typeset(&report.conclusion)) } }
            (symbols::definitions(report.theory.is_some()))
            @for paragraph in &report.about { p.lead { (typeset(paragraph)) } }
        }
    }
}

/// The links to the sections, and the button that changes the theme.
pub(crate) fn bar<'n>(sections: impl Iterator<Item = (&'n str, &'n str)>) -> Markup {
    html! {
        div.bar {
            nav aria-label="Sections" {
                @for (id, name) in sections { a href=(format!("#{id}")) { (name) } }
            }
            button.theme type="button" id="theme" hidden { "Dark" }
        }
    }
}

fn figures(report: &Report) -> Markup {
    html! {
        section id="figures" {
            h2 { "Figures" }
            p {
                "These are the figures that the run drew. Its directory holds each one as PNG, as SVG \
                 and as a CSV of what is drawn."
            }
            @if !report.missing_pictures.is_empty() { p.notice { (report.missing_pictures) } }
            @for picture in &report.pictures { (picture.markup()) }
        }
    }
}

fn data(report: &Report) -> Markup {
    html! {
        (embed::data("data-run", &report.explorer))
        (embed::data("data-theory", &report.theory))
        (embed::data("data-tests", &claims::tests(&report.verdicts)))
    }
}
