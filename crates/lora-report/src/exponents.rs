//! The headline: exponents with intervals and predictions, and what was measured at each width.

use lora_types::Init;
use maud::{Markup, PreEscaped, html};

use crate::numbers::{exponent, interval, significant};
use crate::report::{ExponentRow, Report, Value, WidthRow};
use crate::typeset::typeset;

pub(crate) fn section(report: &Report) -> Markup {
    html! {
        section id="exponents" {
            h2 { "Exponents" }
            p {
                "A learning rate scales with the width n as η = Θ(n" sup { "γ" } "). The table holds γ"
                @if report.theory.is_some() {
                    ", its 95% interval over seeds, and what the theory alone predicts."
                } @else {
                    (report.unpredicted)
                }
            }
            (exponent_table(report))
            @if report.theory.is_some() {
                p.note {
                "A prediction “agrees” if the interval holds it and no other multiple of 1/4, is \
                 “excluded” if the interval does not hold it, and the interval is “too wide to tell” \
                 if it holds another one as well. This column only compares; "
                a href="#verdicts" { "the verdicts" } " judge."
                }
            }
            @if !report.warnings.is_empty() {
                div.notice {
                    p { strong { "Before you trust a number" } }
                    ul { @for warning in &report.warnings { li { (warning) } } }
                }
            }
            h3 { "At each width" }
            @for init in Init::ALL { (width_table(report, init)) }
            p.note {
                "Means over seeds are geometric, with 95% intervals below them. The basin \
                 holds the learning rates whose score is within the tolerance of the best. A ? marks \
                 a learning rate on the edge of what was sampled: it is a bound and enters no fit."
            }
        }
    }
}

fn exponent_table(report: &Report) -> Markup {
    let range = StripRange::of(&report.exponents);
    html! {
        div.scroll tabindex="0" role="group" aria-label="Exponents" {
            table.exponents {
                thead {
                    tr {
                        th scope="col" { "Init" }
                        th scope="col" { "Quantity" }
                        th.number scope="col" { "Measured γ" }
                        th.number scope="col" { "95% interval" }
                        th.number scope="col" { "Predicted" }
                        th scope="col" { "Agreement" }
                        th scope="col" { span.quiet { "Interval and prediction" } }
                    }
                }
                tbody { @for row in &report.exponents { (exponent_row(row, &range)) } }
            }
        }
    }
}

fn exponent_row(row: &ExponentRow, range: &StripRange) -> Markup {
    let predicted = row.predicted_exact.as_deref().map(|exact| exact.replace('-', "−"));
    html! {
        tr {
            th scope="row" { (init_name(row.init)) }
            td title=(row.means) { (typeset(&row.quantity)) }
            td.number { strong { (row.exponent.map_or("–".to_owned(), exponent)) } }
            td.number { (interval(row.lower, row.upper)) }
            td.number { (predicted.unwrap_or_else(|| "–".to_owned())) }
            td {
                @match row.within {
                    Some(true) => span.mark.yes { (row.agreement) },
                    Some(false) => span.mark.no { (row.agreement) },
                    None => (row.agreement),
                }
            }
            td.strip { (strip(row, range)) }
        }
    }
}

/// An init by name, with its colour before it.
pub(crate) fn init_name(init: Init) -> Markup {
    let color = format!("background:var(--init-{})", init.key());
    html! { span.dot style=(color) {} (init.label()) }
}

/// What the strips span.
struct StripRange {
    from: f64,
    to: f64,
}

