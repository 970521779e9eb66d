//! The answer in words.

use comfy_table::{Table, presets};

use super::answer::{Answer, Change, Lr};

/// Everything, the LR to use first.
pub fn render(answer: &Answer) -> String {
    let mut out = format!("{}\n{}\n\n", answer.setting, route(answer));
    out += &match answer.by {
        "measurement" => answer.measured.map_or_else(String::new, |lr| {
            format!("Use {}, by measured exponents (95% interval).\n", range(&lr))
        }),
        "theory" => answer.theory.map_or_else(String::new, |lr| {
            format!(
                "Use {}, by the theory, since not all of this was measured.\n",
                number(lr.value)
            )
        }),
        _ => "Neither a measurement nor the theory has an exponent for this.\n".to_owned(),
    };
    out += &format!("\n{}\n", table(answer));
    for (title, lines) in [("Assumes", &answer.assumptions), ("Beware", &answer.warnings)] {
        if !lines.is_empty() {
            out += &format!("\n{title}:\n");
        }
        for line in lines {
            out += &format!("- {line}\n");
        }
    }
    out
}

fn route(answer: &Answer) -> String {
    let from = format!("{} {}", answer.carries, number(answer.from_lr));
    let changes = answer.changes.iter();
    let changes: Vec<String> =
        changes.map(|change| format!("{} = {} → {}", change.of, change.from, change.to)).collect();
    format!("{from}; {}", changes.join(", "))
}

fn table(answer: &Answer) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let mut header = vec!["by".to_owned()];
    header.extend(answer.changes.iter().map(|change| format!("power of {}", change.of)));
    header.push("LR".to_owned());
    table.set_header(header);
    let mut row = |name: &str, lr: Option<Lr>, exponent: &dyn Fn(&Change) -> String| {
        let lr = lr.map_or_else(|| "–".to_owned(), |lr| range(&lr));
        let exponents = answer.changes.iter().map(exponent);
        let cells = std::iter::once(name.to_owned()).chain(exponents);
        table.add_row(cells.chain(std::iter::once(lr)));
    };
    row("measurement", answer.measured, &|change| {
        change.measured.as_ref().map_or_else(
            || "–".to_owned(),
            |m| format!("{:.3} [{:.3}, {:.3}]", m.estimate, m.lower, m.upper),
        )
    });
    row("theory", answer.theory, &|change| {
        change.theory_exact.clone().unwrap_or_else(|| "–".to_owned())
    });
    if let Some(exact) = &answer.paper_exact {
        row("paper, largest stable", answer.paper, &|_| exact.clone());
    }
    table.trim_fmt()
}

fn range(lr: &Lr) -> String {
    if lr.lower == lr.upper {
        return number(lr.value);
    }
    format!("{} [{}, {}]", number(lr.value), number(lr.lower), number(lr.upper))
}

/// Three digits.
fn number(lr: f64) -> String {
    if (1e-3..1e3).contains(&lr) {
        let digits = (2 - lr.log10().floor() as i32).max(0) as usize;
        format!("{lr:.digits$}")
    } else {
        format!("{lr:.2e}")
    }
}
