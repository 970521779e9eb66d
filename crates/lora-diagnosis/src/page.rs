//! The page on a diagnosis, made of the files of its directory alone.

use std::path::Path;

use lora_checkpoint::visible;
use lora_report::{
    AdapterSection, DiagnosisPage, Fact, FindingRow, ModuleRow, Picture, ShellStep,
    render_diagnosis,
};
use lora_store::folder::Folder;
use serde::Deserialize;

use crate::error::DiagnoseError;
use crate::figure::{FIGURE, TITLE};
use crate::numbers::{counted, shown};

/// The answer for programs, by which the directory is known.
pub(crate) const DIAGNOSIS: &str = "diagnosis.json";

/// Modules of an adapter that the page shows, so that it stays small enough to mail.
const MOST_MODULES: usize = 500;

/// What is read of `diagnosis.json`.
#[derive(Deserialize)]
struct Document {
    /// The line that made it.
    #[serde(default)]
    again: String,
    training: Option<Training>,
    adapters: Vec<Adapter>,
    unknowable: Vec<String>,
}

#[derive(Deserialize)]
struct Training {
    lr: f64,
    steps: u32,
    lr_ratio: f64,
    betas: [f64; 2],
    /// Diagnoses of earlier versions had none.
    #[serde(default)]
    weight_decay: f64,
}

#[derive(Deserialize)]
struct Adapter {
    dir: String,
    init_lora_weights: String,
    findings: Findings,
    modules: Vec<Module>,
    left_out: Vec<LeftOut>,
}

#[derive(Deserialize)]
struct Findings {
    start: Finding,
    declared: Finding,
    trained: Finding,
    movement: Finding,
    output: Finding,
    b: Finding,
    stated: Option<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    verdict: String,
    because: String,
    limit: String,
}

#[derive(Deserialize)]
struct Module {
    module: String,
    fan_in: usize,
    fan_out: usize,
    r: usize,
    scaling: f64,
    a: Factor,
    b: Factor,
    product: Product,
    start: Start,
}

#[derive(Deserialize)]
struct Factor {
    rms: f64,
}

#[derive(Deserialize)]
struct Product {
    spectral: f64,
    effective_rank: f64,
}

#[derive(Deserialize)]
struct Start {
    looks_like: String,
    untrained: bool,
}

#[derive(Deserialize)]
struct LeftOut {
    what: String,
    count: usize,
    first: String,
    why: String,
}

/// The page on a directory that [`write`](crate::write()) has left. The same files give the same bytes.
///
/// # Errors
/// [`DiagnoseError::Store`] for a file that cannot be read, and [`DiagnoseError::Spoilt`] for one that does not hold what
/// it should.
pub fn page(dir: &Path) -> Result<String, DiagnoseError> {
    let folder = Folder::existing(dir);
    let spoilt = |name: &str, fault: String| DiagnoseError::Spoilt { path: dir.join(name), fault };
    let read = |name: &str| {
        let text = folder.read(name)?;
        text.ok_or_else(|| spoilt(name, "is not there; diagnose anew".to_owned()))
    };
    let document: Document = serde_json::from_str(&read(DIAGNOSIS)?)
        .map_err(|error| spoilt(DIAGNOSIS, format!("is no diagnosis: {error}")))?;
    let svg = format!("{FIGURE}.svg");
    let picture = Picture::new(FIGURE, TITLE, &read(&svg)?);
    let picture = picture.map_err(|error| spoilt(&svg, error.to_string()))?;
    Ok(render_diagnosis(&of(document, picture)))
}

fn of(document: Document, picture: Picture) -> DiagnosisPage {
    let names: Vec<String> =
        document.adapters.iter().map(|adapter| visible(&adapter.dir)).collect();
    let again = ShellStep { does: "Diagnose again:".to_owned(), line: visible(&document.again) };
    DiagnosisPage {
        title: format!("What training did to {}", names.join(", ")),
        provenance: facts(&document, &names),
        adapters: document.adapters.into_iter().zip(names).map(section).collect(),
        pictures: vec![picture],
        unknowable: document.unknowable,
        commands: if again.line.is_empty() { Vec::new() } else { vec![again] },
    }
}

fn section((adapter, name): (Adapter, String)) -> AdapterSection {
    let count = adapter.modules.len();
    let mut about = vec![format!("It has {}.", counted(count, "adapted module"))];
    about.extend(adapter.left_out.iter().map(|left| {
        let LeftOut { what, count, first, why } = left;
        format!("Left out: {what} ({count}, the first is {}): {why}.", visible(first))
    }));
    AdapterSection {
        name,
        about,
        findings: findings(adapter.findings),
        modules: adapter.modules.into_iter().take(MOST_MODULES).map(row).collect(),
        more: count.saturating_sub(MOST_MODULES),
    }
}

/// The verdicts, by the names that the text has.
fn findings(found: Findings) -> Vec<FindingRow> {
    let Findings { start, declared, trained, movement, output, b, stated } = found;
    let all = [
        ("start", Some(start)),
        ("config", Some(declared)),
        ("trained", Some(trained)),
        ("movement", Some(movement)),
        ("output", Some(output)),
        ("B", Some(b)),
        ("stated training", stated),
    ];
    let row = |(about, finding): (&str, Option<Finding>)| {
        let Finding { verdict, because, limit } = finding?;
        Some(FindingRow {
            about: about.to_owned(),
            verdict: verdict.replace('_', " "),
            because: visible(&because),
            limit,
        })
    };
    all.into_iter().filter_map(row).collect()
}

fn row(module: Module) -> ModuleRow {
    let Start { mut looks_like, untrained } = module.start;
    if untrained {
        looks_like.push_str(", untrained");
    }
    ModuleRow {
        module: visible(&module.module),
        shape: [module.fan_out, module.fan_in],
        r: module.r,
        scaling: module.scaling,
        a_rms: module.a.rms,
        b_rms: module.b.rms,
        spectral: module.product.spectral,
        effective_rank: module.product.effective_rank,
        looks_like,
    }
}

fn facts(document: &Document, names: &[String]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = document
        .adapters
        .iter()
        .zip(names)
        .map(|(adapter, name)| {
            let config = visible(&adapter.init_lora_weights);
            fact(name, format!("init_lora_weights of its config is {config}"))
        })
        .collect();
    let training = match &document.training {
        None => "none".to_owned(),
        Some(Training { lr, steps, lr_ratio, betas: [beta1, beta2], weight_decay }) => format!(
            "{} of Adam at {}, betas ({beta1}, {beta2}), η_B/η_A = {lr_ratio}, weight decay {weight_decay}",
            counted(*steps as usize, "step"),
            shown(*lr)
        ),
    };
    facts.push(fact("Stated training", training));
    facts
}

fn fact(name: &str, value: String) -> Fact {
    Fact { name: name.to_owned(), value }
}
