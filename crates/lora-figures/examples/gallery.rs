//! Draws every figure from made-up data: `cargo run -p lora-figures --example gallery -- DIR`.

use std::path::PathBuf;

use lora_figures::{
    FigureError, FigureText, FitRow, GuideRow, Init, Quantity, ScalingFigure, ScalingRow, Style,
    scaling,
};

/// Repeatable noise in (−1, 1) that differs for each set of numbers.
fn noise(numbers: &[u64]) -> f64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for &number in numbers {
        state = (state ^ number).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state ^= state >> 29;
    }
    (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn main() -> Result<(), FigureError> {
    let dir = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "figures".to_owned()));
    std::fs::create_dir_all(&dir)
        .map_err(|source| FigureError::Write { path: dir.clone(), source })?;
    let style = Style::default();
    scaling(&scaling_data(), &dir.join("scaling"), &style)?;
    Ok(())
}

fn words(title: &str, badge: bool) -> FigureText {
    FigureText {
        title: title.to_owned(),
        caption: "Made-up data for looking at the figures. Readout exponent a = 1/2, rank r = 4, multiplier s = 1, \
                  d = 5, N = 1000 training points, Adam (β_{1} = 0.9, β_{2} = 0.999, ε = 10^{−8}), 300 steps on the \
                  full batch, 3 seeds. Bars: 95% intervals over seeds."
            .to_owned(),
        badge: badge.then(|| "quick run: small widths, do not quote".to_owned()),
    }
}

fn widths() -> impl Iterator<Item = u64> {
    (7..=13).map(|k| 1 << k)
}

fn scaling_data() -> ScalingFigure {
    let laws = [
        (Quantity::EtaOpt, Init::A, 0.5, -0.75, "−3/4"),
        (Quantity::EtaOpt, Init::B, 2.0, -1.0, "−1"),
        (Quantity::EtaStable, Init::A, 0.6, -0.5, "−1/2"),
        (Quantity::EtaStable, Init::B, 5.0, -1.0, "−1"),
        (Quantity::Loss, Init::A, 0.05, -0.12, "0"),
        (Quantity::Loss, Init::B, 0.03, 0.02, "0"),
    ];
    let mut figure = ScalingFigure {
        text: words("Learning rates of LoRA against width", true),
        ..Default::default()
    };
    for (series, (quantity, init, prefactor, exponent, predicted)) in laws.into_iter().enumerate() {
        for width in widths() {
            let off = 0.09 * noise(&[series as u64, width]);
            let value = prefactor * (width as f64).powf(exponent) * off.exp();
            let spread = (0.11 + 0.06 * noise(&[7, series as u64, width])).exp();
            figure.points.push(ScalingRow {
                quantity,
                init,
                width,
                value,
                lower: Some(value / spread),
                upper: Some(value * spread),
                bracketed: !(quantity == Quantity::EtaStable && init == Init::A && width == 128),
            });
        }
        let fitted = exponent + 0.01 * noise(&[40 + series as u64]);
        figure.fits.push(FitRow {
            quantity,
            init,
            exponent: fitted,
            lower: Some(fitted - 0.04),
            upper: Some(fitted + 0.04),
            predicted: (quantity != Quantity::Loss).then(|| predicted.to_owned()),
            prefactor: prefactor * 1000_f64.powf(exponent - fitted),
        });
    }
    for quantity in [Quantity::EtaOpt, Quantity::EtaStable] {
        for (exponent, text) in [(-0.5, "n^{−1/2}"), (-1.0, "n^{−1}")] {
            figure.guides.push(GuideRow { quantity, exponent, text: text.to_owned() });
        }
    }
    figure
}
