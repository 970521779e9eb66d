//! The settings of a sweep that a map is over, in words.

use lora_sim::spec::{Hidden, Model};

use crate::sweep::Sweep;

/// "a = 0.5, W_h gaussian".
pub fn group(sweep: &Sweep) -> String {
    let Model { readout_exponent, hidden, .. } = &sweep.model;
    let hidden = match hidden {
        Hidden::Gaussian => "W_h random",
        Hidden::Zero => "W_h = 0",
    };
    format!("readout a = {readout_exponent}, {hidden}")
}

/// "targets × 1, A × 1".
pub fn scales(sweep: &Sweep) -> String {
    let Model { teacher_scale, a_scale, .. } = &sweep.model;
    format!("targets × {teacher_scale}, A × {a_scale}")
}
