//! Draws every figure from made-up data: `cargo run -p lora-figures --example gallery -- DIR`.

use std::path::PathBuf;

use lora_figures::{
    FigureError, Style, TraceAxis, choices, collapse, curves, drift, layers, lora_plus, norms,
    phases, scaling, traces as draw_traces, verdicts,
};

mod sample;
mod suite;
mod traces;

fn main() -> Result<(), FigureError> {
    let dir = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "figures".to_owned()));
    std::fs::create_dir_all(&dir)
        .map_err(|source| FigureError::Write { path: dir.clone(), source })?;
    let style = Style::default();
    let written = [
        scaling(&sample::scaling_data(), &dir.join("scaling"), &style)?,
        norms(&sample::norms_data(), &dir.join("norms"), &style)?,
        curves(&sample::curves_data(), &dir.join("curves"), &style)?,
        phases(&sample::phases_data(), &dir.join("phases"), &style)?,
        verdicts(&suite::verdicts_data(), &dir.join("verdicts"), &style)?,
        lora_plus(&suite::lora_plus_data(), &dir.join("lora_plus"), &style)?,
        drift(&suite::drift_data(), &dir.join("drift"), &style)?,
        choices(&suite::choices_data(), &dir.join("choices"), &style)?,
        collapse(&suite::collapse_data(), &dir.join("collapse"), &style)?,
        layers(&suite::layers_data(), &dir.join("layers"), &style)?,
    ];
    let over = |axis, name: &str| draw_traces(&traces::traces_data(axis), &dir.join(name), &style);
    let traced = [over(TraceAxis::Width, "coordinates")?, over(TraceAxis::Step, "convergence")?];
    for files in written.into_iter().chain(traced) {
        println!("{}\n{}\n{}", files.png.display(), files.svg.display(), files.csv.display());
    }
    Ok(())
}
