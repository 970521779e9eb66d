//! From results to the rows of the figures.

use std::path::PathBuf;

use lora_constants::against_c;
use lora_figures::{FigureError, FigureText, Files, Quantity, Style};
use lora_sim::spec::Trained;
use serde::Serialize;

use crate::AnalysisError;
use crate::readings::Readings;
use crate::summary::{ExponentSummary, InitSummary, Summary};
use lora_experiment::experiment::{Experiment, Score, TrainingSection, transformer_words as words};
use lora_store::digest::{self, Digests};
use lora_store::manifest::Manifest;
use lora_store::rows::Results;
use lora_store::run_dir::Store;
use lora_types::{Ingredients, ModelKind, OptimizerKind};

pub use convergence::TITLE as CONVERGENCE_TITLE;
pub use coordinates::{TITLE as COORDINATES_TITLE, flat, flatness, gammas, rates};
pub use curves::{drawn as curves_of, loss_ceiling, optima, rows as curve_rows};
pub use depth::TITLE as DEPTH_TITLE;
pub use phases::{bar as phase_bar, reach as phase_reach};
pub use scaling::{guides_of, rows as scaling_rows};

mod convergence;
mod coordinates;
mod curves;
mod depth;
mod norms;
mod phases;
mod scaling;

/// What a figure needs.
pub struct Sources<'a> {
    /// What was run.
    pub experiment: &'a Experiment,
    /// Its tables.
    pub results: &'a Results,
    /// The curve of every seed.
    pub readings: &'a Readings<'a>,
    /// What follows from them.
    pub summary: &'a Summary,
}

/// Draws all figures into the run's directory and returns the pictures' paths. Removes those that only another run has.
///
/// # Errors
/// [`AnalysisError::Figure`] for a figure that cannot be drawn or written; figures before it are
/// complete.
pub fn draw(
    store: &Store,
    sources: &Sources,
    manifest: &Manifest,
) -> Result<Vec<PathBuf>, AnalysisError> {
    let style = Style::default();
    let stem = |name: &str| store.dir().join(name);
    let mut pictures = Vec::new();
    // Each figure is written with its manifest, so that those before a failure are complete.
    let mut add = |figure: &str, files: Result<Files, FigureError>| {
        let files = files?;
        let drawn = digest::of_files(store.dir(), &DRAWN.map(|end| format!("{figure}.{end}")))?;
        pictures.push(files.png);
        let of_figure = FigureManifest { figure, drawn, run: manifest };
        store.write_json(&format!("{figure}.json"), &of_figure)?;
        Ok::<(), AnalysisError>(())
    };
    add("scaling", lora_figures::scaling(&scaling::figure(sources), &stem("scaling"), &style))?;
    add("norms", lora_figures::norms(&norms::figure(sources), &stem("norms"), &style))?;
    add("curves", lora_figures::curves(&curves::figure(sources), &stem("curves"), &style))?;
    // What the theory says of every exponent has no place beside what it does not treat.
    if !sources.of_transformer() {
        add("phases", lora_figures::phases(&phases::figure(sources), &stem("phases"), &style))?;
        store.remove_figure("depth")?;
    } else {
        store.remove_figure("phases")?;
        add("depth", lora_figures::norms(&depth::figure(sources), &stem("depth"), &style))?;
    }
    if let Some(limit) = &sources.summary.limit {
        let figure = against_c(curves::figure(sources), &sources.results.limits, limit);
        add("curves-in-c", lora_figures::curves(&figure, &stem("curves-in-c"), &style))?;
    } else {
        store.remove_figure("curves-in-c")?;
    }
    if let Some(check) = &sources.summary.coordinates {
        let draw = |figure, name: &str| lora_figures::traces(&figure, &stem(name), &style);
        add("coordinates", draw(coordinates::figure(sources, check), "coordinates"))?;
        add("convergence", draw(convergence::figure(sources, check), "convergence"))?;
    } else {
        ["coordinates", "convergence"].iter().try_for_each(|name| store.remove_figure(name))?;
    }
    Ok(pictures)
}

/// The endings of a figure's files.
const DRAWN: [&str; 3] = ["csv", "png", "svg"];

/// A figure's own manifest.
#[derive(Serialize)]
struct FigureManifest<'a> {
    figure: &'a str,
    /// Of its files.
    drawn: Digests,
    #[serde(flatten)]
    run: &'a Manifest,
}

/// The ingredients of a transformer that there are, in words with a comma behind each.
fn ingredients(of: &Ingredients) -> String {
    let usual = Ingredients::default();
    let words = [
        (of.loss != usual.loss, of.loss.to_string()),
        (of.outputs != usual.outputs, format!("{} outputs", of.outputs)),
        (of.norm != usual.norm, "RMSNorm".to_owned()),
        (of.residual, "a residual stream".to_owned()),
        (of.layers != usual.layers, format!("{} adapted layers", of.layers)),
        (
            of.pretrain_steps > 0,
            format!("base trained for {} steps with c = {}", of.pretrain_steps, of.pretrain_lr),
        ),
    ];
    words.into_iter().filter(|(there, _)| *there).map(|(_, words)| format!("{words}, ")).collect()
}

