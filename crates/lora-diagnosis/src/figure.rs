//! The figure: norms of every kind of module against its layer, adapters side by side.

use lora_checkpoint::visible;
use lora_figures::{Drawable, Drawing, FigureText, LayerRow, LayersFigure};

use crate::answer::DiagnoseAnswer;
use crate::module::ModuleDiagnosis;

/// Its name.
pub(crate) const FIGURE: &str = "depth";
/// Its title.
pub const TITLE: &str = "Norms of the adapters over depth";
/// Adapters that are drawn: more columns are not legible.
const MOST_ADAPTERS: usize = 4;

/// A size of a module.
type Size = fn(&ModuleDiagnosis) -> f64;

/// What each row of panels shows.
const SHOWN: [(&str, Size); 3] = [
    ("rms of A", |module| module.a.sizes.rms),
    ("rms of B", |module| module.b.sizes.rms),
    ("largest σ of s B A", |module| module.product.spectral),
];

/// The figure of an answer, which [`write`](crate::write()) leaves in a directory.
pub fn drawing(answer: &DiagnoseAnswer) -> Drawing {
    figure(answer).named(FIGURE)
}

fn figure(answer: &DiagnoseAnswer) -> LayersFigure {
    let adapters = &answer.adapters[..answer.adapters.len().min(MOST_ADAPTERS)];
    let mut rows = Vec::new();
    for (column, adapter) in adapters.iter().enumerate() {
        for module in &adapter.found.modules {
            for (panel, of) in SHOWN {
                let layer = module.place.layer.map(|layer| layer as f64);
                rows.push(LayerRow {
                    column,
                    panel: panel.to_owned(),
                    series: visible(&module.place.kind),
                    layer: layer.unwrap_or(f64::NAN),
                    value: of(module),
                });
            }
        }
    }
    let more = match answer.adapters.len() - adapters.len() {
        0 => String::new(),
        count => format!(" {count} more adapters are in modules.csv."),
    };
    LayersFigure {
        text: FigureText {
            title: TITLE.to_owned(),
            caption: format!(
                "A point for each module, a line for each kind. The axes are logarithmic, so a factor of zeros has no \
                 place on them, nor has a module outside of the layers; both are in the table beside the figure.{more}"
            ),
            badge: None,
        },
        x_label: "layer".to_owned(),
        columns: adapters.iter().map(|adapter| visible(&adapter.found.dir)).collect(),
        panels: SHOWN.iter().map(|(name, _)| (*name).to_owned()).collect(),
        rows,
    }
}
