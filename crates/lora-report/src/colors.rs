//! The figures' colours as CSS variables, for light and for dark pages.

use lora_figures::{
    Rgb, SERIES_COLORS, dark_regime_color, init_color, regime_color, sequential, verdict_color,
};
use lora_types::{Init, Regime, Verdict};

/// Page backgrounds that lines are drawn on.
const DARK: Rgb = Rgb(0x16, 0x19, 0x1D);
const WHITE: Rgb = Rgb(0xFF, 0xFF, 0xFF);

/// A rule for each theme, and the light one for paper; `widths` is the number of colours that
/// widths need.
pub(crate) fn variables(widths: usize) -> String {
    let (light, dark) = (declarations(widths, false), declarations(widths, true));
    format!(
        ":root{{{light}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         :root[data-theme=dark]{{{dark}}}\n\
         @media print{{:root:root:root{{{light}}}}}\n"
    )
}

fn declarations(widths: usize, dark: bool) -> String {
    let mut out = String::new();
    let mut add = |name: String, color: Rgb| out.push_str(&format!("--{name}:{};", color.hex()));
    for init in Init::ALL {
        add(format!("init-{}", init.key()), on_page(init_color(init), dark, 0.42));
    }
    let [ink, blue, sky, vermillion, orange, purple] = SERIES_COLORS;
    let green = init_color(Init::AB);
    let ink = if dark { WHITE.mix(ink, 0.1) } else { ink };
    // Z_A, Z_B, δ1, δ2, δ3, ΔZ_B, Δ output.
    for (index, color) in
        [blue, vermillion, sky, orange, purple, green, ink].into_iter().enumerate()
    {
        add(format!("series-{index}"), on_page(color, dark && color != ink, 0.3));
    }
    for verdict in Verdict::ALL {
        let name = crate::claims::key(verdict);
        add(name.to_owned(), on_page(verdict_color(verdict), dark, 0.3));
    }
    for index in 0..widths {
        add(format!("width-{index}"), on_page(sequential(index, widths), dark, 0.38));
    }
    for regime in Regime::ALL {
        let color = if dark { dark_regime_color(regime, DARK) } else { regime_color(regime) };
        add(format!("regime-{}", regime.key()), color);
    }
    out
}

/// Lighter on a dark page.
fn on_page(color: Rgb, dark: bool, white: f64) -> Rgb {
    if dark { color.mix(WHITE, white) } else { color }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The map of the page and the bars of the figures are read side by side.
    #[test]
    fn every_regime_has_the_figures_colour() {
        let css = variables(1);
        for regime in Regime::ALL {
            let light = format!("--regime-{}:{};", regime.key(), regime_color(regime).hex());
            // Once for the screen and once for paper.
            assert_eq!(css.matches(&light).count(), 2, "{light}");
            let dark = dark_regime_color(regime, DARK).hex();
            let dark = format!("--regime-{}:{dark};", regime.key());
            assert_eq!(css.matches(&dark).count(), 2, "{dark}");
        }
    }
}
