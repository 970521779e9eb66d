//! A figure with its name, whichever it is: written beside others, or drawn in memory.

use std::path::Path;

use crate::error::FigureError;
use crate::figures::{curves, layers, phases, scaling};
use crate::rows::figures::{CurvesFigure, PhasesFigure, ScalingFigure};
use crate::rows::layers::LayersFigure;
use crate::toolkit::page::{Files, Page};
use crate::toolkit::render;
use crate::toolkit::style::Style;

/// A figure that some answer has, with all that it is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// How its files begin, such as "scaling".
    pub name: String,
    rows: Rows,
}

/// One kind of figure.
#[derive(Clone, Debug, PartialEq)]
enum Rows {
    Curves(CurvesFigure),
    Layers(LayersFigure),
    Phases(PhasesFigure),
    Scaling(ScalingFigure),
}

/// A figure that may be a [`Drawing`].
pub trait Drawable {
    /// The figure with the name of its files.
    fn named(self, name: impl Into<String>) -> Drawing;
}

macro_rules! drawable {
    ($($figure:ident => $kind:ident),*) => {$(
        impl Drawable for $figure {
            fn named(self, name: impl Into<String>) -> Drawing {
                Drawing { name: name.into(), rows: Rows::$kind(self) }
            }
        }
    )*};
}

drawable!(
    CurvesFigure => Curves,
    LayersFigure => Layers,
    PhasesFigure => Phases,
    ScalingFigure => Scaling
);

impl Drawing {
    /// Writes NAME.png, NAME.svg and NAME.csv into a directory.
    ///
    /// # Errors
    /// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
    pub fn write(&self, dir: &Path, style: &Style) -> Result<Files, FigureError> {
        let (page, title) = self.page();
        page.write(title, &dir.join(&self.name), style)
    }

    /// The text of NAME.svg, without a file.
    ///
    /// # Errors
    /// [`FigureError`] if it cannot be drawn.
    pub fn svg(&self) -> Result<String, FigureError> {
        let (page, title) = self.page();
        render::svg(&page.scene, title, Path::new(&self.name))
    }

    fn page(&self) -> (Page, &str) {
        match &self.rows {
            Rows::Curves(figure) => (curves::layout(figure), &figure.text.title),
            Rows::Layers(figure) => (layers::layout(figure), &figure.text.title),
            Rows::Phases(figure) => (phases::layout(figure), &figure.text.title),
            Rows::Scaling(figure) => (scaling::layout(figure), &figure.text.title),
        }
    }
}
