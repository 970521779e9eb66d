//! Figures from result tables. Nothing here simulates, estimates or derives; of the theory this crate knows only the names
//! of the regimes.
//!
//! Each figure has a data struct made of plain rows and a function that writes STEM.png, STEM.svg and STEM.csv. The
//! two pictures come from one layout; the table lists every mark in them, and every value left out with the reason.
//! A [`Drawing`] is a figure with its
//! name, which is written or drawn in memory. No input makes a figure panic: empty tables give "no data", and values an axis cannot take are left out.
//!
//! Programs that draw with the same library themselves take its font and colours from here: [`register_font`],
//! [`FONT_FAMILY`], [`SERIES_COLORS`], and its pixels as a PNG: [`encode_png`]. A page that draws in another way takes the colours of inits, widths, regimes and
//! verdicts: [`init_color`], [`sequential`], [`regime_color`], [`verdict_color`].

#[cfg(test)]
extern crate self as lora_figures;

mod drawing;
mod error;
mod figures;
#[cfg(test)]
mod overlap;
mod rows;
mod toolkit;

pub use drawing::{Drawable, Drawing};
pub use error::{FigureError, PngError};
pub use figures::choices::choices;
pub use figures::collapse::collapse;
pub use figures::curves::curves;
pub use figures::drift::drift;
pub use figures::layers::layers;
pub use figures::lora_plus::lora_plus;
pub use figures::norms::norms;
pub use figures::phases::phases;
pub use figures::scaling::scaling;
pub use figures::traces::traces;
pub use figures::verdicts::verdicts;
pub use lora_types::{FeatureRegime, Init, Quantity, Regime, Verdict, Width};
pub use rows::figures::{
    ChoicesFigure, CollapseFigure, CollapsePanel, CurvesFigure, DriftFigure, LoraPlusFigure,
    NormsFigure, PhasesFigure, ScalingFigure, VerdictsFigure,
};
pub use rows::kinds::{FigureText, LoraFeature};
pub use rows::layers::{LayerRow, LayersFigure};
pub use rows::suite::{
    ChoiceRow, CollapseRow, DriftLine, DriftRow, MapMark, MapPoint, RegionRow, VerdictRow,
};
pub use rows::sweep::{
    AsymptoteRow, CriticalRow, CurveMeanRow, CurveRow, FinalNorm, FitRow, GuideRow, LevelRow,
    MeasuredRow, NormMeanRow, NormNote, NormRow, OptimumRow, PhaseRow, ScalingRow,
};
pub use rows::traces::{TraceAxis, TraceNote, TracePoint, TraceRow, TracesFigure};
pub use toolkit::cell::{cell, uncell};
pub use toolkit::drawn::{DrawnRow, read_drawn};
pub use toolkit::font::{FAMILY as FONT_FAMILY, register as register_font};
pub use toolkit::page::Files;
pub use toolkit::palette::{Rgb, SERIES_COLORS, init_color, sequential, verdict_color};
pub use toolkit::regime_colors::{dark_regime_color, feature_regime_color, regime_color};
pub use toolkit::render::encode_png;
pub use toolkit::style::{FIGURE_WIDTH, Style};
pub use toolkit::text::literal;

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
