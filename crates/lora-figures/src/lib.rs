//! Figures from result tables: no simulation, no statistics and no derivation in here. Of the theory it takes the names of
//! the regimes alone.
//!
//! Each figure has a data struct made of plain rows and a function that writes STEM.png, STEM.svg and STEM.csv. The
//! two pictures come from one layout; the table lists every mark in them, and every value left out with the reason.
//! No input makes a figure panic: empty tables give "no data", and values an axis cannot take are left out.
//!
//! Programs that draw with the same library themselves take its font and colours from here: [`register_font`],
//! [`FONT_FAMILY`], [`SERIES_COLORS`], and its pixels as a PNG: [`encode_png`]. A page that draws in another way takes the colours of inits, widths, regimes and
//! verdicts: [`init_color`], [`sequential`], [`regime_color`], [`verdict_color`].

#[cfg(test)]
extern crate self as lora_figures;

mod axis;
mod bar;
mod cell;
mod curves;
mod drawn;
mod drift;
mod drift_panel;
mod error;
mod flags;
mod font;
mod kinds;
mod legend;
mod lora_plus;
mod map_areas;
mod map_panel;
mod marker;
mod measured_lane;
mod norm_lines;
mod norms;
mod numbers;
#[cfg(test)]
mod overlap;
mod page;
mod palette;
mod panel;
mod phase_bar;
mod phases;
mod regime_colors;
mod render;
mod scale;
mod scaling;
mod scaling_panel;
mod scene;
mod style;
mod suite_tables;
mod tables;
mod text;
mod verdict_line;
mod verdicts;
mod width_axis;

pub use cell::{cell, uncell};
pub use curves::{CurvesFigure, curves};
pub use drawn::{DrawnRow, read_drawn};
pub use drift::{DriftFigure, drift};
pub use error::FigureError;
pub use font::{FAMILY as FONT_FAMILY, register as register_font};
pub use kinds::{Feature, FigureText};
pub use lora_plus::{LoraPlusFigure, lora_plus};
pub use lora_types::{FeatureRegime, Init, Quantity, Regime, Verdict, Width};
pub use norms::{NormsFigure, norms};
pub use page::Files;
pub use palette::{Rgb, SERIES_COLORS, init_color, sequential, verdict_color};
pub use phases::{PhasesFigure, phases};
pub use regime_colors::{dark_regime_color, feature_regime_color, regime_color};
pub use render::encode_png;
pub use scaling::{ScalingFigure, scaling};
pub use style::{FIGURE_WIDTH, Style};
pub use suite_tables::{DriftLine, DriftRow, MapMark, MapPoint, RegionRow, VerdictRow};
pub use tables::{
    CriticalRow, CurveMeanRow, CurveRow, FinalNorm, FitRow, GuideRow, MeasuredRow, NormMeanRow,
    NormNote, NormRow, OptimumRow, PhaseRow, ScalingRow,
};
pub use verdicts::{VerdictsFigure, verdicts};
