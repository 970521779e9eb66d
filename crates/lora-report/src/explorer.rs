//! What the explorer's scripts work on: controls and empty charts.

use maud::{Markup, html};

use crate::typeset::{flat, typeset};
use crate::{Explorer, Named};

pub(crate) fn section(explorer: &Explorer) -> Markup {
    html! {
        section id="explore" {
            h2 { "Explore" }
            noscript {
                p.notice {
                    "The explorer needs JavaScript. The same measurements are drawn under "
                    a href="#figures" { "Figures" } " and listed in the tables above."
                }
            }
            div.app hidden {
                p {
                    "To read a value, point at a mark, tap it, or move from mark to mark with the \
                     arrow keys."
                }
                (choices(explorer))
                (against_lr(explorer))
                (over_steps(explorer))
                (against_width(explorer))
            }
            @for note in &explorer.notes { p.note { (typeset(note)) } }
        }
    }
}

/// Which inits and widths all charts show.
fn choices(explorer: &Explorer) -> Markup {
    html! {
        div.controls {
            fieldset {
                legend { "Inits" }
                @for init in &explorer.inits {
                    @let color = format!("--chip:var(--init-{})", init.key());
                    label.chip style=(color) {
                        input type="checkbox" name="init" value=(init.label()) checked; (init.label())
                    }
                }
            }
            fieldset {
                legend { "Widths" }
                @for (index, width) in explorer.widths.iter().enumerate() {
                    label.chip style=(format!("--chip:var(--width-{index})")) {
                        input type="checkbox" name="width" value=(width.key()) checked; (width)
                    }
                }
            }
        }
    }
}

fn against_lr(explorer: &Explorer) -> Markup {
    html! {
        article.view id="view-lr" {
            h3 { "Against the learning rate" }
            div.controls {
                (select("lr-quantity", "Quantity", &explorer.run_quantities))
                @if !explorer.runs.is_empty() {
                    label.check { input type="checkbox" id="lr-seeds" checked; "every seed" }
                }
                label.check { input type="checkbox" id="lr-log" checked; "log scale" }
            }
            div.charts {}
            p.note {
                "Lines are geometric means where every seed was sampled, and dots are single runs. \
                 Rings show the optimum and the best score as geometric means over seeds; a dashed \
                 ring is only a bound, on the edge of what was sampled. At the top, a caret marks a \
                 run above what is drawn, and a cross marks one that diverged."
            }
        }
    }
}

fn over_steps(explorer: &Explorer) -> Markup {
    html! {
        article.view id="view-steps" {
            h3 { "Over training, at each seed’s own best learning rate" }
            @if explorer.steps.is_empty() {
                p.notice {
                    "The directory holds no trajectories, so there is nothing to draw over steps."
                }
            } @else {
                div.controls {
                    (select("steps-quantity", "Quantity", &explorer.step_quantities))
                    label.check {
                        input type="checkbox" id="steps-range" checked; "lowest to highest seed"
                    }
                    label.check { input type="checkbox" id="steps-log" checked; "log scale" }
                }
                div.charts {}
                p.note {
                    "Lines are geometric means over seeds, with a gap where some seed is exactly zero. \
                     A seed whose runs all diverged is left out, and each value then says how many \
                     seeds it averages."
                }
            }
        }
    }
}

fn against_width(explorer: &Explorer) -> Markup {
    html! {
        article.view id="view-width" {
            h3 { "Against the width" }
            @if explorer.scaling_quantities.is_empty() {
                p.notice { "No width has a value that could be drawn." }
            } @else {
                div.controls {
                    (select("width-quantity", "Quantity", &explorer.scaling_quantities))
                    label.check {
                        input type="checkbox" id="width-lines" checked; "fit and prediction"
                    }
                }
                div.charts {}
                p.note {
                    "Bars are 95% intervals over seeds. The solid line is the fitted power law, and \
                     the dashed one has the predicted slope through the first point. Open marks are \
                     bounds."
                }
            }
        }
    }
}

/// A drop-down list. Options take no markup, so that a subscript stays plain there.
pub(crate) fn select(id: &str, name: &str, options: &[Named]) -> Markup {
    html! {
        label.field {
            span { (name) }
            select id=(id) {
                @for option in options { option value=(option.key) { (flat(&option.name)) } }
            }
        }
    }
}
