//! The experiment, where its results come from, and how to make them again.

use maud::{Markup, html};

use crate::{Fact, ShellStep};

/// The facts, the steps that make the results again, and the experiment file, if there is one.
pub(crate) fn section(facts: &[Fact], commands: &[ShellStep], experiment: &str) -> Markup {
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            dl.facts {
                @for fact in facts {
                    div { dt { (fact.name) } dd { (fact.value) } }
                }
            }
            h3 { "Make it again" }
            ol.commands {
                @for command in commands {
                    li {
                        (command.does)
                        @if !command.line.is_empty() {
                            pre tabindex="0" { code { (command.line) } }
                        }
                    }
                }
            }
            @if !experiment.is_empty() {
                h3 id="experiment" { "The experiment" }
                p.note { "Every key, defaults included, as a TOML file." }
                pre.toml tabindex="0" { code { (experiment) } }
            }
        }
    }
}
