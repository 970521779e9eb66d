//! Verdicts and figures of planted measurements.

mod collapse;
mod collapse_figure;
mod compare;
mod distance;
mod planted;
