//! What the map of the theory works on.

use maud::{Markup, html};

use crate::typeset::{flat, typeset};
use crate::{MapAxis, PhaseTable};

pub(crate) fn section(table: &PhaseTable) -> Markup {
    html! {
        section id="theory" {
            h2 { "What the theory says" }
            p {
                "As n → ∞ with η = Θ(n" sup { "γ" } "), every quantity grows or shrinks as a power of \
                 n. The exponents here are exact: the exponent calculus tabulated them when this page was \
                 made, and read no measurement."
            }
            noscript {
                p.notice {
                    "The map needs JavaScript. The predictions of this run stand in the table of "
                    a href="#exponents" { "exponents" } "; its phases are the last of the "
                    a href="#figures" { "figures" } "."
                }
            }
            div.app hidden {
                div.controls.theory-controls {
                    @for axis in &table.axes { (axis_select(axis)) }
                    (down_select(table))
                }
                div.slider {
                    label for="gamma" { "γ = " span id="gamma-text" {} }
                    input type="range" id="gamma" min="0" max=(table.gammas.len().saturating_sub(1))
                        step="1" value=(table.start);
                }
                div.map-and-table {
                    div {
                        div.charts id="phase-map" {}
                        div id="critical" {}
                    }
                    div {
                        p id="regime" aria-live="polite" {}
                        (sizes())
                    }
                }
                h3 { "Every exponent against γ" }
                div.charts id="all-exponents" {}
                ul.legend.series {
                    @for (index, name) in table.quantities.iter().enumerate() {
                        li { (swatch(&format!("series-{index}"))) (typeset(name)) }
                    }
                }
                h3 { "Regimes" }
                ul.legend {
                    @for regime in &table.regimes {
                        li {
                            (swatch(&format!("regime-{}", regime.key)))
                            strong { (regime.name) } " " (typeset(&regime.means))
                        }
                    }
                }
                p.note {
                    "Each cell is one point of the grid and has the colour of the regime there; a regime \
                     that holds on a line only is one cell wide. A dot marks a cell where both \
                     factors move the features at order one (efficient feature learning). Bars show \
                     what this run measured, where the map shows the run’s own setting."
                }
            }
        }
    }
}

/// A sample of a colour.
fn swatch(variable: &str) -> Markup {
    html! { span.swatch style=(format!("background:var(--{variable})")) {} }
}

/// The table that the script fills.
fn sizes() -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Exponents at this setting" {
            table.sizes {
                thead {
                    tr {
                        th scope="col" { "Quantity" }
                        th.number scope="col" { "Size" }
                        th scope="col" { "As n grows" }
                    }
                }
                tbody id="sizes" {}
            }
        }
    }
}

fn axis_select(axis: &MapAxis) -> Markup {
    html! {
        label.field title=(axis.means) {
            span { (typeset(&axis.name)) }
            select data-axis=(axis.key) {
                @for (index, tick) in axis.ticks.iter().enumerate() {
                    option value=(index) selected[index == axis.start] {
                        (tick.text.replace('-', "−"))
                    }
                }
            }
        }
    }
}

/// Which axis goes down the map: one with numbers.
fn down_select(table: &PhaseTable) -> Markup {
    let numbers = |axis: &&MapAxis| axis.ticks.iter().all(|tick| tick.at.is_some());
    html! {
        label.field {
            span { "Map: γ against" }
            select id="down" {
                @for axis in table.axes.iter().filter(numbers) {
                    option value=(axis.key) { (flat(&axis.name)) }
                }
            }
        }
    }
}
