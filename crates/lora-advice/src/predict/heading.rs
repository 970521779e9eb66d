//! What stands above the answers: what was asked, and what the symbols mean.

use lora_theory::{Rate, Rational, Setting};

use super::Question;
use super::request::both_random;

/// The question in words, then what the symbols mean.
pub fn heading(question: &Question) -> String {
    let mut lines = asked_for(question);
    if lines.is_empty() {
        return String::new();
    }
    lines.push(String::new());
    lines.extend(symbols(question.asked.layer).iter().map(|&line| line.to_owned()));
    lines.join("\n") + "\n"
}

/// The question in words, line by line; nothing without a setting.
pub(super) fn asked_for(question: &Question) -> Vec<String> {
    let (Some(setting), asked) = (question.settings.first(), question.asked) else {
        return Vec::new();
    };
    let scope = match asked.layer {
        true => "The LoRA layer alone, backward signal of order one".to_owned(),
        false => format!("The whole network, W_out ~ N(0, n^{})", asked.readout * -2),
    };
    let optimizer = asked.optimizer.key();
    let mut lines = vec![
        format!("{scope}; optimiser {optimizer}; {} trained", setting.train),
        format!(
            "As the width n → ∞ at {}; {}; {}; {} symbolic steps",
            learning_rates(setting, question.scans),
            rank(setting),
            multiplier(setting),
            setting.steps
        ),
    ];
    if setting.rank != zero() && question.settings.iter().any(|s| both_random(s.init)) {
        lines.push("Both factors random and a growing rank: sizes are upper bounds".to_owned());
    }
    lines
}

fn zero() -> Rational {
    Rational::from_integer(0)
}

fn learning_rates(setting: &Setting, scans: bool) -> String {
    let rate = |rate: Rate| match rate {
        Rate::Scanned(offset) if offset == zero() => "η".to_owned(),
        Rate::Scanned(offset) => format!("n^{offset} η"),
        Rate::Fixed(exponent) => format!("n^{exponent}"),
    };
    let named = [
        (lora_theory::Factor::A, "η_A", setting.rate_a),
        (lora_theory::Factor::B, "η_B", setting.rate_b),
    ];
    let trained: Vec<_> =
        named.into_iter().filter(|(factor, ..)| setting.train.includes(*factor)).collect();
    let scanned = if scans { "learning rate η = Θ(n^γ)" } else { "learning rates" };
    if trained.iter().all(|(.., rate)| *rate == Rate::Scanned(zero())) {
        return scanned.to_owned();
    }
    let each: Vec<String> =
        trained.iter().map(|(_, name, of)| format!("{name} = {}", rate(*of))).collect();
    let joined = each.join(", ");
    if scans { format!("{scanned}, {joined}") } else { format!("{scanned} {joined}") }
}

fn rank(setting: &Setting) -> String {
    if setting.rank == zero() {
        "rank r fixed".into()
    } else {
        format!("rank r = n^{}", setting.rank)
    }
}

fn multiplier(setting: &Setting) -> String {
    let powers = [("n", setting.multiplier_width), ("r", -setting.multiplier_rank)];
    let shown: Vec<String> = powers
        .iter()
        .filter(|(_, power)| *power != zero())
        .map(|(base, power)| format!("{base}^{power}"))
        .collect();
    if shown.is_empty() {
        "multiplier s fixed".into()
    } else {
        format!("multiplier s = {}", shown.join(" "))
    }
}

const LAYER: [&str; 5] = [
    "Z_A = A Z and Z_B = s B Z_A are the LoRA features of the layer's input Z. A step changes Z_B by",
    "  δ1 = s B ΔZ_A    through A alone",
    "  δ2 = s ΔB Z_A    through B alone",
    "  δ3 = s ΔB ΔZ_A   through both; ΔZ_B = δ1 + δ2 + δ3.",
    "η_stable is the largest η at which Z_B stays bounded, for the layer alone η_opt too.",
];

const NETWORK: [&str; 7] = [
    LAYER[0],
    LAYER[1],
    LAYER[2],
    LAYER[3],
    "Δf is the change of the output f, and e⁰ its error before the first step.",
    "η_opt is the largest η at which Δf does not outgrow e⁰: the LR that trains best.",
    "η_stable is the largest η at which Z_B stays bounded.",
];

fn symbols(layer: bool) -> &'static [&'static str] {
    if layer { &LAYER } else { &NETWORK }
}
