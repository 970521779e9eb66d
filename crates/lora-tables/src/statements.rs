//! What the paper says of the two inits, as a table.

use comfy_table::{ContentArrangement, Table, presets};
use lora_analysis::inits::Bound;
use lora_analysis::summary::{StatementSummary, Summary};

/// The statements at the widest width; nothing where one init alone was trained.
pub fn render(summary: &Summary) -> String {
    let Some(widest) = summary.statements.iter().map(|of| of.width).max() else {
        return String::new();
    };
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["verdict", "statement", "ratio", "95% interval"]);
    let here = summary.statements.iter().filter(|of| of.width == widest);
    here.for_each(|of| {
        table.add_row(row(of));
    });
    let others = match summary.statements.iter().any(|of| of.width != widest) {
        true => "; summary.json has the other widths",
        false => "",
    };
    format!(
        "\nWhat the paper says of Init[A] and Init[B], at n = {widest}, paired by seed{others}:\n{}\n",
        table.trim_fmt()
    )
}

fn row(of: &StatementSummary) -> [String; 4] {
    let number = |x: f64| format!("{x:.3}");
    let interval = of
        .lower
        .zip(of.upper)
        .map(|(lower, upper)| format!("[{}, {}]", number(lower), number(upper)));
    let bound = match of.bound {
        Some(Bound::AtLeast) => "≥ ",
        Some(Bound::AtMost) => "≤ ",
        None => "",
    };
    let ratio =
        of.ratio.map_or_else(|| of.why.clone(), |ratio| format!("{bound}{}", number(ratio)));
    [
        of.verdict.name().to_owned(),
        of.says.clone(),
        ratio,
        interval.unwrap_or_else(|| "–".to_owned()),
    ]
}