impl StripRange {
    fn of(rows: &[ExponentRow]) -> Self {
        let ends = rows.iter().flat_map(|row| [row.exponent, row.lower, row.upper, row.predicted]);
        let ends = ends.flatten().filter(|x| x.is_finite());
        let (from, to) = ends.fold((-1.0f64, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
        Self { from: from.max(-6.0) - 0.08, to: to.min(6.0) + 0.08 }
    }

    /// Per mille from the left.
    fn at(&self, gamma: f64) -> String {
        format!("{:.0}", 1000.0 * ((gamma - self.from) / (self.to - self.from)).clamp(0.0, 1.0))
    }
}

/// The interval as a bar, the estimate as a dot, the prediction as a line.
fn strip(row: &ExponentRow, range: &StripRange) -> Markup {
    let Some(estimate) = row.exponent else { return html! {} };
    let mut shapes = String::new();
    let first = (2.0 * range.from).ceil() as i64;
    for half in first..=(2.0 * range.to).floor() as i64 {
        let x = range.at(half as f64 / 2.0);
        shapes += &format!("<line class=\"rule\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"100\"/>");
    }
    if let Some(predicted) = row.predicted {
        let x = range.at(predicted);
        shapes += &format!("<line class=\"predicted\" x1=\"{x}\" x2=\"{x}\" y1=\"5\" y2=\"95\"/>");
    }
    if let (Some(lower), Some(upper)) = (row.lower, row.upper) {
        let (from, to) = (range.at(lower), range.at(upper));
        shapes += &format!("<line class=\"bar\" x1=\"{from}\" x2=\"{to}\" y1=\"50\" y2=\"50\"/>");
    }
    let x = range.at(estimate);
    shapes += &format!("<line class=\"estimate\" x1=\"{x}\" x2=\"{x}\" y1=\"50\" y2=\"50\"/>");
    let color = format!("color:var(--init-{})", row.init.key());
    html! {
        // Lines keep their width in a picture that is stretched.
        svg.interval viewBox="0 0 1000 100" preserveAspectRatio="none" style=(color)
            aria-hidden="true" {
            (PreEscaped(shapes))
        }
    }
}

fn width_table(report: &Report, init: Init) -> Markup {
    let rows: Vec<&WidthRow> = report.widths.iter().filter(|row| row.init == init).collect();
    if rows.is_empty() {
        return html! {};
    }
    html! {
        h4 { (init_name(init)) }
        div.scroll tabindex="0" role="group" aria-label=(format!("{} at each width", init.label())) {
            table.widths {
                thead {
                    tr {
                        th.number scope="col" { "n" }
                        th.number scope="col" { (typeset("η_{opt}")) }
                        th.number scope="col" { "Basin" }
                        th.number scope="col" { "Best score" }
                        th.number scope="col" { "Held-out loss" }
                        th.number scope="col" { (typeset("rms Z_{A}")) }
                        th.number scope="col" { (typeset("rms Z_{B}")) }
                        th.number scope="col" { (typeset("η_{stable}")) }
                        th.number scope="col" { "Runs" }
                        th.number scope="col" { "Diverged" }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th.number scope="row" { (row.width) }
                            (value(&row.eta_opt))
                            td.number { (basin(row)) }
                            (value(&row.loss))
                            (value(&row.test_loss))
                            (value(&row.za_rms))
                            (value(&row.zb_rms))
                            (value(&row.eta_stable))
                            td.number { (row.runs) }
                            td.number { (row.diverged) }
                        }
                    }
                }
            }
        }
    }
}

fn value(value: &Value) -> Markup {
    let number = |x: f64| significant(x, 3);
    html! {
        td.number {
            (value.value.map_or("–".to_owned(), number))
            @if value.bound && value.value.is_some() { " ?" }
            @if let (Some(lower), Some(upper)) = (value.lower, value.upper) {
                br; small { (significant(lower, 2)) " … " (significant(upper, 2)) }
            }
        }
    }
}

fn basin(row: &WidthRow) -> String {
    let (Some(lower), Some(upper)) = (row.basin_lower, row.basin_upper) else {
        return "–".to_owned();
    };
    let open = if row.basin_complete { "" } else { " ?" };
    format!("{} … {}{open}", significant(lower, 2), significant(upper, 2))
}
