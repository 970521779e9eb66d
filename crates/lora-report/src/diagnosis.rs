//! The page on a diagnosis of trained adapters.

use maud::{DOCTYPE, Markup, html};

use crate::page::{bar, head};
use crate::{Fact, Picture, ShellStep, embed, provenance, significant, symbols};

/// A diagnosis, as plain rows.
#[derive(Clone, Debug, Default)]
pub struct DiagnosisPage {
    /// The title.
    pub title: String,
    /// The adapters, in the order in which they were named.
    pub adapters: Vec<AdapterSection>,
    /// The figures of the directory.
    pub pictures: Vec<Picture>,
    /// What no adapter tells, a sentence each or more.
    pub unknowable: Vec<String>,
    /// Where the results come from.
    pub provenance: Vec<Fact>,
    /// How to reproduce them.
    pub commands: Vec<ShellStep>,
}

/// One adapter.
#[derive(Clone, Debug, Default)]
pub struct AdapterSection {
    /// Its folder.
    pub name: String,
    /// How many modules it has, and what is left out, a paragraph each.
    pub about: Vec<String>,
    /// What is said of it.
    pub findings: Vec<FindingRow>,
    /// Its modules, or the first of them.
    pub modules: Vec<ModuleRow>,
    /// How many more modules there are.
    pub more: usize,
}

/// A verdict.
#[derive(Clone, Debug, Default)]
pub struct FindingRow {
    /// What it is about.
    pub about: String,
    /// The verdict.
    pub verdict: String,
    /// Why, with numbers.
    pub because: String,
    /// Where that ends; empty if nothing is to be said.
    pub limit: String,
}

/// An adapted module.
#[derive(Clone, Debug, Default)]
pub struct ModuleRow {
    /// Its name in the base model.
    pub module: String,
    /// Outputs and inputs.
    pub shape: [usize; 2],
    /// The rank.
    pub r: usize,
    /// s.
    pub scaling: f64,
    /// The rms of A's entries.
    pub a_rms: f64,
    /// The rms of B's entries.
    pub b_rms: f64,
    /// The largest singular value of s B A.
    pub spectral: f64,
    /// The effective rank of s B A.
    pub effective_rank: f64,
    /// The init that it shows.
    pub looks_like: String,
}

/// Sections: their ids and names.
const SECTIONS: [(&str, &str); 5] = [
    ("verdicts", "Verdicts"),
    ("figures", "Figures"),
    ("modules", "Modules"),
    ("limits", "Limits"),
    ("provenance", "Provenance"),
];

/// The page. The same rows give the same bytes.
pub fn render_diagnosis(page: &DiagnosisPage) -> String {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            (head("diagnosis", &page.title, 0))
            body {
                a.skip href="#verdicts" { "Skip to the verdicts" }
                header.top {
                    (bar(SECTIONS.into_iter()))
                    p.kicker { "lora-limits · diagnosis" }
                    h1 { (page.title) }
                    p.conclusion { (conclusion(page)) }
                    (symbols::of_adapters())
                }
                main {
                    (verdicts(page))
                    (figures(page))
                    (modules(page))
                    (limits(page))
                    (provenance::section(&page.provenance, &page.commands, ""))
                }
                (embed::theme_script())
            }
        }
    };
    whole.into_string()
}

/// The verdicts of each adapter in a sentence.
fn conclusion(page: &DiagnosisPage) -> String {
    let of = |adapter: &AdapterSection| {
        let said = adapter.findings.iter().map(|row| format!("{}: {}", row.about, row.verdict));
        format!("{} – {}.", adapter.name, said.collect::<Vec<_>>().join("; "))
    };
    page.adapters.iter().map(of).collect::<Vec<_>>().join(" ")
}

