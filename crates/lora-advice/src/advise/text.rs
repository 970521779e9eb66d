//! The answer in words.

use comfy_table::{Table, presets};
use lora_peft::Role;
use lora_theory::Exponent;

use super::answer::AdviseAnswer;
use super::digits::{counted, shown};
use super::law::{Law, LawRate};
use super::lora_plus::LoraPlusRates;
use super::modules::ModuleAdvice;
use super::together::Basis;
use crate::transfer::{Method, number, range};

/// Everything, with what to do at the end.
pub fn render(answer: &AdviseAnswer) -> String {
    let mut out = format!("{}\n\n{}\n", heading(answer), shapes(answer));
    if answer.modules.iter().any(|module| module.role == Role::Hidden) {
        out += &format!("\n{}", law(answer));
    }
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
    format!(
        "{}, width {}, {}, as {}: LoRA on {} of {}",
        model.model_type,
        model.width,
        counted(model.layers, "layer"),
        model.loaded_as,
        counted(model.adapted, "module"),
        counted(answer.modules.len(), "kind")
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
    let Law { starts, optimal, stable, .. } = &answer.law;
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
    if let Some(condition) = &answer.law.holds_while {
        out += &format!("The powers of the best LR hold while {condition}.\n");
    }
    out + &lora_plus(&answer.law)
}

/// The pairs of rates of LoRA+: its own, which is of the layer, and the network's.
fn lora_plus(law: &Law) -> String {
    let Some([of_a, of_b]) = law.lora_plus else { return String::new() };
    let layer = format!(
        "LoRA+ looks at the LoRA layer alone, and the table at the whole network. In the layer alone both factors \
         move the features at η_A = {of_a} and η_B = {of_b}, so with a loraplus_lr_ratio λ = n"
    );
    match law.lora_plus_network {
        Some([of_a, of_b]) => {
            format!(
                "{layer}; at this λ the network trains best at η_A = {of_a} and η_B = {of_b}.\n"
            )
        }
        None => format!("{layer}.\n"),
    }
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
        table.add_row([module.kind.clone(), factor("n"), factor("r"), factor("α"), rate(module)]);
    }
    table.trim_fmt()
}

/// A module's rate. Why a hidden module has none, a warning says.
fn rate(module: &ModuleAdvice) -> String {
    match (&module.lr, Basis::of(&module.changes).without_range(), module.role) {
        (Some(lr), None, _) => range(lr),
        (Some(lr), Some(why), _) => format!("{}, {why}", number(lr.value)),
        (None, _, Role::Hidden) => "–".to_owned(),
        (None, ..) => "no law".to_owned(),
    }
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
                       fitted power, beyond them; derived: by the theory's power, \
                       without a range. The range of a rate is that of its measured and fitted factors";

fn plain() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
