//! Draws every figure from made-up data: `cargo run -p lora-figures --example gallery -- DIR`.

use std::path::PathBuf;

use lora_figures::{
    FigureError, Style, choices, collapse, curves, drift, lora_plus, norms, phases, scaling,
    verdicts,
};

mod sample;
mod suite;

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
    ];
    for files in written {
        println!("{}\n{}\n{}", files.png.display(), files.svg.display(), files.csv.display());
    }
    Ok(())
}
