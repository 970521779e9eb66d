//! What all figures are drawn with: axes, panels, legends, text, and the pictures' files.

pub(crate) mod axis;
pub(crate) mod bar;
pub(crate) mod cell;
pub(crate) mod drawn;
pub(crate) mod flags;
pub(crate) mod font;
pub(crate) mod legend;
pub(crate) mod marker;
pub(crate) mod numbers;
pub(crate) mod page;
pub(crate) mod palette;
pub(crate) mod panel;
pub(crate) mod regime_colors;
pub(crate) mod render;
pub(crate) mod scale;
pub(crate) mod scene;
pub(crate) mod spot;
pub(crate) mod style;
pub(crate) mod text;
pub(crate) mod width_axis;
pub(crate) mod width_key;