fn verdicts(page: &DiagnosisPage) -> Markup {
    html! {
        section id="verdicts" {
            h2 { "What is said of each adapter" }
            p {
                "Each verdict has its reason, with the numbers that it rests on, and its limit. \
                 docs/diagnose.md has the rules."
            }
            @for adapter in &page.adapters {
                h3 { (adapter.name) }
                @for paragraph in &adapter.about { p { (paragraph) } }
                (findings(adapter))
            }
        }
    }
}

fn findings(adapter: &AdapterSection) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(format!("Verdicts on {}", adapter.name)) {
            table {
                thead {
                    tr {
                        th scope="col" { "About" }
                        th scope="col" { "Verdict" }
                        th scope="col" { "Reason" }
                        th scope="col" { "Limit" }
                    }
                }
                tbody {
                    @for row in &adapter.findings {
                        tr {
                            th scope="row" { (row.about) }
                            td { strong { (row.verdict) } }
                            td { (row.because) }
                            td { (row.limit) }
                        }
                    }
                }
            }
        }
    }
}

fn figures(page: &DiagnosisPage) -> Markup {
    html! {
        section id="figures" {
            h2 { "Figures" }
            p { "The directory holds each figure as PNG, as SVG and as a CSV of what is drawn." }
            @for picture in &page.pictures { (picture.markup()) }
        }
    }
}

fn modules(page: &DiagnosisPage) -> Markup {
    html! {
        section id="modules" {
            h2 { "Modules" }
            p { "modules.csv has every module with all that is known of it." }
            @for adapter in &page.adapters {
                h3 { (adapter.name) }
                (module_table(adapter))
                @if adapter.more > 0 { p.note { (adapter.more) " more modules are in modules.csv." } }
            }
        }
    }
}

fn module_table(adapter: &AdapterSection) -> Markup {
    let number = |x: f64| significant(x, 3);
    html! {
        div.scroll.tall tabindex="0" role="group" aria-label=(format!("Modules of {}", adapter.name)) {
            table {
                thead {
                    tr {
                        th scope="col" { "Module" }
                        th.number scope="col" { "Outputs × inputs" }
                        th.number scope="col" { "r" }
                        th.number scope="col" { "s" }
                        th.number scope="col" { "rms A" }
                        th.number scope="col" { "rms B" }
                        th.number scope="col" { "σ" sub { "1" } }
                        th.number scope="col" { "Effective rank" }
                        th scope="col" { "Looks like" }
                    }
                }
                tbody {
                    @for row in &adapter.modules {
                        tr {
                            th scope="row" { (row.module) }
                            td.number { (row.shape[0]) " × " (row.shape[1]) }
                            td.number { (row.r) }
                            @for x in [row.scaling, row.a_rms, row.b_rms, row.spectral, row.effective_rank] {
                                td.number { (number(x)) }
                            }
                            td { (row.looks_like) }
                        }
                    }
                }
            }
        }
    }
}

fn limits(page: &DiagnosisPage) -> Markup {
    html! {
        section id="limits" {
            h2 { "What an adapter alone does not tell" }
            ul { @for line in &page.unknowable { li { (line) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_text() {
        let hostile = || "</td><script>alert(1)</script>".to_owned();
        let page = render_diagnosis(&DiagnosisPage {
            title: hostile(),
            adapters: vec![AdapterSection {
                name: hostile(),
                about: vec![hostile()],
                findings: vec![FindingRow {
                    about: hostile(),
                    verdict: hostile(),
                    because: hostile(),
                    limit: hostile(),
                }],
                modules: vec![ModuleRow { module: hostile(), ..ModuleRow::default() }],
                more: 2,
            }],
            unknowable: vec![hostile()],
            provenance: vec![Fact { name: hostile(), value: hostile() }],
            ..DiagnosisPage::default()
        });
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("2 more modules are in modules.csv."));
        for (id, _) in SECTIONS {
            assert!(page.contains(&format!("<section id=\"{id}\">")), "{id}");
        }
        assert!(page.contains(crate::MARK));
    }
}
