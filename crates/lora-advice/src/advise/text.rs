//! The answer in words.

use comfy_table::{Table, presets};
use lora_theory::Exponent;

use super::answer::AdviseAnswer;
use super::digits::shown;
use super::law::{Law, LawRate};
use super::lora_plus::LoraPlusRates;
use super::modules::ModuleAdvice;
use crate::transfer::{Method, number, range};

/// Everything, with what to do at the end.
pub fn render(answer: &AdviseAnswer) -> String {
    let mut out = format!("{}\n\n{}\n\n{}", heading(answer), shapes(answer), law(answer));
    if let Some(from) = answer.from_lr {
        out += &format!(
            "\n{} {} of the other config, carried here:\n\n{}\n\n{SOURCES}\n",
            capital(answer.carries),
            number(from),
            rates(answer)
        );
    }
    if let Some(LoraPlusRates { ratio, lr_a, lr_b }) = answer.lora_plus {
        let [lr_a, lr_b] = [lr_a, lr_b].map(number);
        out += &format!(
            "LoRA+: with loraplus_lr_ratio={ratio}, for example, learning_rate={lr_a} for A gives {lr_b} for B (derived)\n"
        );
    }
    for (title, lines) in [("Assumes", &answer.assumptions), ("Beware", &answer.warnings)] {
        if !lines.is_empty() {
            out += &format!("\n{title}:\n");
        }
        for line in lines {
            out += &format!("- {line}\n");
        }
    }
    out + &format!("\n{}\n", answer.advice)
}

fn heading(answer: &AdviseAnswer) -> String {
    let model = &answer.model;
    let plural = if answer.modules.len() == 1 { "kind" } else { "kinds" };
    format!(
        "{}, width {}, {} layers, as {}: LoRA on {} modules of {} {plural}",
        model.model_type,
        model.width,
        model.layers,
        model.loaded_as,
        model.adapted,
        answer.modules.len()
    )
}

fn shapes(answer: &AdviseAnswer) -> String {
    let mut table = plain();
    table.set_header([
        "module", "modules", "fan-in", "fan-out", "r", "alpha", "s", "init", "std of A", "std of B",
    ]);
    for module in &answer.modules {
        let ModuleAdvice { kind, count, fan_in, fan_out, r, alpha, scaling, init, .. } = module;
        table.add_row([
            kind.clone(),
            count.to_string(),
            fan_in.to_string(),
            fan_out.to_string(),
            r.to_string(),
            shown(*alpha),
            number(*scaling),
            (*init).to_owned(),
            size(module.std_a),
            size(module.std_b),
        ]);
    }
    table.trim_fmt()
}

fn size(std: f64) -> String {
    if std == 0.0 { "0".to_owned() } else { number(std) }
}

fn law(answer: &AdviseAnswer) -> String {
    let Law { starts, optimal, stable, lora_plus, .. } = &answer.law;
    let mut table = plain();
    table.set_header(["theory", "n", "r", "s", "η_B/η_A", "features there"]);
    for (name, rate) in [("best LR", optimal), ("largest stable LR", stable)] {
        let LawRate { exponent, rank, multiplier, ratio, features, .. } = rate;
        let power = |symbol: &str, power: &Option<Exponent>| match power {
            Some(Exponent::Power(x)) => format!("{symbol}^{x}"),
            _ => "–".to_owned(),
        };
        table.add_row([
            name.to_owned(),
            power("n", exponent),
            power("r", rank),
            power("s", multiplier),
            power("λ", ratio),
            features.map_or("–".to_owned(), |features| features.to_string()),
        ]);
    }
    let said = [optimal, stable].into_iter().filter_map(|rate| rate.words.clone());
    let mut out = format!("{starts}; n is the fan-in\n\n{}\n\n", table.trim_fmt());
    for words in said {
        out += &format!("{words}\n");
    }
    if let Some([of_a, of_b]) = lora_plus {
        out += &format!(
            "LoRA+ would set η_A = {of_a} and η_B = {of_b}, where both factors move the features: a \
             loraplus_lr_ratio λ that grows like n.\n"
        );
    }
    out
}

fn rates(answer: &AdviseAnswer) -> String {
    let mut table = plain();
    table.set_header(["module", "n", "r", "α", "LR"]);
    for module in &answer.modules {
        let factor = |of: &str| {
            let change = module.changes.iter().find(|change| change.of == of);
            change.map_or("–".to_owned(), |change| {
                let [from, to] = [change.from, change.to].map(shown);
                let by = number(change.factor.value);
                format!("{from} → {to}: ×{by} {}", source(change.method))
            })
        };
        table.add_row([
            module.kind.clone(),
            factor("n"),
            factor("r"),
            factor("α"),
            module.lr.as_ref().map_or("no law".to_owned(), range),
        ]);
    }
    table.trim_fmt()
}

/// Where a factor comes from, in a word that [`SOURCES`] explains.
fn source(method: Method) -> &'static str {
    match method {
        Method::Interpolated => "measured",
        Method::Fit => "fitted",
        Method::Theory => "derived",
        Method::Given => "given",
    }
}

/// What the words of [`source`] mean.
const SOURCES: &str = "measured: between measurements of the synthetic network, with a 95% range; fitted: by their \
                       fitted power, beyond them; derived: by the theory's power";

fn plain() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
