//! What `verify` says of each claim in a line on standard output.

use comfy_table::{ContentArrangement, Table, presets};
use lora_analysis::verdict::plan_page;
use lora_analysis::verdict::table::{controls, count, numbers, ordered, why};
use lora_analysis::verdict::tested::Judged;

/// Both tables and the count.
pub fn render(judged: &[Judged]) -> String {
    let mut out = format!("{}\n\n", claims_table(judged).trim_fmt());
    out += &format!("{}.\n", count(judged));
    if controls(judged).next().is_some() {
        out += &format!(
            "\nNegative controls, which must be refuted:\n{}\n",
            controls_table(judged).trim_fmt()
        );
    }
    out
}

fn claims_table(judged: &[Judged]) -> Table {
    let mut table = table(["verdict", "claim", "predicted", "measured", "why"]);
    for judged in ordered(judged) {
        let [predicted, measured] = numbers(judged);
        let verdict = judged.verdict.name().to_owned();
        let why = format!("{}{}", plan_page::beside(judged), why(judged));
        table.add_row([verdict, judged.claim.id.clone(), predicted, measured, why]);
    }
    table
}

fn controls_table(judged: &[Judged]) -> Table {
    let mut table = table(["verdict", "control", "what is wrong", "predicted", "measured"]);
    for judged in controls(judged) {
        let [predicted, measured] = numbers(judged);
        let wrong = judged.claim.control.clone().unwrap_or_default();
        let verdict = judged.verdict.name().to_owned();
        table.add_row([verdict, judged.claim.id.clone(), wrong, predicted, measured]);
    }
    table
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    table
}
