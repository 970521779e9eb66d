//! The answer in words.

use comfy_table::{Table, presets};

use super::{Beside, LrRange, Method, SizeChange, TransferAnswer, shown};

/// Everything, the LR to use first.
pub fn render(answer: &TransferAnswer) -> String {
    let mut out = format!("{}\n{}\n\n{}\n", answer.setting, route(answer), use_this(answer));
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

fn route(answer: &TransferAnswer) -> String {
    let from = format!("{} {}", answer.carries, number(answer.from_lr));
    let arrow = |of: &str, from, to| format!("{of} = {} → {}", shown(from), shown(to));
    let changes = answer.changes.iter().map(|change| arrow(change.of, change.from, change.to));
    let multiplier = answer.multiplier.map(|[from, to]| arrow("s", from, to));
    let changes: Vec<String> = changes.chain(multiplier).collect();
    if changes.is_empty() {
        return format!("{from}, measured there");
    }
    format!("{from}; {}", changes.join(", "))
}

fn use_this(answer: &TransferAnswer) -> String {
    let rates = match &answer.lr_b {
        Some(lr_b) => format!("η_A = {} and η_B = {}", range(&answer.lr), range(lr_b)),
        None => range(&answer.lr),
    };
    let ways: Vec<String> =
        answer.changes.iter().map(|change| format!("{} {}", change.of, way_of(change))).collect();
    if ways.is_empty() {
        return format!("Use {rates}: the run measured it at this width (95% interval).");
    }
    format!("Use {rates}: {}.", ways.join(", "))
}

fn way_of(change: &SizeChange) -> String {
    let rule = change.given.as_ref().and_then(|given| given.rule);
    rule.map_or_else(|| way(change.method).to_owned(), |rule| format!("by the rule {rule}"))
}

/// Where a factor comes from, in words.
pub(crate) fn way(method: Method) -> &'static str {
    match method {
        Method::Interpolated => "interpolated between measurements (95% range)",
        Method::Fit => "by the fitted power, beyond what was measured (widened range)",
        Method::Theory => "by the theory's power",
        Method::Given => "by your exponent",
    }
}

fn table(answer: &TransferAnswer) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let mut header = vec!["by".to_owned()];
    header.extend(answer.changes.iter().map(|change| change.of.to_owned()));
    header.push("LR".to_owned());
    table.set_header(header);
    let mut row = |name: &str, lr: Option<&LrRange>, cell: &dyn Fn(&SizeChange) -> String| {
        let lr = lr.map_or_else(none, range);
        let cells = std::iter::once(name.to_owned()).chain(answer.changes.iter().map(cell));
        table.add_row(cells.chain(std::iter::once(lr)));
    };
    row("this answer", Some(&answer.lr), &|change| format!("×{}", range(&change.factor)));
    if answer.changes.iter().any(|change| change.measured.is_some()) {
        row("fitted power", answer.fit.as_ref(), &fitted);
    }
    row("theory", answer.theory.as_ref(), &|change| {
        change.theory_exact.clone().unwrap_or_else(none)
    });
    if let Some(exact) = &answer.paper_exact {
        row("paper, largest stable", answer.paper.as_ref(), &|_| exact.clone());
    }
    for Beside { by, exponent, lr, .. } in &answer.beside {
        row(by, lr.as_ref(), &|_| exponent.clone().unwrap_or_else(none));
    }
    table.trim_fmt()
}

fn none() -> String {
    "–".to_owned()
}

fn fitted(change: &SizeChange) -> String {
    match &change.measured {
        None => none(),
        Some(measured) if measured.bends() => "no power".to_owned(),
        Some(measured) if !measured.is_power() => none(),
        Some(m) => format!("{:.3} [{:.3}, {:.3}]", m.estimate, m.lower, m.upper),
    }
}

/// A number with its range, if it has one.
pub(crate) fn range(lr: &LrRange) -> String {
    if lr.lower == lr.upper {
        return number(lr.value);
    }
    format!("{} [{}, {}]", number(lr.value), number(lr.lower), number(lr.upper))
}

/// Three digits.
pub(crate) fn number(lr: f64) -> String {
    if (1e-3..1e3).contains(&lr) {
        let digits = (2 - lr.log10().floor() as i32).max(0) as usize;
        format!("{lr:.digits$}")
    } else {
        format!("{lr:.2e}")
    }
}