impl Sources<'_> {
    fn text(&self, title: &str, caption: String) -> FigureText {
        FigureText {
            title: title.to_owned(),
            caption: format!("{caption} {}", self.settings()),
            badge: self.summary.quick.then(|| "quick run: small sizes, do not quote".to_owned()),
        }
    }

    /// Whether a transformer was trained, of which the theory says nothing.
    pub fn of_transformer(&self) -> bool {
        self.experiment.model.kind == ModelKind::Transformer
    }

    /// What norms are means over.
    pub fn samples(&self) -> &'static str {
        if self.of_transformer() { "tokens" } else { "points" }
    }

    /// The steps at which Z_B is compared with the bound.
    pub fn compared_steps(&self) -> &'static str {
        if self.of_transformer() { "every recorded step" } else { "every step" }
    }

    /// The settings, with which every caption ends.
    pub fn settings(&self) -> String {
        let (m, t) = (&self.experiment.model, &self.experiment.training);
        let seeds: Vec<String> = t.seeds.iter().map(u64::to_string).collect();
        let word = if seeds.len() == 1 { "seed" } else { "seeds" };
        let (optimizer, seeds) = (optimizer(t), format!("{word} {}", seeds.join(", ")));
        if self.of_transformer() {
            return format!("Setting: {}.", words::setting(self.experiment, &optimizer, &seeds));
        }
        format!(
            "Setting: {}, W_{{h}} {}, d = {}, N = {}, r = {}, s = {}, W_{{out}} ~ N(0, n^{{{}}}), \
             {}{optimizer}, {} {} steps, {seeds}.",
            m.activation,
            m.hidden,
            m.input_dim,
            m.points,
            m.rank,
            m.multiplier,
            typographic(&(m.readout_exponent * -2).to_string()),
            ingredients(&self.experiment.ingredients()),
            t.steps,
            if t.batch == 0 { "full-batch".to_owned() } else { format!("{}-sample", t.batch) },
        )
    }

    /// The score's name at an axis.
    pub fn score_name(&self) -> &'static str {
        match self.experiment.search.score {
            Score::TrainTail | Score::TrainFinal | Score::TrainBest => "train loss",
            Score::TestFinal => "held-out loss",
            Score::TestError => "held-out error",
        }
    }

    /// The score in words.
    pub fn score_words(&self) -> String {
        let tail = 100.0 * self.experiment.search.tail;
        match self.experiment.search.score {
            Score::TrainTail => format!("mean train loss over the last {tail:.0}% of the steps"),
            Score::TrainFinal => "train loss after the last step".into(),
            Score::TrainBest => "lowest train loss of the run".into(),
            Score::TestFinal => "held-out loss after the last step".into(),
            Score::TestError => {
                "share of wrong predictions on held-out data after the last step".into()
            }
        }
    }
}

/// The optimiser with its constants, and which factors it moves how fast.
fn optimizer(t: &TrainingSection) -> String {
    let name = match t.optimizer {
        OptimizerKind::Adam => format!("Adam (β {}, {}, ε {:e})", t.beta1, t.beta2, t.epsilon),
        OptimizerKind::AdamW => format!(
            "AdamW (β {}, {}, ε {:e}, decay {})",
            t.beta1, t.beta2, t.epsilon, t.weight_decay
        ),
        OptimizerKind::SignSgd => "SignSGD".into(),
        OptimizerKind::Sgd => "SGD".into(),
    };
    let ratio = match t.lr_ratio {
        1.0 => String::new(),
        ratio => format!(", η_{{B}}/η_{{A}} = {ratio}"),
    };
    let trained = match t.train {
        Trained::A => ", A trained alone",
        Trained::B => ", B trained alone",
        Trained::AB => "",
    };
    format!("{name}{ratio}{trained}")
}

/// Both fitted exponents of an init.
pub fn exponents(summary: &InitSummary) -> [(Quantity, &ExponentSummary); 2] {
    [(Quantity::EtaOpt, &summary.eta_opt), (Quantity::EtaStable, &summary.eta_stable)]
}

/// An exact exponent with a typographic minus.
fn typographic(exact: &str) -> String {
    exact.replace('-', "−")
}

/// Text of the theory with the figures' marks for subscripts.
pub fn marked(text: &str) -> String {
    let names = ["η_opt", "η_stable", "γ_A", "γ_B", "Z_A", "Z_B"];
    names.iter().fold(text.to_owned(), |text, name| {
        let (letter, index) = name.split_once('_').unwrap_or((name, ""));
        text.replace(name, &format!("{letter}_{{{index}}}"))
    })
}
