//! The answer in words.

use std::collections::BTreeMap;

use comfy_table::{Table, presets};
use lora_checkpoint::{short, visible};
use serde::Serialize;

use crate::answer::{AdapterDiagnosis, DiagnoseAnswer};
use crate::module::ModuleDiagnosis;
use crate::numbers::{counted, median, shown};
use crate::start::InitLook;
use crate::verdict::Finding;

/// Adapters one after another, each with its kinds of modules and what is said of it; what nobody can know at the
/// end.
pub fn render(answer: &DiagnoseAnswer) -> String {
    let mut out = String::new();
    for adapter in &answer.adapters {
        out += &format!("{}\n\n{}\n{LEGEND}\n\n", heading(adapter), table(adapter));
        out += &findings(adapter);
        for left in &adapter.found.left_out {
            let rest = if left.count == 1 { "" } else { ", …" };
            out += &format!(
                "Left out: {} (`{}`{rest}): {}.\n",
                left.counted(),
                short(&left.first),
                left.why
            );
        }
        out += "\n";
    }
    out += "What an adapter alone does not tell:\n";
    for line in &answer.unknowable {
        out += &format!("- {line}\n");
    }
    out
}

const LEGEND: &str = "A and B: rms of the entries. × start: the rms of the random factor over that of its law, where \
                      the law is recognised. σ1: the largest singular value of s B A. Eff. rank: exp of the entropy \
                      of σ²/Σσ². Medians over layers.";

fn heading(adapter: &AdapterDiagnosis) -> String {
    let found = &adapter.found;
    let kinds = kinds(adapter).len();
    format!(
        "{}: {} of {}",
        visible(&found.dir),
        counted(found.modules.len(), "module"),
        counted(kinds, "kind")
    )
}

/// The modules of each kind, rank and multiplier.
fn kinds(adapter: &AdapterDiagnosis) -> Vec<Vec<&ModuleDiagnosis>> {
    let mut all: BTreeMap<_, Vec<&ModuleDiagnosis>> = BTreeMap::new();
    for module in &adapter.found.modules {
        let ModuleDiagnosis { place, r, fan_in, fan_out, scaling, .. } = module;
        let key = (&place.kind, r, fan_in, fan_out, scaling.to_bits());
        all.entry(key).or_default().push(module);
    }
    all.into_values().collect()
}

fn table(adapter: &AdapterDiagnosis) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header([
        "module",
        "modules",
        "fan-in",
        "fan-out",
        "r",
        "s",
        "A",
        "× start",
        "B",
        "σ1",
        "eff. rank",
        "> σ1/10",
        "looks like",
    ]);
    for kind in kinds(adapter) {
        let one = kind[0];
        let middle = |of: &dyn Fn(&ModuleDiagnosis) -> f64| {
            shown(median(kind.iter().map(|module| of(module))))
        };
        table.add_row([
            short(&one.place.kind),
            kind.len().to_string(),
            one.fan_in.to_string(),
            one.fan_out.to_string(),
            one.r.to_string(),
            shown(one.scaling),
            middle(&|module| module.a.sizes.rms),
            beside_start(&kind),
            middle(&|module| module.b.sizes.rms),
            middle(&|module| module.product.spectral),
            middle(&|module| module.product.effective_rank),
            median(kind.iter().map(|module| module.product.above_a_tenth as f64)).to_string(),
            looks(&kind),
        ]);
    }
    table.trim_fmt()
}

/// The rms of each kind's random factors over that of their law, where it is recognised.
fn beside_start(kind: &[&ModuleDiagnosis]) -> String {
    let ratio = |module: &&ModuleDiagnosis| {
        let (law, look) = (module.start.law?, module.start.looks_like);
        let random = if look == InitLook::B { &module.b } else { &module.a };
        Some(random.laws.iter().find(|test| test.law == law)?.rms_ratio)
    };
    let ratios: Vec<f64> = kind.iter().filter_map(ratio).collect();
    if ratios.is_empty() { "–".to_owned() } else { shown(median(ratios)) }
}

/// The looks of a kind's modules, each once.
fn looks(kind: &[&ModuleDiagnosis]) -> String {
    let mut all: Vec<String> = Vec::new();
    for module in kind {
        let untrained = if module.start.untrained { ", untrained" } else { "" };
        let look = format!("{}{untrained}", module.start.looks_like.name());
        if !all.contains(&look) {
            all.push(look);
        }
    }
    all.join("; ")
}

fn findings(adapter: &AdapterDiagnosis) -> String {
    let all = &adapter.findings;
    let mut out =
        line("start", &all.start) + &line("config", &all.declared) + &line("trained", &all.trained);
    out += &(line("movement", &all.movement) + &line("output", &all.output) + &line("B", &all.b));
    all.stated.iter().for_each(|stated| out += &line("stated training", stated));
    out
}

/// A verdict with its reason and its limit.
fn line<V: Serialize>(about: &str, finding: &Finding<V>) -> String {
    let verdict = serde_json::to_value(&finding.verdict).unwrap_or_default();
    let verdict = verdict.as_str().unwrap_or_default().replace('_', " ");
    let limit = match finding.limit.as_str() {
        "" => String::new(),
        limit => format!(" Limit: {limit}."),
    };
    format!("- {about}: {verdict}. Reason: {}.{limit}\n", visible(&finding.because))
}
